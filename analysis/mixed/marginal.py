"""Probabilities of a correct answer with the random effects integrated out, and their uncertainty.

For a row with fixed columns x and varying columns z, the log-odds over all participants and stimuli are normal with
mean `x'β` and variance `s² = Σ |T'z|²` over the grouping factors; the risk is the mean of the logistic function over
that distribution. It is nearer to one half than the probability at random effects of 0.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from analysis.mixed.covariance import Floats
from analysis.mixed.design import DesignRows
from analysis.mixed.result import MixedResult

# Trapezoidal rule against the normal density: for an analytic integrand its error falls exponentially with the step
# (trefethen2014, sect. 5); the logistic function's poles make it 1e-16 up to s = 10. Gauss-Hermite with 101 nodes
# was 3e-6 off at s = 5.
_NODES: Floats = np.linspace(-8.5, 8.5, 341)
_WEIGHTS: Floats = np.exp(-(_NODES**2) / 2) / np.exp(-(_NODES**2) / 2).sum()


@dataclass(frozen=True, eq=False)
class MarginalRisk:
    """Risks of some rows.

    Parameters
    ----------
    risks : ndarray, float64, (row,)
        Probabilities, 0-1, random effects integrated out.
    jacobian : ndarray, float64, (row, parameter)
        Derivative of each risk by theta, then beta.
    covariance : ndarray, float64, (row, row)
        Of the risks, by the delta method.
    """

    risks: Floats
    jacobian: Floats
    covariance: Floats

    def combination(self, weights: Floats) -> tuple[float, float]:
        """Estimate and standard error of a weighted sum of the risks; weights : float64, (row,)."""
        return float(weights @ self.risks), float(np.sqrt(weights @ self.covariance @ weights))


def marginal_risk(result: MixedResult, *, rows: pd.DataFrame) -> MarginalRisk:
    """Risks of rows for participants and stimuli drawn anew, with their joint covariance.

    Parameters
    ----------
    result : MixedResult
        A converged fit.
    rows : DataFrame
        Reads the predictors of the formula, coded as they were fitted. One row per risk.

    Raises
    ------
    ValueError
        If the fit did not converge or a predictor is absent, missing or not numeric.

    Notes
    -----
    The covariance joins the uncertainty of theta and beta. Thetas on the boundary count as known to be 0, so in a
    singular fit the standard errors are a little too small.
    """
    result.require_converged("a marginal risk")
    risks, jacobian = integrated_risks(result.parameters, design_rows=result.design.rows(rows), result=result)
    return MarginalRisk(risks=risks, jacobian=jacobian, covariance=jacobian @ result.joint_covariance @ jacobian.T)


def integrated_risks(parameters: Floats, *, design_rows: DesignRows, result: MixedResult) -> tuple[Floats, Floats]:
    """Risks and their derivative by the parameters (theta, then beta), at any value of these.

    Notes
    -----
    By Stein's identity the derivative of `E g(η + sε)` by `s²` is `E g''/2`, which needs no division by s, so a
    variance of 0 is no special case.
    """
    layout = result.design.layout
    theta, beta = np.split(parameters, [layout.n_parameters])
    triangles = layout.unpack(theta)
    scaled = [z @ triangle for z, triangle in zip(design_rows.varying, triangles, strict=True)]  # rows of (T'z)'
    variance = np.sum([(part**2).sum(axis=1) for part in scaled], axis=0)
    probabilities = expit((design_rows.fixed @ beta)[:, None] + np.sqrt(variance)[:, None] * _NODES)
    slopes = probabilities * (1 - probabilities)
    by_variance = 0.5 * (slopes * (1 - 2 * probabilities)) @ _WEIGHTS
    by_eta = slopes @ _WEIGHTS
    jacobian = []
    for i in range(len(by_eta)):
        by_triangle = [2 * np.outer(z[i], part[i]) for z, part in zip(design_rows.varying, scaled, strict=True)]
        jacobian.append(np.concatenate([by_variance[i] * layout.pack(by_triangle), by_eta[i] * design_rows.fixed[i]]))
    return probabilities @ _WEIGHTS, np.array(jacobian)
