"""The headphone checks: which of three sounds is the quietest, or holds a tone; over loudspeakers neither can be told.

Sounds are made here, with the standard library alone, and always the same: 16 bit stereo WAV, in which no encoder has
mixed the two sides.
"""

import io
import itertools
import math
import random
import sys
import wave
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from earshot.design.conduct import HEADPHONE_CHECKS, HeadphoneCheckName
from earshot.files import sha256_bytes

MOST_ATTEMPTS: Final = 2
N_INTERVALS: Final = 3
RATE_HZ: Final = 44_100

_INTERVAL_S, _PAUSE_S = 1.0, 0.5
_FULL_SCALE = 32_767

# Antiphase: the other tones are as loud as speech at the usual level of a stimulus set (RMS -23 dB of full scale).
_TONE_HZ, _TONE_RAMP_S, _TONE_PEAK, _QUIETER_DB = 200.0, 0.1, 0.1, 6.0
_TONES: Final = tuple(itertools.permutations(("plain", "antiphase", "quiet")))

# Huggins pitch: noise seems louder than speech of the same level; -32 dB RMS keeps it comfortable.
_NOISE_RMS, _NOISE_RAMP_S = 0.025, 0.03
_BAND_HZ = range(math.ceil(600 * 0.94), math.floor(600 * 1.06) + 1)  # of one second: one component per hertz
_NOISE_SEED = 20_210_000

Channel = Sequence[float]


def count_trials(check: HeadphoneCheckName) -> int:
    """How many trials an attempt has."""
    return HEADPHONE_CHECKS[check].n_trials


def attempt_order(check: HeadphoneCheckName, *, code: str, attempt: int) -> list[int]:
    """The numbers of the check's sounds, from 1, in the order in which an enrolment's attempt (from 0) plays them."""
    numbers = range(1, count_trials(check) + 1)
    return sorted(numbers, key=lambda number: sha256_bytes(f"{code} {attempt} {number}".encode()))


def right_interval(check: HeadphoneCheckName, *, number: int) -> int:
    """Which of a sound's three intervals, from 1, is the one to be named."""
    if check == "antiphase":
        return _TONES[number - 1].index("quiet") + 1
    return (number - 1) % N_INTERVALS + 1


def count_right(check: HeadphoneCheckName, *, code: str, attempt: int, answers: Sequence[int]) -> int:
    """How many answers of an attempt name the right interval."""
    order = attempt_order(check, code=code, attempt=attempt)
    return sum(answer == right_interval(check, number=number) for number, answer in zip(order, answers, strict=True))


@lru_cache(maxsize=2 * 6)
def make_sound(check: HeadphoneCheckName, *, number: int) -> bytes:
    """A sound of a check as a WAV file: three intervals of one second, half a second between (4 s, 44.1 kHz).

    Raises
    ------
    ValueError
        If the check has no sound of this number.
    """
    if number not in range(1, count_trials(check) + 1):
        raise ValueError(f"number is {number}; the check '{check}' has sounds 1 to {count_trials(check)}")
    intervals = _tones(number) if check == "antiphase" else _noises(number)
    pause = [0.0] * round(_PAUSE_S * RATE_HZ)
    sides = [_join([interval[side] for interval in intervals], pause=pause) for side in (0, 1)]
    return _write_wav(*sides)


def _tones(number: int) -> list[tuple[Channel, Channel]]:
    """Tones of 200 Hz; one is 6 dB quieter, one has its sides in antiphase and vanishes in the air (woods2017)."""
    tone = _ramped(
        [_TONE_PEAK * math.sin(2 * math.pi * _TONE_HZ * n / RATE_HZ) for n in range(round(_INTERVAL_S * RATE_HZ))],
        ramp_s=_TONE_RAMP_S,
    )
    quiet = [value * 10 ** (-_QUIETER_DB / 20) for value in tone]
    sides = {"plain": (tone, tone), "antiphase": (tone, [-value for value in tone]), "quiet": (quiet, quiet)}
    return [sides[name] for name in _TONES[number - 1]]


def _noises(number: int) -> list[tuple[Channel, Channel]]:
    """White noise; in one, the right side's band of 600 Hz +-6 % is turned by 180 degrees (milne2021)."""
    intervals: list[tuple[Channel, Channel]] = []
    for place in range(1, N_INTERVALS + 1):
        draw = random.Random(_NOISE_SEED + N_INTERVALS * number + place)  # noqa: S311  # a sound, no secret
        left = [draw.gauss(0.0, _NOISE_RMS) for _ in range(RATE_HZ)]
        turned = place == right_interval("huggins", number=number)
        right = _turn_band(left) if turned else left
        intervals.append((_ramped(left, ramp_s=_NOISE_RAMP_S), _ramped(right, ramp_s=_NOISE_RAMP_S)))
    return intervals


def _turn_band(signal: Channel) -> Channel:
    """One second of a signal with the components of the band turned by 180 degrees, by their Fourier series."""
    n = len(signal)
    cosines = [math.cos(2 * math.pi * each / n) for each in range(n)]
    sines = [math.sin(2 * math.pi * each / n) for each in range(n)]
    turned = list(signal)
    for frequency in _BAND_HZ:
        at = [frequency * each % n for each in range(n)]
        cosine, sine = [cosines[each] for each in at], [sines[each] for each in at]
        even = 4 / n * sum(map(float.__mul__, signal, cosine))  # twice the component is taken off
        odd = 4 / n * sum(map(float.__mul__, signal, sine))
        turned = [value - even * c - odd * s for value, c, s in zip(turned, cosine, sine, strict=True)]
    return turned


def _ramped(signal: Channel, *, ramp_s: float) -> list[float]:
    """The signal with raised-cosine ramps at both ends."""
    n_ramp = round(ramp_s * RATE_HZ)
    rise = [0.5 - 0.5 * math.cos(math.pi * (n + 0.5) / n_ramp) for n in range(n_ramp)]
    gains = [*rise, *[1.0] * (len(signal) - 2 * n_ramp), *reversed(rise)]
    return [value * gain for value, gain in zip(signal, gains, strict=True)]


def _join(intervals: Sequence[Channel], *, pause: Channel) -> list[float]:
    first, *others = intervals
    return [*first, *itertools.chain.from_iterable((*pause, *interval) for interval in others)]


def _write_wav(left: Channel, right: Channel) -> bytes:
    frames = array("h", (round(_FULL_SCALE * value) for pair in zip(left, right, strict=True) for value in pair))
    if sys.byteorder == "big":
        frames.byteswap()
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(frames.tobytes())
    return content.getvalue()
