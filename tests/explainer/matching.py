"""What a rendition's files alone tell: the mask that is heard, and the mask that is seen."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earshot.bundle import MEDIA_FOLDER, Mask, Stimulus
from explainer.pictures.levels import magnitudes_of
from explainer.pictures.spectrogram import read_picture
from explainer.relevance.masks import live_cells
from explainer.rendering.drafts import LEAST_FOUND_CORRELATION, correlation, found_mask
from explainer.timefrequency import Transform

Cells = NDArray[np.float64]

LEAST_SEEN_CORRELATION = 0.9


def mask_heard(wav: bytes, *, original: bytes, gain_db: float, transform: Transform) -> Cells:
    """The mask found by analysing a written sound against the written original, the level taken off."""
    cells = magnitudes_of(wav, transform=transform)
    return found_mask(cells, original=magnitudes_of(original, transform=transform), gain_db=gain_db)


def mask_seen(png: bytes, *, original: bytes, ceiling_db: float, gain_db: float) -> Cells:
    """The mask read from the pixels of a picture and of the original's; what is shown as silence was masked."""
    seen, whole = (read_picture(content, ceiling_db=ceiling_db) for content in (png, original))
    shown = np.isfinite(whole)
    ratio_db = seen - np.where(shown, whole, 0) - gain_db
    cells: Cells = np.clip(10 ** (ratio_db / 20), 0, 1) * shown
    return cells


def matched_correlation(folder: Path, *, stimulus: Stimulus, heard: Mask, seen: Mask, transform: Transform) -> float:
    """Correlation over the original's live cells of the mask heard in one rendition with the one seen in another."""
    none = stimulus.rendition("none")
    sound, picture = stimulus.rendition(heard).sound, stimulus.rendition(seen).picture
    media = folder / MEDIA_FOLDER
    original = (media / none.sound.file).read_bytes()
    raised_db = sound.gain_db - none.sound.gain_db
    wav = (media / sound.file).read_bytes()
    found = mask_heard(wav, original=original, gain_db=raised_db, transform=transform)
    read = mask_seen(
        (media / picture.file).read_bytes(),
        original=(media / none.picture.file).read_bytes(),
        ceiling_db=picture.ceiling_db,
        gain_db=stimulus.rendition(seen).sound.gain_db - none.sound.gain_db,
    )
    return correlation(found, read, live=live_cells(magnitudes_of(original, transform=transform)))


def matching_faults(folder: Path, *, stimulus: Stimulus, transform: Transform) -> list[str]:
    """One sentence per pair of files of a stimulus that does not match, or matches though swapped.

    Sound against picture is computed from the files. The mask asked for is not in a bundle: for that the correlation is
    taken which the manifest records; the test of a built bundle makes that mask again, from recording and weights.
    """
    faults = []
    masks: tuple[Mask, Mask] = ("relevance", "control")
    for heard in masks:
        recorded = stimulus.rendition(heard).found_correlation
        if recorded is None or recorded < LEAST_FOUND_CORRELATION:
            faults.append(f"{heard}: the mask found in the sound correlates {recorded} with the one asked for")
        for seen in masks:
            found = matched_correlation(folder, stimulus=stimulus, heard=heard, seen=seen, transform=transform)
            if (found >= LEAST_SEEN_CORRELATION) != (heard == seen):
                faults.append(f"sound of {heard} and picture of {seen} correlate {found:.2f}")
    return [f"{stimulus.id}: {fault}" for fault in faults]
