"""Format 2 of the dataset, and its upgrade to format 3."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from earshot.bundle import Sha256
from earshot.dataset import (
    ALLOCATION_FILE,
    CODEBOOK_FILE,
    DESCRIPTION_FILE,
    FORMAT_NAME,
    MANIFEST_FILE,
    PARTICIPANTS_FILE,
    README_FILE,
    TRIALS_FILE,
    Column,
    DatasetVersion,
    Provenance,
    Stage,
    Tables,
    codebook_csv,
    describe_dataset,
    find_changed_files,
    protocol_file,
    table_csv,
)
from earshot.dataset_circumstances import circumstances_columns
from earshot.dataset_tables import dataset_tables
from earshot.design.study_file import StudyFile
from earshot.errors import DatasetError
from earshot.files import Strict, canonical_json, read_format, sha256_bytes
from earshot.protocol import parse_protocol

NEW_IN_3: Final[Mapping[str, tuple[str, ...]]] = {
    TRIALS_FILE: ("received_at", *(column.name for column in circumstances_columns())),
    PARTICIPANTS_FILE: (
        *("consent_sha256", "language", "utc_offset_min", "arrival", "is_automated", "n_windows"),
        *("withdrawn_at", "withdrawal", "n_deleted"),
    ),
}
"""Columns that format 2 did not have, by table."""


class Provenance2(Strict):
    """What a dataset of format 2 says of itself."""

    format: Literal["earshot-dataset"] = FORMAT_NAME
    format_version: Literal[2] = 2
    upgraded_from: Literal[1] | None = None
    slug: str
    title: str
    stage: Stage
    monitoring: bool
    versions: list[DatasetVersion] = Field(min_length=1)
    bundle_sha256: Sha256
    simulation: dict[str, Any] | None = None
    files: dict[str, Sha256] = Field(default_factory=dict)


def tables_2(designs: Sequence[StudyFile], *, monitoring: bool) -> dict[str, tuple[Column, ...]]:
    """The columns of each table as format 2 had them."""
    tables = dataset_tables(designs, monitoring=monitoring)
    return {
        name: tuple(column for column in columns if column.name not in NEW_IN_3.get(name, ()))
        for name, columns in tables.items()
    }


def describe_2(provenance: Provenance2, *, tables: Tables, description: str) -> bytes:
    """`dataset_description.json` as format 2 had it."""
    newest = Provenance.model_validate(provenance.model_dump(exclude={"format_version"}))
    described = describe_dataset(newest, tables=tables, description=description)
    return canonical_json(described | {"earshot": provenance.model_dump(mode="json")})


def from_2(members: Mapping[str, bytes], *, description: Mapping[str, Any]) -> dict[str, bytes]:
    """Format 2 as format 3: what was not recorded is unknown.

    Raises
    ------
    DatasetError
        If the dataset is not whole: one line for each fault.
    StudyError
        If a protocol cannot be read.
    """
    older = read_format(
        description["earshot"],
        Provenance2,
        newest=2,
        kind="dataset format",
        place=DESCRIPTION_FILE,
        error=DatasetError,
        way_out="export it again",
    )
    faults = _find_file_faults(members, older=older)
    if faults:
        raise DatasetError("\n  ".join(faults))
    designs = [parse_protocol(members[protocol_file(version.number)]).design for version in older.versions]
    faults = _find_table_faults(members, tables=tables_2(designs, monitoring=older.monitoring))
    if faults:
        raise DatasetError("\n  ".join(faults))
    tables = dataset_tables(designs, monitoring=older.monitoring)
    upgraded = {name: content for name, content in members.items() if name != DESCRIPTION_FILE}
    upgraded |= {
        name: table_csv(csv.DictReader(io.StringIO(members[name].decode())), columns=tables[name])
        for name in NEW_IN_3
        if name in tables
    }
    upgraded[CODEBOOK_FILE] = codebook_csv(tables)
    provenance = Provenance(
        upgraded_from=older.upgraded_from or 2,
        files={name: sha256_bytes(content) for name, content in upgraded.items()},
        **older.model_dump(exclude={"format_version", "upgraded_from", "files"}),
    )
    described = describe_dataset(provenance, tables=tables, description=str(description.get("description", "")))
    return upgraded | {DESCRIPTION_FILE: canonical_json(described)}


def _find_file_faults(members: Mapping[str, bytes], *, older: Provenance2) -> list[str]:
    """Missing and changed files; whether protocols and bundle are the right ones is asked of the newest format."""
    protocols = [protocol_file(version.number) for version in older.versions]
    required = (*protocols, MANIFEST_FILE, ALLOCATION_FILE, README_FILE, CODEBOOK_FILE)
    missing = [f"{name} is missing" for name in required if name not in members]
    changed = find_changed_files(members, named=older.files)
    return [f"{fault}; export it again" for fault in missing] + [fault for fault in changed if fault not in missing]


def _find_table_faults(members: Mapping[str, bytes], *, tables: Tables) -> list[str]:
    """Tables that are missing, unreadable, uneven, or have other columns than format 2 had."""
    faults = []
    for name, columns in tables.items():
        if name not in members:
            faults.append(f"{name} is missing; export it again")
            continue
        try:
            header, *rows = csv.reader(io.StringIO(members[name].decode()), strict=True)
        except (UnicodeDecodeError, csv.Error, ValueError) as fault:
            faults.append(f"{name} is no CSV ({fault}); export it again")
            continue
        expected = [column.name for column in columns]
        if sorted(header) != sorted(expected):
            faults.append(f"{name} has the columns {', '.join(header)}; format 2 has {', '.join(expected)}")
        elif any(len(row) != len(header) for row in rows):
            faults.append(f"{name} has rows that are longer or shorter than its header; export it again")
    return faults
