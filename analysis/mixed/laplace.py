"""Laplace approximation of a Bernoulli mixed model's likelihood, with its exact gradient.

With `u ~ N(0, I)` and `η = Xβ + ZΛu`, the penalised deviance half is `f(u) = Σ log(1 + exp η) − yη + u'u/2`, `u*` its
minimum and `H = Λ'Z'WZΛ + I` its Hessian there; the negative log-likelihood is `f(u*) + log|H|/2` (kristensen2016,
sect. 2). `u*` depends on theta and beta: the gradient follows it by implicit differentiation.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from analysis.mixed.arrow import (
    ArrowBlocks,
    ArrowFactor,
    RelativeFactor,
    add_identity,
    arrow_pattern,
    effects_matrix,
    factor_arrow,
)
from analysis.mixed.covariance import Floats
from analysis.mixed.design import MixedDesign

# Squared length of the Newton step in the Hessian's norm below which u* is exact to 1e-10, and the gradient with it.
_DECREMENT = 1e-20
# Below this, rounding hides whether a step lowers the value; Newton's method is quadratic there and steps are whole.
_ROUNDED = 1e-8
_MAX_STEPS = 60
_MAX_HALVINGS = 40


@dataclass(frozen=True, eq=False)
class Modes:
    """The minimum `u*` at one theta and beta.

    Parameters
    ----------
    effects : ndarray, float64, (effect,)
        `u*`, on the scale of unit variances.
    value : float
        `f(u*)`.
    eta, weights : ndarray, float64, (row,)
        Log-odds and Bernoulli variances there.
    products : ArrowBlocks
        `Z'WZ`.
    hessian : ArrowFactor
        `H`, factored.
    converged : bool
        Whether Newton's method ended by its decrement.
    """

    effects: Floats
    value: float
    eta: Floats
    weights: Floats
    products: ArrowBlocks
    hessian: ArrowFactor
    converged: bool


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Negative Laplace log-likelihood at one point.

    Parameters
    ----------
    value : float
        Negative log-likelihood, nats.
    gradient : ndarray, float64, (parameter,)
        By theta, then beta.
    modes : Modes
        What it was computed from.
    """

    value: float
    gradient: Floats
    modes: Modes


class LaplaceObjective:
    """Negative Laplace log-likelihood of a design, as a function of theta and beta.

    Notes
    -----
    Each evaluation starts Newton's method at the last `u*`. `f` is convex, so the minimum found does not depend on it.
    """

    def __init__(self, design: MixedDesign) -> None:
        self.design = design
        self.layout = design.layout
        self.n_evaluations = 0
        self.pattern = arrow_pattern(design.factors)
        self._effects_matrix = effects_matrix(design.factors)
        self._effects_matrix_transposed = self._effects_matrix.T.tocsr()
        self._last_effects = np.zeros(self._effects_matrix.shape[1])

    def relative_factor(self, theta: Floats) -> RelativeFactor:
        """`Λ` at theta."""
        return RelativeFactor(triangles=tuple(self.layout.unpack(theta)), shapes=self.pattern.shapes)

    def evaluate(self, parameters: Floats) -> Evaluation:
        """Value and gradient at theta and beta, joined; a diagonal theta below 0 means the same as above 0."""
        theta, beta = np.split(parameters, [self.layout.n_parameters])
        relative = self.relative_factor(theta)
        modes = self._find_modes(self.design.fixed @ beta, relative)
        self._last_effects = modes.effects
        self.n_evaluations += 1
        value = modes.value + 0.5 * modes.hessian.log_determinant
        return Evaluation(value=value, gradient=self._gradient(modes, relative), modes=modes)

    def _find_modes(self, offset: Floats, relative: RelativeFactor) -> Modes:
        """Newton's method with step halving from the last `u*`."""
        effects = self._last_effects
        eta = offset + self._effects_matrix @ relative.times(effects)
        decrement, converged = np.inf, False
        for _ in range(_MAX_STEPS):
            mean = expit(eta)
            weights = mean * (1 - mean)
            products = self.pattern.weighted_products(weights)
            hessian = factor_arrow(add_identity(relative.congruence(products, transpose=True)))
            slope = self._pull_back(mean - self.design.outcome, relative) + effects
            step = hessian.solve(slope)
            last, decrement = decrement, float(step @ slope)
            converged = decrement < _DECREMENT or (decrement < _ROUNDED and decrement >= last)
            if converged:
                break
            shift = self._effects_matrix @ relative.times(step)
            length = 1.0 if decrement < _ROUNDED else self._step_length(eta, shift, effects, step)
            eta, effects = eta - length * shift, effects - length * step
        return Modes(
            effects=effects,
            value=self._penalised(eta, effects),
            eta=eta,
            weights=weights,
            products=products,
            hessian=hessian,
            converged=converged,
        )

    def _step_length(self, eta: Floats, shift: Floats, effects: Floats, step: Floats) -> float:
        """The first of 1, 1/2, 1/4, ... that lowers the penalised value."""
        value = self._penalised(eta, effects)
        length = 1.0
        for _ in range(_MAX_HALVINGS):
            if self._penalised(eta - length * shift, effects - length * step) < value:
                break
            length /= 2
        return length

    def _penalised(self, eta: Floats, effects: Floats) -> float:
        return float(np.logaddexp(0.0, eta).sum() - self.design.outcome @ eta + 0.5 * effects @ effects)

    def _pull_back(self, rows: Floats, relative: RelativeFactor) -> Floats:
        """`Λ'Z' rows`."""
        return relative.transposed_times(self._effects_matrix_transposed @ rows)

    def _gradient(self, modes: Modes, relative: RelativeFactor) -> Floats:
        """Gradient by theta, then beta.

        Notes
        -----
        With `h_i = z_i'Λ H⁻¹ Λ'z_i` and w' the derivative of w by eta, `c = w'h/2` is the slope of `log|H|/2` by eta at
        fixed theta; `H⁻¹Λ'Z'c` carries it through `du* = −H⁻¹ d(Λ'Z'(μ − y) + u)`.
        """
        mean = expit(modes.eta)
        residual = mean - self.design.outcome
        inverse = modes.hessian.inverse()
        leverage = self.pattern.quadratic_forms(relative.congruence(inverse, transpose=False))
        curvature = 0.5 * modes.weights * (1 - 2 * mean) * leverage
        carried = modes.hessian.solve(self._pull_back(curvature, relative))
        through = residual + curvature - modes.weights * (self._effects_matrix @ relative.times(carried))
        by_factor = _log_determinant_slopes(modes.products, inverse, relative)
        pieces = zip(
            by_factor,
            relative.split(self._effects_matrix_transposed @ through),
            relative.split(modes.effects),
            relative.split(self._effects_matrix_transposed @ residual),
            relative.split(carried),
            strict=True,
        )
        slopes = [trace + left.T @ effects - raw.T @ back for trace, left, effects, raw, back in pieces]
        return np.concatenate([self.layout.pack(slopes), self.design.fixed.T @ through])


def _log_determinant_slopes(products: ArrowBlocks, inverse: ArrowBlocks, relative: RelativeFactor) -> list[Floats]:
    """Half the derivative of `log|Λ'MΛ + I|` by each entry of each `T`, `M` held fixed: sums of blocks of `MΛH⁻¹`."""
    n_groups, n_columns, n_rest = inverse.cross.shape
    head_cross = relative.rest_on_right(inverse.cross, transpose=True)  # H⁻¹Λ', head by rest
    head = np.einsum("jab,jbc->ac", products.head, relative.triangles[0] @ inverse.head)
    head += np.tensordot(products.cross, head_cross, axes=([0, 2], [0, 2]))
    slopes = [head]
    if n_rest:
        cross = products.cross.reshape(n_groups * n_columns, n_rest)
        scaled = (relative.triangles[0] @ inverse.cross).reshape(n_groups * n_columns, n_rest)
        rest = cross.T @ scaled + products.rest @ relative.rest_on_right(inverse.rest, transpose=True).T
        position = 0
        for n_levels, width in relative.shapes[1:]:
            part = slice(position, position + n_levels * width)
            slopes.append(np.einsum("jajb->ab", rest[part, part].reshape(n_levels, width, n_levels, width)))
            position += n_levels * width
    return slopes
