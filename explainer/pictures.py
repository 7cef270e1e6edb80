"""Pictures a participant sees: the spectrogram of the very sound that is played, pixels only.

One pixel is one cell of the STFT: 4.375 ms wide and 17.58 Hz high, time to the right, frequency upward. The page
scales it and draws the axes.
"""

import io
import math
from functools import cache
from typing import Final

import librosa
import matplotlib
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from explainer.relevance.masks import LIVE_FLOOR_DB, Cells
from explainer.sounds import read_wav, to_network_rate
from explainer.timefrequency import SAMPLE_RATE_HZ, stft

FLOOR_DB: Final = LIVE_FLOOR_DB
"""What is at or below this is drawn as silence."""
FREQUENCY_MAX_HZ: Final = SAMPLE_RATE_HZ / 2
COLOUR_MAP: Final = "magma"
"""matplotlib's perceptually uniform map from black to pale yellow: lightness alone tells every level, for every kind of
colour vision, and silence is black."""

_N_COLOURS = 256
_SMALLEST = 1e-10  # keeps the logarithm of an empty cell finite, far below the floor


def magnitudes_of(wav: bytes) -> Cells:
    """Magnitudes of the STFT of a written sound, float64, (bin, frame)."""
    return magnitudes(to_network_rate(read_wav(wav)))


def magnitudes(samples: NDArray[np.float64]) -> Cells:
    """Magnitudes of the STFT of samples at 8 kHz, float64, (bin, frame)."""
    cells: Cells = stft(torch.from_numpy(samples)[None])[0].abs().numpy()
    return cells


def levels_db(cells: Cells, *, loudest: float) -> Cells:
    """Magnitudes in dB re `loudest`, the maximum of the original."""
    levels: Cells = librosa.amplitude_to_db(cells / loudest, ref=1.0, amin=_SMALLEST, top_db=None)
    return levels


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
    colours = np.rint(np.clip(share, 0, 1) * (_N_COLOURS - 1)).astype(np.uint8)
    n_bins, n_frames = colours.shape
    image = Image.frombytes("P", (n_frames, n_bins), np.ascontiguousarray(colours[::-1]).tobytes())
    image.putpalette(_palette().tobytes())
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=False, compress_level=9)
    return file.getvalue()


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
    wanted = _colour_codes(_palette().astype(np.int64))
    order = np.argsort(wanted)
    codes = _colour_codes(pixels)
    index = order[np.clip(np.searchsorted(wanted[order], codes), 0, _N_COLOURS - 1)]
    if not np.array_equal(wanted[index], codes):
        raise ValueError(f"the picture has colours outside the map '{COLOUR_MAP}'; it was not drawn by draw_picture")
    levels = FLOOR_DB + index / (_N_COLOURS - 1) * (ceiling_db - FLOOR_DB)
    return np.where(index == 0, -math.inf, levels)


@cache
def _palette() -> NDArray[np.uint8]:
    """The colour map, uint8, (256 colour, 3 channel)."""
    palette: NDArray[np.uint8] = matplotlib.colormaps[COLOUR_MAP](np.arange(_N_COLOURS), bytes=True)[:, :3]
    return np.ascontiguousarray(palette)


def _colour_codes(colours: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number per colour, red before green before blue."""
    codes: NDArray[np.int64] = colours @ np.array([1 << 16, 1 << 8, 1])
    return codes
