"""Loading a bundle: its media into the media folder, its stimuli, renditions and pictures into rows."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from earshot import bundle as bundle_format
from earshot.bundle import Manifest
from earshot.errors import BundleError
from earshot.files import file_written_aside, sha256_bytes, sha256_file
from study.models import Bundle, Picture, Rendition, Stimulus

_MEDIA_NAME = re.compile(r"([0-9a-f]{64})\.(?:wav|png)")


@dataclass(frozen=True)
class FoundBundle:
    """A folder that holds a bundle's manifest; `name` is None where it cannot be read, and `fault` says why."""

    folder: Path
    name: str | None
    is_loaded: bool
    fault: str = ""


def bundle_load(*, folder: Path) -> tuple[Bundle, bool]:
    """The bundle in `folder` as rows, and whether this call made or completed them; a further load changes nothing.

    Every file is checked before anything is written. Media are copied first, each aside and renamed, then all rows are
    made in one transaction: an interrupted load leaves at most files that no row names, and the next load uses them.
    A medium that was lost or damaged since is brought back.

    Raises
    ------
    BundleError
        If the bundle is damaged, of a newer format, or another one of its name is loaded.
    """
    return bundle_store(manifest=bundle_format.check_bundle(folder), folder=folder)


def bundle_store(*, manifest: Manifest, folder: Path) -> tuple[Bundle, bool]:
    """As `bundle_load`, of a folder whose files were checked, or which lacks the networks that no study reads.

    Raises
    ------
    BundleError
        As `bundle_load`; every medium's content is held against its hash here, too.
    """
    content = (folder / bundle_format.MANIFEST_NAME).read_bytes()
    _check_media_names(manifest, folder=folder)
    sha256 = sha256_bytes(content)
    _refuse_other_of_name(manifest.name, sha256=sha256)
    _copy_media(manifest, folder=folder)
    return _make_rows(manifest, sha256=sha256, content=content)


def bundles_found() -> list[FoundBundle]:
    """The bundles in the folder of the setting EARSHOT_BUNDLES, by folder name; those that cannot be read with why."""
    folder = Path(settings.EARSHOT_BUNDLES)
    if not folder.is_dir():
        return []
    manifests = sorted(folder.glob(f"*/{bundle_format.MANIFEST_NAME}"))
    loaded = set(Bundle.objects.values_list("sha256", flat=True))
    return [_look_at(path.parent, loaded=loaded) for path in manifests]


def _look_at(folder: Path, *, loaded: set[str]) -> FoundBundle:
    try:
        name = bundle_format.read_manifest(folder).name
    except BundleError as fault:
        return FoundBundle(folder=folder, name=None, is_loaded=False, fault=str(fault))
    return FoundBundle(folder=folder, name=name, is_loaded=bundle_format.bundle_sha256(folder) in loaded)


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
        Stimulus.objects.bulk_create(_stimulus_row(bundle, stimulus) for stimulus in manifest.stimuli)
    elif _is_whole(bundle, manifest=manifest):
        return bundle, False
    _make_renditions(bundle, manifest=manifest)
    return bundle, True


def _is_whole(bundle: Bundle, *, manifest: Manifest) -> bool:
    """Whether the rows hold all that the manifest does; an older Earshot kept one rendition of each mask."""
    renditions = [rendition for stimulus in manifest.stimuli for rendition in stimulus.renditions]
    of_bundle = Rendition.objects.filter(stimulus__bundle=bundle)
    without_network = bundle.stimuli.exclude(network__in={stimulus.network for stimulus in manifest.stimuli})
    found = (of_bundle.count(), Picture.objects.filter(rendition__in=of_bundle).count())
    wanted = (len(renditions), sum(1 + len(rendition.more_pictures) for rendition in renditions))
    return found == wanted and not without_network.exists()


def _make_renditions(bundle: Bundle, *, manifest: Manifest) -> None:
    """All renditions and pictures of the bundle anew: trials name stimuli, and nothing names these rows."""
    rows = {row.name: row for row in bundle.stimuli.all()}
    for stimulus in manifest.stimuli:
        rows[stimulus.id].network = stimulus.network
    Stimulus.objects.bulk_update(rows.values(), ["network"])
    Rendition.objects.filter(stimulus__bundle=bundle).delete()
    made = Rendition.objects.bulk_create(
        _rendition_row(rows[stimulus.id], rendition, number=number)
        for stimulus in manifest.stimuli
        for number, rendition in enumerate(stimulus.renditions)
    )
    described = [rendition for stimulus in manifest.stimuli for rendition in stimulus.renditions]
    Picture.objects.bulk_create(
        _picture_row(row, picture)
        for row, rendition in zip(made, described, strict=True)
        for picture in (rendition.picture, *rendition.more_pictures)
    )


def _stimulus_row(bundle: Bundle, stimulus: bundle_format.Stimulus) -> Stimulus:
    return Stimulus(
        bundle=bundle,
        name=stimulus.id,
        network=stimulus.network,
        role=stimulus.role,
        true_label=stimulus.true_label,
        predicted_label=stimulus.predicted_label,
    )


def _rendition_row(stimulus: Stimulus, rendition: bundle_format.Rendition, *, number: int) -> Rendition:
    answered = rendition.faithfulness.answered_label if rendition.faithfulness is not None else None
    return Rendition(
        stimulus=stimulus,
        number=number,
        mask=rendition.mask,
        method=rendition.method or "",
        form=rendition.form,
        sound_file=rendition.sound.file,
        sound_duration_ms=rendition.sound.duration_ms,
        answered_label=answered or "",
    )


def _picture_row(rendition: Rendition, picture: bundle_format.Picture) -> Picture:
    return Picture(
        rendition=rendition,
        kind=picture.kind,
        file=picture.file,
        alternative_text=picture.alternative_text,
        duration_ms=picture.duration_ms,
        frequency_min_hz=picture.frequency_min_hz,
        frequency_max_hz=picture.frequency_max_hz,
        floor_db=picture.floor_db,
        ceiling_db=picture.ceiling_db,
    )
