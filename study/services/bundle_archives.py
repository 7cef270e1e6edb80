"""Bundles that come as one file: uploaded as a zip, or within a study's package."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from earshot.bundle import MANIFEST_NAME, MEDIA_FOLDER, NETWORK_FOLDER, Manifest, parse_manifest
from earshot.errors import BundleError
from earshot.files import read_zip
from study.models import Bundle
from study.services.bundles import bundle_load, bundle_store


def bundle_load_zip(*, path: Path) -> tuple[Bundle, bool]:
    """As `bundles.bundle_load`, of a zip of a bundle's folder, or of what is in it; its networks may be left out.

    Raises
    ------
    BundleError
        As `bundle_load`; and if the zip is damaged, holds no manifest, or a member outside the bundle.
    """
    return bundle_load_members(members=_inside(read_zip(path, error=BundleError), place=str(path)), place=str(path))


def bundle_load_members(*, members: Mapping[str, bytes], place: str) -> tuple[Bundle, bool]:
    """As `bundles.bundle_load`, of a bundle's files by their path within it.

    A bundle without any network file is taken too: no study reads networks, and its hash, which is that of its
    manifest, stays the same.

    Raises
    ------
    BundleError
        As `bundle_load`; `place` names the archive where a file is missing or surplus.
    """
    if MANIFEST_NAME not in members:
        raise BundleError(f"{place} holds no {MANIFEST_NAME}; expected the files of a bundle")
    manifest = parse_manifest(members[MANIFEST_NAME], place=f"{MANIFEST_NAME} in {place}")
    _check_names(manifest, names=set(members) - {MANIFEST_NAME}, place=place)
    with tempfile.TemporaryDirectory(prefix="earshot-bundle-") as name:
        folder = Path(name)
        for member, content in members.items():
            target = folder / member
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return bundle_load(folder=folder) if _has_networks(members) else bundle_store(manifest=manifest, folder=folder)


def _inside(members: Mapping[str, bytes], *, place: str) -> dict[str, bytes]:
    """The members by their path within the bundle: a zipped folder has its own name in front of each."""
    manifests = [name for name in members if name.rpartition("/")[2] == MANIFEST_NAME]
    if len(manifests) != 1:
        raise BundleError(
            f"{place} holds {len(manifests)} files named {MANIFEST_NAME}; expected one: zip one bundle's folder"
        )
    front = manifests[0].removesuffix(MANIFEST_NAME)
    outside = sorted(name for name in members if not name.startswith(front))
    if outside:
        raise BundleError(f"{place} holds '{outside[0]}' beside the bundle '{front}'; zip the bundle's folder alone")
    return {name.removeprefix(front): content for name, content in members.items()}


def _has_networks(names: Iterable[str]) -> bool:
    return any(name.startswith(f"{NETWORK_FOLDER}/") for name in names)


def _check_names(manifest: Manifest, *, names: set[str], place: str) -> None:
    """Refuse files that the manifest does not name, and a lack of those that it does, before anything is written."""
    expected = set(
        manifest.files() if _has_networks(names) else (f"{MEDIA_FOLDER}/{name}" for name in manifest.media())
    )
    faults = [f"{name} is missing" for name in sorted(expected - names)]
    faults += [f"{name} is surplus: the manifest does not name it" for name in sorted(names - expected)]
    if faults:
        raise BundleError(f"{place} is not whole: {'; '.join(faults)}; pack or copy it again")
