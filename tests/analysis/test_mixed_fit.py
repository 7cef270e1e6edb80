import json
import math

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import scipy.stats

from analysis.mixed.fit import fit
from analysis.mixed.laplace import LaplaceObjective
from analysis.mixed.result import MixedResult
from fixtures.mixed.make_data import between_frame, primary_frame

BETWEEN = "correct ~ arm + (1|participant) + (1+arm|stimulus)"
PRIMARY = "correct ~ channel*mask*model_correct + (1+mask*model_correct||participant) + (1+channel*mask||stimulus)"


def _simulated(*, seed: int, participant_sd: float, stimulus_sd: float = 0.0, n_participants: int = 30) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    participant, stimulus = np.repeat(np.arange(n_participants), 12), np.tile(np.arange(12), n_participants)
    arm = participant % 2 - 0.5
    log_odds = 0.3 + 0.5 * arm
    log_odds = log_odds + participant_sd * random.standard_normal(n_participants)[participant]
    log_odds = log_odds + stimulus_sd * random.standard_normal(12)[stimulus]
    correct = (random.random(len(arm)) < 1 / (1 + np.exp(-log_odds))).astype(int)
    return pd.DataFrame({"participant": participant, "stimulus": stimulus, "arm": arm, "correct": correct})


@pytest.fixture(scope="module")
def between() -> MixedResult:
    return fit(BETWEEN, frame=between_frame(seed=1))


def test_a_variance_of_zero_is_found_and_labelled() -> None:
    result = fit("correct ~ arm + (1|participant) + (1|stimulus)", frame=_simulated(seed=1, participant_sd=0.8))
    assert result.converged, result.reason
    assert result.singular
    assert result.singular_components == ("stimulus: Intercept",)
    sds = {c.group: c.sd for c in result.variance_components}
    assert sds["stimulus"] == 0.0
    assert sds["participant"] > 0.3
    assert (result.modes["stimulus"] == 0.0).all(axis=None)


def test_a_singular_fit_equals_the_fit_without_the_term() -> None:
    frame = _simulated(seed=1, participant_sd=0.8)
    singular = fit("correct ~ arm + (1|participant) + (1|stimulus)", frame=frame)
    smaller = fit("correct ~ arm + (1|participant)", frame=frame)
    assert singular.log_likelihood == pytest.approx(smaller.log_likelihood, abs=1e-8)
    np.testing.assert_allclose(singular.covariance, smaller.covariance, rtol=1e-5)


def test_the_false_minimum_at_zero_is_escaped() -> None:
    frame = between_frame(seed=1)
    good = fit(BETWEEN, frame=frame)
    from_zero = fit(BETWEEN, frame=frame, start_sd=0.0)
    assert from_zero.converged
    assert from_zero.log_likelihood == pytest.approx(good.log_likelihood, abs=1e-7)
    np.testing.assert_allclose(from_zero.parameters, good.parameters, atol=1e-5)


def test_a_shallow_false_zero_is_left_from_every_start() -> None:
    # glmmTMB: logLik -1802.95505537; L-BFGS-B from .5 or 1 alone ends at -1802.95781, a standard deviation at 0
    frame = primary_frame(seed=1004, n_participants=120, slope_sd=0.3)
    result = fit(PRIMARY, frame=frame)
    assert result.log_likelihood == pytest.approx(-1802.955055, abs=1e-5)
    assert result.singular_components == ("participant: mask:model_correct",)


def test_a_correlation_of_one_is_labelled() -> None:
    random = np.random.default_rng(8)
    frame = _simulated(seed=8, participant_sd=0.5)
    shared = random.standard_normal(12)[frame["stimulus"]]
    log_odds = 1.2 * shared * (1 + 2 * frame["arm"])
    frame["correct"] = (random.random(len(frame)) < 1 / (1 + np.exp(-log_odds))).astype(int)
    result = fit("correct ~ arm + (1+arm|stimulus)", frame=frame)
    assert result.converged, result.reason
    assert result.singular_components == ("stimulus: arm",)
    assert result.correlations[0].value == pytest.approx(1.0)


def test_complete_separation_is_flagged() -> None:
    frame = _simulated(seed=2, participant_sd=0.5)
    result = fit("correct ~ arm + (1|participant)", frame=frame.assign(correct=(frame["arm"] > 0).astype(int)))
    assert not result.converged
    assert result.reason.startswith("separation: ")
    assert "arm" in result.reason


def test_a_cell_without_errors_is_flagged_as_separation() -> None:
    frame = _simulated(seed=3, participant_sd=0.5)
    frame.loc[frame["arm"] > 0, "correct"] = 1
    result = fit("correct ~ arm + (1|participant) + (1|stimulus)", frame=frame)
    assert not result.converged
    assert result.reason.startswith("separation: ")


def test_an_outcome_without_variation_is_flagged() -> None:
    result = fit("correct ~ arm + (1|participant)", frame=_simulated(seed=3, participant_sd=0.5).assign(correct=1))
    assert not result.converged
    assert "separation" in result.reason


def test_groups_that_never_vary_within_are_flagged() -> None:
    frame = _simulated(seed=4, participant_sd=0.5)
    frame["correct"] = (frame["participant"] // 2 % 2).astype(int)
    result = fit("correct ~ arm + (1|participant)", frame=frame)
    assert not result.converged
    assert result.reason


def test_a_start_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match=r"start_sd is -1.0; expected at least 0"):
        fit(BETWEEN, frame=between_frame(seed=1), start_sd=-1.0)


def test_gradient_at_the_end_is_small_and_reported(between: MixedResult) -> None:
    gradient = LaplaceObjective(between.design).evaluate(between.parameters).gradient
    assert between.max_gradient < 1e-5
    assert np.abs(gradient).max() < 1e-5


def test_joint_covariance_is_the_inverse_hessian(between: MixedResult) -> None:
    objective = LaplaceObjective(between.design)

    def value(parameters: npt.NDArray[np.float64]) -> float:
        return objective.evaluate(parameters).value

    step = 1e-3 * np.eye(len(between.parameters))
    hessian = np.array(
        [
            [
                value(between.parameters + a + b)
                - value(between.parameters + a - b)
                - value(between.parameters - a + b)
                + value(between.parameters - a - b)
                for a in step
            ]
            for b in step
        ]
    ) / (4e-6)
    np.testing.assert_allclose(between.joint_covariance @ hessian, np.eye(len(step)), atol=1e-3)
    assert between.parameter_names[-2:] == ("Intercept", "arm")
    np.testing.assert_array_equal(between.joint_covariance[-2:, -2:], between.covariance)


def test_counts_and_criteria_are_reported(between: MixedResult) -> None:
    assert between.n_rows == 960
    assert dict(between.n_groups) == {"participant": 40, "stimulus": 24}
    assert between.aic == pytest.approx(2 * 6 - 2 * between.log_likelihood)
    assert between.bic == pytest.approx(6 * math.log(960) - 2 * between.log_likelihood)
    assert between.n_evaluations > 10
    assert between.modes["stimulus"].shape == (24, 2)
    assert list(between.modes["stimulus"].columns) == ["Intercept", "arm"]


def test_the_order_of_rows_does_not_matter(between: MixedResult) -> None:
    shuffled = fit(BETWEEN, frame=between_frame(seed=1).sample(frac=1, random_state=5))
    np.testing.assert_allclose(shuffled.parameters, between.parameters, atol=1e-6)


def test_a_contrast_is_the_weighted_sum_with_its_t_test(between: MixedResult) -> None:
    contrast = between.contrast({"Intercept": 1.0, "arm": 0.5}, df=11)
    intercept, arm = (c.estimate for c in between.coefficients)
    estimate = intercept + 0.5 * arm
    error = math.sqrt(between.covariance[0, 0] + between.covariance[0, 1] + 0.25 * between.covariance[1, 1])
    assert contrast.estimate == pytest.approx(estimate)
    assert contrast.standard_error == pytest.approx(error)
    assert contrast.t == pytest.approx(estimate / error)
    assert contrast.p == pytest.approx(2 * (1 - scipy.stats.t.cdf(estimate / error, 11)))
    # qt(.975, 11) in R
    assert contrast.interval == pytest.approx((estimate - 2.200985160 * error, estimate + 2.200985160 * error))


def test_a_contrast_without_df_is_normal(between: MixedResult) -> None:
    contrast = between.contrast({"arm": 1.0}, level=0.9)
    arm = between.coefficient("arm")
    assert contrast.t == pytest.approx(arm.z)
    # qnorm(.95) in R
    assert contrast.interval[1] == pytest.approx(arm.estimate + 1.644853627 * arm.standard_error)


@pytest.mark.parametrize(
    ("weights", "df", "level", "message"),
    [
        ({"mask": 1.0}, 11.0, 0.95, "coefficient is 'mask'; expected one of 'Intercept', 'arm'"),
        ({"arm": 0.0}, 11.0, 0.95, "weights are all 0"),
        ({"arm": 1.0}, 0.0, 0.95, "df is 0.0; expected a number above 0"),
        ({"arm": 1.0}, 11.0, 95.0, "level is 95.0; expected a share between 0 and 1"),
    ],
)
def test_an_impossible_contrast_is_refused(
    between: MixedResult, weights: dict[str, float], df: float, level: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        between.contrast(weights, df=df, level=level)


def test_a_contrast_of_a_fit_that_did_not_converge_is_refused() -> None:
    frame = _simulated(seed=2, participant_sd=0.5)
    result = fit("correct ~ arm + (1|participant)", frame=frame.assign(correct=(frame["arm"] > 0).astype(int)))
    with pytest.raises(ValueError, match=r"the fit did not converge \(separation"):
        result.contrast({"arm": 1.0}, df=11)


def test_the_record_is_valid_json_even_without_convergence(between: MixedResult) -> None:
    frame = _simulated(seed=2, participant_sd=0.5)
    separated = fit("correct ~ arm + (1|participant)", frame=frame.assign(correct=(frame["arm"] > 0).astype(int)))
    for result in (between, separated):
        record = json.loads(json.dumps(result.as_record(), allow_nan=False))
        assert record["converged"] is result.converged
        assert [c["name"] for c in record["coefficients"]] == ["Intercept", "arm"]
