"""Every fault of an exported dataset, one sentence each: its form, its hashes, its content against the protocol.

The form is Psych-DS 1.5. Every file and table is checked by itself first; rows are compared with the
protocol and the bundle only once their form is right.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.rows import find_row_faults
from analysis.tables import TextTable, find_column_faults, parse_table, typed_frame
from earshot.bundle import Manifest, parse_manifest
from earshot.dataset import (
    DESCRIPTION_FILE,
    MANIFEST_FILE,
    PARTICIPANTS_FILE,
    PROTOCOL_FILE,
    README_FILE,
    TABLES,
    TRIALS_FILE,
    Provenance,
    find_changed_files,
    parse_description,
    read_provenance,
    table_columns,
)
from earshot.errors import BundleError, DatasetError, StudyError
from earshot.files import sha256_bytes
from earshot.protocol import Protocol, parse_protocol

# Psych-DS 1.5: keyword-value pairs joined by underscores, ending in _data.csv.
DATA_FILE_PATTERN = re.compile(r"data/([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv")
_REQUIRED = (PROTOCOL_FILE, MANIFEST_FILE, README_FILE, *TABLES)


@dataclass
class Findings:
    """What was found in an export.

    Parameters
    ----------
    faults : list of str
        One sentence each; empty for a whole dataset.
    provenance, protocol, manifest
        As far as they could be read.
    tables : dict of str to TextTable
        By archive path, those of right form.
    """

    faults: list[str] = field(default_factory=list)
    provenance: Provenance | None = None
    protocol: Protocol | None = None
    manifest: Manifest | None = None
    tables: dict[str, TextTable] = field(default_factory=dict)


def examine(members: Mapping[str, bytes]) -> Findings:
    """All faults of an export's files (archive path to content), and what could be read of it."""
    findings = Findings()
    missing = [f"{name} is missing" for name in _REQUIRED if name not in members]
    findings.faults += [f"{fault}; export it again" for fault in missing]
    findings.faults += _find_name_faults(members)
    description = _read_description(members, findings)
    _read_materials(members, findings)
    _read_tables(members, findings)
    if description is not None and findings.provenance is not None:
        found = find_changed_files(members, provenance=findings.provenance)
        findings.faults += [fault for fault in found if fault not in missing]
        findings.faults += _find_hash_faults(members, findings.provenance, findings.protocol)
        findings.faults += _find_stage_faults(findings.provenance)
        findings.faults += _find_variable_faults(description, findings.tables)
    if not findings.faults:
        findings.faults += _find_content_faults(findings)
    return findings


def _find_name_faults(members: Mapping[str, bytes]) -> list[str]:
    """Data files whose names are none of the format's."""
    faults = []
    for name in sorted(members):
        if not (name.startswith("data/") or name.endswith(".csv")) or name in TABLES:
            continue
        if DATA_FILE_PATTERN.fullmatch(name) is None:
            faults.append(f"{name} is no Psych-DS file name; expected data/keyword-value[_keyword-value…]_data.csv")
        else:
            faults.append(f"{name} is no table of this format; it has {', '.join(TABLES)}")
    return faults


def _read_description(members: Mapping[str, bytes], findings: Findings) -> dict[str, Any] | None:
    """`dataset_description.json`; puts the provenance and the faults of both into the findings."""
    content = members.get(DESCRIPTION_FILE)
    if content is None:
        findings.faults.append(f"{DESCRIPTION_FILE} is missing; give a zip made by manage.py export")
        return None
    try:
        description = parse_description(content)
        findings.provenance = read_provenance(description)
    except DatasetError as fault:
        findings.faults.append(str(fault))
        return None
    findings.faults += _find_description_faults(description)
    return description


def _find_description_faults(description: Mapping[str, Any]) -> list[str]:
    """Psych-DS's required keys."""
    faults = []
    if str(description.get("@context", "")).rstrip("/") not in ("http://schema.org", "https://schema.org"):
        faults.append(f"{DESCRIPTION_FILE}: '@context' is {description.get('@context')!r}; expected http://schema.org/")
    if description.get("@type") != "Dataset":
        faults.append(f"{DESCRIPTION_FILE}: '@type' is {description.get('@type')!r}; expected 'Dataset'")
    faults += [
        f"{DESCRIPTION_FILE}: '{key}' is missing or empty; Psych-DS requires it"
        for key in ("name", "description", "variableMeasured")
        if not description.get(key)
    ]
    return faults


def _read_materials(members: Mapping[str, bytes], findings: Findings) -> None:
    try:
        if PROTOCOL_FILE in members:
            findings.protocol = parse_protocol(members[PROTOCOL_FILE])
    except StudyError as fault:
        findings.faults.append(f"{PROTOCOL_FILE}: {fault}")
    try:
        if MANIFEST_FILE in members:
            findings.manifest = parse_manifest(members[MANIFEST_FILE], place=MANIFEST_FILE)
    except BundleError as fault:
        findings.faults.append(str(fault))


def _read_tables(members: Mapping[str, bytes], findings: Findings) -> None:
    for name in TABLES:
        if name not in members:
            continue
        table, faults = parse_table(members[name], name=name)
        findings.faults += faults
        if table is None:
            continue
        findings.tables[name] = table
        if findings.provenance is not None:
            columns = table_columns(name, monitoring=findings.provenance.monitoring)
            findings.faults += find_column_faults(table, columns=columns)


def _find_hash_faults(members: Mapping[str, bytes], provenance: Provenance, protocol: Protocol | None) -> list[str]:
    """The protocol and the manifest must be the very bytes that the provenance and the protocol name."""
    faults = []
    named = {PROTOCOL_FILE: provenance.protocol_sha256, MANIFEST_FILE: provenance.bundle_sha256}
    for name, sha256 in named.items():
        if name in members and sha256_bytes(members[name]) != sha256:
            faults.append(f"{name} is not the one this dataset was collected under: its hash is not {sha256[:12]}…")
    if protocol is not None and protocol.bundle_sha256 != provenance.bundle_sha256:
        faults.append(
            f"{PROTOCOL_FILE} names bundle {protocol.bundle_sha256[:12]}…, the dataset bundle "
            f"{provenance.bundle_sha256[:12]}…; both must be the same"
        )
    return faults


def _find_stage_faults(provenance: Provenance) -> list[str]:
    faults = []
    if provenance.stage in ("running", "paused") and not provenance.monitoring:
        faults.append(
            f"stage is '{provenance.stage}' but the export holds outcomes; close the study first, or export it with "
            "--monitoring"
        )
    if (provenance.stage == "simulated") != (provenance.simulation is not None):
        found = "no simulation parameters" if provenance.simulation is None else "simulation parameters"
        faults.append(f"stage is '{provenance.stage}' with {found}; simulated studies, and only they, declare them")
    return faults


def _find_variable_faults(description: Mapping[str, Any], tables: Mapping[str, TextTable]) -> list[str]:
    """Every column is described in `variableMeasured`, and everything described there is a column."""
    entries = description.get("variableMeasured")
    if not isinstance(entries, list):
        return [f"{DESCRIPTION_FILE}: 'variableMeasured' is no list; export it again"]
    names = [entry.get("name") if isinstance(entry, dict) else entry for entry in entries]
    described = [name for name in names if isinstance(name, str)]
    faults = [
        f"{DESCRIPTION_FILE}: entry {place} of variableMeasured has no name that is a text; export it again"
        for place, name in enumerate(names, start=1)
        if not isinstance(name, str)
    ]
    faults += [
        f"{DESCRIPTION_FILE}: variable '{name}' is described {described.count(name)} times; once is allowed"
        for name in dict.fromkeys(described)
        if described.count(name) > 1
    ]
    faults += [
        f"{table.name}: column '{column}' is not in variableMeasured of {DESCRIPTION_FILE}"
        for table in tables.values()
        for column in table.header
        if column not in described
    ]
    if set(tables) == set(TABLES):
        found = {column for table in tables.values() for column in table.header}
        faults += [
            f"{DESCRIPTION_FILE}: variable '{name}' of variableMeasured is in no table"
            for name in dict.fromkeys(described)
            if name not in found
        ]
    return faults


def _find_content_faults(findings: Findings) -> list[str]:
    """Faults of rows; everything else was found whole."""
    if findings.provenance is None or findings.protocol is None or findings.manifest is None:
        return []
    monitoring = findings.provenance.monitoring
    trials, participants = (
        typed_frame(findings.tables[name], columns=table_columns(name, monitoring=monitoring))
        for name in (TRIALS_FILE, PARTICIPANTS_FILE)
    )
    return find_row_faults(
        trials,
        participants=participants,
        provenance=findings.provenance,
        protocol=findings.protocol,
        manifest=findings.manifest,
    )
