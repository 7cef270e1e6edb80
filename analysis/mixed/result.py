"""What a fitted mixed model says."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from analysis.mixed.covariance import Floats
from analysis.mixed.design import MixedDesign


@dataclass(frozen=True)
class Coefficient:
    """One fixed effect on the log-odds scale; `standard_error` and `z` are NaN in a fit that did not converge."""

    name: str
    estimate: float
    standard_error: float
    z: float


@dataclass(frozen=True)
class VarianceComponent:
    """Standard deviation between groups of one column's effect, log-odds; 0 stands exactly for the boundary."""

    group: str
    name: str
    sd: float


@dataclass(frozen=True)
class Correlation:
    """Correlation of two columns' effects within one correlated term; NaN where one of them has no variance."""

    group: str
    first: str
    second: str
    value: float


@dataclass(frozen=True)
class Contrast:
    """A linear combination of coefficients with its Wald test.

    Parameters
    ----------
    estimate, standard_error : float
        Log-odds.
    df : float
        Degrees of freedom of the t distribution; infinity gives the normal.
    t, p : float
        Ratio and two-sided p.
    interval : tuple of (float, float)
        At `level`.
    level : float
        Coverage, 0-1.
    """

    estimate: float
    standard_error: float
    df: float
    t: float
    p: float
    interval: tuple[float, float]
    level: float


@dataclass(frozen=True, eq=False)
class MixedResult:
    """A fitted logistic mixed model.

    Parameters
    ----------
    formula : str
        As given.
    coefficients : tuple of Coefficient
        Fixed effects.
    covariance : ndarray, float64, (coefficient, coefficient)
        Of the fixed effects, theta's uncertainty included.
    variance_components : tuple of VarianceComponent
        One per varying column.
    correlations : tuple of Correlation
        One per pair of columns of a correlated term.
    log_likelihood, aic, bic : float
        Laplace approximation, nats; bic counts rows. Every theta and beta is a parameter.
    n_rows : int
        Rows read.
    n_groups : dict of str to int
        Groups per grouping factor.
    converged : bool
        Whether gradient, inner search and curvature all say that this is a maximum.
    reason : str
        Why not; empty if converged.
    max_gradient : float
        Largest absolute derivative by a free parameter.
    singular : bool
        Whether the covariance of some random effects is on its boundary. Such a fit is usable and is labelled.
    singular_components : tuple of str
        Which, as `group: column`.
    n_evaluations : int
        Evaluations of the objective with gradient.
    modes : dict of str to DataFrame
        Per grouping factor, conditional modes of its effects, log-odds: one row per group, one column per effect.
    parameters : ndarray, float64, (parameter,)
        Theta, then beta.
    parameter_names : tuple of str
        `group: column` or `group: column, column` for theta, then the coefficients' names.
    joint_covariance : ndarray, float64, (parameter, parameter)
        Of theta and beta. Thetas on the boundary were left out of the Hessian: their rows are zero.
    design : MixedDesign
        What was fitted, for predictions on other rows.
    """

    formula: str
    coefficients: tuple[Coefficient, ...]
    covariance: Floats
    variance_components: tuple[VarianceComponent, ...]
    correlations: tuple[Correlation, ...]
    log_likelihood: float
    aic: float
    bic: float
    n_rows: int
    n_groups: Mapping[str, int]
    converged: bool
    reason: str
    max_gradient: float
    singular: bool
    singular_components: tuple[str, ...]
    n_evaluations: int
    modes: Mapping[str, pd.DataFrame]
    parameters: Floats
    parameter_names: tuple[str, ...]
    joint_covariance: Floats
    design: MixedDesign

    def coefficient(self, name: str) -> Coefficient:
        """The coefficient of one fixed column.

        Raises
        ------
        ValueError
            If there is none of this name.
        """
        for coefficient in self.coefficients:
            if coefficient.name == name:
                return coefficient
        known = ", ".join(f"'{coefficient.name}'" for coefficient in self.coefficients)
        raise ValueError(f"coefficient is '{name}'; expected one of {known}")

    def contrast(self, weights: Mapping[str, float], *, df: float = math.inf, level: float = 0.95) -> Contrast:
        """A weighted sum of coefficients with its Wald t test.

        Parameters
        ----------
        weights : dict of str to float
            By coefficient name; absent ones weigh 0.
        df : float
            Degrees of freedom above 0; infinity for the normal distribution.
        level : float
            Coverage of the interval, 0-1.

        Raises
        ------
        ValueError
            If a name is unknown, every weight is 0, df or level is out of range, or the fit did not converge.
        """
        self.require_converged("a contrast")
        if not df > 0:
            raise ValueError(f"df is {df}; expected a number above 0")
        if not 0 < level < 1:
            raise ValueError(f"level is {level}; expected a share between 0 and 1, e.g. .95")
        names = [self.coefficient(name).name for name in weights]
        vector = np.array([weights.get(coefficient.name, 0.0) for coefficient in self.coefficients])
        if not vector.any():
            raise ValueError(f"weights are all 0 for {names}; expected at least one other than 0")
        estimate = float(vector @ [coefficient.estimate for coefficient in self.coefficients])
        error = float(np.sqrt(vector @ self.covariance @ vector))
        t = estimate / error
        half = float(scipy.stats.t.ppf((1 + level) / 2, df)) * error
        return Contrast(
            estimate=estimate,
            standard_error=error,
            df=df,
            t=t,
            p=float(2 * scipy.stats.t.sf(abs(t), df)),
            interval=(estimate - half, estimate + half),
            level=level,
        )

    def require_converged(self, wanted: str) -> None:
        """Nothing.

        Raises
        ------
        ValueError
            If the fit did not converge: then no standard error of it means anything.
        """
        if not self.converged:
            raise ValueError(f"the fit did not converge ({self.reason}); {wanted} needs one that did")

    def as_record(self) -> dict[str, object]:
        """Plain values for JSON: everything but modes and design; a value that is not finite becomes None."""
        return {
            "formula": self.formula,
            "coefficients": [
                {
                    "name": c.name,
                    "estimate": c.estimate,
                    "standard_error": _finite(c.standard_error),
                    "z": _finite(c.z),
                }
                for c in self.coefficients
            ],
            "covariance": [[_finite(value) for value in row] for row in self.covariance.tolist()],
            "variance_components": [vars(component).copy() for component in self.variance_components],
            "correlations": [vars(c) | {"value": _finite(c.value)} for c in self.correlations],
            "log_likelihood": self.log_likelihood,
            "aic": self.aic,
            "bic": self.bic,
            "n_rows": self.n_rows,
            "n_groups": dict(self.n_groups),
            "converged": self.converged,
            "reason": self.reason,
            "max_gradient": _finite(self.max_gradient),
            "singular": self.singular,
            "singular_components": list(self.singular_components),
            "n_evaluations": self.n_evaluations,
        }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
