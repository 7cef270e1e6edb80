import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from earshot.bundle import FORMAT_VERSION, bundle_sha256
from study.models import Bundle, Picture, Rendition, Stimulus
from study.services.bundles import bundle_load, bundles_found
from tests.study.rich_bundle import write_rich_bundle
from tests.tiny_bundle import change_manifest, write_tiny_bundle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_media_root(folders: Path, tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tiny_bundle(tmp_path / "tiny")
    return tmp_path / "tiny"


def refuse(folder: Path) -> str:
    """The message of a load that ends with exit code 2 and leaves nothing behind."""
    with pytest.raises(CommandError) as fault:
        call_command("load_bundle", str(folder))
    assert fault.value.returncode == 2
    return str(fault.value)


def assert_nothing_loaded() -> None:
    assert (
        Bundle.objects.count() == Stimulus.objects.count() == Rendition.objects.count() == Picture.objects.count() == 0
    )
    assert not Path(settings.MEDIA_ROOT).exists()


def test_bundle_is_loaded_with_all_its_media(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_bundle", str(folder))
    bundle = Bundle.objects.get()
    assert bundle.sha256 == bundle_sha256(folder)
    assert bytes(bundle.manifest) == (folder / "manifest.json").read_bytes()
    assert bundle.labels == ["0", "1", "2"]
    assert (Stimulus.objects.count(), Rendition.objects.count()) == (6, 18)
    copied = {path.name: path.read_bytes() for path in Path(settings.MEDIA_ROOT).iterdir()}
    assert copied == {path.name: path.read_bytes() for path in (folder / "media").iterdir()}
    assert "6 stimuli, 18 renditions" in capsys.readouterr().out


def test_second_load_changes_nothing_and_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_bundle", str(folder))
    before = [list(model.objects.order_by("pk").values()) for model in (Bundle, Stimulus, Rendition)]
    times = {path: path.stat().st_mtime_ns for path in Path(settings.MEDIA_ROOT).iterdir()}
    call_command("load_bundle", str(folder))
    assert [list(model.objects.order_by("pk").values()) for model in (Bundle, Stimulus, Rendition)] == before
    assert {path: path.stat().st_mtime_ns for path in Path(settings.MEDIA_ROOT).iterdir()} == times
    assert "nothing was changed" in capsys.readouterr().out


def test_second_load_brings_back_lost_media(folder: Path) -> None:
    call_command("load_bundle", str(folder))
    lost = next(Path(settings.MEDIA_ROOT).iterdir())
    lost.unlink()
    call_command("load_bundle", str(folder))
    assert lost.read_bytes() == (folder / "media" / lost.name).read_bytes()


def test_second_load_mends_a_truncated_medium(folder: Path) -> None:
    call_command("load_bundle", str(folder))
    cut = next(Path(settings.MEDIA_ROOT).iterdir())
    cut.write_bytes(cut.read_bytes()[:20])
    call_command("load_bundle", str(folder))
    assert cut.read_bytes() == (folder / "media" / cut.name).read_bytes()


def test_bundle_with_a_changed_byte_is_refused(folder: Path) -> None:
    damaged = sorted((folder / "media").glob("*.wav"))[0]
    content = bytearray(damaged.read_bytes())
    content[100] ^= 1
    damaged.write_bytes(bytes(content))
    message = refuse(folder)
    assert f"media/{damaged.name} is damaged" in message
    assert "copy it again or rebuild it" in message
    assert_nothing_loaded()


def test_bundle_lacking_a_file_is_refused(folder: Path) -> None:
    lost = sorted((folder / "media").glob("*.png"))[0]
    lost.unlink()
    assert f"media/{lost.name} is missing" in refuse(folder)
    assert_nothing_loaded()


def test_bundle_with_a_surplus_file_is_refused(folder: Path) -> None:
    (folder / "media" / "extra.wav").write_bytes(b"")
    assert "media/extra.wav is surplus" in refuse(folder)
    assert_nothing_loaded()


def test_bundle_of_a_newer_format_is_refused(folder: Path) -> None:
    change_manifest(folder, format_version=FORMAT_VERSION + 1)
    message = refuse(folder)
    assert f"bundle format {FORMAT_VERSION + 1}" in message
    assert "install a newer one" in message
    assert_nothing_loaded()


def test_absent_bundle_is_refused(tmp_path: Path) -> None:
    assert "manifest.json is missing" in refuse(tmp_path / "nowhere")
    assert_nothing_loaded()


def test_process_ends_with_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "load_bundle", str(tmp_path / "nowhere")],
        env=os.environ | {"EARSHOT_VAR": str(tmp_path / "var")},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("CommandError: manifest.json is missing in")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["seven.wav", "../seven.wav", "a" * 64 + ".svg"])
def test_medium_not_named_by_its_hash_is_refused(folder: Path, name: str) -> None:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    sound = manifest["stimuli"][0]["renditions"][0]["sound"]
    (folder / "media" / sound["file"]).rename(folder / "media" / name)
    sound["file"] = name
    change_manifest(folder, **manifest)
    assert name in refuse(folder)
    assert_nothing_loaded()


def test_another_bundle_of_a_loaded_name_is_refused(folder: Path, tmp_path: Path) -> None:
    call_command("load_bundle", str(folder))
    media = set(Path(settings.MEDIA_ROOT).iterdir())
    write_tiny_bundle(tmp_path / "other", n_wrong=4)
    message = refuse(tmp_path / "other")
    assert "bundle 'tiny' is loaded with hash" in message
    assert "another name in its recipe" in message
    assert Bundle.objects.count() == 1
    assert set(Path(settings.MEDIA_ROOT).iterdir()) == media


def test_every_rendition_and_picture_becomes_a_row(tmp_path: Path) -> None:
    write_rich_bundle(tmp_path / "rich", n_right=1, n_wrong=1, n_training_wrong=0)
    bundle, _ = bundle_load(folder=tmp_path / "rich")
    assert bundle.stimuli.count() == 2 * 22
    assert Rendition.objects.count() == 2 * 22 * 8
    assert Picture.objects.count() == 2 * 22 * 8 * 4
    stimulus = bundle.stimuli.get(name="audionet-clip-21")  # the wrong main one
    assert (stimulus.network, stimulus.role, stimulus.true_label, stimulus.predicted_label) == (
        *("audionet", "main"),
        *("1", "2"),
    )
    rows = list(stimulus.renditions.values_list("number", "mask", "method", "form", "answered_label"))
    assert rows[:3] == [
        (0, "none", "", "original", "2"),
        (1, "relevance", "epsilon-plus-flat", "soft-mask", "2"),
        (2, "control", "epsilon-plus-flat", "soft-mask", "3"),
    ]
    pictures = stimulus.renditions.get(number=1).pictures.values_list("kind", "alternative_text")
    assert list(pictures)[:2] == [
        ("matched", "A picture of the kind 'matched'."),
        ("overlay", "A picture of the kind 'overlay'."),
    ]


def test_a_bundle_that_does_not_say_what_was_answered_leaves_it_open(folder: Path) -> None:
    bundle_load(folder=folder)
    assert set(Rendition.objects.values_list("answered_label", flat=True)) == {""}


def test_second_load_completes_what_an_older_earshot_did_not_make(folder: Path) -> None:
    bundle, _ = bundle_load(folder=folder)
    whole = rows_of(bundle)
    bundle.stimuli.update(network="")
    Rendition.objects.filter(mask="relevance").update(method="", number=7)
    Rendition.objects.filter(mask="control").delete()
    again, completed = bundle_load(folder=folder)
    assert (again, completed) == (bundle, True)
    assert rows_of(bundle) == whole
    assert bundle_load(folder=folder) == (bundle, False)


def rows_of(bundle: Bundle) -> list[tuple[Any, ...]]:
    """What the rows say, without their own ids."""
    fields = (
        "name",
        "network",
        "renditions__number",
        "renditions__mask",
        "renditions__method",
        "renditions__sound_file",
    )
    pictures = ("renditions__pictures__kind", "renditions__pictures__file")
    return list(bundle.stimuli.order_by("name", "renditions__number").values_list(*fields, *pictures))


def test_bundles_are_found_with_what_is_wrong_with_them(tmp_path: Path, settings: Settings) -> None:
    settings.EARSHOT_BUNDLES = tmp_path / "bundles"
    assert bundles_found() == []
    write_tiny_bundle(tmp_path / "bundles" / "a", name="first")
    write_tiny_bundle(tmp_path / "bundles" / "b", name="second")
    write_tiny_bundle(tmp_path / "bundles" / "c", name="third")
    (tmp_path / "bundles" / "c" / "manifest.json").write_text("no JSON")
    (tmp_path / "bundles" / "empty").mkdir()
    bundle_load(folder=tmp_path / "bundles" / "b")
    found = bundles_found()
    assert [(one.folder.name, one.name, one.is_loaded) for one in found] == [
        ("a", "first", False),
        ("b", "second", True),
        ("c", None, False),
    ]
    assert [bool(one.fault) for one in found] == [False, False, True]
    assert "is no JSON" in found[2].fault
