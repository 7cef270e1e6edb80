import json
from typing import Any

import pytest

from earshot.dataset import (
    DESCRIPTION_FILE,
    PARTICIPANTS_FILE,
    TABLES,
    TRIALS_FILE,
    Provenance,
    describe_dataset,
    find_changed_files,
    parse_description,
    read_provenance,
    table_columns,
)
from earshot.errors import DatasetError
from earshot.files import sha256_bytes

MEMBERS = {"README.md": b"words", TRIALS_FILE: b"subject_id\n"}


def make_provenance(**changes: Any) -> Provenance:
    fields = {
        "slug": "digits",
        "title": "Digits",
        "stage": "closed",
        "monitoring": False,
        "protocol_sha256": "a" * 64,
        "bundle_sha256": "b" * 64,
        "files": {name: sha256_bytes(content) for name, content in MEMBERS.items()},
    }
    return Provenance.model_validate(fields | changes)


def test_columns_have_names_of_their_own_and_a_description() -> None:
    for table in TABLES:
        columns = table_columns(table, monitoring=False)
        assert len({column.name for column in columns}) == len(columns)
        assert all(column.description for column in columns)


def test_tables_agree_on_the_columns_they_share() -> None:
    trials = {column.name: column for column in TABLES[TRIALS_FILE]}
    shared = [column for column in TABLES[PARTICIPANTS_FILE] if column.name in trials]
    assert shared
    assert all(trials[column.name] == column for column in shared)


def test_monitoring_withholds_every_outcome() -> None:
    whole = {column.name for column in table_columns(TRIALS_FILE, monitoring=False)}
    watched = {column.name for column in table_columns(TRIALS_FILE, monitoring=True)}
    assert whole - watched == {"answer", "correct", "confidence"}


@pytest.mark.parametrize("monitoring", [False, True])
def test_codebook_names_exactly_the_columns_there_are(monitoring: bool) -> None:
    description = describe_dataset(make_provenance(monitoring=monitoring), description="a study")
    named = [variable["name"] for variable in description["variableMeasured"]]
    columns = {column.name for table in TABLES for column in table_columns(table, monitoring=monitoring)}
    assert sorted(named) == sorted(columns)
    assert description["@type"] == "Dataset"


def test_provenance_comes_back_through_the_description() -> None:
    provenance = make_provenance(simulation={"effect": 1.0})
    content = json.dumps(describe_dataset(provenance, description="a study")).encode()
    assert read_provenance(parse_description(content)) == provenance


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format_version": 2}, "has dataset format 2; this Earshot reads up to 1: install a newer one"),
        ({"stage": "draft"}, "stage is 'draft'"),
        ({"more": 1}, "unknown key 'more'"),
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
    assert find_changed_files({**MEMBERS, DESCRIPTION_FILE: b"{}"}, provenance=make_provenance()) == []


def test_every_changed_missing_and_surplus_file_is_named() -> None:
    members = {TRIALS_FILE: b"subject_id\n1\n", "extra.csv": b""}
    assert find_changed_files(members, provenance=make_provenance()) == [
        "README.md is missing",
        f"extra.csv is surplus: {DESCRIPTION_FILE} does not name it",
        f"{TRIALS_FILE} was changed: its content has another hash",
    ]
