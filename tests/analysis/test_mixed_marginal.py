import numpy as np
import pandas as pd
import pytest
import scipy.integrate
import scipy.special
import scipy.stats

from analysis.mixed.fit import fit
from analysis.mixed.marginal import integrated_risks, marginal_risk
from analysis.mixed.result import MixedResult
from fixtures.mixed.make_data import between_frame

ROWS = pd.DataFrame({"arm": [-0.5, 0.5]})


@pytest.fixture(scope="module")
def result() -> MixedResult:
    return fit("correct ~ arm + (1|participant) + (1+arm|stimulus)", frame=between_frame(seed=1))


def test_risks_equal_monte_carlo_integration(result: MixedResult) -> None:
    random = np.random.default_rng(1)
    sds = {(c.group, c.name): c.sd for c in result.variance_components}
    first, second = sds["stimulus", "Intercept"], sds["stimulus", "arm"]
    cross = result.correlations[0].value * first * second
    n_draws = 400_000
    people = sds["participant", "Intercept"] * random.standard_normal(n_draws)
    items = random.multivariate_normal([0, 0], [[first**2, cross], [cross, second**2]], size=n_draws)
    intercept, slope = (c.estimate for c in result.coefficients)
    for arm, risk in zip(ROWS["arm"], marginal_risk(result, rows=ROWS).risks, strict=True):
        draws = scipy.special.expit(intercept + slope * arm + people + items[:, 0] + items[:, 1] * arm)
        # four standard errors of the mean of 400,000 draws
        assert risk == pytest.approx(draws.mean(), abs=4 * draws.std() / np.sqrt(n_draws))


@pytest.mark.parametrize("sd", [0.0, 0.7, 2.0, 5.0])
def test_integration_equals_adaptive_quadrature(result: MixedResult, sd: float) -> None:
    parameters = np.zeros_like(result.parameters)
    parameters[result.parameter_names.index("participant: Intercept")] = sd
    parameters[-2] = 1.3
    risks, _ = integrated_risks(parameters, design_rows=result.design.rows(ROWS), result=result)

    def density(z: float) -> float:
        return float(scipy.special.expit(1.3 + sd * z) * scipy.stats.norm.pdf(z))

    expected = scipy.integrate.quad(density, -12, 12, epsabs=1e-12, points=[-1.3 / sd] if sd else None)[0]
    assert risks[0] == pytest.approx(expected, abs=1e-10)


def test_jacobian_equals_finite_differences(result: MixedResult) -> None:
    rows = result.design.rows(ROWS)
    _, jacobian = integrated_risks(result.parameters, design_rows=rows, result=result)
    for k in range(len(result.parameters)):
        step = np.zeros_like(result.parameters)
        step[k] = 1e-5
        above, _ = integrated_risks(result.parameters + step, design_rows=rows, result=result)
        below, _ = integrated_risks(result.parameters - step, design_rows=rows, result=result)
        np.testing.assert_allclose(jacobian[:, k], (above - below) / 2e-5, atol=1e-9)


def test_covariance_is_that_of_risks_drawn_from_the_estimates(result: MixedResult) -> None:
    random = np.random.default_rng(2)
    risk = marginal_risk(result, rows=ROWS)
    rows = result.design.rows(ROWS)
    # errors shrunk tenfold, so that the delta method's own curvature plays no part
    draws = random.multivariate_normal(result.parameters, 0.01 * result.joint_covariance, size=4000)
    risks = np.array([integrated_risks(draw, design_rows=rows, result=result)[0] for draw in draws])
    np.testing.assert_allclose(100 * np.cov(risks.T), risk.covariance, rtol=0.1, atol=2e-5)
    difference, error = risk.combination(np.array([-1.0, 1.0]))
    assert difference == pytest.approx(risk.risks[1] - risk.risks[0])
    assert error == pytest.approx(10 * (risks[:, 1] - risks[:, 0]).std(), rel=0.05)


def test_risks_of_a_singular_fit_have_finite_errors() -> None:
    random = np.random.default_rng(3)
    frame = between_frame(seed=1)
    frame["correct"] = random.integers(0, 2, len(frame))
    singular = fit("correct ~ arm + (1|participant) + (1|stimulus)", frame=frame)
    assert singular.singular
    risk = marginal_risk(singular, rows=ROWS)
    assert np.isfinite(risk.covariance).all()
    assert (np.diag(risk.covariance) > 0).all()


def test_a_fit_that_did_not_converge_gives_no_risk() -> None:
    frame = between_frame(seed=1)
    separated = fit("correct ~ arm + (1|participant)", frame=frame.assign(correct=(frame["arm"] > 0).astype(int)))
    with pytest.raises(ValueError, match="a marginal risk needs one that did"):
        marginal_risk(separated, rows=ROWS)


def test_rows_without_a_predictor_are_refused(result: MixedResult) -> None:
    with pytest.raises(ValueError, match="column arm of the formula is not in the data"):
        marginal_risk(result, rows=pd.DataFrame({"mask": [0.5]}))
