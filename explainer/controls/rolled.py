"""The rolled control: the relevance mask itself, moved to where it explains nothing but keeps as much.

The mask is rolled in time (within the frames of the clip's live span) and in frequency. Fair are offsets that overlap
the mask by less than half, keep at least .8 of its area on live cells and, once an exponent has closed what gap it can,
its energy within 10 %. Among these the one is taken that is hardest to tell from the mask by anything but its place:
nearly the same spectral centroid and energy, and yet another picture. Of 107 clips of a held-out speaker (FSDD), the
nearest in energy alone had its centroid .74 octaves off in the median (p90 2.7), this way .40 (1.0); the levels of the
two pictures correlate at most .83 for nine in ten (.86), and the network keeps its answer on as many, .42.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from explainer.controls.matching import matched_to_energy
from explainer.controls.scene import (
    LEAST_AREA_SHARE,
    MOST_OVERLAP_SHARE,
    Control,
    Scene,
    Unfair,
    fair_in_energy,
    scene_of,
)
from explainer.relevance.masks import LIVE_FLOOR_DB, Cells, LiveCells, overlap_share

EXPONENTS: Final = (0.8, 1.25)
"""Of the rolled mask: near 1, so that the shape stays the relevance mask's."""
LIKENESS_WEIGHT: Final = 2.0
"""What a correlation of 1 between the masks as seen costs, in octaves of the centroid. At 1 more controls resemble the
relevance mask, and the network keeps its answer on .54 of those clips; at 4 the centroid drifts off again, by .51."""
ENERGY_WEIGHT: Final = 3.0
"""What an energy difference of 100 % costs, in octaves. The exponent closes differences of about 7 % in the median, so
that smaller ones need not be dear; for masks of whole cells it closes none."""

_MOST_REACHABLE_SHARE = 0.2  # EXPONENTS close more than this for one mask in ten
_OUT_OF_REACH = 1000.0  # more than any other cost: such offsets come last, the nearest in energy first
# Offsets that overlap by more than half lie close around no offset at all; where this many of the best do, nothing in
# reach is fair.
_N_CANDIDATES = 600

_FewerBits = NDArray[np.float32]
_Spectrum = NDArray[np.complex64]


def rolled_control(mask: Cells, *, magnitudes: Cells, live: LiveCells) -> Control | Unfair:
    """The rolled control of a relevance mask, or why there is none.

    Parameters
    ----------
    mask : ndarray, float64, (bin, frame), range 0 to 1
        The relevance mask, soft or top-share; 0 on silent cells.
    magnitudes : ndarray, float64, (bin, frame)
        Of the original's STFT.
    live : ndarray, bool, (bin, frame)
        As `masks.live_cells` gives it.
    """
    scene = scene_of(mask, magnitudes=magnitudes, live=live)
    if isinstance(scene, Unfair):
        return scene
    first_found = None
    for offset, is_reachable in _best_offsets(scene):
        found = _tuned(scene, offset=offset)
        if isinstance(found, Control):
            return found
        first_found = first_found or found
        if not is_reachable:
            break
    return first_found or Unfair("no offset overlaps the relevance mask by less than half and keeps .8 of its area")


def offset_costs(scene: Scene) -> Cells:
    """How bad each circular offset is: float64, (bins, frames); infinite where too little of the area is kept.

    The distance of the energy-weighted spectral centroids in octaves, plus `LIKENESS_WEIGHT` times the correlation of
    the masks as seen, plus `ENERGY_WEIGHT` times the relative difference of kept energies before any exponent. All
    offsets at once by circular correlation, in single precision: the choice is coarse, and what is recorded is
    measured anew.
    """
    shape, bins = scene.mask.shape, np.arange(len(scene.mask), dtype=np.float32)[:, None]
    mask, energy = scene.mask.astype(np.float32), (scene.energy * scene.live).astype(np.float32)
    live, square = _spectrum(scene.live), _spectrum(mask**2)
    energies = _correlated(square, _spectrum(energy), shape=shape)
    # bins from 1, so that a centroid has a logarithm
    weighted = _correlated(square, _spectrum(energy * (bins + 1)), shape=shape)
    centroids = weighted / np.maximum(energies, np.finfo(np.float32).tiny)
    octaves = np.abs(np.log2(np.maximum(centroids, 1.0) / centroids[0, 0]))
    differences = np.abs(energies / energies[0, 0] - 1)
    likeness = np.maximum(_likeness(mask, scene=scene, live=live), 0)
    costs = octaves + LIKENESS_WEIGHT * likeness + ENERGY_WEIGHT * differences
    costs = np.where(differences > _MOST_REACHABLE_SHARE, _OUT_OF_REACH * (1 + differences), costs)
    areas = _correlated(_spectrum(mask), live, shape=shape)
    return np.where(areas < LEAST_AREA_SHARE * scene.mask.sum(), np.inf, costs)


def _likeness(mask: _FewerBits, *, scene: Scene, live: _Spectrum) -> _FewerBits:
    """Correlation over live cells of the mask with each of its rolled selves, both in dB above the floor as drawn."""
    drawn = np.clip(1 - 20 * np.log10(np.maximum(mask, 1e-6)) / LIVE_FLOOR_DB, 0, 1)
    n_live, total, squares = float(scene.live.sum()), float(drawn.sum()), float((drawn**2).sum())
    spectrum, shape = _spectrum(drawn), mask.shape
    totals, total_squares = (_correlated(one, live, shape=shape) for one in (spectrum, _spectrum(drawn**2)))
    covariances = _correlated(spectrum, spectrum, shape=shape) - totals * (total / n_live)
    variances = (total_squares - totals**2 / n_live) * (squares - total**2 / n_live)
    smallest = 1e-6 * squares**2  # a mask that does not vary on live cells is like none
    likeness: _FewerBits = np.where(variances > smallest, covariances / np.sqrt(np.maximum(variances, smallest)), 0)
    return likeness


def correlate(mask: Cells, *, weights: NDArray[np.generic]) -> _FewerBits:
    """Sum of `weights` under the mask for each circular offset (bins, frames), all at once by FFT."""
    return _correlated(_spectrum(mask), _spectrum(weights), shape=mask.shape)


def _spectrum(cells: NDArray[np.generic]) -> _Spectrum:
    spectrum: _Spectrum = fft.rfft2(cells.astype(np.float32))
    return spectrum


def _correlated(mask: _Spectrum, weights: _Spectrum, *, shape: tuple[int, ...]) -> _FewerBits:
    correlated: _FewerBits = fft.irfft2(np.conj(mask) * weights, s=shape)
    return correlated


def _best_offsets(scene: Scene) -> Iterator[tuple[tuple[int, int], bool]]:
    """The admissible (bins, frames) offsets, best first, each with whether its energy may be in reach."""
    costs = offset_costs(scene)
    n_candidates = min(_N_CANDIDATES, costs.size)
    best = np.argpartition(costs, n_candidates - 1, axis=None)[:n_candidates]
    for index in best[np.lexsort((best, costs.flat[best]))]:
        if not np.isfinite(costs.flat[index]):
            return
        bins, frames = np.unravel_index(index, costs.shape)
        offset = (int(bins), int(frames))
        if overlap_share(scene.rolled(scene.mask, offset=offset), scene.mask) < MOST_OVERLAP_SHARE:
            yield offset, bool(costs.flat[index] < _OUT_OF_REACH)


def _tuned(scene: Scene, *, offset: tuple[int, int]) -> Control | Unfair:
    """The rolled mask with the exponent that matches energy best, where that is fair."""
    rolled = scene.rolled(scene.mask, offset=offset)
    if scene.is_binary:
        made = scene.control(rolled, kind="control")
    else:
        made = matched_to_energy(rolled, scene=scene, kind="control", exponents=EXPONENTS, gains=(1.0, 1.0))
    fair = fair_in_energy(made)
    if isinstance(fair, Unfair):
        return fair
    if fair.overlap_share > MOST_OVERLAP_SHARE:
        return Unfair(
            f"the nearest control overlaps by {fair.overlap_share:.2f} once its energy is matched; at most .5 is fair"
        )
    n_bins, n_span = scene.mask.shape
    return replace(fair, rolled_bins=_signed(offset[0], period=n_bins), rolled_frames=_signed(offset[1], period=n_span))


def _signed(offset: int, *, period: int) -> int:
    """A circular offset as the shorter way round."""
    return offset - period if offset > period // 2 else offset
