"""Magnitudes and levels of what is heard, which pictures show."""

from typing import Final

import librosa
import numpy as np
import torch

from explainer.relevance.masks import LIVE_FLOOR_DB, Cells
from explainer.sounds.cuts import Samples
from explainer.sounds.files import read_wav
from explainer.sounds.rates import to_network_rate
from explainer.timefrequency import Transform

FLOOR_DB: Final = LIVE_FLOOR_DB
"""What is at or below this is drawn as silence."""

_SMALLEST = 1e-10  # keeps the logarithm of an empty cell finite, far below the floor


def magnitudes_of(wav: bytes, *, transform: Transform) -> Cells:
    """Magnitudes of the STFT of a written sound, float64, (bin, frame)."""
    return magnitudes(to_network_rate(read_wav(wav), transform=transform), transform=transform)


def magnitudes(samples: Samples, *, transform: Transform) -> Cells:
    """Magnitudes of the STFT of samples at the transform's rate, float64, (bin, frame)."""
    # single precision errs by -140 dB re the maximum, far below the floor, in half the time; and numpy's absolute value
    # of complex numbers is ten times as fast as torch's
    cells: Cells = np.abs(transform.stft(torch.from_numpy(samples).float()[None])[0].numpy()).astype(np.float64)
    return cells


def levels_db(cells: Cells, *, loudest: float) -> Cells:
    """Magnitudes in dB re `loudest`, the maximum of the original."""
    levels: Cells = librosa.amplitude_to_db(cells / loudest, ref=1.0, amin=_SMALLEST, top_db=None)
    return levels
