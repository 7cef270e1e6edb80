"""Fits a logistic mixed model with crossed random effects by the Laplace approximation."""

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # it ships no types

from analysis.mixed.covariance import Floats
from analysis.mixed.design import MixedDesign, build_design
from analysis.mixed.laplace import LaplaceObjective
from analysis.mixed.optimise import Optimum, minimise
from analysis.mixed.result import Coefficient, Correlation, MixedResult, VarianceComponent
from analysis.mixed.separation import separating_columns

# Between the standard deviations seen in studies of this kind (.3 to 1); the end does not depend on it.
_START_SD = 0.5


def fit(formula: str, *, frame: pd.DataFrame, start_sd: float = _START_SD) -> MixedResult:
    """A fitted logistic mixed model, `log odds = Xβ + Zb`.

    Parameters
    ----------
    formula : str
        lme4's language: `correct ~ arm*mask + (1+mask||participant) + (1+arm|stimulus)`. The fixed part and the left of
        each bar join column names with `+ - * : ^` and parentheses; `|` estimates correlations, `||` gives every column
        an independent variance. Columns right of the bar may hold anything; predictors are numbers.
    frame : DataFrame
        Reads the columns that the formula names, 0/1 in the outcome. One row per response, none missing.
    start_sd : float
        Standard deviation that every random effect starts with, log-odds, at least 0.

    Raises
    ------
    ValueError
        If the formula or a column cannot be used (`analysis.mixed.design.build_design`), or start_sd is below 0.

    Notes
    -----
    Agrees with glmmTMB, which maximises the same likelihood. With few rows per group and large variances the Laplace
    approximation itself understates them. A singular fit (a variance at 0, a correlation at ±1) is usable and labelled.
    Memory grows with the square of the number of random effects outside the largest grouping factor.
    """
    if not start_sd >= 0:
        raise ValueError(f"start_sd is {start_sd}; expected at least 0")
    design = build_design(formula, frame=frame)
    objective = LaplaceObjective(design)
    # its matrices are small: a second BLAS thread only contends; on two busy cores it made the tests ten times slower
    with threadpool_limits(limits=1, user_api="blas"):
        optimum = minimise(objective, start_sd=start_sd)
    separating = separating_columns(design)
    reason = optimum.reason
    if separating:
        reason = f"separation: {', '.join(separating)} predict the outcome perfectly in part of the data"
    return _result(objective, optimum, reason=reason)


def _result(objective: LaplaceObjective, optimum: Optimum, *, reason: str) -> MixedResult:
    design = objective.design
    theta, beta = np.split(optimum.parameters, [objective.layout.n_parameters])
    covariance = optimum.covariance[len(theta) :, len(theta) :]
    log_likelihood = -optimum.evaluation.value
    n_parameters = len(optimum.parameters)
    singular = _singular_components(design, theta)
    return MixedResult(
        formula=design.formula.text,
        coefficients=_coefficients(design, beta, covariance),
        covariance=covariance,
        variance_components=_variance_components(design, theta),
        correlations=_correlations(design, theta),
        log_likelihood=log_likelihood,
        aic=2 * n_parameters - 2 * log_likelihood,
        bic=float(np.log(len(design.outcome)) * n_parameters - 2 * log_likelihood),
        n_rows=len(design.outcome),
        n_groups={factor.name: len(factor.levels) for factor in design.factors},
        converged=not reason,
        reason=reason,
        max_gradient=float(np.abs(optimum.evaluation.gradient[~optimum.held]).max()),
        singular=bool(singular),
        singular_components=singular,
        n_evaluations=objective.n_evaluations,
        modes=_modes(objective, optimum),
        parameters=optimum.parameters,
        parameter_names=(*_theta_names(design), *design.names),
        joint_covariance=optimum.covariance,
        design=design,
    )


def _coefficients(design: MixedDesign, beta: Floats, covariance: Floats) -> tuple[Coefficient, ...]:
    errors = np.sqrt(np.diag(covariance))
    rows = zip(design.names, beta.tolist(), errors.tolist(), strict=True)
    return tuple(Coefficient(name=name, estimate=b, standard_error=se, z=b / se) for name, b, se in rows)


def _variance_components(design: MixedDesign, theta: Floats) -> tuple[VarianceComponent, ...]:
    components = []
    for factor, triangle in zip(design.factors, design.layout.unpack(theta), strict=True):
        sds = np.linalg.norm(triangle, axis=1).tolist()
        pairs = zip(factor.columns, sds, strict=True)
        components += [VarianceComponent(group=factor.name, name=name, sd=sd) for name, sd in pairs]
    return tuple(components)


def _correlations(design: MixedDesign, theta: Floats) -> tuple[Correlation, ...]:
    correlations = []
    for factor, triangle in zip(design.factors, design.layout.unpack(theta), strict=True):
        covariance = triangle @ triangle.T
        for i, j in np.argwhere(np.tril(factor.pattern, k=-1)).tolist():
            size = float(np.sqrt(covariance[i, i] * covariance[j, j]))
            value = float(covariance[i, j]) / size if size > 0 else float("nan")
            correlations.append(
                Correlation(group=factor.name, first=factor.columns[j], second=factor.columns[i], value=value)
            )
    return tuple(correlations)


def _singular_components(design: MixedDesign, theta: Floats) -> tuple[str, ...]:
    """Columns whose effects have no variance, or none beyond what the columns before them explain."""
    held = design.layout.on_boundary(theta) & design.layout.is_diagonal
    return tuple(name for name, is_held in zip(_theta_names(design), held, strict=True) if is_held)


def _theta_names(design: MixedDesign) -> tuple[str, ...]:
    names = []
    for factor in design.factors:
        for i, j in np.argwhere(factor.pattern).tolist():
            columns = factor.columns[i] if i == j else f"{factor.columns[i]}, {factor.columns[j]}"
            names.append(f"{factor.name}: {columns}")
    return tuple(names)


def _modes(objective: LaplaceObjective, optimum: Optimum) -> dict[str, pd.DataFrame]:
    relative = objective.relative_factor(optimum.parameters[: objective.layout.n_parameters])
    parts = relative.split(relative.times(optimum.evaluation.modes.effects))
    return {
        factor.name: pd.DataFrame(part, index=pd.Index(factor.levels, name=factor.name), columns=list(factor.columns))
        for factor, part in zip(objective.design.factors, parts, strict=True)
    }
