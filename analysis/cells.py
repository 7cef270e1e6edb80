"""Accuracies by condition, for right and wrong predictions apart."""

import math
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.stats

CHANNELS = ("picture", "sound")
MASKS = ("control", "relevance")


@dataclass(frozen=True)
class Cell:
    """One condition among right or among wrong predictions.

    Parameters
    ----------
    channel, mask : str
        The condition.
    model_correct : bool
        Whether the network was right in these trials.
    n_participants, n_stimuli, n_trials, n_correct : int
        What the accuracy is made of.
    accuracy : float
        Mean over participants of each one's share of correct answers, 0-1; NaN in an empty cell.
    interval : tuple of (float, float)
        For that mean, by t over participants, cut at 0 and 1; NaN where participants do not vary.
    """

    channel: str
    mask: str
    model_correct: bool
    n_participants: int
    n_stimuli: int
    n_trials: int
    n_correct: int
    accuracy: float
    interval: tuple[float, float]

    @property
    def pooled(self) -> float:
        """Share of correct answers over all trials, 0-1; NaN in an empty cell."""
        return self.n_correct / self.n_trials if self.n_trials else math.nan


def describe_cells(trials: pd.DataFrame, *, level: float) -> list[Cell]:
    """All eight cells, wrong predictions first.

    Parameters
    ----------
    trials : DataFrame
        Reads subject_id, stimulus, channel, mask, model_correct, correct; one row per answered main trial.
    level : float
        Coverage of the intervals, 0-1.

    Notes
    -----
    The intervals treat participants as drawn at random and the stimuli as given; only the mixed model does both.
    """
    return [
        _cell(trials, channel=channel, mask=mask, model_correct=model_correct, level=level)
        for model_correct, channel, mask in product((False, True), CHANNELS, MASKS)
    ]


def _cell(trials: pd.DataFrame, *, channel: str, mask: str, model_correct: bool, level: float) -> Cell:
    of_cell = trials[
        (trials["channel"] == channel) & (trials["mask"] == mask) & (trials["model_correct"] == model_correct)
    ]
    means = participant_accuracies(of_cell)
    return Cell(
        channel=channel,
        mask=mask,
        model_correct=model_correct,
        n_participants=len(means),
        n_stimuli=of_cell["stimulus"].nunique(),
        n_trials=len(of_cell),
        n_correct=int(of_cell["correct"].sum()),
        accuracy=float(means.mean()) if len(means) else math.nan,
        interval=mean_interval(means.to_numpy(dtype=np.float64), level=level),
    )


def participant_accuracies(trials: pd.DataFrame) -> "pd.Series[float]":
    """Each participant's share of correct answers, 0-1, by subject_id."""
    return trials["correct"].astype(float).groupby(trials["subject_id"]).mean()


def mean_interval(values: npt.NDArray[np.floating[Any]], *, level: float) -> tuple[float, float]:
    """Interval (by t) of a mean of shares, cut at 0 and 1; NaN for fewer than two values or values all alike."""
    if len(values) < 2 or np.ptp(values) == 0:
        return math.nan, math.nan
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    half = float(scipy.stats.t.ppf((1 + level) / 2, len(values) - 1)) * error
    mean = float(values.mean())
    return max(0.0, mean - half), min(1.0, mean + half)
