import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from earshot.errors import EarshotError, StudyError
from earshot.files import (
    Strict,
    canonical_json,
    file_written_aside,
    folder_written_aside,
    parse_json,
    read_toml,
    read_zip,
    sha256_bytes,
    sha256_file,
    write_zip,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=40)
@given(value=JSON)
def test_canonical_json_comes_back_as_it_was(value: Any) -> None:
    assert json.loads(canonical_json(value)) == value


@given(fields=st.dictionaries(st.text(), st.integers(), max_size=6))
def test_canonical_json_does_not_depend_on_the_order_of_keys(fields: dict[str, int]) -> None:
    assert canonical_json(fields) == canonical_json(dict(reversed(fields.items())))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_canonical_json_refuses_what_json_has_not(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"x": value})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "^the form is no JSON"),
        (b"\xff", "^the form is no JSON"),
        (b"[" * 100_000, "^the form is nested too deeply"),
        (b'{"a":' * 100_000, "^the form is nested too deeply"),
    ],
)
def test_broken_json_is_refused_with_the_way_out(content: bytes, message: str) -> None:
    with pytest.raises(StudyError, match=f"{message}.*; write it again$"):
        parse_json(content, place="the form", error=StudyError, way_out="write it again")


def test_hashes_of_bytes_and_file_agree(tmp_path: Path) -> None:
    content = b"x" * 3_000_001
    (tmp_path / "file").write_bytes(content)
    assert sha256_file(tmp_path / "file") == sha256_bytes(content) == hashlib.sha256(content).hexdigest()


class Form(Strict):
    n_items: int


def test_toml_is_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "form.toml"
    path.write_text("n_items = 3")
    assert read_toml(path, Form, error=StudyError) == Form(n_items=3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"n_items = ", "is no TOML"),
        (b"\xff", "is no TOML"),
        (b"n_items = 'x'", "form.toml: n_items is 'x'"),
        (b"n_items = 1\nmore = 2", "unknown key 'more'"),
    ],
)
def test_faulty_toml_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "form.toml"
    path.write_bytes(content)
    with pytest.raises(StudyError, match=message):
        read_toml(path, Form, error=StudyError)


def test_missing_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="is missing"):
        read_toml(tmp_path / "form.toml", Form, error=StudyError)


def list_all(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_folder_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    with folder_written_aside(tmp_path / "target") as aside:
        (aside / "new").write_text("new")
        assert not (tmp_path / "target").exists()
    assert list_all(tmp_path) == {"target/new": b"new"}


def test_folder_replaces_an_older_one(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "old").write_text("old")
    with folder_written_aside(tmp_path / "target") as aside:
        (aside / "new").write_text("new")
    assert list_all(tmp_path) == {"target/new": b"new"}
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt])
def test_interrupted_folder_leaves_the_old_one(tmp_path: Path, fault: type[BaseException]) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "old").write_text("old")
    with pytest.raises(fault), folder_written_aside(tmp_path / "target") as aside:  # noqa: PT012  # the block is what is interrupted
        (aside / "new").write_text("new")
        raise fault
    assert list_all(tmp_path) == {"target/old": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_interrupted_file_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    with pytest.raises(KeyboardInterrupt), file_written_aside(tmp_path / "target") as aside:  # noqa: PT012  # as above
        aside.write_text("new")
        raise KeyboardInterrupt
    assert list_all(tmp_path) == {"target": b"old"}


def test_file_replaces_an_older_one(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    with file_written_aside(tmp_path / "target") as aside:
        aside.write_text("new")
    assert list_all(tmp_path) == {"target": b"new"}


@settings(max_examples=25)
@given(
    members=st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?\.csv", fullmatch=True), st.binary(), max_size=4)
)
def test_zip_comes_back_as_it_was(members: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("zip") / "archive.zip"
    write_zip(path, members=members)
    assert read_zip(path, error=EarshotError) == members


def test_zips_of_the_same_members_are_the_same_bytes(tmp_path: Path) -> None:
    write_zip(tmp_path / "one.zip", members={"a": b"1", "b": b"2"})
    write_zip(tmp_path / "two.zip", members={"b": b"2", "a": b"1"})
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../outside", "a\\outside"])
def test_zip_member_outside_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(EarshotError, match="lies outside the archive"):
        read_zip(tmp_path / "bad.zip", error=EarshotError)


def test_zip_with_a_member_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a", b"2")
    with pytest.raises(EarshotError, match="holds a member twice"):
        read_zip(tmp_path / "bad.zip", error=EarshotError)


def test_damaged_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"content content content")
    path.write_bytes(path.read_bytes().replace(b"content", b"contend", 1))
    with pytest.raises(EarshotError, match="damaged or no zip"):
        read_zip(path, error=EarshotError)


@pytest.mark.parametrize("content", [b"", b"no zip"])
def test_file_that_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.zip").write_bytes(content)
    with pytest.raises(EarshotError, match="damaged or no zip"):
        read_zip(tmp_path / "bad.zip", error=EarshotError)


def test_missing_zip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EarshotError, match="is missing"):
        read_zip(tmp_path / "bad.zip", error=EarshotError)


@example(place=35732, bit=1)  # a member said to lie before the file's beginning
@given(place=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_zip_with_one_bit_turned_is_refused_or_read_as_it_was(
    place: int, bit: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("zip") / "archive.zip"
    members = {"a.csv": b"one,two\n" * 40, "b.json": b"{}"}
    write_zip(path, members=members)
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1 << bit
    path.write_bytes(content)
    try:
        found = read_zip(path, error=EarshotError)
    except EarshotError:
        return
    # what zipfile accepts may lack a member or give it another name (hashes tell), never another content
    assert set(found.values()) <= set(members.values())
