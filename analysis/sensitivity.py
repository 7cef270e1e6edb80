"""Other ways to the same question, descriptive: none of them has an alpha, none can change the verdict."""

import math
import warnings
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.stats
import statsmodels.api as sm
from statsmodels.genmod.cov_struct import Exchangeable
from statsmodels.tools.sm_exceptions import ModelWarning

from analysis.comparison import code_factors
from analysis.gains import count_gains, relevance_gains, welch_difference
from analysis.permutation import permute_channels

_FIXED = ("channel", "mask", "model_correct")


@dataclass(frozen=True)
class SensitivityRow:
    """One other estimate of the primary contrast.

    Parameters
    ----------
    name, scale : str
        The method, and what its estimate is in.
    estimate, p : float
        NaN when not available.
    interval : tuple of (float, float)
        NaN where the method gives none.
    note : str
        Assumption, or why it is not available.
    """

    name: str
    scale: str
    estimate: float
    interval: tuple[float, float]
    p: float
    note: str


def analyse_sensitivity(trials: pd.DataFrame, *, level: float) -> list[SensitivityRow]:
    """Participant means by Welch's t, the participant permutation, and GEE, all among wrong predictions.

    Parameters
    ----------
    trials : DataFrame
        Reads subject_id, stimulus, channel, mask, model_correct, correct; one row per answered main trial.
    level : float
        Coverage of the intervals, 0-1.
    """
    gains = relevance_gains(trials, model_correct=False)
    counts = count_gains(gains)
    if not all(count.n_kept for count in counts):
        return []
    welch = welch_difference(gains, level=level)
    permutation = permute_channels(gains, level=level)
    n_both = f"{sum(c.n_kept for c in counts)} participants who answered under both masks; stimuli taken as given"
    return [
        SensitivityRow("participant means, Welch's t", "risk", welch.estimate, welch.interval, welch.p, n_both),
        SensitivityRow(
            "participant permutation",
            "risk",
            permutation.statistic,
            permutation.interval,
            permutation.p,
            f"{permutation.n_permutations:,} relabellings, seed {permutation.seed}; stimuli taken as given",
        ),
        _gee_row(trials, level=level),
    ]


def per_protocol_row(trials: pd.DataFrame, *, level: float) -> SensitivityRow:
    """Participant means by Welch's t among wrong predictions, of those whom no declared rule leaves out.

    Parameters
    ----------
    trials : DataFrame
        As in `analyse_sensitivity`, without the rows of who is left out.
    """
    gains = relevance_gains(trials, model_correct=False)
    counts = count_gains(gains)
    name = "per protocol: participant means, Welch's t"
    if not all(count.n_kept for count in counts):
        return SensitivityRow(name, "risk", math.nan, (math.nan, math.nan), math.nan, "not available: nobody is left")
    welch = welch_difference(gains, level=level)
    note = f"the declared exclusions applied; {sum(c.n_kept for c in counts)} participants; stimuli taken as given"
    return SensitivityRow(name, "risk", welch.estimate, welch.interval, welch.p, note)


def _gee_row(trials: pd.DataFrame, *, level: float) -> SensitivityRow:
    """GEE of wrong and right predictions together, exchangeable within participants, bias-reduced covariance, t.

    The covariance is that of mancl2001; degrees of freedom are participants - coefficients.
    """
    coded = code_factors(trials).sort_values("participant", kind="stable")
    design, weights = _gee_design(coded)
    name, scale = "GEE, exchangeable, bias-reduced", "log-odds, population-averaged"
    missing = SensitivityRow(name, scale, math.nan, (math.nan, math.nan), math.nan, "not available: did not converge")
    df = coded["participant"].nunique() - design.shape[1]
    if df < 1:
        return replace(missing, note="not available: no more participants than coefficients")
    model = sm.GEE(
        coded["correct"].to_numpy(dtype=float),
        design,
        groups=coded["participant"].to_numpy(dtype=str),
        family=sm.families.Binomial(),
        cov_struct=Exchangeable(),
    )
    if coded.groupby(list(_FIXED))["correct"].mean().isin([0, 1]).any():
        # its log-odds are infinite: the iteration runs off, or stops anywhere
        return replace(missing, note="not available: the answers of a cell are all alike")
    # other data can make the iteration run off as well: that is an answer here, not a fault
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", ModelWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            fitted = model.fit(cov_type="bias_reduced")
        except (np.linalg.LinAlgError, ValueError):
            return missing
    estimate = float(weights @ fitted.params)
    variance = float(weights @ fitted.cov_params() @ weights)
    if not fitted.converged or not math.isfinite(estimate) or not variance > 0 or abs(estimate) > 20:
        return missing
    half = float(scipy.stats.t.ppf((1 + level) / 2, df)) * math.sqrt(variance)
    p = float(2 * scipy.stats.t.sf(abs(estimate) / math.sqrt(variance), df))
    note = f"t with {df} degrees of freedom; clusters are participants, stimuli taken as given"
    return SensitivityRow(name, scale, estimate, (estimate - half, estimate + half), p, note)


def _gee_design(coded: pd.DataFrame) -> tuple["np.ndarray[tuple[int, ...], np.dtype[np.float64]]", ...]:
    """Columns of `channel*mask*model_correct` (row, coefficient) and the weights of the primary contrast."""
    channel, mask, model_correct = (coded[name].to_numpy(dtype=np.float64) for name in _FIXED)
    columns = [np.ones(len(coded)), channel, mask, model_correct, channel * mask]
    columns += [channel * model_correct, mask * model_correct, channel * mask * model_correct]
    return np.column_stack(columns), np.array([0, 0, 0, 0, 1.0, 0, 0, -0.5])
