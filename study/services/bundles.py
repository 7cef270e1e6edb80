"""Loading a bundle: its media into the media folder, its stimuli and renditions into rows."""

import re
import shutil
from pathlib import Path
from typing import Literal, get_args

from django.conf import settings
from django.db import transaction

from earshot import bundle as bundle_format
from earshot.bundle import Manifest
from earshot.errors import BundleError
from earshot.files import file_written_aside, sha256_file
from study.models import Bundle, Rendition, Stimulus

ShownMask = Literal["none", "relevance", "control"]
_MEDIA_NAME = re.compile(r"([0-9a-f]{64})\.(?:wav|png)")


def bundle_load(*, folder: Path) -> tuple[Bundle, bool]:
    """The bundle in `folder` as rows, and whether this call made them; a second load changes nothing.

    Every file is checked before anything is written. Media are copied first, each aside and renamed, then all rows are
    made in one transaction: an interrupted load leaves at most files that no row names, and the next load uses them.
    A medium that was lost or damaged since is brought back.

    Raises
    ------
    BundleError
        If the bundle is damaged, of a newer format, or another one of its name is loaded.
    """
    manifest = bundle_format.check_bundle(folder)
    _check_media_names(manifest, folder=folder)
    sha256 = bundle_format.bundle_sha256(folder)
    _refuse_other_of_name(manifest.name, sha256=sha256)
    _copy_media(manifest, folder=folder)
    return _make_rows(manifest, sha256=sha256, content=(folder / bundle_format.MANIFEST_NAME).read_bytes())


def _check_media_names(manifest: Manifest, *, folder: Path) -> None:
    """A media name is the hash of its content, so that it tells a participant nothing and leads nowhere else."""
    for name, sha256 in manifest.media().items():
        match = _MEDIA_NAME.fullmatch(name)
        if match is None or match[1] != sha256:
            raise BundleError(
                f"{folder} has a medium named '{name}'; expected the SHA-256 of its content with .wav or .png: "
                "rebuild the bundle"
            )


def _refuse_other_of_name(name: str, *, sha256: str) -> None:
    loaded = Bundle.objects.filter(name=name).exclude(sha256=sha256).first()
    if loaded is not None:
        raise BundleError(
            f"bundle '{name}' is loaded with hash {loaded.sha256[:12]}; this one has {sha256[:12]}: give the new one "
            "another name in its recipe and build it again, or load the one that was loaded before"
        )


def _copy_media(manifest: Manifest, *, folder: Path) -> None:
    """Copy what the media folder lacks or holds damaged: a name is a hash, and the content decides whether it is so."""
    media_root = Path(settings.MEDIA_ROOT)
    for name, sha256 in manifest.media().items():
        target = media_root / name
        if target.is_file() and sha256_file(target) == sha256:
            continue
        with file_written_aside(target) as aside:
            shutil.copyfile(folder / bundle_format.MEDIA_FOLDER / name, aside)
            if sha256_file(aside) != sha256:
                raise BundleError(f"{name} changed in {folder} while it was copied; load the bundle again")


@transaction.atomic
def _make_rows(manifest: Manifest, *, sha256: str, content: bytes) -> tuple[Bundle, bool]:
    _refuse_other_of_name(manifest.name, sha256=sha256)
    bundle, created = Bundle.objects.get_or_create(
        sha256=sha256, defaults={"name": manifest.name, "manifest": content, "labels": manifest.labels}
    )
    if created:
        stimuli = Stimulus.objects.bulk_create(_stimulus_row(bundle, stimulus) for stimulus in manifest.stimuli)
        rows = {stimulus.name: stimulus for stimulus in stimuli}
        Rendition.objects.bulk_create(
            _rendition_row(rows[stimulus.id], rendition)
            for stimulus in manifest.stimuli
            for rendition in _shown_renditions(stimulus)
        )
    return bundle, created


def _shown_renditions(stimulus: bundle_format.Stimulus) -> list[bundle_format.Rendition]:
    """The renditions a study can show today: the first of each mask that a condition may name, and the original.

    The files of all others are in the media folder, and the manifest is kept whole: no page serves them.
    """
    shown: dict[str, bundle_format.Rendition] = {}
    for rendition in stimulus.renditions:
        if rendition.mask in get_args(ShownMask):
            shown.setdefault(rendition.mask, rendition)
    return list(shown.values())


def _stimulus_row(bundle: Bundle, stimulus: bundle_format.Stimulus) -> Stimulus:
    return Stimulus(
        bundle=bundle,
        name=stimulus.id,
        role=stimulus.role,
        true_label=stimulus.true_label,
        predicted_label=stimulus.predicted_label,
    )


def _rendition_row(stimulus: Stimulus, rendition: bundle_format.Rendition) -> Rendition:
    return Rendition(
        stimulus=stimulus,
        mask=rendition.mask,
        sound_file=rendition.sound.file,
        sound_duration_ms=rendition.sound.duration_ms,
        picture_file=rendition.picture.file,
        picture_duration_ms=rendition.picture.duration_ms,
        frequency_min_hz=rendition.picture.frequency_min_hz,
        frequency_max_hz=rendition.picture.frequency_max_hz,
        floor_db=rendition.picture.floor_db,
        ceiling_db=rendition.picture.ceiling_db,
    )
