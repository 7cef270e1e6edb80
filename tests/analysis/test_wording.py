"""How numbers are said."""

import pytest

from analysis import wording


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (0.0000001, "p < .001"),
        (0.00123, "p = .001"),
        (0.0341, "p = .034"),
        (0.0496, "p = .0496"),
        (0.0504, "p = .0504"),
        (0.0996, "p = .10"),
        (0.42, "p = .42"),
        (0.9999, "p = 1.00"),
        (1.0, "p = 1.00"),
    ],
)
def test_p_values_are_never_zero_and_tell_their_side_of_alpha(p: float, expected: str) -> None:
    assert wording.p_value(p) == expected


@pytest.mark.parametrize(("share", "expected"), [(0.1234, "+12.3"), (-0.05, "−5.0"), (0.0001, "0.0"), (-0.0001, "0.0")])
def test_points_have_a_sign_unless_they_round_to_zero(share: float, expected: str) -> None:
    assert wording.points(share) == expected


@pytest.mark.parametrize(("log_odds", "expected"), [(1.0, "2.72"), (20.0, "> 10,000"), (-20.0, "< 0.0001"), (0.0, "1")])
def test_odds_ratios_beyond_four_orders_are_bounds(log_odds: float, expected: str) -> None:
    assert wording.ratio(log_odds) == expected


def test_unknown_shares_are_dashes() -> None:
    assert wording.percent(None) == wording.percent_interval(None) == "–"
