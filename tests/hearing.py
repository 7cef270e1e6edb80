"""Ears for the headphone checks: what is heard in a sound's three intervals, over headphones and over loudspeakers."""

import io
import wave
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE_HZ: Final = 44_100
_MUCH_QUIETER: Final = 0.75


def read_intervals(content: bytes) -> NDArray[np.float64]:
    """The three intervals of a check's sound, of full scale 1: (interval, sample, side)."""
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE_HZ)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2) / 2**15
    assert len(samples) == 4 * RATE_HZ
    starts = [round(1.5 * number * RATE_HZ) for number in range(3)]
    pauses = [samples[start + RATE_HZ : start + round(1.5 * RATE_HZ)] for start in starts[:2]]
    assert not np.any(pauses)
    return np.stack([samples[start : start + RATE_HZ] for start in starts])


def heard_interval(content: bytes) -> int:
    """Over headphones: the interval, from 1, that is much quieter at the ears; else that whose sides differ most."""
    intervals = read_intervals(content)
    levels = loudness(intervals)
    if levels.min() < _MUCH_QUIETER * np.median(levels):
        return int(levels.argmin()) + 1
    return int(loudness(intervals[:, :, :1] - intervals[:, :, 1:]).argmax()) + 1


def quietest_over_loudspeakers(content: bytes) -> int:
    """The interval, from 1, that is the quietest once both sides have met in the air."""
    return int(loudness(read_intervals(content).mean(axis=2, keepdims=True)).argmin()) + 1


def loudness(intervals: NDArray[np.float64]) -> NDArray[np.float64]:
    """The root mean square of each interval over samples and sides."""
    levels: NDArray[np.float64] = np.sqrt((intervals**2).mean(axis=(1, 2)))
    return levels
