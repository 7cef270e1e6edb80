"""The primary contrast, and the secondary one beside it.

The model is the protocol's: `channel*mask*model_correct` crossed over participants and stimuli, every factor coded
-.5/+.5 (control, picture, wrong = -.5). `channel:mask` among wrong predictions is `b_cm - .5 b_cm:mc`, among right ones
`b_cm + .5 b_cm:mc`; positive means that relevance adds more over its control by sound than by picture. It is tested by
Wald's t with the smaller of participants - 2 and stimuli of the stratum - 1 degrees of freedom.

What decides, declared beforehand:

- fewer than 4 participants in a channel, an empty cell, or a single stimulus in a stratum: nothing is estimable;
- one of the four cells of wrong predictions below 2 % or above 98 % (the odds of the contrast itself are unstable), or
  a cell of right predictions at 0 or 100 % (the model separates): the participant permutation on risks decides, the
  odds are labelled. A cell of right predictions below 2 % or above 98 % only makes the secondary odds unstable;
- no convergence otherwise: not estimable;
- else Wald's t of the mixed model. A singular fit is usable and labelled.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import scipy.stats

from analysis.cells import CHANNELS, MASKS, Cell
from analysis.gains import count_gains, relevance_gains, split_gains
from analysis.mixed.covariance import Floats
from analysis.mixed.fit import fit
from analysis.mixed.marginal import MarginalRisk, marginal_risk
from analysis.mixed.result import Contrast, MixedResult
from analysis.permutation import Permutation, permute_channels

MIN_PARTICIPANTS_PER_CHANNEL = 4
# Beyond these shares the odds of a cell hang on a handful of answers.
LOWEST_SHARE, HIGHEST_SHARE = 0.02, 0.98

DecidedBy = Literal["mixed model", "participant permutation"]

_CONTRAST_WEIGHTS: dict[bool, dict[str, float]] = {
    False: {"channel:mask": 1.0, "channel:mask:model_correct": -0.5},
    True: {"channel:mask": 1.0, "channel:mask:model_correct": 0.5},
}
# sound minus picture of relevance minus control, over the rows of `_stratum_rows`
_PICTURE_WEIGHTS, _SOUND_WEIGHTS = np.array([-1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, -1.0, 1.0])
_RISK_WEIGHTS = _SOUND_WEIGHTS - _PICTURE_WEIGHTS


@dataclass(frozen=True)
class RiskDifference:
    """A difference, or a difference of differences, on the risk scale, with its interval.

    Parameters
    ----------
    estimate, standard_error, df : float
        In shares, -2 to 2; degrees of freedom of the interval's t. The latter two are NaN for an interval by
        permutation.
    interval : tuple of (float, float)
        NaN where it has none.
    method : str
        How it was made.
    """

    estimate: float
    standard_error: float
    df: float
    interval: tuple[float, float]
    method: str


@dataclass(frozen=True)
class CellRisk:
    """Accuracy that the model gives one cell, random effects integrated out, 0-1."""

    channel: str
    mask: str
    model_correct: bool
    risk: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class ChannelGain:
    """What relevance adds over its control by one channel, on the risk scale."""

    channel: str
    risk: RiskDifference


@dataclass(frozen=True)
class StratumContrast:
    """channel:mask within right or within wrong predictions.

    Parameters
    ----------
    model_correct : bool
        Which stratum.
    log_odds : Contrast or None
        Conditional; None without a converged fit.
    risk : RiskDifference or None
        None where there is none.
    gains : tuple of ChannelGain
        The two differences whose difference `risk` is, picture first; empty where there is no `risk`.
    """

    model_correct: bool
    log_odds: Contrast | None
    risk: RiskDifference | None
    gains: tuple[ChannelGain, ...] = ()


@dataclass(frozen=True, eq=False)
class Comparison:
    """Everything that the verdict reads.

    Parameters
    ----------
    decided_by : str or None
        None when not estimable.
    obstacle : str
        Why not estimable; else empty.
    p : float or None
        The one p.
    primary, secondary : StratumContrast or None
        Among wrong and among right predictions.
    permutation : Permutation or None
        Where it decided.
    extreme_cells : tuple of str
        Cells that leave the decision to the permutation, in words; the primary odds are unstable when there are any.
    unstable_right_cells : tuple of str
        Cells of right predictions beyond 2 and 98 %, in words; the secondary odds are unstable when there are any.
    model : MixedResult or None
        The fit; None when none was tried.
    model_fault : str
        Why there is no usable fit; else empty.
    cell_risks : tuple of CellRisk
        From a converged fit.
    """

    decided_by: DecidedBy | None
    obstacle: str
    p: float | None = None
    primary: StratumContrast | None = None
    secondary: StratumContrast | None = None
    permutation: Permutation | None = None
    extreme_cells: tuple[str, ...] = ()
    unstable_right_cells: tuple[str, ...] = ()
    model: MixedResult | None = None
    model_fault: str = ""
    cell_risks: tuple[CellRisk, ...] = ()


def compare_channels(trials: pd.DataFrame, *, cells: list[Cell], formula: str, level: float) -> Comparison:
    """The comparison of what relevance adds by sound and by picture.

    Parameters
    ----------
    trials : DataFrame
        Reads subject_id, stimulus, channel, mask, model_correct, correct; one row per answered main trial.
    cells : list of Cell
        From `describe_cells` of the same trials.
    formula : str
        The protocol's model.
    level : float
        Coverage of the intervals, 0-1: one minus the protocol's alpha.
    """
    obstacle = find_obstacle(trials, cells=cells)
    if obstacle:
        return Comparison(decided_by=None, obstacle=obstacle)
    model, model_fault = _try_fit(code_factors(trials), formula=formula)
    usable = None if model_fault else model
    primary, secondary = (
        _contrast_stratum(usable, trials=trials, model_correct=stratum, level=level) for stratum in (False, True)
    )
    found = Comparison(
        decided_by=None,
        obstacle="",
        primary=primary,
        secondary=secondary,
        extreme_cells=find_extreme_cells(cells),
        unstable_right_cells=find_unstable_right_cells(cells),
        model=model,
        model_fault=model_fault,
        cell_risks=_cell_risks(usable, trials=trials, level=level),
    )
    if found.extreme_cells:
        return _decide_by_permutation(found, trials=trials, level=level)
    if primary.log_odds is None:
        return replace(found, obstacle=f"the primary model gave no estimate: {model_fault}")
    return replace(found, decided_by="mixed model", p=primary.log_odds.p)


def _decide_by_permutation(found: Comparison, *, trials: pd.DataFrame, level: float) -> Comparison:
    """The comparison with the permutation's p and the risks of participant means; odds, if any, stay beside it."""
    gains = relevance_gains(trials, model_correct=False)
    if not all(count.n_kept for count in count_gains(gains)):
        return replace(found, obstacle="no participant of one channel answered wrong predictions under both masks")
    permutation = permute_channels(gains, level=level)
    log_odds = found.primary.log_odds if found.primary else None
    risk = RiskDifference(
        estimate=permutation.statistic,
        standard_error=math.nan,
        df=math.nan,
        interval=permutation.interval,
        method="participant means, interval by inverting the permutation test",
    )
    return replace(
        found,
        decided_by="participant permutation",
        p=permutation.p,
        permutation=permutation,
        primary=StratumContrast(False, log_odds, risk, _mean_gains(gains, level=level)),
    )


def find_obstacle(trials: pd.DataFrame, *, cells: list[Cell]) -> str:
    """Why the contrast cannot be estimated from these trials; empty if it can be tried."""
    n_by_channel = {channel: trials.loc[trials["channel"] == channel, "subject_id"].nunique() for channel in CHANNELS}
    for channel, n in n_by_channel.items():
        if n < MIN_PARTICIPANTS_PER_CHANNEL:
            people = "participant" if n == 1 else "participants"
            return (
                f"{n or 'no'} {people} answered a main trial by {channel}; "
                f"at least {MIN_PARTICIPANTS_PER_CHANNEL} are needed in each channel"
            )
    empty = [cell_name(cell) for cell in cells if not cell.n_trials]
    if empty:
        return f"no trial was answered with {', '.join(empty)}"
    for model_correct, kind in ((False, "wrong"), (True, "right")):
        n_stimuli = count_stimuli(trials, model_correct=model_correct)
        if n_stimuli < 2:
            return f"only {n_stimuli} stimulus with a {kind} prediction was answered; at least 2 are needed"
    return ""


def find_extreme_cells(cells: list[Cell]) -> tuple[str, ...]:
    """Cells whose odds are unstable (wrong ones below 2 or above 98 %) or unbounded (right ones at 0 or 100 %)."""
    return tuple(
        f"{cell_name(cell)} ({100 * cell.pooled:.1f} %)"
        for cell in cells
        if cell.pooled in (0.0, 1.0) or (not cell.model_correct and not LOWEST_SHARE <= cell.pooled <= HIGHEST_SHARE)
    )


def find_unstable_right_cells(cells: list[Cell]) -> tuple[str, ...]:
    """Cells of right predictions below 2 or above 98 %: the secondary odds hang on a handful of answers."""
    return tuple(
        f"{cell_name(cell)} ({100 * cell.pooled:.1f} %)"
        for cell in cells
        if cell.model_correct and not LOWEST_SHARE <= cell.pooled <= HIGHEST_SHARE
    )


def cell_name(cell: Cell) -> str:
    """A cell in words: "control by sound, wrong predictions"."""
    return f"{cell.mask} by {cell.channel}, {'right' if cell.model_correct else 'wrong'} predictions"


def count_stimuli(trials: pd.DataFrame, *, model_correct: bool) -> int:
    """Number of stimuli of one stratum that were answered."""
    return int(trials.loc[trials["model_correct"] == model_correct, "stimulus"].nunique())


def code_factors(trials: pd.DataFrame) -> pd.DataFrame:
    """The model's columns: correct 0/1; channel, mask, model_correct as -.5/+.5; participant, stimulus."""
    return pd.DataFrame(
        {
            "correct": trials["correct"].astype(int),
            "channel": (trials["channel"] == "sound").astype(float) - 0.5,
            "mask": (trials["mask"] == "relevance").astype(float) - 0.5,
            "model_correct": trials["model_correct"].astype(float) - 0.5,
            "participant": trials["subject_id"],
            "stimulus": trials["stimulus"],
        }
    )


def _try_fit(coded: pd.DataFrame, *, formula: str) -> tuple[MixedResult | None, str]:
    """The fit and why it is not usable, if it is not; data that the model cannot be fitted to are no bad input."""
    try:
        model = fit(formula, frame=coded)
    except ValueError as fault:
        return None, str(fault)
    return model, "" if model.converged else f"it did not converge ({model.reason})"


def degrees_of_freedom(trials: pd.DataFrame, *, model_correct: bool) -> int:
    """The smaller of participants - 2 and stimuli of the stratum - 1."""
    return min(trials["subject_id"].nunique() - 2, count_stimuli(trials, model_correct=model_correct) - 1)


def _contrast_stratum(
    model: MixedResult | None, *, trials: pd.DataFrame, model_correct: bool, level: float
) -> StratumContrast:
    if model is None:
        return StratumContrast(model_correct, None, None)
    df = degrees_of_freedom(trials, model_correct=model_correct)
    log_odds = model.contrast(_CONTRAST_WEIGHTS[model_correct], df=df, level=level)
    marginal = marginal_risk(model, rows=_stratum_rows(model_correct))
    risk, by_picture, by_sound = (
        _marginal_difference(marginal, weights=weights, df=df, level=level)
        for weights in (_RISK_WEIGHTS, _PICTURE_WEIGHTS, _SOUND_WEIGHTS)
    )
    gains = (ChannelGain("picture", by_picture), ChannelGain("sound", by_sound))
    return StratumContrast(model_correct, log_odds, risk, gains)


def _marginal_difference(marginal: MarginalRisk, *, weights: Floats, df: float, level: float) -> RiskDifference:
    estimate, error = marginal.combination(weights)
    return RiskDifference(
        estimate=estimate,
        standard_error=error,
        df=df,
        interval=_t_interval(estimate, error, df=df, level=level),
        method="marginal: random effects integrated out, delta method",
    )


def _stratum_rows(model_correct: bool) -> pd.DataFrame:
    """The four cells of a stratum, coded: picture control, picture relevance, sound control, sound relevance."""
    code = 0.5 if model_correct else -0.5
    return pd.DataFrame(
        {"channel": [-0.5, -0.5, 0.5, 0.5], "mask": [-0.5, 0.5, -0.5, 0.5], "model_correct": [code] * 4}
    )


def _t_interval(estimate: float, error: float, *, df: float, level: float) -> tuple[float, float]:
    half = float(scipy.stats.t.ppf((1 + level) / 2, df)) * error
    return estimate - half, estimate + half


def _cell_risks(model: MixedResult | None, *, trials: pd.DataFrame, level: float) -> tuple[CellRisk, ...]:
    if model is None:
        return ()
    found = []
    for model_correct in (False, True):
        df = degrees_of_freedom(trials, model_correct=model_correct)
        marginal = marginal_risk(model, rows=_stratum_rows(model_correct))
        errors = np.sqrt(np.diag(marginal.covariance))
        names = [(channel, mask) for channel in CHANNELS for mask in MASKS]
        for (channel, mask), risk, error in zip(names, marginal.risks.tolist(), errors.tolist(), strict=True):
            low, high = _t_interval(risk, error, df=df, level=level)
            found.append(CellRisk(channel, mask, model_correct, risk, (max(0.0, low), min(1.0, high))))
    return tuple(found)


def _mean_gains(gains: pd.DataFrame, *, level: float) -> tuple[ChannelGain, ...]:
    """Each channel's mean gain over participants, with t."""
    found = []
    for channel, values in zip(CHANNELS, split_gains(gains), strict=True):
        mean, df = float(values.mean()), len(values) - 1
        error = float(values.std(ddof=1)) / math.sqrt(len(values)) if df and np.ptp(values) > 0 else math.nan
        interval = _t_interval(mean, error, df=df, level=level) if df else (math.nan, math.nan)
        risk = RiskDifference(mean, error, df, interval, "participant means, t over participants")
        found.append(ChannelGain(channel, risk))
    return tuple(found)
