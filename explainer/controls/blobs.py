"""The blob control: a random mask with the relevance mask's values, autocorrelation and kept energy.

A field of random phases takes the relevance mask's power spectrum, then the mask's values by rank, in turns
(schreiber1996): random phases and ranks alone would give blobs of two thirds of the mask's width, and of half of it for
a mask of whole cells. Such a field may begin anywhere, so it is rolled to where it keeps about the energy; there the
mask's values on live cells go by rank to the live cells, and an exponent closes what gap is left.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from explainer.controls.matching import matched_to_energy
from explainer.controls.rolled import EXPONENTS, correlate
from explainer.controls.scene import MOST_OVERLAP_SHARE, Control, Scene, Unfair, fair_in_energy, scene_of
from explainer.relevance.masks import Cells, LiveCells

N_TURNS: Final = 8
"""After 8 turns the autocorrelation within 8 cells is .06 to .09 off in the median, after 20 no less."""
SMOOTHING_CELLS: Final = 2.0
"""The field is made of the mask smoothed this much: the ranks of a mask of whole cells say nothing of its edges."""
N_DRAWS: Final = 8
"""Fields drawn at most, until one is fair."""

_N_OFFSETS = 6  # tried of each field, the nearest in energy first
_SMALLEST_SHARE = 1e-3  # of the maximum: the smoothed mask's tails, which would be most of its values, are nothing


def blob_control(mask: Cells, *, magnitudes: Cells, live: LiveCells, seed: int) -> Control | Unfair:
    """The blob control of a relevance mask, or why there is none.

    Parameters
    ----------
    mask : ndarray, float64, (bin, frame), range 0 to 1
        The relevance mask, soft or top-share; 0 on silent cells.
    magnitudes : ndarray, float64, (bin, frame)
        Of the original's STFT.
    live : ndarray, bool, (bin, frame)
        As `masks.live_cells` gives it.
    seed : int
        Of the random phases; the caller passes another one for each clip.
    """
    scene = scene_of(mask, magnitudes=magnitudes, live=live)
    if isinstance(scene, Unfair):
        return scene
    generator = np.random.default_rng(seed)
    nearest = None
    for _ in range(N_DRAWS):
        for blobs in _blobs(random_field(scene.mask, generator=generator), scene=scene):
            found = _tuned(blobs, scene=scene)
            if found.overlap_share > MOST_OVERLAP_SHARE:
                continue
            if isinstance(fair_in_energy(found), Control):
                return found
            nearest = min(nearest or found, found, key=lambda one: abs(one.energy_difference_share))
    return (
        fair_in_energy(nearest) if nearest else Unfair("no random blobs overlap the relevance mask by less than half")
    )


def random_field(mask: Cells, *, generator: np.random.Generator) -> Cells:
    """A random field, circular, with the autocorrelation of a mask once it takes the mask's values by rank.

    Parameters
    ----------
    mask : ndarray, float64, (bin, frame), range 0 to 1
        The relevance mask over its live span.

    Returns
    -------
    ndarray, float64, (bin, frame)
        Only its order means anything.
    """
    smoothed = ndimage.gaussian_filter(mask, SMOOTHING_CELLS, mode="wrap")
    values = _descending(np.where(smoothed < _SMALLEST_SHARE * smoothed.max(), 0, smoothed))
    sizes = np.abs(fft.rfft2(smoothed))
    everywhere = np.ones_like(mask, dtype=bool)
    field = _with_sizes(generator.normal(size=mask.shape), sizes=sizes)
    for _ in range(N_TURNS):
        field = _with_sizes(ranked(field, values=values, where=everywhere), sizes=sizes)
    return field


def _with_sizes(field: Cells, *, sizes: Cells) -> Cells:
    """A field with the phases of `field` and another power spectrum."""
    spectrum = fft.rfft2(field)
    scaled: Cells = fft.irfft2(spectrum * (sizes / np.maximum(np.abs(spectrum), 1e-12)), s=field.shape)
    return scaled


def ranked(field: Cells, *, values: NDArray[np.float64], where: LiveCells) -> Cells:
    """The `values`, largest first, on the cells of `where` where the field is largest; 0 elsewhere."""
    cells = np.flatnonzero(where)
    heights = field.flat[cells]
    top = np.argpartition(-heights, len(values) - 1)[: len(values)]
    out = np.zeros_like(field)
    out.flat[cells[top[np.lexsort((top, -heights[top]))]]] = values
    return out


def _descending(mask: Cells) -> NDArray[np.float64]:
    """The values above 0, largest first."""
    return np.sort(mask[mask > 0])[::-1]


def _blobs(field: Cells, *, scene: Scene) -> Iterator[Cells]:
    """Masks made of a field rolled to where its blobs keep about the energy wanted, the nearest first."""
    values = _descending(scene.mask)
    mask = ranked(field, values=values, where=np.ones_like(scene.live))
    areas = correlate(mask, weights=scene.live)
    # what falls on silent cells will move to live ones: as if each live cell kept that much more
    energies = correlate(mask**2, weights=scene.energy * scene.live) * (mask.sum() / np.maximum(areas, 1.0))
    differences = np.abs(energies - scene.wanted)
    nearest = np.argpartition(differences, min(_N_OFFSETS, differences.size) - 1, axis=None)[:_N_OFFSETS]
    for index in nearest[np.lexsort((nearest, differences.flat[nearest]))]:
        offset = np.unravel_index(index, differences.shape)
        yield ranked(np.roll(field, offset, axis=(0, 1)), values=values, where=scene.live)


def _tuned(blobs: Cells, *, scene: Scene) -> Control:
    if scene.is_binary:
        return scene.control(blobs, kind="blobs")
    return matched_to_energy(blobs, scene=scene, kind="blobs", exponents=EXPONENTS, gains=(1.0, 1.0))
