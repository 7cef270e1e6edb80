"""Strategies that understand nothing of the network: what each would score on exactly the presented trials.

- truth-namer: names the spoken word. Among right predictions that is always correct, among wrong ones never.
- uniform guesser: draws any of the alternatives; expected accuracy.
- best constant answer: always gives the one label that pays best, chosen with hindsight for each row of the table.
- previous-answer rule: names what the network answered on the trial before (of the same participant, the last training
  trial included); on a participant's first trial it guesses. Nobody was told these answers during the main trials: it
  shows what the order of the trials alone would give away.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import pandas as pd

from analysis.cells import CHANNELS, MASKS


@dataclass(frozen=True)
class StrategyScore:
    """Expected accuracy of one strategy.

    Parameters
    ----------
    strategy : str
        Its name.
    model_correct : bool
        Among right or among wrong predictions.
    channel, mask : str or None
        The condition; None for all together.
    n_trials : int
        Presented and answered trials that it is scored on.
    accuracy : float
        Expected share of correct answers, 0-1.
    note : str
        The label of the best constant answer; else empty.
    """

    strategy: str
    model_correct: bool
    channel: str | None
    mask: str | None
    n_trials: int
    accuracy: float
    note: str = ""


def score_strategies(trials: pd.DataFrame, *, presented: pd.DataFrame) -> list[StrategyScore]:
    """Each strategy's expected accuracy over all conditions and in each, right and wrong predictions apart.

    Parameters
    ----------
    trials : DataFrame
        Reads subject_id, trial_index, channel, mask, model_correct, true_label, predicted_label, n_alternatives; one
        row per answered main trial.
    presented : DataFrame
        Reads subject_id, trial_index, predicted_label; one row per planned trial, training included.

    Notes
    -----
    Empty cells are left out. Trials are answered in order, so the trial before an answered one was answered too.
    """
    scored = trials.assign(previous_label=previous_labels(trials, presented=presented))
    conditions = [(None, None), *product(CHANNELS, MASKS)]
    scores = []
    for model_correct, (channel, mask) in product((False, True), conditions):
        part = scored[scored["model_correct"] == model_correct]
        if channel is not None:
            part = part[(part["channel"] == channel) & (part["mask"] == mask)]
        if part.empty:
            continue
        for name, (accuracy, note) in score_each(part).items():
            scores.append(
                StrategyScore(
                    strategy=name,
                    model_correct=model_correct,
                    channel=channel,
                    mask=mask,
                    n_trials=len(part),
                    accuracy=accuracy,
                    note=note,
                )
            )
    return scores


def score_each(part: pd.DataFrame) -> dict[str, tuple[float, str]]:
    """Each strategy's expected accuracy on these trials, and its note.

    Parameters
    ----------
    part : DataFrame
        Reads true_label, predicted_label (what is right), previous_label, n_alternatives; not empty.
    """
    return {name: score(part) for name, score in STRATEGIES.items()}


def previous_labels(trials: pd.DataFrame, *, presented: pd.DataFrame) -> "pd.Series[str]":
    """The predicted label of the trial before, aligned to `trials`; missing on a participant's first."""
    order = presented.sort_values(["subject_id", "trial_index"])
    before = order.assign(previous_label=order.groupby("subject_id")["predicted_label"].shift())
    keys = ["subject_id", "trial_index"]
    merged = trials[keys].merge(before[[*keys, "previous_label"]], on=keys, how="left")
    return merged["previous_label"].set_axis(trials.index)


def _truth_namer(trials: pd.DataFrame) -> tuple[float, str]:
    return float((trials["true_label"] == trials["predicted_label"]).mean()), ""


def _uniform_guesser(trials: pd.DataFrame) -> tuple[float, str]:
    return float((1 / trials["n_alternatives"].astype(float)).mean()), ""


def _best_constant(trials: pd.DataFrame) -> tuple[float, str]:
    shares = trials["predicted_label"].value_counts(normalize=True).sort_index()
    return float(shares.max()), str(shares.idxmax())


def _previous_answer(trials: pd.DataFrame) -> tuple[float, str]:
    hits = (trials["previous_label"] == trials["predicted_label"]).astype(float)
    first = trials["previous_label"].isna()
    return float(hits.where(~first, 1 / trials["n_alternatives"].astype(float)).mean()), ""


STRATEGIES: dict[str, Callable[[pd.DataFrame], tuple[float, str]]] = {
    "truth-namer": _truth_namer,
    "uniform guesser": _uniform_guesser,
    "best constant answer": _best_constant,
    "previous-answer rule": _previous_answer,
}
