"""Intervals of paired differences, against published numbers and an independent derivation."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from explainer.faithfulness.intervals import (
    LEAST_UNITS,
    PairedCounts,
    count_pairs,
    mean_interval,
    share_difference_interval,
)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        # newcombe1998: method 10 for these counts
        (PairedCounts(36, 12, 2, 0), 0.0569, 0.3404),
        # what Newcombe_square_and_add_CI_paired_2x2(bentur_2009) of R's contingencytables prints, to its 3 decimals
        (PairedCounts(1, 1, 7, 12), -0.507, -0.026),
    ],
)
def test_interval_of_shares_is_the_published_one(counts: PairedCounts, low: float, high: float) -> None:
    found = share_difference_interval(counts)
    assert found is not None
    assert found == pytest.approx((low, high), abs=5e-4 if abs(low) > 0.5 else 5e-5)


def test_interval_of_shares_turns_round_with_its_sides() -> None:
    found = share_difference_interval(PairedCounts(5, 4, 1, 3))
    turned = share_difference_interval(PairedCounts(5, 1, 4, 3))
    assert found is not None
    assert turned == pytest.approx((-found[1], -found[0]))


def test_pairs_that_all_agree_leave_doubt() -> None:
    found = share_difference_interval(PairedCounts(8, 0, 0, 0))
    assert found is not None
    assert found[0] < -0.1 < 0.1 < found[1]


def test_no_pairs_have_no_interval() -> None:
    assert share_difference_interval(PairedCounts(0, 0, 0, 0)) is None


def test_pairs_are_counted() -> None:
    found = count_pairs([1.0, 1.0, 0.0, 0.0, 1.0], [1.0, 0.0, 1.0, 0.0, 1.0])
    assert (found.n_both, found.n_only_explanation, found.n_only_control, found.n_neither) == (2, 1, 1, 1)
    assert found.n == 5


def test_other_values_than_yes_and_no_are_refused() -> None:
    with pytest.raises(ValueError, match="values other than 0 and 1"):
        count_pairs([0.5], [1.0])


def derive_bca(sample: NDArray[np.float64], *, seed: int) -> tuple[float, float]:
    """The interval of efron1987 step by step, with the acceleration from the jackknife."""
    generator = np.random.default_rng(seed)
    means = np.concatenate(
        [sample[generator.integers(len(sample), size=(1000, len(sample)))].mean(axis=1) for _ in range(10)]
    )
    share_below = np.mean(means < sample.mean()) + np.mean(means == sample.mean()) / 2
    bias = stats.norm.ppf(share_below)
    left_out = np.array([np.delete(sample, place).mean() for place in range(len(sample))])
    pull = left_out.mean() - left_out
    acceleration = (pull**3).sum() / (6 * (pull**2).sum() ** 1.5)
    ends = [bias + stats.norm.ppf(tail) for tail in (0.025, 0.975)]
    shares = [stats.norm.cdf(bias + end / (1 - acceleration * end)) for end in ends]
    low, high = np.quantile(means, shares)
    return float(low), float(high)


def test_interval_of_a_mean_is_the_accelerated_bootstrap() -> None:
    sample = np.random.default_rng(5).exponential(size=20) - 0.3
    found = mean_interval(sample.tolist(), seed=7)
    # the same resamples, so only rounding differs
    assert found == pytest.approx(derive_bca(sample, seed=7), abs=1e-12)


def test_interval_depends_on_the_seed_alone() -> None:
    values = [0.1, -0.2, 0.4, 0.3, 0.0, 0.2, 0.5]
    assert mean_interval(values, seed=1) == mean_interval(values, seed=1)
    assert mean_interval(values, seed=1) != mean_interval(values, seed=2)


def test_too_few_values_have_no_interval() -> None:
    assert mean_interval([0.1 * number for number in range(LEAST_UNITS - 1)], seed=1) is None


def test_equal_values_have_no_interval() -> None:
    assert mean_interval([0.25] * 10, seed=1) is None
