"""The dataset: what an export holds (Psych-DS 1.5 in form), its description and its codebook.

`study` writes it and `analysis` reads it; both take the columns from `dataset_tables`, and so does the codebook. Older
formats are read through `upgrade_dataset.to_newest`.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from pydantic import Field

from earshot.bundle import Sha256
from earshot.errors import DatasetError
from earshot.files import Strict, parse_json, read_format, sha256_bytes

FORMAT_NAME: Literal["earshot-dataset"] = "earshot-dataset"
FORMAT_VERSION: Literal[3] = 3
PSYCH_DS_VERSION = "Psych-DS 1.5.0"

DESCRIPTION_FILE = "dataset_description.json"
CODEBOOK_FILE = "codebook.csv"
TRIALS_FILE = "data/content-trials_data.csv"
PARTICIPANTS_FILE = "data/content-participants_data.csv"
EVENTS_FILE = "data/content-events_data.csv"
MANIFEST_FILE = "materials/bundle_manifest.json"
ALLOCATION_FILE = "materials/allocation.json"
README_FILE = "README.md"
CHANGES_FILE = "CHANGES.md"

Stage = Literal["pilot", "running", "paused", "closed", "simulated"]
DataType = Literal["string", "integer", "number", "boolean", "time"]


@dataclass(frozen=True)
class Column:
    """One column of a table: the codebook's entry.

    `data_type` "boolean" is written true/false, "time" ISO-8601 in UTC; an unknown value is an empty cell. An
    `outcome` tells how somebody answered, and is withheld until a study is closed; so is what is `concealed`, because
    it tells, or lets one guess, who is in which arm.
    """

    name: str
    data_type: DataType
    description: str
    unit: str | None = None
    levels: tuple[str, ...] | None = None
    outcome: bool = False
    concealed: bool = False


class Writable(Protocol):
    """What text can be written into."""

    def write(self, text: str, /) -> int:
        """Write a piece of text."""


Tables = Mapping[str, tuple[Column, ...]]
"""The columns of each table by its path in the archive."""


class DatasetVersion(Strict):
    """One frozen version of the study: its protocol stands in `protocol_file(number)`."""

    number: int = Field(ge=1)
    protocol_sha256: Sha256
    is_pilot: bool = False


class Provenance(Strict):
    """What an export says of itself, under the key "earshot" of the description.

    `monitoring` exports are taken before a study is closed and lack every outcome and all that is concealed.
    `simulation` holds the declared parameters, the effect, the listeners and the seed of a simulated study, `files` the
    SHA-256 of every other file. `upgraded_from` is set where an older dataset was read.
    """

    format: Literal["earshot-dataset"] = FORMAT_NAME
    format_version: Literal[3] = FORMAT_VERSION
    upgraded_from: Literal[1, 2] | None = None
    slug: str
    title: str
    stage: Stage
    monitoring: bool
    versions: list[DatasetVersion] = Field(min_length=1)
    bundle_sha256: Sha256
    simulation: dict[str, Any] | None = None
    files: dict[str, Sha256] = Field(default_factory=dict)

    @property
    def deciding_version(self) -> DatasetVersion:
        """The version the analysis is about: the newest that is no pilot, in a pilot the newest pilot."""
        in_pilot = self.stage == "pilot"
        fitting = [version for version in self.versions if version.is_pilot == in_pilot]
        return max(fitting or self.versions, key=lambda version: version.number)


def protocol_file(number: int) -> str:
    """Where the frozen protocol of a version stands in the archive."""
    return f"materials/protocol-v{number}.json"


def questionnaire_file(name: str) -> str:
    """Where the answers to a questionnaire stand in the archive.

    Psych-DS allows letters and digits alone, and names are lower-case: a capital X stands for each hyphen.
    """
    return f"data/content-questionnaire{name.replace('-', 'X')}_data.csv"


Value = str | int | float | bool | datetime | None


def format_cell(value: Value) -> str:
    """A value as a CSV cell: true/false, ISO-8601 in UTC ending in Z, and nothing for what is unknown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)


def table_csv(rows: Iterable[Mapping[str, Value]], *, columns: Iterable[Column]) -> bytes:
    """The CSV of `rows` with these columns alone; a column that a row lacks is unknown there."""
    text = io.StringIO()
    write_table(text, rows=rows, columns=columns)
    return text.getvalue().encode()


def write_table(file: Writable, *, rows: Iterable[Mapping[str, Value]], columns: Iterable[Column]) -> None:
    """Write the same row by row into a text file (UTF-8, newlines as they are): many rows take no memory."""
    names = [column.name for column in columns]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([format_cell(row.get(name)) for name in names] for row in rows)


def codebook_csv(tables: Tables) -> bytes:
    """`codebook.csv`: every column of every table with its type, unit, levels (joined by |) and meaning."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("table", "column", "type", "unit", "levels", "meaning"))
    for table, columns in tables.items():
        writer.writerows(
            (table, column.name, column.data_type, column.unit or "", "|".join(column.levels or ()), column.description)
            for column in columns
        )
    return text.getvalue().encode()


def describe_dataset(provenance: Provenance, *, tables: Tables, description: str) -> dict[str, Any]:
    """The content of `dataset_description.json`: Psych-DS's JSON-LD with one entry per variable."""
    variables = {column.name: column for columns in tables.values() for column in columns}
    return {
        "@context": "http://schema.org/",
        "@type": "Dataset",
        "name": provenance.title,
        "description": description,
        "schemaVersion": PSYCH_DS_VERSION,
        "keywords": ["explainable AI", "audio", "randomized study"],
        "variableMeasured": [_describe_variable(column) for column in variables.values()],
        "earshot": provenance.model_dump(mode="json"),
    }


def _describe_variable(column: Column) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "@type": "PropertyValue",
        "name": column.name,
        "description": column.description,
        "dataType": column.data_type,
    }
    if column.unit:
        entry["unitText"] = column.unit
    if column.levels:
        entry["levels"] = list(column.levels)
    return entry


def read_provenance(description: Mapping[str, Any]) -> Provenance:
    """What the export says of itself; that of an older format is upgraded first (`upgrade_dataset.to_newest`).

    Raises
    ------
    DatasetError
        If the description was not written by Earshot, by a newer one, or is damaged.
    """
    fields = description.get("earshot")
    if not isinstance(fields, dict):
        raise DatasetError(f"{DESCRIPTION_FILE} has no key 'earshot'; give a zip made by manage.py export")
    return read_format(
        fields,
        Provenance,
        newest=FORMAT_VERSION,
        kind="dataset format",
        place=DESCRIPTION_FILE,
        error=DatasetError,
        way_out="export it again",
    )


def parse_description(content: bytes) -> dict[str, Any]:
    """`dataset_description.json` as a dict; DatasetError when it is none."""
    description = parse_json(content, place=DESCRIPTION_FILE, error=DatasetError, way_out="export it again")
    if not isinstance(description, dict):
        raise DatasetError(f"{DESCRIPTION_FILE} is no JSON object; export it again")
    return description


def find_changed_files(members: Mapping[str, bytes], *, named: Mapping[str, str]) -> list[str]:
    """One sentence per missing, surplus or changed file of an export; `named` are the hashes its description names."""
    found = set(members) - {DESCRIPTION_FILE}
    faults = [f"{name} is missing" for name in sorted(named.keys() - found)]
    faults += [f"{name} is surplus: {DESCRIPTION_FILE} does not name it" for name in sorted(found - named.keys())]
    faults += [
        f"{name} was changed: its content has another hash"
        for name in sorted(found & named.keys())
        if sha256_bytes(members[name]) != named[name]
    ]
    return faults
