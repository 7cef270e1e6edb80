"""Sparseness and complexity of quantus, against their formulas."""

import math

import numpy as np
import pytest

from explainer.faithfulness.concentration import complexity, sparseness

VALUES = np.array([0.5, -2.0, 0.1, 0.0, 3.5, -0.25, 1.0])


def test_sparseness_is_half_the_mean_difference_of_all_pairs_over_the_mean() -> None:
    sizes = np.abs(VALUES)
    expected = np.abs(sizes[:, None] - sizes[None]).mean() / (2 * sizes.mean())
    # quantus adds 1e-7 of the largest size to each
    assert sparseness(VALUES) == pytest.approx(expected, abs=1e-6)


def test_complexity_is_the_entropy_of_shares() -> None:
    shares = np.abs(VALUES) / np.abs(VALUES).sum()
    expected = -sum(share * math.log(share) for share in shares if share > 0)
    # quantus adds 1e-12 within the logarithm
    assert complexity(VALUES) == pytest.approx(expected, abs=1e-9)


def test_equal_values_are_not_sparse_and_as_complex_as_can_be() -> None:
    assert sparseness(np.full(50, 0.3)) == pytest.approx(0, abs=1e-6)
    assert complexity(np.full(50, 0.3)) == pytest.approx(math.log(50))


def test_one_value_among_zeros_is_sparse_and_not_complex() -> None:
    alone = np.zeros(100)
    alone[3] = -7.0
    assert sparseness(alone) == pytest.approx(0.99, abs=1e-4)
    assert complexity(alone) == pytest.approx(0, abs=1e-9)


def test_values_are_left_as_they_are() -> None:
    before = VALUES.copy()
    sparseness(VALUES)
    complexity(VALUES)
    assert np.array_equal(VALUES, before)


@pytest.mark.parametrize("measure", [sparseness, complexity])
def test_nothing_but_zeros_is_refused(measure: type) -> None:
    with pytest.raises(ValueError, match="values are all 0"):
        measure(np.zeros(5))
