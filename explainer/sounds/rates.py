"""Between the network's rate and the 48 kHz at which sounds are played."""

from typing import Final

import librosa
import numpy as np

from explainer.sounds.cuts import Samples
from explainer.timefrequency import Transform

SOUND_RATE_HZ: Final = 48_000
FADE_MS: Final = 10


def to_sound(samples: Samples, *, transform: Transform) -> Samples:
    """Samples at the transform's rate as they will be played, before the level: at 48 kHz, faded over 10 ms."""
    # a copy, for a signal at 48 kHz already comes back as it is and must not be faded itself
    sound = _resampled(np.array(samples), from_hz=transform.sample_rate_hz, to_hz=SOUND_RATE_HZ)
    n_fade = SOUND_RATE_HZ * FADE_MS // 1000
    rise = np.sin(0.5 * np.pi * np.arange(n_fade) / n_fade) ** 2
    sound[:n_fade] *= rise
    sound[-n_fade:] *= rise[::-1]
    return sound


def to_network_rate(sound: Samples, *, transform: Transform) -> Samples:
    """A sound at 48 kHz as the network would hear it: as many samples as it was made from, at the transform's rate."""
    heard = _resampled(sound, from_hz=SOUND_RATE_HZ, to_hz=transform.sample_rate_hz)
    # to_sound rounds the length up, so that rounding down gives the old one
    return heard[: len(sound) * transform.sample_rate_hz // SOUND_RATE_HZ]


def _resampled(samples: Samples, *, from_hz: int, to_hz: int) -> Samples:
    resampled: Samples = librosa.resample(samples, orig_sr=from_hz, target_sr=to_hz, res_type="soxr_hq")
    return resampled
