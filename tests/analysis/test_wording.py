"""How numbers and verdicts are said."""

import math

import pytest

from analysis import wording
from analysis.comparison import ChannelGain, Comparison, RiskDifference, StratumContrast
from analysis.verdict import Verdict


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


@pytest.mark.parametrize(
    ("log_odds", "expected"),
    [
        (1.0, "2.72"),
        (0.0, "1.00"),
        (math.log(0.51), "0.510"),
        (math.log(99.949), "99.9"),
        (math.log(99.96), "100"),
        (math.log(1234.4), "1,234"),
        (20.0, "> 10,000"),
        (-20.0, "< 0.0001"),
    ],
)
def test_odds_ratios_have_three_digits_and_beyond_four_orders_are_bounds(log_odds: float, expected: str) -> None:
    assert wording.ratio(log_odds) == expected


def test_unknown_shares_are_dashes() -> None:
    assert wording.percent(None) == wording.percent_interval(None) == "–"


def risk(estimate: float, low: float, high: float) -> RiskDifference:
    return RiskDifference(estimate=estimate, standard_error=0.1, df=11, interval=(low, high), method="marginal")


@pytest.mark.parametrize(
    ("by_sound", "expected"),
    [
        (risk(0.10, 0.02, 0.18), []),
        (risk(0.10, -0.02, 0.22), ["not shown: the interval of +10.0 points, −2.0 to +22.0, covers 0"]),
        (risk(-0.05, -0.12, 0.02), ["Relevance raised accuracy by neither channel: by sound it lowered it less (−5.0"]),
    ],
)
def test_a_direction_says_whether_relevance_adds_anything_at_all(by_sound: RiskDifference, expected: list[str]) -> None:
    gains = (ChannelGain("picture", risk(-0.2, -0.3, -0.1)), ChannelGain("sound", by_sound))
    primary = StratumContrast(False, None, risk(0.2, 0.1, 0.3), gains)
    comparison = Comparison(decided_by="mixed model", obstacle="", p=0.01, primary=primary)
    notes = wording.verdict_notes(Verdict("sound_adds_more"), comparison=comparison)
    assert len(notes) == len(expected)
    assert all(sentence in note for sentence, note in zip(expected, notes, strict=True))
