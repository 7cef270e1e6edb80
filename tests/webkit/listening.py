"""Finding a sound in what was recorded: normalised cross-correlation, both sides at once."""

import io
import wave
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve, resample_poly

RATE_HZ: Final = 48_000
Samples = NDArray[np.float64]
"""Of full scale 1: (moment, side)."""

# Quieter than this a stretch is silence, whose correlation would be that of rounding: -60 dB below the sought sound.
_SILENT_SHARE = 1e-6


@dataclass(frozen=True)
class Found:
    """Where a sound fits best."""

    correlation: float
    """Of the sound and the stretch there, -1 to 1, both sides taken together."""
    start: int
    """The stretch's first moment."""


def read_sound(content: bytes) -> Samples:
    """A WAV's samples at the recorder's rate; one side is heard on both."""
    with wave.open(io.BytesIO(content)) as file:
        assert file.getsampwidth() == 2
        rate_hz, n_sides = file.getframerate(), file.getnchannels()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, n_sides) / 2**15
    if rate_hz != RATE_HZ:
        common = np.gcd(rate_hz, RATE_HZ)
        samples = resample_poly(samples, RATE_HZ // common, rate_hz // common, axis=0)
    return np.repeat(samples, 2, axis=1) if n_sides == 1 else samples


def find_sound(sound: Samples, *, recorded: Samples) -> Found:
    """Where in what was recorded a sound fits best, and how well: 1 for the same form at whatever level."""
    products = np.sum([fftconvolve(recorded[:, side], sound[::-1, side], "valid") for side in (0, 1)], axis=0)
    sums = np.concatenate([[0.0], np.cumsum((recorded**2).sum(axis=1))])
    energies = sums[len(sound) :] - sums[: -len(sound)]
    energy = (sound**2).sum()
    correlations = products / np.sqrt(energy * np.maximum(energies, _SILENT_SHARE * energy))
    start = int(correlations.argmax())
    return Found(float(correlations[start]), start)
