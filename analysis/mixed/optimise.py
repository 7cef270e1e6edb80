"""Search for the minimum of the Laplace objective, and the curvature that tells whether it is one."""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.linalg
import scipy.optimize
from scipy.special import expit

from analysis.mixed.covariance import NEAR_ZERO_SD, Flags, Floats
from analysis.mixed.design import MixedDesign
from analysis.mixed.laplace import Evaluation, LaplaceObjective

Indices = npt.NDArray[np.intp]

# A between-group standard deviation of 50 on the log-odds scale puts every group at 0 or 1: no data asks for more.
_LARGEST_SD = 50.0
# Log-likelihood differences below this are no reason to prefer one point to another.
_SAME_VALUE = 1e-7
# Step of the central differences: truncation and rounding then both stay below 1e-6 of the curvature.
_DIFFERENCE = 5e-4
# How far from 0 the slope of a standard deviation is looked at: at 0 itself it is always 0.
_PROBE_SD = 0.02
# A slope by a covariance, nats, below which it cannot change the log-likelihood by 1e-5.
_FELT_PULL = 1e-3
# The last Newton step, in standard errors: estimates are then off their optimum by less than 1/10000 of an error.
_LARGEST_STEP = 1e-4


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where the search ended.

    Parameters
    ----------
    parameters : ndarray, float64, (parameter,)
        Theta, canonical, then beta.
    evaluation : Evaluation
        Value, gradient and modes there.
    held : ndarray, bool, (parameter,)
        Thetas held at 0, on the boundary.
    covariance : ndarray, float64, (parameter, parameter)
        Inverse Hessian of the free parameters; zero in the rows of held ones, NaN throughout if the Hessian is not
        positive definite.
    reason : str
        Empty if converged, else why not.
    """

    parameters: Floats
    evaluation: Evaluation
    held: Flags
    covariance: Floats
    reason: str


@dataclass(frozen=True, eq=False)
class _Scale:
    """Linear coordinates in which the objective's curvature is near 1 in every direction."""

    centre: Floats
    axes: Floats

    def parameters(self, position: Floats) -> Floats:
        return self.centre + self.axes @ position


def minimise(objective: LaplaceObjective, *, start_sd: float) -> Optimum:
    """The minimum over theta and beta, and the covariance of the estimates.

    Parameters
    ----------
    objective : LaplaceObjective
        What is minimised.
    start_sd : float
        Standard deviation that every random effect starts with, log-odds.

    Notes
    -----
    The objective is even in a diagonal theta, so its gradient is exactly 0 at 0 and a search can stop there falsely
    (seen in 1 of 120 simulated data sets, 10.9 nats too low). So whenever a diagonal ends near 0 the search is repeated
    from off the boundary, and the lower end is kept. A diagonal that ends at 0 all the same is kept there only if the
    objective rises from it.
    """
    layout = objective.layout
    beta = _logistic_regression(objective.design)
    best = _descend(objective, np.concatenate([layout.start(start_sd), beta]))
    for _ in range(4):
        theta, beta = np.split(best, [layout.n_parameters])
        moved = layout.off_boundary(theta)
        if np.allclose(moved, layout.canonical(theta), atol=1e-8):
            break
        other = _descend(objective, np.concatenate([moved, beta]))
        gain = objective.evaluate(best).value - objective.evaluate(other).value
        best = other if gain > 0 else best
        if gain <= _SAME_VALUE:
            break
    return _finish(objective, _leave_false_zeros(objective, best))


def _logistic_regression(design: MixedDesign) -> Floats:
    """Coefficients without random effects, lightly shrunk so that they exist under separation too."""
    beta = np.zeros(design.fixed.shape[1])
    ridge = 1e-3 * np.eye(len(beta))
    for _ in range(8):
        mean = expit(design.fixed @ beta)
        hessian = (design.fixed.T * (mean * (1 - mean))) @ design.fixed + ridge
        beta = beta + np.linalg.solve(hessian, design.fixed.T @ (design.outcome - mean) - ridge @ beta)
    return beta if np.abs(beta).max() < 1e3 else np.zeros(len(beta))


def _scale(objective: LaplaceObjective, centre: Floats) -> _Scale:
    """Whitening by the information of beta without random effects and by the number of groups behind each theta."""
    design = objective.design
    theta, beta = np.split(centre, [objective.layout.n_parameters])
    mean = expit(design.fixed @ beta)
    information = (design.fixed.T * np.maximum(mean * (1 - mean), 1e-3)) @ design.fixed
    upper = scipy.linalg.cholesky(information, lower=False)
    n_groups = objective.layout.pack(
        [np.full(factor.pattern.shape, len(factor.levels), dtype=np.float64) for factor in design.factors]
    )
    axes = scipy.linalg.block_diag(
        np.diag(1 / np.sqrt(2 * n_groups)), scipy.linalg.solve_triangular(upper, np.eye(len(beta)))
    )
    return _Scale(centre=np.concatenate([np.zeros_like(theta), beta]), axes=axes)


def _descend(objective: LaplaceObjective, start: Floats) -> Floats:
    """Parameters at which L-BFGS-B ends; the diagonal of theta stays at or above 0."""
    scale = _scale(objective, start)
    n_theta = objective.layout.n_parameters
    lower = np.full(len(start), -np.inf)
    upper = np.full(len(start), np.inf)
    diagonal = np.flatnonzero(objective.layout.is_diagonal)
    lower[diagonal] = 0.0
    upper[diagonal] = _LARGEST_SD / np.diag(scale.axes)[diagonal]
    position = np.concatenate([start[:n_theta] / np.diag(scale.axes)[:n_theta], np.zeros(len(start) - n_theta)])

    def value_and_slope(position: Floats) -> tuple[float, Floats]:
        evaluation = objective.evaluate(scale.parameters(position))
        return evaluation.value, scale.axes.T @ evaluation.gradient

    found = scipy.optimize.minimize(
        value_and_slope,
        position,
        jac=True,
        method="L-BFGS-B",
        bounds=scipy.optimize.Bounds(lower, upper),
        options={"maxiter": 500, "maxcor": 20, "ftol": 1e-14, "gtol": 1e-5},
    )
    return scale.parameters(np.asarray(found.x, dtype=np.float64))


def _leave_false_zeros(objective: LaplaceObjective, parameters: Floats) -> Floats:
    """Parameters from which the objective rises along every diagonal theta that is 0."""
    value = objective.evaluate(parameters).value
    for _ in range(5):
        ends = [_descend(objective, start) for start in _release_zeros(objective, parameters)]
        values = [objective.evaluate(end).value for end in ends]
        if not values or value - min(values) <= _SAME_VALUE:
            break
        value = min(values)
        parameters = ends[values.index(value)]
    return _settle_on_boundary(objective, parameters)


def _release_zeros(objective: LaplaceObjective, parameters: Floats) -> list[Floats]:
    """Where to search on: every diagonal near 0 from which the objective falls is put well above it; none if it rises.

    Notes
    -----
    Only a probe tells: the slope at a small standard deviation has the sign of the curvature at 0. In a correlated term
    the column's covariances with the columns after it count too; they lower the objective in first order. A weak slope
    by a covariance leads to a correlation of 1, too slowly for a search that starts at .7: so both are starts.
    """
    layout = objective.layout
    theta, beta = np.split(parameters, [layout.n_parameters])
    zeroed = layout.canonical(theta)
    zeroed = layout.canonical(np.where(layout.is_diagonal & (zeroed < NEAR_ZERO_SD), 0.0, zeroed))
    starts = {0.7: zeroed, 1.0: zeroed}
    for k in np.flatnonzero(layout.is_diagonal & (zeroed == 0)).tolist():
        probe = zeroed.copy()
        probe[k] = _PROBE_SD
        slope = objective.evaluate(np.concatenate([probe, beta])).gradient[: len(theta)]
        pull = layout.covariance_pull(zeroed, entry=k, slope=slope)
        if slope[k] < 0 or np.linalg.norm(pull) > _FELT_PULL * _PROBE_SD:
            starts = {
                correlation: layout.released(start, entry=k, sd=5 * _PROBE_SD, pull=pull, correlation=correlation)
                for correlation, start in starts.items()
            }
    kept = [start for start in starts.values() if not np.allclose(start, zeroed)]
    if len(kept) == 2 and np.allclose(kept[0], kept[1]):  # no correlated term among them
        kept.pop()
    return [np.concatenate([start, beta]) for start in kept]


def _settle_on_boundary(objective: LaplaceObjective, parameters: Floats) -> Floats:
    """The same parameters with canonical thetas; each diagonal near 0 is set to 0 if that costs no likelihood."""
    layout = objective.layout
    theta, beta = np.split(parameters, [layout.n_parameters])
    theta = layout.canonical(theta)
    value = objective.evaluate(np.concatenate([theta, beta])).value
    for k in np.flatnonzero(layout.is_diagonal & (theta < NEAR_ZERO_SD)):
        settled = theta.copy()
        settled[k] = 0.0
        settled = layout.canonical(settled)
        if objective.evaluate(np.concatenate([settled, beta])).value - value < _SAME_VALUE:
            theta = settled
    return np.concatenate([theta, beta])


def _finish(objective: LaplaceObjective, parameters: Floats) -> Optimum:
    """Newton steps on the free parameters to the very minimum, the covariance there, and the verdict on convergence."""
    layout = objective.layout
    for _ in range(4):
        held = np.concatenate(
            [
                layout.on_boundary(parameters[: layout.n_parameters]),
                np.zeros(len(parameters) - layout.n_parameters, bool),
            ]
        )
        hessian = _hessian(objective, parameters, free=np.flatnonzero(~held))
        covariance = _inverse(hessian)
        if covariance is None:
            return _unsettled(objective, parameters, held, "the Hessian at its end is not positive definite")
        parameters, first_step = _polish(objective, parameters, covariance=covariance, free=np.flatnonzero(~held))
        parameters[: layout.n_parameters] = layout.canonical(parameters[: layout.n_parameters])
        if first_step < 1e-3:  # the curvature was taken where the minimum is
            break
    else:
        return _unsettled(objective, parameters, held, "the last steps of the search did not settle")
    evaluation = objective.evaluate(parameters)
    free = np.ix_(~held, ~held)
    full = np.zeros((len(parameters), len(parameters)))
    full[free] = covariance
    distance = _step_length(evaluation.gradient[~held], covariance)
    optimum = Optimum(parameters=parameters, evaluation=evaluation, held=held, covariance=full, reason="")
    return replace(optimum, reason=_verdict(optimum, layout.is_diagonal, distance))


def _verdict(optimum: Optimum, is_diagonal: Flags, distance: float) -> str:
    """Why the optimum is none; empty if it is one."""
    if not optimum.evaluation.modes.converged:
        return "the inner search for the random effects did not converge"
    if not distance <= _LARGEST_STEP:
        return f"the search ended {distance:.2g} standard errors from a minimum"
    if (optimum.parameters[: len(is_diagonal)][is_diagonal] > 0.9 * _LARGEST_SD).any():
        return "a standard deviation of the random effects grows without bound"
    return ""


def _unsettled(objective: LaplaceObjective, parameters: Floats, held: Flags, reason: str) -> Optimum:
    evaluation = objective.evaluate(parameters)
    return Optimum(
        parameters=parameters,
        evaluation=evaluation,
        held=held,
        covariance=np.full((len(parameters), len(parameters)), np.nan),
        reason=reason,
    )


def _hessian(objective: LaplaceObjective, parameters: Floats, *, free: Indices) -> Floats:
    """Central differences of the exact gradient over the free parameters, symmetrised."""
    rows = []
    for k in free:
        step = _DIFFERENCE * max(1.0, abs(float(parameters[k])))
        ends = []
        for sign in (1.0, -1.0):
            moved = parameters.copy()
            moved[k] += sign * step
            ends.append(objective.evaluate(moved).gradient[free])
        rows.append((ends[0] - ends[1]) / (2 * step))
    hessian = np.array(rows)
    return np.asarray(hessian + hessian.T) / 2


def _inverse(hessian: Floats) -> Floats | None:
    """Inverse of a positive definite matrix, or None; judged after scaling the diagonal to 1."""
    diagonal = np.diag(hessian)
    if not np.isfinite(hessian).all() or (diagonal < 1e-6).any():
        return None
    root = np.sqrt(diagonal)
    scaled = hessian / np.outer(root, root)
    if np.linalg.eigvalsh(scaled)[0] < 1e-7:
        return None
    inverse = np.asarray(np.linalg.inv(scaled), dtype=np.float64) / np.outer(root, root)
    return np.asarray(inverse + inverse.T) / 2


def _polish(
    objective: LaplaceObjective, parameters: Floats, *, covariance: Floats, free: Indices
) -> tuple[Floats, float]:
    """Parameters after a few steps with one Hessian, and the length of the first step in standard errors."""
    parameters = parameters.copy()
    here = objective.evaluate(parameters)
    first = _step_length(here.gradient[free], covariance)
    for _ in range(4):
        slope = here.gradient[free]
        if _step_length(slope, covariance) < 1e-3 * _LARGEST_STEP:
            break
        trial = parameters.copy()
        trial[free] -= covariance @ slope
        there = objective.evaluate(trial)
        if there.value > here.value + _SAME_VALUE:
            break
        parameters, here = trial, there
    return parameters, first


def _step_length(slope: Floats, covariance: Floats) -> float:
    """Length of the Newton step from here, in standard errors."""
    return math.sqrt(max(float(slope @ covariance @ slope), 0.0))
