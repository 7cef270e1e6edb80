import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from earshot.dataset import (
    DESCRIPTION_FILE,
    TRIALS_FILE,
    Column,
    Provenance,
    codebook_csv,
    describe_dataset,
    find_changed_files,
    format_cell,
    parse_description,
    questionnaire_file,
    read_provenance,
    table_csv,
    write_table,
)
from earshot.errors import DatasetError
from earshot.files import HashedText, read_zip, sha256_bytes, zip_written_aside

MEMBERS = {"README.md": b"words", TRIALS_FILE: b"subject_id\n"}
TABLES = {
    TRIALS_FILE: (
        Column("subject_id", "string", "who"),
        Column("kind", "string", "which kind", levels=("main", "training")),
        Column("rt", "integer", "how long, all in all", unit="ms"),
    )
}


def make_provenance(**changes: Any) -> Provenance:
    fields = {
        "slug": "digits",
        "title": "Digits",
        "stage": "closed",
        "monitoring": False,
        "versions": [{"number": 1, "protocol_sha256": "a" * 64}],
        "bundle_sha256": "b" * 64,
        "files": {name: sha256_bytes(content) for name, content in MEMBERS.items()},
    }
    return Provenance.model_validate(fields | changes)


def test_description_names_every_column_with_unit_and_levels() -> None:
    description = describe_dataset(make_provenance(), tables=TABLES, description="a study")
    assert description["@type"] == "Dataset"
    variables = {variable["name"]: variable for variable in description["variableMeasured"]}
    assert list(variables) == ["subject_id", "kind", "rt"]
    assert variables["rt"]["unitText"] == "ms"
    assert variables["kind"]["levels"] == ["main", "training"]


def test_codebook_has_a_row_per_column() -> None:
    rows = list(csv.DictReader(io.StringIO(codebook_csv(TABLES).decode())))
    assert [row["column"] for row in rows] == ["subject_id", "kind", "rt"]
    assert rows[1] | {"meaning": ""} == {
        "table": TRIALS_FILE,
        "column": "kind",
        "type": "string",
        "unit": "",
        "levels": "main|training",
        "meaning": "",
    }
    assert (rows[2]["unit"], rows[2]["meaning"]) == ("ms", "how long, all in all")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (0.5, "0.5"),
        ("a", "a"),
        (datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC), "2026-01-02T03:04:05.678Z"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:04:00.000Z"),
    ],
)
def test_values_are_written_as_the_format_says(value: Any, cell: str) -> None:
    assert format_cell(value) == cell


def test_a_table_has_its_columns_alone_and_empty_cells_where_a_row_lacks_one() -> None:
    rows: list[dict[str, str | int]] = [{"rt": 5, "more": "x"}, {"subject_id": "a,b", "kind": "main"}]
    assert table_csv(rows, columns=TABLES[TRIALS_FILE]) == b'subject_id,kind,rt\n,,5\n"a,b",main,\n'


def test_questionnaires_with_hyphens_have_files_of_their_own() -> None:
    assert questionnaire_file("expertise") == "data/content-questionnaireexpertise_data.csv"
    assert questionnaire_file("a-b") == "data/content-questionnaireaXb_data.csv"
    assert questionnaire_file("ab") != questionnaire_file("a-b")


@pytest.mark.parametrize(
    ("stage", "pilots", "deciding"),
    [("closed", [True, False, True, False], 4), ("pilot", [True, False, True], 3), ("closed", [True], 1)],
)
def test_the_newest_version_that_is_no_pilot_decides(stage: str, pilots: list[bool], deciding: int) -> None:
    versions = [
        {"number": number, "protocol_sha256": "a" * 64, "is_pilot": is_pilot}
        for number, is_pilot in enumerate(pilots, start=1)
    ]
    assert make_provenance(stage=stage, versions=versions).deciding_version.number == deciding


def test_provenance_comes_back_through_the_description() -> None:
    provenance = make_provenance(simulation={"effect": 1.0})
    content = json.dumps(describe_dataset(provenance, tables=TABLES, description="a study")).encode()
    assert read_provenance(parse_description(content)) == provenance


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format_version": 4}, "has dataset format 4; this Earshot reads up to 3: install a newer one"),
        ({"stage": "draft"}, "stage is 'draft'"),
        ({"more": 1}, "unknown key 'more'"),
        ({"versions": []}, "versions"),
    ],
)
def test_faulty_provenance_is_refused(fields: dict[str, Any], message: str) -> None:
    description = {"earshot": make_provenance().model_dump(mode="json") | fields}
    with pytest.raises(DatasetError, match=message):
        read_provenance(description)


def test_description_of_something_else_is_refused() -> None:
    with pytest.raises(DatasetError, match="has no key 'earshot'"):
        read_provenance({"name": "another dataset"})


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff"])
def test_description_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(DatasetError, match="export it again"):
        parse_description(content)


def test_whole_export_has_no_changed_file() -> None:
    assert find_changed_files({**MEMBERS, DESCRIPTION_FILE: b"{}"}, named=make_provenance().files) == []


def test_every_changed_missing_and_surplus_file_is_named() -> None:
    members = {TRIALS_FILE: b"subject_id\n1\n", "extra.csv": b""}
    assert find_changed_files(members, named=make_provenance().files) == [
        "README.md is missing",
        f"extra.csv is surplus: {DESCRIPTION_FILE} does not name it",
        f"{TRIALS_FILE} was changed: its content has another hash",
    ]


def peak_bytes(n_rows: int, *, folder: Path) -> int:
    """The most memory that a table of so many rows takes while it is written into a zip."""
    columns = TABLES[TRIALS_FILE]
    tracemalloc.start()
    with zip_written_aside(folder / "table.zip") as archive, archive.text("table.csv") as file:
        write_table(HashedText(file), rows=({"rt": number} for number in range(n_rows)), columns=columns)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_a_long_table_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    short, long = (peak_bytes(n_rows, folder=tmp_path) for n_rows in (1_000, 100_000))
    assert long < short + 64 * 1024
    assert len(read_zip(tmp_path / "table.zip", error=DatasetError)["table.csv"]) > 10 * 64 * 1024


def test_what_is_written_is_hashed_as_it_is_stored(tmp_path: Path) -> None:
    with zip_written_aside(tmp_path / "table.zip") as archive, archive.text("table.csv") as file:
        hashed = HashedText(file)
        hashed.write("größer\n")
        hashed.write("= 1\r\n")
    content = read_zip(tmp_path / "table.zip", error=DatasetError)["table.csv"]
    assert content == "größer\n= 1\r\n".encode()
    assert hashed.sha256() == sha256_bytes(content)
