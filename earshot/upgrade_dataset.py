"""Datasets of older formats, one upgrade function each: from an archive's files to those of the next format.

Format 2 has its own module, `upgrade_dataset_2`.
"""

import csv
import io
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from earshot.bundle import Manifest, Sha256, parse_manifest
from earshot.dataset import (
    ALLOCATION_FILE,
    CODEBOOK_FILE,
    DESCRIPTION_FILE,
    EVENTS_FILE,
    FORMAT_NAME,
    MANIFEST_FILE,
    PARTICIPANTS_FILE,
    README_FILE,
    TRIALS_FILE,
    Column,
    DatasetVersion,
    Stage,
    codebook_csv,
    find_changed_files,
    format_cell,
    parse_description,
    protocol_file,
    table_csv,
)
from earshot.dataset_allocation import AllocationRecord, describe_allocation
from earshot.dataset_trials import MetTrial
from earshot.errors import DatasetError
from earshot.files import Strict, canonical_json, read_format, sha256_bytes
from earshot.protocol import Protocol, parse_protocol
from earshot.upgrade_dataset_2 import Provenance2, describe_2, from_2, tables_2

PROTOCOL_FILE_1 = "materials/protocol.json"
TRIAL_COLUMNS_1 = (
    *("subject_id", "version", "stage", "arm", "channel", "mask", "phase", "trial_index", "stimulus", "true_label"),
    *("predicted_label", "model_correct", "answer", "correct", "n_alternatives", "confidence", "rt"),
    *("onset_to_response_ms", "plays", "original_plays", "heard_share", "n_reloads", "answered_at"),
)
PARTICIPANT_COLUMNS_1 = (
    *("subject_id", "version", "stage", "arm", "channel", "list_index", "consented_at", "sound_checked_at"),
    *("allocated_at", "training_completed_at", "completed_at", "n_main_answered"),
)
_OUTCOMES_1 = ("answer", "correct", "confidence")
_BLOCKS_1 = {"training": "practice", "main": "main"}


class Provenance1(Strict):
    """What a dataset of format 1 says of itself."""

    format: Literal["earshot-dataset"] = FORMAT_NAME
    format_version: Literal[1]
    slug: str
    title: str
    stage: Stage
    monitoring: bool
    protocol_sha256: Sha256
    bundle_sha256: Sha256
    simulation: dict[str, Any] | None = None
    files: dict[str, Sha256] = Field(default_factory=dict)


def to_newest(members: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files of a dataset as the newest format has them; those of the newest or of no format are left alone.

    Raises
    ------
    DatasetError
        If an older dataset is not whole: one line for each fault.
    EarshotError
        If its protocol or its manifest cannot be read.
    """
    for version, upgrade in ((1, from_1), (2, from_2)):
        description = _described(members, version=version)
        if description is not None:
            members = upgrade(members, description=description)
    return members


def _described(members: Mapping[str, bytes], *, version: int) -> dict[str, Any] | None:
    """The description of a dataset of that format; None for any other, whose own reader says what is wrong."""
    try:
        description = parse_description(members.get(DESCRIPTION_FILE, b""))
    except DatasetError:
        return None
    fields = description.get("earshot")
    is_it = isinstance(fields, dict) and fields.get("format_version", 1) == version
    return description if is_it else None


def from_1(members: Mapping[str, bytes], *, description: Mapping[str, Any]) -> dict[str, bytes]:
    """Format 1 as format 2: one version, two blocks, a condition for each channel and mask, no record of events.

    Format 1 recorded no places, so that its allocation and orders cannot be derived again.
    """
    older = read_format(
        description["earshot"],
        Provenance1,
        newest=1,
        kind="dataset format",
        place=DESCRIPTION_FILE,
        error=DatasetError,
        way_out="export it again",
    )
    faults = _find_faults(members, older=older)
    if faults:
        raise DatasetError("\n  ".join(faults))
    protocol = parse_protocol(members[PROTOCOL_FILE_1])
    manifest = parse_manifest(members[MANIFEST_FILE], place=MANIFEST_FILE)
    tables = tables_2([protocol.design], monitoring=older.monitoring)
    upgraded = {
        name: content
        for name, content in members.items()
        if name not in (DESCRIPTION_FILE, PROTOCOL_FILE_1, TRIALS_FILE, PARTICIPANTS_FILE)
    }
    upgraded |= {
        protocol_file(protocol.version): members[PROTOCOL_FILE_1],
        PARTICIPANTS_FILE: _participants(members[PARTICIPANTS_FILE], columns=tables[PARTICIPANTS_FILE]),
        EVENTS_FILE: table_csv([], columns=tables[EVENTS_FILE]),
        ALLOCATION_FILE: canonical_json(
            AllocationRecord(versions=[describe_allocation(protocol, seed=None)]).model_dump(mode="json")
        ),
        CODEBOOK_FILE: codebook_csv(tables),
    }
    if TRIALS_FILE in tables:
        columns = tables[TRIALS_FILE]
        upgraded[TRIALS_FILE] = _trials(members[TRIALS_FILE], columns=columns, protocol=protocol, manifest=manifest)
    provenance = Provenance2(
        upgraded_from=1,
        versions=[DatasetVersion(number=protocol.version, protocol_sha256=older.protocol_sha256)],
        files={name: sha256_bytes(content) for name, content in upgraded.items()},
        **older.model_dump(exclude={"format", "format_version", "protocol_sha256", "files"}),
    )
    described = describe_2(provenance, tables=tables, description=str(description.get("description", "")))
    return upgraded | {DESCRIPTION_FILE: described}


def _find_faults(members: Mapping[str, bytes], *, older: Provenance1) -> list[str]:
    """Missing and changed files, and tables with other columns than format 1 had."""
    required = (PROTOCOL_FILE_1, MANIFEST_FILE, README_FILE, TRIALS_FILE, PARTICIPANTS_FILE)
    missing = [f"{name} is missing" for name in required if name not in members]
    changed = find_changed_files(members, named=older.files)
    faults = [f"{fault}; export it again" for fault in missing] + [fault for fault in changed if fault not in missing]
    if faults:
        return faults
    for name, sha256 in ((PROTOCOL_FILE_1, older.protocol_sha256), (MANIFEST_FILE, older.bundle_sha256)):
        if sha256_bytes(members[name]) != sha256:
            faults.append(f"{name} is not the one this dataset was collected under: its hash is not {sha256[:12]}…")
    left_out = _OUTCOMES_1 if older.monitoring else ()
    for name, columns in ((TRIALS_FILE, TRIAL_COLUMNS_1), (PARTICIPANTS_FILE, PARTICIPANT_COLUMNS_1)):
        expected = [column for column in columns if column not in left_out]
        try:
            header = next(csv.reader(io.StringIO(members[name].decode())), [])
        except (UnicodeDecodeError, csv.Error) as fault:
            faults.append(f"{name} is no CSV ({fault}); export it again")
            continue
        if sorted(header) != sorted(expected):
            faults.append(f"{name} has the columns {', '.join(header)}; format 1 has {', '.join(expected)}")
    return faults


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def _participants(content: bytes, *, columns: tuple[Column, ...]) -> bytes:
    return table_csv(({**row, "sequence": row["list_index"]} for row in _rows(content)), columns=columns)


def _trials(content: bytes, *, columns: tuple[Column, ...], protocol: Protocol, manifest: Manifest) -> bytes:
    stimuli = {stimulus.id: stimulus for stimulus in manifest.stimuli}
    conditions = {condition.name: condition for condition in protocol.design.conditions}
    upgraded = []
    for row in _rows(content):
        condition = conditions.get(f"{row['channel']}-{row['mask']}")
        stimulus = stimuli.get(row["stimulus"])
        if condition is None or stimulus is None or row["phase"] not in _BLOCKS_1:
            raise DatasetError(
                f"{TRIALS_FILE}: subject_id {row['subject_id']}, trial_index {row['trial_index']}: its channel, mask, "
                "phase or stimulus is none of the protocol's; export it again"
            )
        met = MetTrial(
            design=protocol.design,
            labels=tuple(manifest.labels),
            block=_BLOCKS_1[row["phase"]],
            kind=row["phase"],
            condition=condition,
            stimulus=stimulus,
        )
        derived = {name: format_cell(value) for name, value in met.cells().items()}
        # what the rows themselves said stays as it was, for the check to compare
        upgraded.append(derived | row)
    return table_csv(upgraded, columns=columns)
