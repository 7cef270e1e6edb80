"""A study with its bundle as one file, to be moved to another server.

The zip holds `study.toml` and `bundle/`: the manifest as it was hashed, and every medium. Networks stay behind: no
study reads them, the media folder has none, and the bundle's hash, which is that of its manifest, is the same without.
"""

import tomllib
from pathlib import Path

from django.conf import settings
from django.db import transaction

from earshot.bundle import MANIFEST_NAME, MEDIA_FOLDER
from earshot.errors import StudyError
from earshot.files import read_zip, sha256_bytes, write_zip
from study.feasibility import bundle_manifest
from study.models import Study
from study.services.bundle_archives import bundle_load_members
from study.services.drafts import study_dump, study_load_fields

_STUDY_NAME = "study.toml"
_BUNDLE_FOLDER = "bundle/"


def study_pack(*, study: Study, out: Path) -> int:
    """How many media were packed with the study's design into the zip `out`, which is replaced if it is there.

    Raises
    ------
    StudyError
        If a medium is lost or damaged, or the design cannot be written as a study file.
    """
    members = {_STUDY_NAME: study_dump(study=study).encode()}
    members[_BUNDLE_FOLDER + MANIFEST_NAME] = bytes(study.bundle.manifest)
    media = bundle_manifest(study.bundle).media()
    for name, sha256 in media.items():
        members[f"{_BUNDLE_FOLDER}{MEDIA_FOLDER}/{name}"] = _read_medium(name, sha256=sha256)
    write_zip(out, members=members)
    return len(media)


def study_unpack(*, path: Path) -> Study:
    """The draft that a package holds, its bundle loaded; nothing is left of a package that is refused but media files.

    Raises
    ------
    StudyError
        If the zip is damaged or holds something else than a package, or as `study_load`.
    BundleError
        As `bundle_load`.
    """
    members = read_zip(path, error=StudyError)
    if _STUDY_NAME not in members:
        raise StudyError(f"{path} holds no {_STUDY_NAME}; expected a file that pack_study wrote")
    surplus = sorted(name for name in members if name != _STUDY_NAME and not name.startswith(_BUNDLE_FOLDER))
    if surplus or _BUNDLE_FOLDER + MANIFEST_NAME not in members:
        found = f"holds '{surplus[0]}'" if surplus else f"lacks {_BUNDLE_FOLDER}{MANIFEST_NAME}"
        raise StudyError(f"{path} {found}; expected {_STUDY_NAME} and a bundle, as pack_study writes them")
    try:
        fields = tomllib.loads(members[_STUDY_NAME].decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise StudyError(f"{_STUDY_NAME} in {path} is no TOML: {fault}") from fault
    bundle = {name.removeprefix(_BUNDLE_FOLDER): content for name, content in members.items() if name != _STUDY_NAME}
    with transaction.atomic():
        bundle_load_members(members=bundle, place=str(path))
        return study_load_fields(fields=fields, place=f"{_STUDY_NAME} in {path}")


def _read_medium(name: str, *, sha256: str) -> bytes:
    path = Path(settings.MEDIA_ROOT) / name
    if not path.is_file():
        raise StudyError(f"medium {name} is missing in {path.parent}; load the bundle again: it brings it back")
    content = path.read_bytes()
    if sha256_bytes(content) != sha256:
        raise StudyError(f"medium {name} in {path.parent} is damaged; load the bundle again: it brings it back")
    return content
