"""Means over seeds with their intervals."""

import pytest

from explainer.manipulation.seeds import OverSeeds

# 97.5 % quantile of Student's t with 2 and with 4 degrees of freedom, from a printed table
T_2, T_4 = 4.302653, 2.776445


def test_interval_of_three_seeds_is_students() -> None:
    over = OverSeeds((0.7, 0.8, 0.9))
    assert over.mean == pytest.approx(0.8)
    # sd .1, standard error .1 / sqrt(3); the table has seven digits
    half = T_2 * 0.1 / 3**0.5
    assert over.interval == pytest.approx((0.8 - half, 0.8 + half), abs=1e-7)


def test_more_seeds_have_more_degrees_of_freedom() -> None:
    over = OverSeeds((1.0, 2.0, 3.0, 4.0, 5.0))
    half = T_4 * 2.5**0.5 / 5**0.5
    assert over.interval == pytest.approx((3 - half, 3 + half), abs=1e-5)


@pytest.mark.parametrize("values", [(0.5, 0.5, 0.5), (0.5,)])
def test_seeds_that_agree_have_no_interval(values: tuple[float, ...]) -> None:
    assert OverSeeds(values).interval is None


def test_differences_are_taken_seed_by_seed() -> None:
    difference = OverSeeds((0.9, 0.5, 0.7)).minus(OverSeeds((0.8, 0.4, 0.6)))
    assert difference.values == pytest.approx((0.1, 0.1, 0.1))


def test_other_seeds_cannot_be_taken_off() -> None:
    with pytest.raises(ValueError, match=r"3 seeds minus 2; expected numbers of the same seeds"):
        OverSeeds((1.0, 2.0, 3.0)).minus(OverSeeds((1.0, 2.0)))
