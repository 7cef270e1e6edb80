"""Datasets of formats 1 and 2, read as one of the newest format."""

import csv
import io
import json
from pathlib import Path

import pytest

from earshot.dataset import (
    ALLOCATION_FILE,
    CODEBOOK_FILE,
    DESCRIPTION_FILE,
    EVENTS_FILE,
    MANIFEST_FILE,
    PARTICIPANTS_FILE,
    README_FILE,
    TRIALS_FILE,
    find_changed_files,
    parse_description,
    protocol_file,
    read_provenance,
)
from earshot.errors import DatasetError
from earshot.files import read_zip, sha256_bytes
from earshot.upgrade_dataset import PROTOCOL_FILE_1, to_newest
from earshot.upgrade_dataset_2 import NEW_IN_3

FIXTURES = Path(__file__).parents[2] / "fixtures"
EXPORT = FIXTURES / "part1/export.zip"


@pytest.fixture
def older() -> dict[str, bytes]:
    return dict(read_zip(EXPORT, error=DatasetError))


@pytest.fixture
def second() -> dict[str, bytes]:
    """An export of format 2."""
    return dict(read_zip(FIXTURES / "part3/export.zip", error=DatasetError))


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def resealed(members: dict[str, bytes]) -> dict[str, bytes]:
    """The files with a description that names their hashes."""
    description = json.loads(members[DESCRIPTION_FILE])
    files = {name: sha256_bytes(content) for name, content in members.items() if name != DESCRIPTION_FILE}
    description["earshot"]["files"] = files
    return {**members, DESCRIPTION_FILE: json.dumps(description).encode()}


def test_rows_are_kept_and_get_block_kind_and_condition(older: dict[str, bytes]) -> None:
    upgraded = to_newest(older)
    before, after = rows(older[TRIALS_FILE]), rows(upgraded[TRIALS_FILE])
    assert len(after) == len(before) > 0
    for old, new in zip(before, after, strict=True):
        kept = set(old) & set(new)
        assert {name: new[name] for name in kept} == {name: old[name] for name in kept}
        assert set(old) - set(new) == {"phase"}
        assert new["kind"] == old["phase"]
        assert new["block"] == {"training": "practice", "main": "main"}[old["phase"]]
        assert new["condition"] == f"{old['channel']}-{old['mask']}"
    people = zip(rows(older[PARTICIPANTS_FILE]), rows(upgraded[PARTICIPANTS_FILE]), strict=True)
    assert all(new["sequence"] == old["list_index"] and new["place"] == "" for old, new in people)
    assert rows(upgraded[EVENTS_FILE]) == []


def test_provenance_says_where_it_came_from_and_hashes_fit(older: dict[str, bytes]) -> None:
    upgraded = to_newest(older)
    provenance = read_provenance(parse_description(upgraded[DESCRIPTION_FILE]))
    assert provenance.upgraded_from == 1
    assert provenance.deciding_version.protocol_sha256 == sha256_bytes(older[PROTOCOL_FILE_1])
    assert upgraded[protocol_file(1)] == older[PROTOCOL_FILE_1]
    assert find_changed_files(upgraded, named=provenance.files) == []
    (version,) = json.loads(upgraded[ALLOCATION_FILE])["versions"]
    assert (version["seed"], version["is_derivable"]) == (None, False)


def test_what_is_new_or_none_is_left_alone(older: dict[str, bytes]) -> None:
    upgraded = to_newest(older)
    assert to_newest(upgraded) is upgraded
    for members in ({}, {DESCRIPTION_FILE: b"{"}, {DESCRIPTION_FILE: b"{}"}):
        assert to_newest(members) is members


@pytest.mark.parametrize("name", [TRIALS_FILE, PARTICIPANTS_FILE, PROTOCOL_FILE_1, MANIFEST_FILE, README_FILE])
def test_missing_and_changed_files_are_named(older: dict[str, bytes], name: str) -> None:
    with pytest.raises(DatasetError, match=f"{name} was changed"):
        to_newest({**older, name: older[name] + b" "})
    without = {key: content for key, content in older.items() if key != name}
    with pytest.raises(DatasetError, match=f"{name} is missing"):
        to_newest(without)


def test_another_protocol_is_refused_though_its_hash_fits(older: dict[str, bytes]) -> None:
    changed = resealed({**older, PROTOCOL_FILE_1: older[PROTOCOL_FILE_1] + b" "})
    with pytest.raises(DatasetError, match="is not the one this dataset was collected under"):
        to_newest(changed)


def test_other_columns_are_refused(older: dict[str, bytes]) -> None:
    changed = resealed({**older, TRIALS_FILE: older[TRIALS_FILE].replace(b"phase", b"stage2", 1)})
    with pytest.raises(DatasetError, match=r"has the columns .*stage2.*; format 1 has "):
        to_newest(changed)


def test_a_trial_of_no_condition_is_refused(older: dict[str, bytes]) -> None:
    changed = resealed({**older, TRIALS_FILE: older[TRIALS_FILE].replace(b",relevance,", b",shadow,", 1)})
    with pytest.raises(DatasetError, match="its channel, mask, phase or stimulus is none of the protocol's"):
        to_newest(changed)


def test_format_2_gets_the_missing_columns_empty_and_keeps_every_cell(second: dict[str, bytes]) -> None:
    upgraded = to_newest(second)
    for table, names in NEW_IN_3.items():
        before, after = rows(second[table]), rows(upgraded[table])
        assert len(after) == len(before) > 0
        for old, new in zip(before, after, strict=True):
            assert {name: new[name] for name in old} == old
            assert {name: new[name] for name in set(new) - set(old)} == dict.fromkeys(names, "")
    changed = {name for name in upgraded if upgraded[name] != second.get(name)}
    assert changed == {DESCRIPTION_FILE, CODEBOOK_FILE, TRIALS_FILE, PARTICIPANTS_FILE}
    provenance = read_provenance(parse_description(upgraded[DESCRIPTION_FILE]))
    assert (provenance.format_version, provenance.upgraded_from) == (3, 2)
    assert find_changed_files(upgraded, named=provenance.files) == []


@pytest.mark.parametrize("name", [TRIALS_FILE, ALLOCATION_FILE, protocol_file(1), CODEBOOK_FILE])
def test_missing_and_changed_files_of_format_2_are_named(second: dict[str, bytes], name: str) -> None:
    with pytest.raises(DatasetError, match=f"{name} was changed"):
        to_newest({**second, name: second[name] + b" "})
    without = {key: content for key, content in second.items() if key != name}
    with pytest.raises(DatasetError, match=f"{name} is missing"):
        to_newest(without)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"n_reloads", b"n_restarts", "has the columns .*n_restarts.*; format 2 has "),
        (b"n_reloads", b"n_reloads,received_at", "has the columns .*received_at.*; format 2 has "),
        (b"\n", b"\nx,y\n", "has rows that are longer or shorter than its header"),
        (b"subject_id", b"\xff", "is no CSV"),
    ],
)
def test_tables_that_format_2_did_not_have_are_refused(
    second: dict[str, bytes], old: bytes, new: bytes, message: str
) -> None:
    changed = resealed({**second, TRIALS_FILE: second[TRIALS_FILE].replace(old, new, 1)})
    with pytest.raises(DatasetError, match=f"{TRIALS_FILE} {message}"):
        to_newest(changed)


def test_a_table_that_format_2_had_and_nobody_named_is_missed(second: dict[str, bytes]) -> None:
    without = resealed({name: content for name, content in second.items() if name != EVENTS_FILE})
    with pytest.raises(DatasetError, match=f"{EVENTS_FILE} is missing; export it again"):
        to_newest(without)
