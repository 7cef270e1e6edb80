"""Every fault of an exported dataset, one sentence each: its form, its hashes, its content against the protocols.

The form is Psych-DS 1.5. Every file and table is checked by itself first; rows are compared with protocols and bundle,
and with what seed and events give, only once their form is right.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from analysis.derived import find_derivation_faults
from analysis.rows import TextRow, TextRows, find_row_faults
from analysis.tables import TextTable, find_column_faults, parse_table
from earshot.bundle import Manifest, parse_manifest
from earshot.dataset import (
    ALLOCATION_FILE,
    CODEBOOK_FILE,
    DESCRIPTION_FILE,
    MANIFEST_FILE,
    README_FILE,
    Provenance,
    Tables,
    codebook_csv,
    find_changed_files,
    parse_description,
    protocol_file,
    read_provenance,
)
from earshot.dataset_allocation import AllocationRecord
from earshot.dataset_tables import dataset_tables
from earshot.errors import BundleError, DatasetError, EarshotError, StudyError, describe_validation
from earshot.files import sha256_bytes
from earshot.protocol import Protocol, parse_protocol
from earshot.upgrade_dataset import to_newest

# Psych-DS 1.5: keyword-value pairs joined by underscores, ending in _data.csv.
DATA_FILE_PATTERN = re.compile(r"data/([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv")
_REQUIRED = (MANIFEST_FILE, ALLOCATION_FILE, CODEBOOK_FILE, README_FILE)


@dataclass
class Findings:
    """What was found in an export.

    Parameters
    ----------
    faults : list of str
        One sentence each; empty for a whole dataset.
    provenance, manifest, record
        As far as they could be read.
    protocols : dict of int to Protocol
        By version, those that could be read.
    columns : mapping of str to tuple of Column
        Of each table the dataset should have, by archive path; empty unless every protocol could be read.
    tables : dict of str to TextTable
        By archive path, those of right form.
    """

    faults: list[str] = field(default_factory=list)
    provenance: Provenance | None = None
    protocols: dict[int, Protocol] = field(default_factory=dict)
    manifest: Manifest | None = None
    record: AllocationRecord | None = None
    columns: Tables = field(default_factory=dict)
    tables: dict[str, TextTable] = field(default_factory=dict)


def examine(members: Mapping[str, bytes]) -> Findings:
    """All faults of an export's files (archive path to content), and what could be read of it.

    An export of an older format is upgraded first; what it should have been is said by its own format.
    """
    findings = Findings()
    try:
        members = to_newest(members)
    except EarshotError as fault:
        findings.faults += str(fault).split("\n  ")
        return findings
    description = _read_description(members, findings)
    _read_materials(members, findings)
    _find_columns(findings)
    needed = (*_REQUIRED, *_protocol_files(findings), *findings.columns)
    missing = [f"{name} is missing" for name in dict.fromkeys(needed) if name not in members]
    findings.faults += [f"{fault}; export it again" for fault in missing]
    _read_tables(members, findings)
    if description is not None and findings.provenance is not None:
        found = find_changed_files(members, named=findings.provenance.files)
        findings.faults += [fault for fault in found if fault not in missing]
        findings.faults += _find_hash_faults(members, findings)
        findings.faults += _find_stage_faults(findings.provenance)
        if findings.columns:
            findings.faults += _find_name_faults(members, columns=findings.columns)
            findings.faults += _find_variable_faults(description, findings)
            findings.faults += _find_codebook_faults(members.get(CODEBOOK_FILE), columns=findings.columns)
    if not findings.faults:
        findings.faults += _find_content_faults(findings)
    return findings


def _protocol_files(findings: Findings) -> list[str]:
    provenance = findings.provenance
    return [] if provenance is None else [protocol_file(version.number) for version in provenance.versions]


def _find_columns(findings: Findings) -> None:
    """The tables that there should be, once every version's design is known."""
    provenance, protocols = findings.provenance, findings.protocols
    if provenance is not None and len(protocols) == len(provenance.versions):
        designs = [protocols[number].design for number in sorted(protocols)]
        findings.columns = dataset_tables(designs, monitoring=provenance.monitoring)


def _find_name_faults(members: Mapping[str, bytes], *, columns: Tables) -> list[str]:
    """Data files whose names are none of the format's."""
    faults = []
    for name in sorted(members):
        if not (name.startswith("data/") or name.endswith(".csv")) or name in (CODEBOOK_FILE, *columns):
            continue
        if DATA_FILE_PATTERN.fullmatch(name) is None:
            faults.append(f"{name} is no Psych-DS file name; expected data/keyword-value[_keyword-value…]_data.csv")
        else:
            faults.append(f"{name} is no table of this dataset; it has {', '.join(columns)}")
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
    """Protocols, manifest and allocation record; puts them, or why they cannot be read, into the findings."""
    for version in findings.provenance.versions if findings.provenance else []:
        name = protocol_file(version.number)
        try:
            if name in members:
                findings.protocols[version.number] = parse_protocol(members[name])
        except StudyError as fault:
            findings.faults.append(f"{name}: {fault}")
    try:
        if MANIFEST_FILE in members:
            findings.manifest = parse_manifest(members[MANIFEST_FILE], place=MANIFEST_FILE)
    except BundleError as fault:
        findings.faults.append(str(fault))
    try:
        if ALLOCATION_FILE in members:
            findings.record = AllocationRecord.model_validate_json(members[ALLOCATION_FILE])
    except ValidationError as fault:
        findings.faults.append(f"{ALLOCATION_FILE}: {describe_validation(fault)}; export it again")


def _read_tables(members: Mapping[str, bytes], findings: Findings) -> None:
    for name, columns in findings.columns.items():
        if name not in members:
            continue
        table, faults = parse_table(members[name], name=name)
        findings.faults += faults
        if table is None:
            continue
        findings.tables[name] = table
        findings.faults += find_column_faults(table, columns=columns)


def _find_hash_faults(members: Mapping[str, bytes], findings: Findings) -> list[str]:
    """Protocols and manifest must be the very bytes that provenance and protocol name."""
    provenance = findings.provenance
    if provenance is None:
        return []
    named = {protocol_file(version.number): version.protocol_sha256 for version in provenance.versions}
    faults = []
    for name, sha256 in (named | {MANIFEST_FILE: provenance.bundle_sha256}).items():
        if name in members and sha256_bytes(members[name]) != sha256:
            faults.append(f"{name} is not the one this dataset was collected under: its hash is not {sha256[:12]}…")
    deciding = provenance.deciding_version.number
    protocol = findings.protocols.get(deciding)
    if protocol is not None and protocol.bundle_sha256 != provenance.bundle_sha256:
        faults.append(
            f"{protocol_file(deciding)} names bundle {protocol.bundle_sha256[:12]}…, the dataset bundle "
            f"{provenance.bundle_sha256[:12]}…; both must be the same"
        )
    faults += [
        f"{protocol_file(number)} is version {protocol.version}; expected {number}"
        for number, protocol in findings.protocols.items()
        if protocol.version != number
    ]
    return faults


def _find_stage_faults(provenance: Provenance) -> list[str]:
    faults = []
    # an open pilot's outcomes are withheld as well, but exports of part 1's pilots hold them
    if provenance.stage in ("running", "paused") and not provenance.monitoring:
        faults.append(
            f"stage is '{provenance.stage}' but the export holds outcomes; close the study first, or export it with "
            "--monitoring"
        )
    if (provenance.stage == "simulated") != (provenance.simulation is not None):
        found = "no simulation parameters" if provenance.simulation is None else "simulation parameters"
        faults.append(f"stage is '{provenance.stage}' with {found}; simulated studies, and only they, declare them")
    return faults


def _find_variable_faults(description: Mapping[str, Any], findings: Findings) -> list[str]:
    """Every column is described in `variableMeasured`, and everything described there is a column."""
    tables = findings.tables
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
    if set(tables) == set(findings.columns):
        found = {column for table in tables.values() for column in table.header}
        faults += [
            f"{DESCRIPTION_FILE}: variable '{name}' of variableMeasured is in no table"
            for name in dict.fromkeys(described)
            if name not in found
        ]
    return faults


def _find_codebook_faults(content: bytes | None, *, columns: Tables) -> list[str]:
    """The codebook names every column of every table, and no other; its words may be an older Earshot's."""
    if content is None:
        return []
    expected, found = (_codebook_columns(each) for each in (codebook_csv(columns), content))
    if found == expected:
        return []
    other = sorted(found ^ expected)
    table, column = other[0] if other else ("", "")
    return [f"{CODEBOOK_FILE}: column '{column}' of '{table}' stands either there or in the table alone"]


def _codebook_columns(content: bytes) -> set[tuple[str, str]]:
    rows = csv.reader(io.StringIO(content.decode("utf-8", errors="replace")))
    return {(row[0], row[1]) for row in rows if len(row) > 1}


def _find_content_faults(findings: Findings) -> list[str]:
    """Faults of rows, then of what can be derived again; everything else was found whole."""
    provenance, manifest, record = findings.provenance, findings.manifest, findings.record
    if provenance is None or manifest is None or record is None:
        return []
    tables: dict[str, list[TextRow]] = {
        name: [dict(zip(table.header, cells, strict=True)) for cells in table.cells.itertuples(index=False, name=None)]
        for name, table in findings.tables.items()
    }
    rows = TextRows(tables=tables, provenance=provenance, protocols=findings.protocols, manifest=manifest)
    faults = find_row_faults(rows)
    if faults or provenance.monitoring:
        return faults
    return find_derivation_faults(
        tables,
        record=record,
        protocols=findings.protocols,
        manifest=manifest,
        bundle_sha256=provenance.bundle_sha256,
    )
