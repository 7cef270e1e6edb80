from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from earshot.errors import EarshotError
from earshot.files import read_zip, write_zip
from study.models import Bundle, Stage, Study
from study.selectors import study_design
from study.services.packages import study_unpack
from study.services.studies import study_create, study_launch
from study.study_files import dump_design
from tests.designs import design_fields, make_design

pytestmark = pytest.mark.django_db


@pytest.fixture
def members(hand_made_bundle: Path) -> dict[str, bytes]:
    """What a package of the study holds, put together by hand."""
    media = {f"bundle/media/{path.name}": path.read_bytes() for path in (hand_made_bundle / "media").iterdir()}
    return {
        "study.toml": dump_design(make_design()).encode(),
        "bundle/manifest.json": (hand_made_bundle / "manifest.json").read_bytes(),
        **media,
    }


def packed(tmp_path: Path, members: dict[str, bytes]) -> Path:
    write_zip(tmp_path / "packed.zip", members=members)
    return tmp_path / "packed.zip"


def test_a_package_holds_the_design_and_every_medium(
    bundle: Bundle, members: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study_create(fields=design_fields())
    call_command("pack_study", "digits", "--out", str(tmp_path / "digits.zip"))
    assert read_zip(tmp_path / "digits.zip", error=EarshotError) == members
    assert f"the design and {len(members) - 2} media" in capsys.readouterr().out


def test_a_package_becomes_a_draft_where_nothing_was(
    db: None, members: dict[str, bytes], tmp_path: Path, settings: Settings
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media elsewhere"
    call_command("unpack_study", str(packed(tmp_path, members)))
    study = Study.objects.get()
    assert (study.slug, study.stage, study.bundle.name) == ("digits", Stage.DRAFT, "tiny")
    assert study_design(study) == make_design()
    copied = {f"bundle/media/{path.name}": path.read_bytes() for path in (tmp_path / "media elsewhere").iterdir()}
    assert copied.items() <= members.items()
    assert study_launch(study=study).study.stage == Stage.RUNNING


def test_unpacking_twice_changes_nothing(db: None, members: dict[str, bytes], tmp_path: Path) -> None:
    first = study_unpack(path=packed(tmp_path, members))
    again = study_unpack(path=packed(tmp_path, members))
    assert (again, again.draft) == (first, first.draft)
    assert Bundle.objects.count() == 1


def refuse(path: Path) -> str:
    """The message of an unpacking that ends with exit code 2 and leaves no row."""
    with pytest.raises(CommandError) as fault:
        call_command("unpack_study", str(path))
    assert fault.value.returncode == 2
    assert (Study.objects.count(), Bundle.objects.count()) == (0, 0)
    return str(fault.value)


def test_a_faulty_study_file_leaves_no_bundle_behind(db: None, members: dict[str, bytes], tmp_path: Path) -> None:
    faulty = members["study.toml"].replace(b"n_right = 2", b"n_right = 2\npool_right = 200")
    assert "wants 200 right stimuli" in refuse(packed(tmp_path, members | {"study.toml": faulty}))


def test_a_study_file_that_is_no_toml_is_refused(db: None, members: dict[str, bytes], tmp_path: Path) -> None:
    assert "is no TOML" in refuse(packed(tmp_path, members | {"study.toml": b"[study"}))


def test_a_damaged_medium_is_refused(db: None, members: dict[str, bytes], tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media elsewhere"
    damaged = next(name for name in members if name.startswith("bundle/media/"))
    assert damaged.rpartition("/")[2] in refuse(packed(tmp_path, members | {damaged: b"another content"}))


def test_a_missing_medium_is_refused(db: None, members: dict[str, bytes], tmp_path: Path) -> None:
    lost = next(name for name in members if name.startswith("bundle/media/"))
    del members[lost]
    assert f"{lost.removeprefix('bundle/')} is missing" in refuse(packed(tmp_path, members))


@pytest.mark.parametrize("lost", ["study.toml", "bundle/manifest.json"])
def test_a_zip_that_is_no_package_is_refused(db: None, members: dict[str, bytes], tmp_path: Path, lost: str) -> None:
    del members[lost]
    assert lost in refuse(packed(tmp_path, members))


def test_something_else_in_a_package_is_refused(db: None, members: dict[str, bytes], tmp_path: Path) -> None:
    assert "holds 'notes.txt'" in refuse(packed(tmp_path, members | {"notes.txt": b""}))


def test_an_absent_package_is_refused(db: None, tmp_path: Path) -> None:
    assert "is missing; give the path of a zip file" in refuse(tmp_path / "nowhere.zip")


def test_a_study_whose_medium_is_lost_is_not_packed(bundle: Bundle, tmp_path: Path, settings: Settings) -> None:
    study_create(fields=design_fields())
    settings.MEDIA_ROOT = tmp_path / "empty"
    with pytest.raises(CommandError, match=r"is missing in .*; load the bundle again") as fault:
        call_command("pack_study", "digits", "--out", str(tmp_path / "digits.zip"))
    assert fault.value.returncode == 2
    assert not (tmp_path / "digits.zip").exists()
