"""The rule of the verdict, point by point."""

import math

import pytest

from analysis.comparison import Comparison, RiskDifference, StratumContrast
from analysis.verdict import Verdict, apply_rule, decide_verdict


def risk(estimate: float, low: float, high: float) -> RiskDifference:
    return RiskDifference(estimate=estimate, standard_error=0.1, df=11, interval=(low, high), method="marginal")


@pytest.mark.parametrize(("sign", "name"), [(1, "sound_adds_more"), (-1, "picture_adds_more")])
def test_p_below_alpha_and_one_sign_is_directional(sign: int, name: str) -> None:
    low, high = sorted((sign * 0.05, sign * 0.35))
    assert apply_rule(p=0.01, alpha=0.05, log_odds=sign * 1.0, risk=risk(sign * 0.2, low, high)) == Verdict(name)  # type: ignore[arg-type]  # one of two names


def test_p_at_alpha_is_no_evidence() -> None:
    assert apply_rule(p=0.05, alpha=0.05, log_odds=1.0, risk=risk(0.2, -0.01, 0.4)).name == "no_evidence"


def test_opposite_signs_are_no_evidence_with_the_reason() -> None:
    verdict = apply_rule(p=0.01, alpha=0.05, log_odds=1.0, risk=risk(-0.02, -0.1, 0.06))
    assert verdict.name == "no_evidence"
    assert "depends on the scale" in verdict.reason


def test_a_risk_of_exactly_zero_is_no_direction() -> None:
    assert apply_rule(p=0.01, alpha=0.05, log_odds=1.0, risk=risk(0.0, -0.1, 0.1)).name == "no_evidence"


def test_a_risk_interval_over_zero_keeps_the_verdict_and_says_so() -> None:
    verdict = apply_rule(p=0.04, alpha=0.05, log_odds=1.0, risk=risk(0.1, -0.01, 0.21))
    assert verdict == Verdict("sound_adds_more", depends_on_scale=True)


def test_no_evidence_with_a_risk_interval_beside_zero_says_so() -> None:
    verdict = apply_rule(p=0.06, alpha=0.05, log_odds=1.0, risk=risk(0.1, 0.01, 0.19))
    assert verdict == Verdict("no_evidence", depends_on_scale=True)


def test_where_risks_were_tested_only_their_sign_counts() -> None:
    assert apply_rule(p=0.01, alpha=0.05, log_odds=None, risk=risk(-0.1, -0.2, -0.01)).name == "picture_adds_more"


def test_an_unknown_interval_is_no_interval_over_zero() -> None:
    assert apply_rule(p=0.01, alpha=0.05, log_odds=None, risk=risk(0.1, math.nan, math.nan)) == Verdict(
        "sound_adds_more"
    )


def test_an_obstacle_is_not_estimable_with_its_reason() -> None:
    verdict = decide_verdict(Comparison(decided_by=None, obstacle="too few"), alpha=0.05)
    assert verdict == Verdict("not_estimable", reason="too few")


def test_a_permutation_ignores_the_unstable_odds() -> None:
    comparison = Comparison(
        decided_by="participant permutation",
        obstacle="",
        p=0.01,
        primary=StratumContrast(False, None, risk(0.1, 0.01, 0.2)),
    )
    assert decide_verdict(comparison, alpha=0.05).name == "sound_adds_more"
