"""A fair control: the relevance mask itself, rolled to where it explains nothing but keeps as much.

The mask is rolled in time (within the frames of the clip's live span) and in frequency to the offset whose kept energy
is nearest, among offsets that overlap the mask by less than half and keep at least .8 of its area on live cells; an
exponent then closes what gap is left (where that widens the overlap beyond half, the next offset is tried). Same shape,
nearly the same area, same energy: what is left to tell them apart is where the mask lies.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import fft, optimize

from explainer.relevance.masks import Cells, LiveCells, overlap_share

MOST_OVERLAP_SHARE: Final = 0.5
LEAST_AREA_SHARE: Final = 0.8
MOST_ENERGY_DIFFERENCE_SHARE: Final = 0.1
EXPONENTS: Final = (0.8, 1.25)

# Offsets that overlap by more than half lie close around no offset at all; where this many of the nearest in energy
# do, nothing in reach is fair.
_N_CANDIDATES = 500


@dataclass(frozen=True)
class Control:
    """A rolled mask that is fair.

    Attributes
    ----------
    mask : ndarray, float64, (bin, frame), range 0 to 1
    rolled_frames, rolled_bins : int
        How far it was rolled, to later frames and to higher bins; circular.
    exponent : float
        Applied to the rolled mask, within `EXPONENTS`.
    overlap_share : float
        Intersection over union with the relevance mask, at most `MOST_OVERLAP_SHARE`.
    energy_difference_share : float
        (its kept energy - the relevance mask's) / the relevance mask's, at most `MOST_ENERGY_DIFFERENCE_SHARE` in size.
    """

    mask: Cells
    rolled_frames: int
    rolled_bins: int
    exponent: float
    overlap_share: float
    energy_difference_share: float


@dataclass(frozen=True)
class Unfair:
    """Why a stimulus can have no fair control, as a reader says it."""

    reason: str


@dataclass(frozen=True)
class _Scene:
    """A mask, the energy and the live cells of one clip, cut to its live span."""

    mask: Cells
    energy: Cells
    live: LiveCells

    def rolled(self, offset: tuple[int, int]) -> Cells:
        """The mask after a circular roll by (bins, frames), 0 on silent cells."""
        rolled: Cells = np.roll(self.mask, offset, axis=(0, 1)) * self.live
        return rolled

    def kept(self, mask: Cells) -> float:
        """Energy that `mask` keeps."""
        return float((mask**2 * self.energy).sum())


def fair_control(mask: Cells, *, magnitudes: Cells, live: LiveCells) -> Control | Unfair:
    """The control of a relevance mask, or why there is none.

    Parameters
    ----------
    mask : ndarray, float64, (bin, frame), range 0 to 1
        The relevance mask; 0 on silent cells.
    magnitudes : ndarray, float64, (bin, frame)
        Of the original's STFT.
    live : ndarray, bool, (bin, frame)
        As `masks.live_cells` gives it.
    """
    if not mask.any():
        return Unfair("the relevance mask is empty")
    frames = np.flatnonzero(live.any(axis=0))
    span = slice(int(frames[0]), int(frames[-1]) + 1)
    scene = _Scene(mask=mask[:, span], energy=magnitudes[:, span] ** 2, live=live[:, span])
    unfair = Unfair("no offset overlaps the relevance mask by less than half and keeps .8 of its area")
    first_found = None
    for offset in _nearest_offsets(scene):
        found = _tuned(scene, offset=offset, span=span, n_frames=mask.shape[1])
        if isinstance(found, Control):
            return found
        first_found = first_found or found
    return first_found or unfair


def _nearest_offsets(scene: _Scene) -> Iterator[tuple[int, int]]:
    """The admissible (bins, frames) offsets, the one with the nearest kept energy first."""
    energies = _correlate(scene.mask**2, weights=scene.energy * scene.live)
    areas = _correlate(scene.mask, weights=scene.live.astype(np.float64))
    differences = np.abs(energies - energies[0, 0])
    differences[areas < LEAST_AREA_SHARE * scene.mask.sum()] = np.inf
    n_candidates = min(_N_CANDIDATES, differences.size)
    nearest = np.argpartition(differences, n_candidates - 1, axis=None)[:n_candidates]
    for index in sorted(nearest, key=lambda index: (differences.flat[index], index)):
        if not np.isfinite(differences.flat[index]):
            return
        bins, frames = np.unravel_index(index, differences.shape)
        offset = (int(bins), int(frames))
        if overlap_share(scene.rolled(offset), scene.mask) < MOST_OVERLAP_SHARE:
            yield offset


def _correlate(mask: Cells, *, weights: Cells) -> Cells:
    """Sum of `weights` under the mask for each circular offset (bins, frames), all at once by FFT."""
    spectrum = np.conj(fft.rfft2(mask)) * fft.rfft2(weights)
    correlated: Cells = fft.irfft2(spectrum, s=mask.shape)
    return correlated


def _tuned(scene: _Scene, *, offset: tuple[int, int], span: slice, n_frames: int) -> Control | Unfair:
    """The rolled mask with the exponent that matches energy best, where that is fair."""
    wanted = scene.kept(scene.mask)
    rolled = scene.rolled(offset)
    exponent = _matching_exponent(scene, rolled=rolled, wanted=wanted)
    tuned = rolled**exponent
    difference = scene.kept(tuned) / wanted - 1
    overlap = overlap_share(tuned, scene.mask)
    if abs(difference) > MOST_ENERGY_DIFFERENCE_SHARE:
        return Unfair(f"the nearest control keeps {difference:+.0%} energy; at most 10 % either way is fair")
    if overlap > MOST_OVERLAP_SHARE:
        return Unfair(f"the nearest control overlaps by {overlap:.2f} once its energy is matched; at most .5 is fair")
    mask = np.zeros((scene.mask.shape[0], n_frames))
    mask[:, span] = tuned
    n_bins, n_span = scene.mask.shape
    return Control(
        mask=mask,
        rolled_frames=_signed(offset[1], period=n_span),
        rolled_bins=_signed(offset[0], period=n_bins),
        exponent=exponent,
        overlap_share=overlap,
        energy_difference_share=difference,
    )


def _matching_exponent(scene: _Scene, *, rolled: Cells, wanted: float) -> float:
    """The exponent within `EXPONENTS` at which the rolled mask keeps the energy `wanted`, or the nearest one."""
    inside = rolled > 0
    values, energy = rolled[inside], scene.energy[inside]

    def surplus(exponent: float) -> float:
        return float((values ** (2 * exponent) * energy).sum()) - wanted

    least, most = EXPONENTS
    if surplus(least) <= 0:
        return least
    if surplus(most) >= 0:
        return most
    return float(optimize.brentq(surplus, least, most, xtol=1e-4))


def _signed(offset: int, *, period: int) -> int:
    """A circular offset as the shorter way round."""
    return offset - period if offset > period // 2 else offset
