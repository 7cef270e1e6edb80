"""The permutation test against every relabelling."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from analysis.gains import ChannelCount
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
    found = permute_channels(gains(PICTURE, SOUND), level=0.95)
    # four standard errors of 9,999 draws
    assert found.p == pytest.approx(exact_p(PICTURE, SOUND), abs=4 * np.sqrt(0.25 / 9999))
    assert found.statistic == pytest.approx(0.2875)


def test_the_same_seed_gives_the_same_p() -> None:
    assert permute_channels(gains(PICTURE, SOUND), level=0.95) == permute_channels(gains(PICTURE, SOUND), level=0.95)
    assert permute_channels(gains(PICTURE, SOUND), level=0.95, seed=3).seed == 3


def test_p_is_never_zero() -> None:
    found = permute_channels(gains([0.0] * 12, [1.0] * 12), level=0.95, n_permutations=999)
    assert found.p == pytest.approx(1 / 1000)


def test_gains_that_are_all_alike_give_one() -> None:
    assert permute_channels(gains([0.1] * 4, [0.1] * 4), level=0.95).p == 1.0


def test_a_channel_without_participants_is_refused() -> None:
    with pytest.raises(ValueError, match="4 participants by picture and 0 by sound"):
        permute_channels(gains(PICTURE, []), level=0.95)


def test_the_interval_holds_what_the_test_does_not_reject() -> None:
    random = np.random.default_rng(3)
    picture, sound = random.normal(0.0, 0.3, 20).tolist(), random.normal(0.2, 0.4, 15).tolist()
    low, high = permute_channels(gains(picture, sound), level=0.95).interval
    assert low < np.mean(sound) - np.mean(picture) < high

    def p(difference: float) -> float:
        return permute_channels(gains(picture, [gain - difference for gain in sound]), level=0.95).p

    assert p(low + 1e-9) >= 0.05 > p(low - 1e-9)
    assert p(high - 1e-9) >= 0.05 > p(high + 1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_the_interval_and_p_agree_about_zero_though_gains_are_discrete(seed: int) -> None:
    random = np.random.default_rng(seed)
    picture = (random.integers(-3, 4, 14) / 6).tolist()
    sound = (random.integers(-2, 6, 14) / 6).tolist()
    found = permute_channels(gains(picture, sound), level=0.95)
    assert (found.interval[0] <= 0 <= found.interval[1]) == (found.p >= 0.05)


def test_too_few_relabellings_for_the_level_exclude_nothing() -> None:
    assert permute_channels(gains([0.0, 0.1], [0.5, 0.6]), level=0.95).interval == (-2.0, 2.0)


def test_participants_without_a_gain_are_dropped_and_counted() -> None:
    found = permute_channels(gains([*PICTURE, np.nan], SOUND), level=0.95)
    assert found.counts == (
        ChannelCount("picture", n_kept=4, n_dropped=1),
        ChannelCount("sound", n_kept=4, n_dropped=0),
    )
    assert found.p == permute_channels(gains(PICTURE, SOUND), level=0.95).p
