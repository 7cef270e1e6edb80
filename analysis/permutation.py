"""A permutation test of participants between channels, on the scale of risks."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.gains import ChannelCount, count_gains, split_gains

# The Monte-Carlo error of a p near .05 is then .0022.
N_PERMUTATIONS = 9_999
# Any fixed number does: the p must be the same whenever the report is made again.
PERMUTATION_SEED = 20_240_229
# Two statistics are sums of the same numbers in another order: closer than this they are equal.
_TIE = 1e-12
# No difference of gains lies beyond.
_LIMITS = (-2.0, 2.0)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Permutation:
    """A permutation test.

    Parameters
    ----------
    statistic : float
        Mean gain by sound minus mean gain by picture, on the risk scale.
    p : float
        Two-sided, (1 + k) / (n_permutations + 1).
    interval : tuple of (float, float)
        Every constant difference between the channels that this test does not reject, on the risk scale, cut at -2 and
        2; it leaves out 0 exactly when p is below alpha. NaN where gains do not vary within a channel.
    counts : tuple of ChannelCount
        Participants kept and dropped, picture first; dropped are those without answers under both masks.
    n_permutations, seed : int
        How many relabellings were drawn, from which seed.
    """

    statistic: float
    p: float
    interval: tuple[float, float]
    counts: tuple[ChannelCount, ...]
    n_permutations: int
    seed: int


def permute_channels(
    gains: pd.DataFrame, *, level: float, n_permutations: int = N_PERMUTATIONS, seed: int = PERMUTATION_SEED
) -> Permutation:
    """The test that gains are exchangeable between channels.

    Parameters
    ----------
    gains : DataFrame
        From `relevance_gains`; participants without a gain are dropped and counted.
    level : float
        Coverage of the interval, 0-1.
    n_permutations, seed : int
        Relabellings and the seed they are drawn from.

    Raises
    ------
    ValueError
        If a channel has no participant.

    Notes
    -----
    Valid under any distribution of gains, for these stimuli: unlike the mixed model it does not generalise over them.
    The interval assumes that the channels differ by a constant.
    """
    picture, sound = split_gains(gains)
    if not len(picture) or not len(sound):
        raise ValueError(f"gains have {len(picture)} participants by picture and {len(sound)} by sound; both need one")
    observed = float(sound.mean() - picture.mean())
    drawn, moved = _relabel(picture, sound, n_permutations=n_permutations, seed=seed)
    n_as_far = int((np.abs(drawn) >= abs(observed) - _TIE).sum())
    varies = np.ptp(picture) > 0 or np.ptp(sound) > 0
    return Permutation(
        statistic=observed,
        p=(1 + n_as_far) / (n_permutations + 1),
        interval=_invert(drawn, moved, observed=observed, alpha=1 - level) if varies else (math.nan, math.nan),
        counts=count_gains(gains),
        n_permutations=n_permutations,
        seed=seed,
    )


def _relabel(picture: Floats, sound: Floats, *, n_permutations: int, seed: int) -> tuple[Floats, Floats]:
    """Relabelled differences, and how much each falls per unit taken off every gain by sound; both (relabelling,)."""
    values, is_sound = np.concatenate([picture, sound]), np.repeat([0.0, 1.0], [len(picture), len(sound)])
    places = np.tile(np.arange(len(values)), (n_permutations, 1))
    places = np.random.default_rng(seed).permuted(places, axis=1)
    by_picture, by_sound = places[:, : len(picture)], places[:, len(picture) :]
    drawn, moved = (column[by_sound].mean(axis=1) - column[by_picture].mean(axis=1) for column in (values, is_sound))
    return drawn, moved


def _invert(drawn: Floats, moved: Floats, *, observed: float, alpha: float) -> tuple[float, float]:
    """The differences d that are not rejected once d is taken off every gain by sound.

    A relabelling is then as far out as the data where |drawn - d moved| >= |observed - d|: between two roots, or for
    every d if it keeps or swaps the channels whole.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = np.stack([(observed - drawn) / (1 - moved), (observed + drawn) / (1 + moved)])
    roots[np.abs(roots) < _TIE] = 0.0
    low, high = np.sort(roots, axis=0)
    whole = 1 - np.abs(moved) < _TIE
    low[whole], high[whole] = -np.inf, np.inf
    # d is kept while at least this many relabellings are as far out
    n_needed = math.ceil(alpha * (len(drawn) + 1) - _TIE) - 1
    if n_needed < 1:
        return _LIMITS
    ends = np.partition(low, n_needed - 1)[n_needed - 1], np.partition(high, len(high) - n_needed)[len(high) - n_needed]
    return max(_LIMITS[0], float(ends[0])), min(_LIMITS[1], float(ends[1]))
