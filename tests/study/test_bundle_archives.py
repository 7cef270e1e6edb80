import zipfile
from pathlib import Path

import pytest
from pytest_django import Settings

from earshot.errors import BundleError
from earshot.files import write_zip
from study.models import Bundle
from study.services.bundle_archives import bundle_load_zip
from study.services.bundles import bundle_load
from tests.tiny_bundle import write_tiny_bundle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_media_root(folders: Path, tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def members(tmp_path: Path) -> dict[str, bytes]:
    folder = tmp_path / "tiny"
    write_tiny_bundle(folder)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def zipped(tmp_path: Path, members: dict[str, bytes], *, front: str = "") -> Path:
    write_zip(tmp_path / "bundle.zip", members={front + name: content for name, content in members.items()})
    return tmp_path / "bundle.zip"


@pytest.mark.parametrize("front", ["", "tiny/", "some/where/"])
def test_a_zip_is_loaded_as_its_folder_is(members: dict[str, bytes], tmp_path: Path, front: str) -> None:
    bundle, created = bundle_load_zip(path=zipped(tmp_path, members, front=front))
    assert created
    assert bundle_load(folder=tmp_path / "tiny") == (bundle, False)


def test_a_zip_without_networks_is_the_same_bundle(members: dict[str, bytes], tmp_path: Path) -> None:
    without = {name: content for name, content in members.items() if not name.startswith("network/")}
    bundle, _ = bundle_load_zip(path=zipped(tmp_path, without))
    assert bundle_load(folder=tmp_path / "tiny") == (bundle, False)


def refuse(path: Path) -> str:
    """The message of a load that is refused and leaves no row."""
    with pytest.raises(BundleError) as fault:
        bundle_load_zip(path=path)
    assert Bundle.objects.count() == 0
    return str(fault.value)


@pytest.mark.parametrize("with_network", [True, False])
def test_a_zip_that_lacks_a_medium_is_refused(members: dict[str, bytes], tmp_path: Path, with_network: bool) -> None:
    lost = next(name for name in members if name.startswith("media/"))
    kept = {name: each for name, each in members.items() if with_network or not name.startswith("network/")}
    del kept[lost]
    assert f"{lost} is missing" in refuse(zipped(tmp_path, kept))


def test_a_zip_with_a_surplus_file_is_refused(members: dict[str, bytes], tmp_path: Path) -> None:
    without = {name: content for name, content in members.items() if not name.startswith("network/")}
    assert "readme.txt is surplus" in refuse(zipped(tmp_path, without | {"readme.txt": b"hello"}))


def test_a_zip_with_a_damaged_medium_is_refused(members: dict[str, bytes], tmp_path: Path) -> None:
    without = {name: content for name, content in members.items() if not name.startswith("network/")}
    damaged = next(name for name in without if name.startswith("media/"))
    assert damaged.removeprefix("media/") in refuse(zipped(tmp_path, without | {damaged: b"another content"}))


def test_a_zip_without_a_manifest_is_refused(tmp_path: Path) -> None:
    assert "holds 0 files named manifest.json" in refuse(zipped(tmp_path, {"readme.txt": b"hello"}))


def test_a_zip_with_something_beside_the_bundle_is_refused(members: dict[str, bytes], tmp_path: Path) -> None:
    path = zipped(tmp_path, {f"tiny/{name}": content for name, content in members.items()} | {"notes.txt": b""})
    assert "holds 'notes.txt' beside the bundle 'tiny/'" in refuse(path)


def test_a_zip_that_reaches_outside_is_refused(members: dict[str, bytes], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        archive.writestr("../manifest.json", members["manifest.json"])
    assert "lies outside the archive" in refuse(tmp_path / "bundle.zip")


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_bytes(b"no zip")
    assert "is damaged or no zip" in refuse(tmp_path / "bundle.zip")
