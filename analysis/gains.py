"""What relevance adds over its control for each participant, and its means by channel."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.stats

from analysis.cells import CHANNELS, participant_accuracies


@dataclass(frozen=True)
class MeanDifference:
    """Mean gain by sound minus mean gain by picture, with Welch's unequal-variances t.

    Parameters
    ----------
    estimate, standard_error : float
        Risk scale, -2 to 2.
    df, t, p : float
        Welch-Satterthwaite degrees of freedom, ratio, two-sided p.
    interval : tuple of (float, float)
        For the estimate.
    """

    estimate: float
    standard_error: float
    df: float
    t: float
    p: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class ChannelCount:
    """How many analysed participants of a channel have a gain (kept) and how many have none (dropped)."""

    channel: str
    n_kept: int
    n_dropped: int


def relevance_gains(trials: pd.DataFrame, *, model_correct: bool) -> pd.DataFrame:
    """What relevance adds over its control for each participant.

    Parameters
    ----------
    trials : DataFrame
        Reads subject_id, channel, mask, model_correct, correct; one row per answered main trial.

    Returns
    -------
    DataFrame
        Columns channel and gain (accuracy with relevance minus accuracy with the control, -1 to 1), by subject_id, for
        everybody in `trials`; the gain is NaN for who did not answer under both masks.
    """
    stratum = trials[trials["model_correct"] == model_correct]
    relevance, control = (participant_accuracies(stratum[stratum["mask"] == mask]) for mask in ("relevance", "control"))
    channels = trials.drop_duplicates("subject_id").set_index("subject_id")["channel"]
    return pd.DataFrame({"channel": channels, "gain": (relevance - control).reindex(channels.index)})


def count_gains(gains: pd.DataFrame) -> tuple[ChannelCount, ...]:
    """How many participants of each channel have a gain, from `relevance_gains`; picture first."""
    return tuple(
        ChannelCount(channel=channel, n_kept=int(own.notna().sum()), n_dropped=int(own.isna().sum()))
        for channel, own in ((channel, gains.loc[gains["channel"] == channel, "gain"]) for channel in CHANNELS)
    )


def split_gains(gains: pd.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The known gains by picture and by sound, each float64, (participant,)."""
    known = gains.dropna(subset="gain")
    picture, sound = (known.loc[known["channel"] == channel, "gain"].to_numpy(dtype=np.float64) for channel in CHANNELS)
    return picture, sound


def welch_difference(gains: pd.DataFrame, *, level: float) -> MeanDifference:
    """The difference of mean gains between channels, from `relevance_gains`.

    Everything but the estimate is NaN when a channel has fewer than two participants or gains do not vary.
    """
    picture, sound = split_gains(gains)
    estimate = float(sound.mean() - picture.mean()) if len(picture) and len(sound) else math.nan
    if min(len(picture), len(sound)) < 2 or (np.ptp(picture) == 0 and np.ptp(sound) == 0):
        return MeanDifference(estimate, math.nan, math.nan, math.nan, math.nan, (math.nan, math.nan))
    test = scipy.stats.ttest_ind(sound, picture, equal_var=False)
    interval = test.confidence_interval(confidence_level=level)
    return MeanDifference(
        estimate=estimate,
        standard_error=_welch_error(picture, sound),
        df=float(test.df),
        t=float(test.statistic),
        p=float(test.pvalue),
        interval=(float(interval.low), float(interval.high)),
    )


def _welch_error(picture: npt.NDArray[np.float64], sound: npt.NDArray[np.float64]) -> float:
    return math.sqrt(float(picture.var(ddof=1)) / len(picture) + float(sound.var(ddof=1)) / len(sound))
