"""Against dense linear algebra, a general-purpose minimiser and finite differences, derived apart from the package."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import scipy.optimize
import scipy.special

from analysis.mixed.arrow import add_identity, effects_matrix, factor_arrow
from analysis.mixed.design import MixedDesign, build_design
from analysis.mixed.laplace import LaplaceObjective

Floats = npt.NDArray[np.float64]

FORMULAS = {
    "one factor": "correct ~ arm*mask + (1+mask|participant)",
    "two factors": "correct ~ arm*mask + (1+mask||participant) + (1+arm|stimulus)",
    "three factors": "correct ~ arm + (1|participant) + (1+arm|stimulus) + (1|speaker)",
    "two terms of one factor": "correct ~ arm + (1|participant) + (0+mask+speed|participant) + (1|stimulus)",
}


def _frame(*, seed: int = 3) -> pd.DataFrame:
    """9 participants x 7 stimuli less some rows, one row twice: neither balanced nor sorted."""
    random = np.random.default_rng(seed)
    participant, stimulus = np.repeat(np.arange(9), 7), np.tile(np.arange(7), 9)
    frame = pd.DataFrame(
        {
            "participant": participant,
            "stimulus": stimulus,
            "speaker": stimulus % 3,
            "arm": participant % 2 - 0.5,
            "mask": (participant // 2 + stimulus) % 2 - 0.5,
            "speed": random.standard_normal(63),
            "correct": random.integers(0, 2, 63),
        }
    )
    return pd.concat([frame, frame.iloc[[5]]]).sample(frac=0.9, random_state=seed)


def _design(name: str) -> MixedDesign:
    return build_design(FORMULAS[name], frame=_frame())


def _parameters(design: MixedDesign, *, seed: int) -> Floats:
    random = np.random.default_rng(seed)
    n_theta = design.layout.n_parameters
    theta = np.where(design.layout.is_diagonal, random.uniform(0.3, 1.5, n_theta), random.normal(0, 0.5, n_theta))
    return np.concatenate([theta, random.normal(0, 0.5, len(design.names))])


def _dense(design: MixedDesign, theta: Floats) -> tuple[Floats, Floats]:
    """Z and Λ, group by group and column by column."""
    columns, blocks, position = [], [], 0
    for factor in design.factors:
        n_columns = len(factor.columns)
        triangle = np.zeros((n_columns, n_columns))
        for i in range(n_columns):
            for j in range(i + 1):
                if factor.pattern[i, j]:
                    triangle[i, j] = theta[position]
                    position += 1
        for group in range(len(factor.levels)):
            columns += [factor.values[:, j] * (factor.codes == group) for j in range(n_columns)]
            blocks.append(triangle)
    n_effects = len(columns)
    relative = np.zeros((n_effects, n_effects))
    start = 0
    for block in blocks:
        relative[start : start + len(block), start : start + len(block)] = block
        start += len(block)
    return np.column_stack(columns), relative


def _dense_negative_log_likelihood(design: MixedDesign, parameters: Floats) -> float:
    """Laplace's formula over b ~ N(0, ΛΛ') around the minimum of the joint density, found another way."""
    theta, beta = np.split(parameters, [design.layout.n_parameters])
    values, relative = _dense(design, theta)
    loading = values @ relative
    sign = 2 * design.outcome - 1

    def joint(u: Floats) -> tuple[float, Floats]:
        margin = sign * (design.fixed @ beta + loading @ u)
        slope = -loading.T @ (sign * scipy.special.expit(-margin)) + u
        normal = 0.5 * u @ u + 0.5 * len(u) * np.log(2 * np.pi)
        return float(normal - scipy.special.log_expit(margin).sum()), slope

    found = scipy.optimize.minimize(
        joint, np.zeros(loading.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": 2000}
    )
    probability = scipy.special.expit(design.fixed @ beta + loading @ found.x)
    hessian = loading.T @ np.diag(probability * (1 - probability)) @ loading + np.eye(loading.shape[1])
    return float(found.fun - 0.5 * len(hessian) * np.log(2 * np.pi) + 0.5 * np.linalg.slogdet(hessian)[1])


@pytest.mark.parametrize("name", FORMULAS)
def test_value_equals_a_dense_derivation(name: str) -> None:
    design = _design(name)
    parameters = _parameters(design, seed=1)
    found = LaplaceObjective(design).evaluate(parameters)
    assert found.modes.converged
    assert found.value == pytest.approx(_dense_negative_log_likelihood(design, parameters), abs=1e-8)


@pytest.mark.parametrize("name", FORMULAS)
def test_gradient_equals_finite_differences(name: str) -> None:
    design = _design(name)
    objective = LaplaceObjective(design)
    parameters = _parameters(design, seed=2)
    gradient = objective.evaluate(parameters).gradient
    for k in range(len(parameters)):
        step = np.zeros_like(parameters)
        step[k] = 1e-4
        rise = objective.evaluate(parameters + step).value - objective.evaluate(parameters - step).value
        assert gradient[k] == pytest.approx(rise / 2e-4, abs=1e-7)


def test_gradient_by_a_zero_standard_deviation_is_zero() -> None:
    design = _design("two factors")
    parameters = _parameters(design, seed=4)
    parameters[1] = 0.0  # an uncorrelated slope
    assert LaplaceObjective(design).evaluate(parameters).gradient[1] == pytest.approx(0.0, abs=1e-12)


def test_value_is_the_same_from_whichever_modes_newton_starts() -> None:
    design = _design("two factors")
    objective = LaplaceObjective(design)
    parameters = _parameters(design, seed=5)
    first = objective.evaluate(parameters)
    objective.evaluate(5 * parameters)
    again = objective.evaluate(parameters)
    assert again.value == pytest.approx(first.value, abs=1e-11)
    np.testing.assert_allclose(again.gradient, first.gradient, atol=1e-8)


@pytest.mark.parametrize("name", FORMULAS)
def test_arrow_equals_dense_linear_algebra(name: str) -> None:
    design = _design(name)
    objective = LaplaceObjective(design)
    theta = _parameters(design, seed=6)[: design.layout.n_parameters]
    random = np.random.default_rng(7)
    weights = random.uniform(0.01, 0.25, len(design.outcome))
    values, relative = _dense(design, theta)
    np.testing.assert_array_equal(effects_matrix(design.factors).toarray(), values)
    hessian = relative.T @ values.T @ np.diag(weights) @ values @ relative + np.eye(values.shape[1])

    packed = objective.relative_factor(theta)
    products = objective.pattern.weighted_products(weights)
    factored = factor_arrow(add_identity(packed.congruence(products, transpose=True)))
    right = random.standard_normal(len(hessian))
    np.testing.assert_allclose(factored.solve(right), np.linalg.solve(hessian, right), atol=1e-12)
    np.testing.assert_allclose(packed.times(right), relative @ right, atol=1e-12)
    np.testing.assert_allclose(packed.transposed_times(right), relative.T @ right, atol=1e-12)
    assert factored.log_determinant == pytest.approx(np.linalg.slogdet(hessian)[1], abs=1e-11)

    inverse, blocks = np.linalg.inv(hessian), factored.inverse()
    n_groups, n_columns, n_rest = blocks.cross.shape
    n_head = n_groups * n_columns
    np.testing.assert_allclose(blocks.rest, inverse[n_head:, n_head:], atol=1e-12)
    np.testing.assert_allclose(blocks.cross.reshape(n_head, n_rest), inverse[:n_head, n_head:], atol=1e-12)
    for group in range(n_groups):
        part = slice(group * n_columns, (group + 1) * n_columns)
        np.testing.assert_allclose(blocks.head[group], inverse[part, part], atol=1e-12)
    leverage = objective.pattern.quadratic_forms(packed.congruence(blocks, transpose=False))
    loading = values @ relative
    np.testing.assert_allclose(leverage, np.einsum("ij,jk,ik->i", loading, inverse, loading), atol=1e-12)
