import codecs
import shutil
from pathlib import Path

import pytest

from earshot.errors import RecipeError
from explainer.corpora.clips import Recordings
from explainer.corpora.layouts import find_recordings
from tests.explainer.corpora.miniature import corpus_section, write_clip

NAMES = ("a/one.wav", "a/two.flac", "b/three.wav", "b/four.wav")
ROWS = """path,label,speaker,take,room
a/one.wav,spoof,ann,3,hall
a/two.flac,bona-fide,ann,4,
b/three.wav,spoof,bob,3,"small, dark"
b/four.wav,bona-fide,bob,4,hall
"""


def write_manifest(folder: Path, *, text: str = ROWS, name: str = "clips.csv", encoding: str = "utf-8") -> Path:
    for number, path in enumerate(NAMES):
        write_clip(folder / path, frequency_hz=300 + 50 * number)
    (folder / name).write_text(text, encoding=encoding)
    return folder


def find(folder: Path, *, manifest: str = "clips.csv", **changes: object) -> Recordings:
    return find_recordings(folder, section=corpus_section("manifest", manifest=manifest, **changes))


def test_rows_become_clips_and_further_columns_attributes(tmp_path: Path) -> None:
    recordings = find(write_manifest(tmp_path))
    assert (recordings.labels, recordings.label_column) == (("bona-fide", "spoof"), "label")
    assert [clip.id for clip in recordings.clips] == sorted(NAMES)
    one, two = recordings.clips[:2]
    assert (one.path, one.label, one.speaker, one.take) == (tmp_path / "a/one.wav", "spoof", "ann", 3)
    assert one.attributes == {"label": "spoof", "room": "hall"}
    assert two.attributes == {"label": "bona-fide"}
    assert recordings.clips[3].attributes["room"] == "small, dark"


def test_any_column_is_a_label(tmp_path: Path) -> None:
    text = ROWS.replace("label,speaker", "kind,speaker").replace(",4,\n", ",4,yard\n")
    recordings = find(write_manifest(tmp_path, text=text), label="room", labels=["hall", "yard"])
    assert recordings.labels == ("hall", "yard")
    assert [clip.label for clip in recordings.clips] == ["hall", "yard", "hall"]
    assert recordings.n_other_labels == 1
    assert find(tmp_path, label="speaker").labels == ("ann", "bob")


@pytest.mark.parametrize("change", ["byte order mark", "carriage returns", "spaces", "empty rows"])
def test_csv_as_other_programs_write_it_is_read_alike(tmp_path: Path, change: str) -> None:
    expected = find(write_manifest(tmp_path)).clips
    texts = {
        "byte order mark": codecs.BOM_UTF8.decode() + ROWS,
        "carriage returns": ROWS.replace("\n", "\r\n"),
        "spaces": ROWS.replace(",spoof,", " , spoof ,")
        .replace(',"small', ', "small')
        .replace("path,label", "path, label"),
        "empty rows": ROWS.replace("b/three", "\n,,,,\nb/three") + "\n",
    }
    (tmp_path / "clips.csv").write_bytes(texts[change].encode())
    assert find(tmp_path).clips == expected


def test_paths_are_relative_to_the_folder_of_the_csv_file(tmp_path: Path) -> None:
    write_manifest(tmp_path / "lists")
    clips = find(tmp_path, manifest="lists/clips.csv").clips
    assert [clip.id for clip in clips] == sorted(NAMES)
    assert clips[0].path == tmp_path / "lists/a/one.wav"


def test_hash_changes_with_the_manifest_but_not_with_its_place(tmp_path: Path) -> None:
    write_manifest(tmp_path / "here")
    shutil.copytree(tmp_path / "here", tmp_path / "there/deeper")
    here = find(tmp_path / "here").sha256
    assert find(tmp_path / "there", manifest="deeper/clips.csv").sha256 == here
    (tmp_path / "here/clips.csv").write_text(ROWS.replace("hall", "loft"))
    assert find(tmp_path / "here").sha256 != here


def test_takes_are_counted_for_each_speaker_and_label_where_the_manifest_has_none(tmp_path: Path) -> None:
    text = "path,label,speaker\nb/three.wav,x,ann\nb/four.wav,y,ann\na/two.flac,x,ann\na/one.wav,x,bob\n"
    clips = find(write_manifest(tmp_path, text=text)).clips
    assert {clip.id: clip.take for clip in clips} == {
        "a/one.wav": 0,
        "a/two.flac": 0,
        "b/three.wav": 1,
        "b/four.wav": 0,
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("path,", "file,", r"clips\.csv has no column 'path'; its first line names file, label, speaker, take, room"),
        ("speaker", "who", r"has no column 'speaker'"),
        ("label", "kind", r"has no column 'label'; .* or name another column under corpus\.label"),
        (ROWS, ROWS.replace(",", ";"), r"names path;label;speaker;take;room: add it, separated by commas"),
        ("room", "take", r"has the column 'take' twice"),
        (ROWS, "", r"has no column 'path'"),
        (ROWS, "path,label,speaker\n", r"lists no recording"),
        ("ann,3,hall", "ann,3", r"clips\.csv, line 2 has 4 cells; expected 5"),
        (",4,\n", ",4,hall,dark\n", r"clips\.csv, line 3 has 6 cells; expected 5"),
        ('"small, dark"', '"small, dark', r"clips\.csv, line 5: unexpected end of data; save it as CSV again"),
        ("one.wav,spoof", "one.wav,", r"clips\.csv, line 2 has no 'label'; fill the cell in or take the row out"),
        ("one.wav,spoof", "one.wav,  ", r"clips\.csv, line 2 has no 'label'"),
        ("ann,3", ",3", r"line 2 has no 'speaker'"),
        ("ann,3", "ann,", r"line 2 has no 'take'"),
        ("a/one.wav", "", r"line 2 has no 'path'"),
        ("ann,3", "ann,-3", r"line 2: take is '-3'; expected a whole number from 0"),
        ("ann,3", "ann,³", r"line 2: take is '³'"),
        ("a/one.wav", "a/gone.wav", r"line 2: 'a/gone\.wav' is no file in "),
        ("a/one.wav", "a", r"line 2: 'a' is no file in "),
        ("a/one.wav", "/etc/hosts", r"line 2: path is '/etc/hosts'; expected one below "),
        ("a/one.wav", "../a/one.wav", r"line 2: path is '\.\./a/one\.wav'; .* no '\.\.'"),
        ("a/one.wav", "a\\one.wav", r"line 2: path is 'a\\one\.wav'; .* with / between folders"),
        ("a/two.flac", "./a//one.wav", r"line 3: 'a/one\.wav' stands already in line 2; take one of them out"),
    ],
)
def test_broken_manifest_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in ROWS
    write_manifest(tmp_path, text=ROWS.replace(old, new, 1))
    with pytest.raises(RecipeError, match=message):
        find(tmp_path)


def test_manifest_in_another_encoding_is_refused(tmp_path: Path) -> None:
    write_manifest(tmp_path, text=ROWS.replace("hall", "Flöte"), encoding="latin-1")
    with pytest.raises(RecipeError, match=r"clips\.csv is not in UTF-8 .*; save it as UTF-8"):
        find(tmp_path)


def test_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"clips\.csv is missing; name the CSV file .* under corpus\.manifest"):
        find(tmp_path)


def test_take_and_path_are_no_labels(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    with pytest.raises(RecipeError, match=r"corpus\.label is 'take'; the recordings' columns are label, room, speaker"):
        find(tmp_path, label="take")
