"""Drafts: what is asked of a stimulus's renditions, and their sounds before the level of the set is known.

One mask makes both channels: the original's STFT times the mask, with the original phase, inverted, is the sound; the
picture is the spectrogram of that sound as written. A masked STFT is not the STFT of any signal, so the mask found by
analysing the written sound differs from the one asked for; their correlation is recorded, and a stimulus where it is
low is unfit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from earshot.bundle import Form, Mask
from explainer.controls.scene import Control, Unfair
from explainer.pictures.levels import magnitudes
from explainer.relevance.masks import Cells, LiveCells, energy_kept_share, live_cells, mask_share
from explainer.rendering.placed import PlacedClip
from explainer.sounds.cuts import Cut, Samples
from explainer.sounds.levels import Loudness, measure_loudness, reachable_level_lufs, true_peak_dbtp
from explainer.sounds.rates import to_network_rate, to_sound
from explainer.sounds.signals import masked_signal

LEAST_FOUND_CORRELATION: Final = 0.7
"""Below this the mask in the written sound is another than the one asked for."""

# A draft is judged before it is rounded to 16 bits: it must stand clear of the bound.
_CORRELATION_RESERVE = 0.01
_WITHOUT_MASK: Final[frozenset[Form]] = frozenset({"signal-times-relevance", "positive-signal-times-relevance"})
_LEAST_COUNTED_MASK = 0.1  # -20 dB: below, a difference in dB says nothing that can be heard


@dataclass(frozen=True)
class Asked:
    """What a rendition is to be.

    Attributes
    ----------
    mask : str
        What is kept.
    method : str or None
        Which method found the relevance; None for the original.
    form : str
        How it is made to be heard.
    share : float or None
        Of the live cells, for a top-share mask.
    cells : ndarray, float64, (bin, frame), range 0 to 1
        The mask over the window; for a signal times relevance its envelope, which tells how much is kept.
    samples : ndarray, float64, (sample,), or None
        The window's samples, where they are not made by the mask.
    control : Control or None
        How a control was made.
    """

    mask: Mask
    method: str | None
    form: Form
    share: float | None
    cells: Cells
    samples: Samples | None = None
    control: Control | None = None

    def __str__(self) -> str:
        parts = (self.mask, self.method, None if self.form == "original" else self.form, self.share)
        return " ".join(f"'{part}'" for part in parts if part is not None)


@dataclass(frozen=True)
class Draft:
    """One rendition before the level of its set is known.

    Attributes
    ----------
    asked : Asked
        Its cells are those of the cut.
    sound : ndarray, float64, (sample,)
        At 48 kHz, faded, before any gain.
    true_peak_dbtp : float
        Of `sound`.
    loudness : Loudness
        What decides its level at any gain.
    magnitudes : ndarray, float64, (bin, frame)
        Of the STFT of `sound` at the network's rate: what analysing the sound finds.
    mask_share, energy_kept_share : float
        Over the live cells and all cells of the window.
    """

    asked: Asked
    sound: Samples
    true_peak_dbtp: float
    loudness: Loudness
    magnitudes: Cells
    mask_share: float
    energy_kept_share: float


@dataclass(frozen=True)
class Prepared:
    """The drafts of a stimulus, the original first, and where its sounds lie in the network's window."""

    drafts: tuple[Draft, ...]
    cut: Cut

    @property
    def original(self) -> Draft:
        """The draft that keeps everything."""
        return self.drafts[0]


def original_of(placed: PlacedClip) -> Asked:
    """What keeps everything."""
    return Asked("none", method=None, form="original", share=None, cells=np.ones_like(placed.magnitudes))


def prepare(placed: PlacedClip, *, asked: Sequence[Asked]) -> Prepared | Unfair:
    """The drafts of one stimulus, the original before all that is asked for; or why one of them is unfit."""
    original, *others = (_draft(one, placed=placed) for one in (original_of(placed), *asked))
    prepared = Prepared((original, *others), cut=placed.cut)
    reasons = (_unfitness(draft, original=original.magnitudes) for draft in prepared.drafts)
    unfit = next((reason for reason in reasons if reason is not None), None)
    return prepared if unfit is None else Unfair(unfit)


def _draft(asked: Asked, *, placed: PlacedClip) -> Draft:
    transform = placed.transform
    sound = to_sound(_samples(asked, placed=placed), transform=transform)
    heard = to_network_rate(sound, transform=transform)
    return Draft(
        asked=replace(asked, cells=placed.cut.frames(asked.cells), samples=None),
        sound=sound,
        true_peak_dbtp=true_peak_dbtp(sound, highest_hz=transform.frequency_max_hz),
        loudness=measure_loudness(sound),
        magnitudes=magnitudes(heard, transform=transform),
        mask_share=mask_share(asked.cells, live=placed.live),
        energy_kept_share=energy_kept_share(asked.cells, magnitudes=placed.magnitudes),
    )


def _samples(asked: Asked, *, placed: PlacedClip) -> Samples:
    """The cut's samples as a rendition has them."""
    if asked.samples is not None:
        return placed.cut.samples(asked.samples)
    if asked.mask == "none":
        return placed.cut.samples(placed.signal)
    return masked_signal(placed.spectrum, asked.cells, transform=placed.transform, part=placed.cut.part)


def _unfitness(draft: Draft, *, original: Cells) -> str | None:
    """Why a sound is inaudible or does not hold its mask; None where it does."""
    reachable = reachable_level_lufs(draft.loudness, true_peak_dbtp=draft.true_peak_dbtp)
    if not np.isfinite(reachable):
        return f"the sound with mask {draft.asked} has no audible block"
    if not holds_mask(draft.asked):
        return None
    found = correlation(draft.asked.cells, found_mask(draft.magnitudes, original=original), live=live_cells(original))
    if found < LEAST_FOUND_CORRELATION + _CORRELATION_RESERVE:
        return f"the mask found in the sound with mask {draft.asked} correlates only {found:.2f} with it"
    return None


def holds_mask(asked: Asked) -> bool:
    """Whether a rendition is made by a mask of cells, which can be found again in the sound."""
    return asked.mask != "none" and asked.form not in _WITHOUT_MASK


def found_mask(magnitudes: Cells, *, original: Cells, gain_db: float = 0.0) -> Cells:
    """The mask that turns the original's magnitudes into `magnitudes`, once the gain is taken off again.

    Parameters
    ----------
    magnitudes, original : ndarray, float64, (bin, frame)
        From the written sounds.
    gain_db : float
        The gain of `magnitudes` relative to that of `original`.

    Returns
    -------
    ndarray, float64, (bin, frame), range 0 to 1
        Meaningful on the original's live cells.
    """
    smallest = np.finfo(np.float64).tiny
    ratio: Cells = magnitudes / np.maximum(original, smallest) * 10 ** (-gain_db / 20)
    return np.clip(ratio, 0.0, 1.0)


def correlation(first: Cells, second: Cells, *, live: LiveCells) -> float:
    """Pearson correlation of two masks over live cells; 0 where one of them does not vary."""
    one, other = first[live], second[live]
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / size if size > 0 else 0.0


def error_db(asked: Cells, found: Cells, *, live: LiveCells) -> float:
    """Median size of the difference in dB of two masks, over live cells where the one asked for is above -20 dB."""
    counted = live & (asked > _LEAST_COUNTED_MASK)
    if not counted.any():
        return 0.0
    smallest = _LEAST_COUNTED_MASK / 10  # a cell that vanished counts as -40 dB, not as infinitely far
    ratio = np.maximum(found[counted], smallest) / asked[counted]
    return float(np.median(np.abs(20 * np.log10(ratio))))
