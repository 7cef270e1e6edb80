import json
from pathlib import Path
from typing import Any

import pytest

from earshot.bundle import bundle_sha256, check_bundle, find_faults, find_surplus, read_manifest
from earshot.errors import BundleError
from earshot.files import sha256_bytes
from tests.tiny_bundle import change_manifest, write_tiny_bundle


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tiny_bundle(tmp_path / "tiny")
    return tmp_path / "tiny"


def first_media(folder: Path) -> Path:
    return sorted((folder / "media").iterdir())[0]


def test_whole_bundle_has_no_fault(folder: Path) -> None:
    assert find_faults(folder) == []
    assert check_bundle(folder) == read_manifest(folder)


def test_bundles_hash_is_that_of_its_manifest(folder: Path, tmp_path: Path) -> None:
    assert bundle_sha256(folder) == sha256_bytes((folder / "manifest.json").read_bytes())
    assert write_tiny_bundle(tmp_path / "again") == bundle_sha256(folder)


def test_every_damaged_missing_and_surplus_file_is_named(folder: Path) -> None:
    media = sorted((folder / "media").iterdir())
    media[0].unlink()
    media[1].write_bytes(media[1].read_bytes()[:-1])
    (folder / "media" / "surplus.png").write_bytes(b"")
    (folder / "notes.txt").write_text("surplus as well")
    (folder / "network" / "made-up" / "weights.safetensors").write_bytes(b"others")
    assert sorted(find_faults(folder)) == sorted(
        [
            f"media/{media[0].name} is missing",
            f"media/{media[1].name} is damaged: its content has another hash",
            "media/surplus.png is surplus: the manifest does not name it",
            "notes.txt is surplus: the manifest does not name it",
            "network/made-up/weights.safetensors is damaged: its content has another hash",
        ]
    )
    with pytest.raises(BundleError, match="copy it again or rebuild it"):
        check_bundle(folder)


def test_one_changed_bit_is_found(folder: Path) -> None:
    path = first_media(folder)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    assert find_faults(folder) == [f"media/{path.name} is damaged: its content has another hash"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format_version": 4}, "has bundle format 4; this Earshot reads up to 3: install a newer one"),
        ({"format": "another"}, "format is 'another'"),
        ({"surplus": 1}, "unknown key 'surplus'"),
        ({"labels": ["0", "1", "3"]}, "has a label that is not in the manifest's labels"),
        ({"level_lufs": "loud"}, "level_lufs is 'loud'"),
    ],
)
def test_manifest_that_does_not_fit_is_refused(folder: Path, fields: dict[str, Any], message: str) -> None:
    change_manifest(folder, **fields)
    with pytest.raises(BundleError, match=message):
        read_manifest(folder)


def test_stimulus_twice_is_refused(folder: Path) -> None:
    stimuli = json.loads((folder / "manifest.json").read_bytes())["stimuli"]
    change_manifest(folder, stimuli=[*stimuli, stimuli[0]])
    with pytest.raises(BundleError, match="two stimuli have the same id"):
        read_manifest(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff\xfe"])
def test_manifest_that_is_none_is_refused(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(BundleError, match="rebuild the bundle"):
        read_manifest(folder)


def test_absent_manifest_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="python -m explainer build"):
        read_manifest(tmp_path)


def test_missing_rendition_is_named(tmp_path: Path) -> None:
    write_tiny_bundle(tmp_path / "poor", masks=("none",))
    stimulus = read_manifest(tmp_path / "poor").stimuli[0]
    assert stimulus.rendition("none").mask == "none"
    with pytest.raises(BundleError, match="stimulus 'clip-0' has no rendition with mask 'relevance'"):
        stimulus.rendition("relevance")


@pytest.mark.parametrize("label", ["", " ", "2 ", "2\n", "2" * 65])
def test_a_label_that_is_empty_padded_or_too_long_is_refused(folder: Path, label: str) -> None:
    change_manifest(folder, labels=["0", "1", "2", label])
    with pytest.raises(BundleError, match=r"labels\.3 is "):
        read_manifest(folder)


def test_a_label_that_stands_there_twice_is_refused(folder: Path) -> None:
    change_manifest(folder, labels=["0", "1", "2", "2"])
    with pytest.raises(BundleError, match="labels are 0, 1, 2, 2; each may stand there once"):
        read_manifest(folder)


def test_manifest_of_before_balance_was_recorded_still_reads(folder: Path) -> None:
    path = folder / "manifest.json"
    fields = json.loads(path.read_bytes())
    (selection,) = fields["selections"]
    for name in [name for name in selection if name.startswith(("n_matched", "best_rule"))]:
        del selection[name]
    path.write_text(json.dumps(fields), encoding="utf-8")
    (selection,) = read_manifest(folder).selections
    assert selection.n_matched_speaker_and_label is None
    assert selection.best_rule_by_true_label_share is None


def test_surplus_is_told_apart_from_damage(folder: Path) -> None:
    first_media(folder).unlink()
    (folder / "media" / "nowhere.png").symlink_to("absent.png")
    assert find_surplus(folder) == ["media/nowhere.png"]
