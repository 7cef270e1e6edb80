"""Intervals of paired differences: a bootstrap for means, a closed form for yes and no.

The units are stimuli, taken as drawn independently. They are nested in speakers and in one trained network: an interval
says how sure the mean over such stimuli is, not what another network or another speaker would give.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

LEVEL: Final = 0.95
"""Coverage of every interval."""
LEAST_UNITS: Final = 6
"""Below this a bootstrap has too few different samples to tell how a mean varies, and no interval is given."""

_N_RESAMPLES: Final = 10_000
_N_AT_ONCE: Final = 1000  # resamples: memory does not grow with their number


@dataclass(frozen=True)
class PairedCounts:
    """Pairs by what explanation and control did: both yes, only one of them, neither (mcnemar1947)."""

    n_both: int
    n_only_explanation: int
    n_only_control: int
    n_neither: int

    @property
    def n(self) -> int:
        """All pairs."""
        return self.n_both + self.n_only_explanation + self.n_only_control + self.n_neither


Interval = tuple[float, float]


def count_pairs(explanation: Sequence[float], control: Sequence[float]) -> PairedCounts:
    """The pairs of two sequences of 0 and 1.

    Raises
    ------
    ValueError
        If a value is neither, or their lengths differ.
    """
    pairs = list(zip(explanation, control, strict=True))
    if any(value not in (0.0, 1.0) for pair in pairs for value in pair):
        raise ValueError("pairs hold values other than 0 and 1; use mean_interval for those")
    return PairedCounts(
        n_both=pairs.count((1.0, 1.0)),
        n_only_explanation=pairs.count((1.0, 0.0)),
        n_only_control=pairs.count((0.0, 1.0)),
        n_neither=pairs.count((0.0, 0.0)),
    )


def share_difference_interval(counts: PairedCounts) -> Interval | None:
    """95 % interval of the difference of two paired shares (newcombe1998, method 10); None without pairs.

    It rests on the score intervals of both shares and the correlation within pairs. Where all pairs agree, which
    happens in small sets, it still has a width; a bootstrap would claim to be certain.
    """
    if counts.n == 0:
        return None
    with_explanation = counts.n_both + counts.n_only_explanation
    with_control = counts.n_both + counts.n_only_control
    first, second = with_explanation / counts.n, with_control / counts.n
    first_low, first_high = _score_interval(with_explanation, n=counts.n)
    second_low, second_high = _score_interval(with_control, n=counts.n)
    correlation = _corrected_correlation(counts)
    below = _side(first - first_low, second_high - second, correlation=correlation)
    above = _side(second - second_low, first_high - first, correlation=correlation)
    return first - second - below, first - second + above


def _side(one: float, other: float, *, correlation: float) -> float:
    return math.sqrt(max(0.0, one**2 - 2 * correlation * one * other + other**2))


def _score_interval(count: int, *, n: int) -> Interval:
    """Score interval of one share (wilson1927)."""
    z = float(stats.norm.ppf(0.5 + LEVEL / 2))
    centre = (2 * count + z**2) / (2 * (n + z**2))
    half = z * math.sqrt(z**2 + 4 * count * (1 - count / n)) / (2 * (n + z**2))
    return centre - half, centre + half


def _corrected_correlation(counts: PairedCounts) -> float:
    """Phi of the pairs, with newcombe1998's correction for continuity where it is positive."""
    a, b, c, d = counts.n_both, counts.n_only_explanation, counts.n_only_control, counts.n_neither
    size = (a + b) * (c + d) * (a + c) * (b + d)
    if size == 0:
        return 0.0
    product = a * d - b * c
    corrected = max(product - counts.n / 2, 0) if product > 0 else product
    return corrected / math.sqrt(size)


def mean_interval(values: Sequence[float], *, seed: int) -> Interval | None:
    """95 % interval of the mean of some paired differences, by the BCa bootstrap (efron1987).

    Parameters
    ----------
    values : sequence of float
        One difference per stimulus.
    seed : int
        Of the resamples.

    Returns
    -------
    tuple of float or None
        None for fewer than `LEAST_UNITS` values, and where all are equal: then nothing is known of how they vary.
    """
    sample = np.asarray(values, dtype=np.float64)
    if len(sample) < LEAST_UNITS or np.ptp(sample) == 0:
        return None
    found = stats.bootstrap(
        (sample,),
        np.mean,
        n_resamples=_N_RESAMPLES,
        batch=_N_AT_ONCE,
        confidence_level=LEVEL,
        method="BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)
