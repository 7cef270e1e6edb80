"""Shares of right answers by block and condition, for right and wrong predictions apart: of any design, no contrast."""

import math
from dataclasses import dataclass

import pandas as pd

from analysis.cells import mean_interval, participant_accuracies
from analysis.strategies import previous_labels, score_each

# Names the spoken word: in these tasks that is an answer, in others it is none.
_WORD_TASKS = ("forward-simulation", "counterfactual-simulation", "advice")


@dataclass(frozen=True)
class ConditionSummary:
    """One condition in one block among right or among wrong predictions.

    Parameters
    ----------
    n_correct : int or None
        None where the task has no right answer (rating, preference).
    accuracy : float
        Mean over participants of each one's share of right answers, 0-1; NaN where there is none.
    interval : tuple of (float, float)
        For that mean, by t over participants, cut at 0 and 1; NaN where participants do not vary.
    strategies : dict of str to float
        Expected share of right answers of each strategy that understands nothing, as far as the task allows it.
    """

    block: str
    condition: str
    task: str
    model_correct: bool
    n_participants: int
    n_stimuli: int
    n_trials: int
    n_correct: int | None
    accuracy: float
    interval: tuple[float, float]
    strategies: dict[str, float]


def describe_conditions(trials: pd.DataFrame, *, presented: pd.DataFrame, level: float) -> list[ConditionSummary]:
    """Every block and condition with answers, wrong predictions first.

    Parameters
    ----------
    trials : DataFrame
        Reads subject_id, trial_index, block, condition, task, stimulus, model_correct, true_label, predicted_label,
        changed_label, n_alternatives and, where a task has it, correct; one row per answered main trial.
    presented : DataFrame
        Reads the same but correct; one row per planned trial, training included.
    level : float
        Coverage of the intervals, 0-1.

    Notes
    -----
    The intervals treat participants as drawn at random and the stimuli as given. Conditions of different blocks differ
    in their place in the session, too.
    """
    keyed = trials.assign(predicted_label=right_answers(trials))
    keyed = keyed.assign(
        previous_label=previous_labels(keyed, presented=presented.assign(predicted_label=right_answers(presented)))
    )
    groups = keyed.groupby(["model_correct", "block", "condition"], sort=True)
    return [_summarise(part, level=level) for _, part in groups]


def right_answers(trials: pd.DataFrame) -> "pd.Series[str]":
    """What the task of each trial takes for right; missing where nothing is right or wrong.

    Parameters
    ----------
    trials : DataFrame
        Reads task, true_label, predicted_label, changed_label.
    """
    judged = (trials["true_label"] == trials["predicted_label"]).map({True: "right", False: "wrong"})
    answers = pd.Series(None, index=trials.index, dtype="str")
    for task, key in (
        ("forward-simulation", trials["predicted_label"]),
        ("counterfactual-simulation", trials["changed_label"]),
        ("advice", trials["true_label"]),
        ("error-detection", judged),
    ):
        answers = answers.where(trials["task"] != task, key.astype("str"))
    return answers


def _summarise(part: pd.DataFrame, *, level: float) -> ConditionSummary:
    first = part.iloc[0]
    has_key = bool(part["predicted_label"].notna().all())
    means = participant_accuracies(part) if has_key else pd.Series(dtype=float)
    scores = score_each(part) if has_key else {}
    if first["task"] not in _WORD_TASKS:
        scores.pop("truth-namer", None)
    return ConditionSummary(
        block=str(first["block"]),
        condition=str(first["condition"]),
        task=str(first["task"]),
        model_correct=bool(first["model_correct"]),
        n_participants=part["subject_id"].nunique(),
        n_stimuli=part["stimulus"].nunique(),
        n_trials=len(part),
        n_correct=int(part["correct"].sum()) if has_key else None,
        accuracy=float(means.mean()) if len(means) else math.nan,
        interval=mean_interval(means.to_numpy(dtype=float), level=level),
        strategies={name: accuracy for name, (accuracy, _) in scores.items()},
    )
