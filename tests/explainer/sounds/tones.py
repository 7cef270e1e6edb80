"""Sounds whose level and peak are known."""

import numpy as np
from numpy.typing import NDArray

from explainer.sounds.rates import SOUND_RATE_HZ


def tone(*, amplitude: float = 0.1, seconds: float = 1.0, frequency_hz: float = 997.0) -> NDArray[np.float64]:
    time_s = np.arange(round(seconds * SOUND_RATE_HZ)) / SOUND_RATE_HZ
    wave: NDArray[np.float64] = amplitude * np.sin(2 * np.pi * frequency_hz * time_s)
    return wave


def bursts() -> NDArray[np.float64]:
    """Peaky sound: short noise bursts of several levels in silence, as masks leave them."""
    generator = np.random.default_rng(2)
    sound = np.zeros(SOUND_RATE_HZ // 2)
    for start, amplitude in ((2000, 0.02), (9000, 0.001), (15000, 0.00002)):
        sound[start : start + 1500] = amplitude * generator.normal(size=1500)
    return sound
