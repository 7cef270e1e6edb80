"""A permutation test of participants between channels, on the scale of risks."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.gains import split_gains

# The Monte-Carlo error of a p near .05 is then .0022.
N_PERMUTATIONS = 9_999
# Any fixed number does: the p must be the same whenever the report is made again.
PERMUTATION_SEED = 20_240_229
# Two statistics are sums of the same numbers in another order: closer than this they are equal.
_TIE = 1e-12


@dataclass(frozen=True)
class Permutation:
    """A permutation test.

    Parameters
    ----------
    statistic : float
        Mean gain by sound minus mean gain by picture, on the risk scale.
    p : float
        Two-sided, (1 + k) / (n_permutations + 1).
    n_permutations, seed : int
        How many relabellings were drawn, from which seed.
    """

    statistic: float
    p: float
    n_permutations: int
    seed: int


def permute_channels(
    gains: pd.DataFrame, *, n_permutations: int = N_PERMUTATIONS, seed: int = PERMUTATION_SEED
) -> Permutation:
    """The test that gains are exchangeable between channels.

    Parameters
    ----------
    gains : DataFrame
        From `relevance_gains`.
    n_permutations, seed : int
        Relabellings and the seed they are drawn from.

    Raises
    ------
    ValueError
        If a channel has no participant.

    Notes
    -----
    Valid under any distribution of gains, for these stimuli: unlike the mixed model it does not generalise over them.
    """
    picture, sound = split_gains(gains)
    if not len(picture) or not len(sound):
        raise ValueError(f"gains have {len(picture)} participants by picture and {len(sound)} by sound; both need one")
    values = np.concatenate([picture, sound])
    observed = float(sound.mean() - picture.mean())
    generator = np.random.default_rng(seed)
    shuffled = generator.permuted(np.tile(values, (n_permutations, 1)), axis=1)
    drawn = shuffled[:, len(picture) :].mean(axis=1) - shuffled[:, : len(picture)].mean(axis=1)
    n_as_far = int((np.abs(drawn) >= abs(observed) - _TIE).sum())
    p = (1 + n_as_far) / (n_permutations + 1)
    return Permutation(statistic=observed, p=p, n_permutations=n_permutations, seed=seed)
