"""Small scenes: a soft blob somewhere in noise, and masks as controls would have them."""

import numpy as np
from numpy.typing import NDArray

from explainer.controls.scene import Scene, Unfair, scene_of
from explainer.relevance.masks import live_cells

Array = NDArray[np.float64]


def noise(*, n_bins: int = 14, n_frames: int = 20, seed: int = 8) -> Array:
    """Magnitudes without any place louder than others, all live."""
    return np.random.default_rng(seed).uniform(0.1, 1, size=(n_bins, n_frames))


def blob(shape: tuple[int, ...], *, centre: tuple[int, int] = (4, 6), width: float = 4.0) -> Array:
    """A soft mask around one place."""
    bins, frames = np.indices(shape)
    cells: Array = np.exp(-((bins - centre[0]) ** 2 + (frames - centre[1]) ** 2) / width)
    return np.where(cells > 0.01, cells, 0)


def whole_cells(shape: tuple[int, ...]) -> Array:
    """A mask that keeps or drops whole cells."""
    return (blob(shape) > 0.3).astype(np.float64)


def scene(mask: Array, *, magnitudes: Array) -> Scene:
    found = scene_of(mask, magnitudes=magnitudes, live=live_cells(magnitudes))
    assert not isinstance(found, Unfair)
    return found
