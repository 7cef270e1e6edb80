"""Sounds a participant hears: cut, faded, resampled once, set to one level, written as WAV.

Levels are K-weighted after bs1770, in blocks of 200 ms where the standard has 400 ms, because a spoken digit is
shorter than that; a sound shorter than a block is measured as one block.
"""

import io
import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import librosa
import numpy as np
import pyloudnorm
import soundfile
from numpy.typing import NDArray

from explainer.timefrequency import HOP_SAMPLES, SAMPLE_RATE_HZ, n_frames_of

Samples = NDArray[np.float64]

SOUND_RATE_HZ: Final = 48_000
MARGIN_MS: Final = 50
FADE_MS: Final = 10
LEVEL_BLOCK_MS: Final = 200
MOST_TRUE_PEAK_DBTP: Final = -1.0

_OVERSAMPLING = 4  # bs1770, annex 2: at least 4 times for 48 kHz
_FULL_SCALE = 2**15
# What rounding to 16 bits and the finite oversampling may add to a true peak.
_PEAK_HEADROOM_DB = 0.1
_LEVEL_TOLERANCE_DB = 0.02
_N_GAIN_STEPS = 8


@dataclass(frozen=True)
class Cut:
    """The part of the network's window that is played: the clip's span +- 50 ms, as far as the window reaches.

    It starts on a hop, so that frame `k` of the cut's STFT is frame `first_frame + k` of the window's.
    """

    first_sample: int
    n_samples: int

    @property
    def first_frame(self) -> int:
        """The frame of the window's STFT centred on the cut's first sample."""
        return self.first_sample // HOP_SAMPLES

    @property
    def n_frames(self) -> int:
        """Frames of the cut's STFT."""
        return n_frames_of(self.n_samples)

    def samples(self, signal: NDArray[np.floating]) -> Samples:
        """The cut's part of a signal."""
        return np.asarray(signal[self.first_sample : self.first_sample + self.n_samples], dtype=np.float64)

    def frames(self, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """The cut's part of an array (bin, frame)."""
        return cells[:, self.first_frame : self.first_frame + self.n_frames]


def cut_around(*, first_sample: int, n_samples: int, n_window: int) -> Cut:
    """The cut for a clip that lies at `first_sample` in a window of `n_window` samples.

    Raises
    ------
    ValueError
        If the clip does not lie within the window.
    """
    stop = first_sample + n_samples
    if first_sample < 0 or n_samples < 1 or stop > n_window:
        raise ValueError(
            f"the clip lies at samples {first_sample} to {stop}; expected a place within 0 to {n_window}: pass the"
            " offset and the length it was placed with"
        )
    margin = SAMPLE_RATE_HZ * MARGIN_MS // 1000
    start = max(first_sample - margin, 0) // HOP_SAMPLES * HOP_SAMPLES
    n_hops = math.ceil((min(stop + margin, n_window) - start) / HOP_SAMPLES)
    return Cut(first_sample=start, n_samples=min(n_hops * HOP_SAMPLES, n_window - start))


def to_sound(samples: Samples) -> Samples:
    """Samples at 8 kHz as they will be played, before the level: at 48 kHz, faded over 10 ms at both ends."""
    sound: Samples = librosa.resample(samples, orig_sr=SAMPLE_RATE_HZ, target_sr=SOUND_RATE_HZ, res_type="soxr_hq")
    n_fade = SOUND_RATE_HZ * FADE_MS // 1000
    rise = np.sin(0.5 * np.pi * np.arange(n_fade) / n_fade) ** 2
    sound[:n_fade] *= rise
    sound[-n_fade:] *= rise[::-1]
    return sound


def to_network_rate(sound: Samples) -> Samples:
    """A sound at 48 kHz as the network would hear it, at 8 kHz."""
    heard: Samples = librosa.resample(sound, orig_sr=SOUND_RATE_HZ, target_sr=SAMPLE_RATE_HZ, res_type="soxr_hq")
    return heard


def level_lufs(sound: Samples) -> float:
    """K-weighted gated level (bs1770) at 48 kHz, in blocks of 200 ms; minus infinity in silence."""
    block_s = min(LEVEL_BLOCK_MS / 1000, len(sound) / SOUND_RATE_HZ)
    meter = pyloudnorm.Meter(SOUND_RATE_HZ, block_size=block_s)
    with warnings.catch_warnings():
        # silence has no block above the gate: pyloudnorm takes the mean of nothing and the logarithm of zero
        warnings.simplefilter("ignore", RuntimeWarning)
        level = float(meter.integrated_loudness(sound))
    return level if math.isfinite(level) else -math.inf


def true_peak_dbtp(sound: Samples) -> float:
    """Peak of the sound oversampled four times (bs1770, annex 2), in dB re full scale."""
    oversampled = librosa.resample(
        sound, orig_sr=SOUND_RATE_HZ, target_sr=_OVERSAMPLING * SOUND_RATE_HZ, res_type="soxr_hq"
    )
    peak = max(float(np.abs(oversampled).max()), float(np.abs(sound).max()))
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def reachable_level_lufs(sound: Samples, *, true_peak_dbtp: float) -> float:
    """The level a sound has once its gain brings its true peak to -1 dBTP; minus infinity in silence."""
    if not math.isfinite(true_peak_dbtp):
        return -math.inf
    return level_lufs(_amplified(sound, gain_db=_most_gain_db(true_peak_dbtp)))


def gain_to_level_db(sound: Samples, *, level: float, true_peak_dbtp: float) -> float | None:
    """The gain at which a sound has the level (LUFS), within .02 LU; None where none does, or only above -1 dBTP.

    A gain may lift a quiet block over the absolute gate of -70 LUFS, which lowers the mean: the level is not simply
    the old one plus the gain, and it can step over a value. Therefore the gain is sought by measuring again.
    """
    gain_db = min(level - level_lufs(sound), _most_gain_db(true_peak_dbtp))
    for _ in range(_N_GAIN_STEPS):
        error_db = level - level_lufs(_amplified(sound, gain_db=gain_db))
        if abs(error_db) <= _LEVEL_TOLERANCE_DB:
            return gain_db
        gain_db += error_db
        if not gain_db <= _most_gain_db(true_peak_dbtp):
            return None
    return None


def common_level_lufs(reachable_lufs: Iterable[float]) -> float:
    """The level every sound of a set may reach: the lowest of `reachable_lufs`, down to the next tenth."""
    return math.floor(min(reachable_lufs) * 10) / 10


def _most_gain_db(true_peak_dbtp: float) -> float:
    return MOST_TRUE_PEAK_DBTP - _PEAK_HEADROOM_DB - true_peak_dbtp


def _amplified(sound: Samples, *, gain_db: float) -> Samples:
    return sound * 10 ** (gain_db / 20)


def write_wav(sound: Samples, *, gain_db: float) -> bytes:
    """The sound with a gain as a WAV file: 48 kHz, mono, PCM_16, no dither, no metadata.

    Raises
    ------
    ValueError
        If the gain would clip: nothing is ever limited.
    """
    amplified = np.rint(_amplified(sound, gain_db=gain_db) * _FULL_SCALE)
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
