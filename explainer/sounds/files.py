"""Sounds as WAV files."""

import io
from typing import Final

import numpy as np
import soundfile

from explainer.sounds.cuts import Samples
from explainer.sounds.rates import SOUND_RATE_HZ

_FULL_SCALE: Final = 2**15


def write_wav(sound: Samples, *, gain_db: float) -> bytes:
    """The sound with a gain as a WAV file: 48 kHz, mono, PCM_16, no dither, no metadata.

    Raises
    ------
    ValueError
        If the gain would clip: nothing is ever limited.
    """
    amplified = np.rint(sound * (10 ** (gain_db / 20) * _FULL_SCALE))
    if np.abs(amplified).max() >= _FULL_SCALE:
        raise ValueError(f"gain_db is {gain_db:.1f}, which clips this sound; use a level that the whole set reaches")
    file = io.BytesIO()
    soundfile.write(file, amplified.astype(np.int16), SOUND_RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()


def read_wav(content: bytes) -> Samples:
    """Samples of a WAV file that `write_wav` made, float64, range -1 to 1.

    Raises
    ------
    ValueError
        If it has another rate or several channels.
    """
    sound, rate_hz = soundfile.read(io.BytesIO(content), dtype="float64")
    if rate_hz != SOUND_RATE_HZ or sound.ndim != 1:
        raise ValueError(f"the sound has {rate_hz} Hz and shape {sound.shape}; expected mono at {SOUND_RATE_HZ} Hz")
    samples: Samples = sound
    return samples
