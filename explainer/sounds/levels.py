"""How loud a sound is, how high it peaks, and the gain that a set of sounds has in common.

Levels are K-weighted after bs1770, in blocks of 200 ms where the standard has 400 ms, because a spoken digit is
shorter than that; a sound shorter than a block is measured as one block.

Two policies. *Normalised*: each sound gets the gain that sets it to one level. *Preserved*: all sounds of a set get one
gain, so that what a mask takes away stays to be heard. Neither limits.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from explainer.sounds.cuts import Samples
from explainer.sounds.rates import SOUND_RATE_HZ

LEVEL_BLOCK_MS: Final = 200
MOST_TRUE_PEAK_DBTP: Final = -1.0

# bs1770, annex 1, tables 1 and 2: the head's shelf, then the high-pass, for 48 kHz
_K_WEIGHTING = np.array(
    [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
)
_OFFSET_DB = -0.691  # bs1770, eq. 2
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_N_STEPS_PER_BLOCK = 4  # blocks overlap by three quarters

# What rounding to 16 bits and the finite oversampling may add to a true peak.
_PEAK_HEADROOM_DB = 0.1
_LEVEL_TOLERANCE_DB = 0.02
_N_GAIN_STEPS = 8

# Four times the rate (bs1770, annex 2), sought around samples near the highest: beside the crest of a sound of
# frequencies below f, a sample reaches cos(pi f / rate) of it (Bernstein). Fades reach a little above f.
_FREQUENCY_RESERVE = 1.5
_N_TAPS_EACH_SIDE = 16
_FRACTIONS = (-0.5, -0.25, 0.25, 0.5)
_KAISER_BETA = 8.0  # side lobes 80 dB down


@dataclass(frozen=True)
class Loudness:
    """What decides a sound's level at any gain.

    Attributes
    ----------
    block_powers : ndarray, float64, (block,)
        K-weighted mean square of each block, full scale 1.
    """

    block_powers: NDArray[np.float64]

    def level_lufs(self, *, gain_db: float = 0.0) -> float:
        """The gated level (bs1770, eq. 3-7) after a gain; minus infinity where no block is above the gate."""
        powers = self.block_powers * 10 ** (gain_db / 10)
        powers = powers[powers >= _power(_ABSOLUTE_GATE_LUFS)]
        if not powers.size:
            return -math.inf
        gated = powers[powers > powers.mean() * 10 ** (_RELATIVE_GATE_LU / 10)]
        return _OFFSET_DB + 10 * math.log10(gated.mean())


def _power(level_lufs: float) -> float:
    """The mean square of a block of this level."""
    return float(10 ** ((level_lufs - _OFFSET_DB) / 10))


def measure_loudness(sound: Samples) -> Loudness:
    """The K-weighted power of each block of a sound at 48 kHz."""
    n_block = min(SOUND_RATE_HZ * LEVEL_BLOCK_MS // 1000, len(sound))
    step = SOUND_RATE_HZ * LEVEL_BLOCK_MS // 1000 // _N_STEPS_PER_BLOCK
    starts = np.arange(round((len(sound) - n_block) / step) + 1) * step
    squares = signal.sosfilt(_K_WEIGHTING, sound) ** 2
    return Loudness(block_powers=np.array([squares[start : start + n_block].sum() / n_block for start in starts]))


def level_lufs(sound: Samples) -> float:
    """K-weighted gated level (bs1770) at 48 kHz, in blocks of 200 ms; minus infinity in silence."""
    return measure_loudness(sound).level_lufs()


def true_peak_dbtp(sound: Samples, *, highest_hz: float = SOUND_RATE_HZ / 2) -> float:
    """Peak of the sound oversampled four times (bs1770, annex 2), in dB re full scale; minus infinity in silence.

    Parameters
    ----------
    sound : ndarray, float64, (sample,)
        At 48 kHz.
    highest_hz : float
        No frequency of the sound lies above it: the lower, the fewer samples need a look.
    """
    sizes = np.abs(sound)
    highest = float(sizes.max())
    if highest == 0:
        return -math.inf
    near_share = math.cos(math.pi * min(_FREQUENCY_RESERVE * highest_hz / SOUND_RATE_HZ, 0.5))
    near = np.flatnonzero(sizes >= near_share * highest)
    padded = np.pad(sound, _N_TAPS_EACH_SIDE)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * _N_TAPS_EACH_SIDE + 1)[near]
    # not a matrix product: its library shares out sums among threads, and so may round them differently
    between = np.abs(np.einsum("nt,tf->nf", around, _interpolators()))
    return 20 * math.log10(max(highest, float(between.max())))


@cache
def _interpolators() -> NDArray[np.float64]:
    """Kaiser-windowed sinc that reads between samples: float64, (tap, fraction of a sample after the middle tap)."""
    taps = np.arange(-_N_TAPS_EACH_SIDE, _N_TAPS_EACH_SIDE + 1)[:, None] - np.array(_FRACTIONS)
    reach = np.clip(1 - (taps / (_N_TAPS_EACH_SIDE + 1)) ** 2, 0, None)
    return np.asarray(np.sinc(taps) * np.i0(_KAISER_BETA * np.sqrt(reach)) / np.i0(_KAISER_BETA))


def reachable_level_lufs(loudness: Loudness, *, true_peak_dbtp: float) -> float:
    """The level a sound has once its gain brings its true peak to -1 dBTP; minus infinity in silence."""
    if not math.isfinite(true_peak_dbtp):
        return -math.inf
    return loudness.level_lufs(gain_db=_most_gain_db(true_peak_dbtp))


def gain_to_level_db(loudness: Loudness, *, level: float, true_peak_dbtp: float) -> float | None:
    """The gain at which a sound has the level (LUFS), within .02 LU; None where none does, or only above -1 dBTP.

    A gain may lift a quiet block over the absolute gate of -70 LUFS, which lowers the mean: the level is not simply
    the old one plus the gain, and it can step over a value. Therefore the gain is sought by measuring again.
    """
    gain_db = min(level - loudness.level_lufs(), _most_gain_db(true_peak_dbtp))
    for _ in range(_N_GAIN_STEPS):
        error_db = level - loudness.level_lufs(gain_db=gain_db)
        if abs(error_db) <= _LEVEL_TOLERANCE_DB:
            return gain_db
        gain_db += error_db
        if not gain_db <= _most_gain_db(true_peak_dbtp):
            return None
    return None


def common_level_lufs(reachable_lufs: Iterable[float]) -> float:
    """The level every sound of a set may reach: the lowest of `reachable_lufs`, down to the next tenth."""
    return math.floor(min(reachable_lufs) * 10) / 10


def preserved_gain_db(true_peaks_dbtp: Iterable[float]) -> float:
    """The one gain of a whole set that keeps its levels apart: the largest that keeps every true peak at -1 dBTP.

    Raises
    ------
    ValueError
        If every sound is silent.
    """
    highest = max(true_peaks_dbtp, default=-math.inf)
    if not math.isfinite(highest):
        raise ValueError(f"the highest true peak is {highest} dBTP; expected a sound that is not silent in the set")
    return _most_gain_db(highest)


def _most_gain_db(true_peak_dbtp: float) -> float:
    return MOST_TRUE_PEAK_DBTP - _PEAK_HEADROOM_DB - true_peak_dbtp
