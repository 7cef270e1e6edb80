"""The matched picture: the spectrogram of the very sound that is played, which its pixels give back."""

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explainer.pictures.colours import COLOUR_MAP, N_COLOURS, level_palette
from explainer.pictures.levels import FLOOR_DB
from explainer.pictures.png import write_indexed
from explainer.relevance.masks import Cells


def draw_picture(levels: Cells, *, ceiling_db: float) -> bytes:
    """A PNG of the levels, from black at `FLOOR_DB` to the palest colour at `ceiling_db`; no metadata.

    Parameters
    ----------
    levels : ndarray, float64, (bin, frame)
        In dB re the maximum of the original.
    ceiling_db : float
        The highest level of the whole set, so that a colour means the same in each of its pictures.
    """
    share = (levels - FLOOR_DB) / (ceiling_db - FLOOR_DB)
    codes = np.rint(np.clip(share, 0, 1) * (N_COLOURS - 1)).astype(np.uint8)
    return write_indexed(codes, palette=level_palette())


def read_picture(content: bytes, *, ceiling_db: float) -> Cells:
    """The levels a picture shows, from its pixels alone.

    Returns
    -------
    ndarray, float64, (bin, frame)
        In dB re the maximum of the original, in 255 steps; minus infinity where the picture shows silence.

    Raises
    ------
    ValueError
        If a pixel has a colour that is not in the colour map.
    """
    with Image.open(io.BytesIO(content)) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=np.int64)[::-1]
    wanted = _colour_codes(level_palette().astype(np.int64))
    order = np.argsort(wanted)
    codes = _colour_codes(pixels)
    index = order[np.clip(np.searchsorted(wanted[order], codes), 0, N_COLOURS - 1)]
    if not np.array_equal(wanted[index], codes):
        raise ValueError(f"the picture has colours outside the map '{COLOUR_MAP}'; it was not drawn by draw_picture")
    levels = FLOOR_DB + index / (N_COLOURS - 1) * (ceiling_db - FLOOR_DB)
    return np.where(index == 0, -math.inf, levels)


def _colour_codes(colours: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number per colour, red before green before blue."""
    codes: NDArray[np.int64] = colours @ np.array([1 << 16, 1 << 8, 1])
    return codes
