"""The mask drawn: over the original's spectrogram, or alone."""

from typing import Final

import numpy as np

from explainer.pictures.colours import N_COLOURS, overlay_table, relevance_palette
from explainer.pictures.levels import FLOOR_DB
from explainer.pictures.png import write_colours, write_indexed
from explainer.relevance.masks import Cells

_N_LEVELS: Final = 128  # half a decibel each, finer than 8-bit greys tell
_N_STRENGTHS: Final = 64


def draw_overlay(levels: Cells, *, mask: Cells) -> bytes:
    """A PNG of the original's spectrogram in greys, tinted orange as far as the mask keeps a cell; no metadata.

    Lightness tells the level, from black at `FLOOR_DB` to the lightest at 0 dB, and is the same with any mask; the
    share of orange tells the mask. The scales are fixed, so that all overlays compare.

    Parameters
    ----------
    levels : ndarray, float64, (bin, frame)
        Of the original, in dB re its maximum.
    mask : ndarray, float64, (bin, frame), range 0 to 1
    """
    level = np.rint(np.clip(1 - levels / FLOOR_DB, 0, 1) * (_N_LEVELS - 1)).astype(np.intp)
    strength = np.rint(mask * (_N_STRENGTHS - 1)).astype(np.intp)
    table = overlay_table(n_levels=_N_LEVELS, n_strengths=_N_STRENGTHS)
    return write_colours(table[level, strength])


def draw_mask(mask: Cells) -> bytes:
    """A PNG of the mask alone, from black at 0 through dark blue to yellow at 1; no metadata.

    Parameters
    ----------
    mask : ndarray, float64, (bin, frame), range 0 to 1
    """
    return write_indexed(np.rint(mask * (N_COLOURS - 1)).astype(np.uint8), palette=relevance_palette())
