"""The permutation test against every relabelling."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from analysis.permutation import permute_channels

PICTURE = [0.1, -0.2, 0.3, 0.0]
SOUND = [0.6, 0.25, 0.0, 0.5]


def gains(picture: list[float], sound: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"channel": ["picture"] * len(picture) + ["sound"] * len(sound), "gain": picture + sound})


def exact_p(picture: list[float], sound: list[float]) -> float:
    values = np.array(picture + sound)
    observed = abs(np.mean(sound) - np.mean(picture))
    hits = []
    for chosen in combinations(range(len(values)), len(picture)):
        left = np.zeros(len(values), dtype=bool)
        left[list(chosen)] = True
        hits.append(abs(values[~left].mean() - values[left].mean()) >= observed - 1e-12)
    return float(np.mean(hits))


def test_p_equals_that_of_every_relabelling() -> None:
    found = permute_channels(gains(PICTURE, SOUND))
    # four standard errors of 9,999 draws
    assert found.p == pytest.approx(exact_p(PICTURE, SOUND), abs=4 * np.sqrt(0.25 / 9999))
    assert found.statistic == pytest.approx(0.2875)


def test_the_same_seed_gives_the_same_p() -> None:
    assert permute_channels(gains(PICTURE, SOUND)) == permute_channels(gains(PICTURE, SOUND))
    assert permute_channels(gains(PICTURE, SOUND), seed=3).seed == 3


def test_p_is_never_zero() -> None:
    found = permute_channels(gains([0.0] * 12, [1.0] * 12), n_permutations=999)
    assert found.p == pytest.approx(1 / 1000)


def test_gains_that_are_all_alike_give_one() -> None:
    assert permute_channels(gains([0.1] * 4, [0.1] * 4)).p == 1.0


def test_a_channel_without_participants_is_refused() -> None:
    with pytest.raises(ValueError, match="4 participants by picture and 0 by sound"):
        permute_channels(gains(PICTURE, []))
