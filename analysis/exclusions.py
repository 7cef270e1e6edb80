"""Who is analysed: modified intention to treat.

Everybody allocated with at least one main trial answered is analysed in the arm they were allocated to, with every main
trial they answered; nobody is left out for how they answered. Those allocated without any main answer cannot be
analysed and are counted per arm. Pilot enrolments of a study that has since been running never enter.
"""

from dataclasses import dataclass

import pandas as pd

from analysis.load import Dataset


@dataclass(frozen=True)
class ArmCount:
    """One arm: how many were allocated, how many of them are analysed, how many answered no main trial."""

    arm: str
    channel: str
    n_allocated: int
    n_analysed: int
    n_without_main_answer: int


@dataclass(frozen=True, eq=False)
class AnalysisSet:
    """The rows that are analysed.

    Parameters
    ----------
    trials : DataFrame
        Answered main trials of analysed participants, columns as in `Dataset.trials`; `correct` and `model_correct`
        are plain booleans. One row per answered trial. Empty in a monitoring export.
    presented : DataFrame
        Every trial of the analysed participants, training and unanswered ones included; one row per planned trial.
    arms : tuple of ArmCount
        In the protocol's order.
    n_pilot_left_out : int
        Pilot enrolments that are not analysed.
    """

    trials: pd.DataFrame
    presented: pd.DataFrame
    arms: tuple[ArmCount, ...]
    n_pilot_left_out: int


def deciding_stage(dataset: Dataset) -> str:
    """The enrolment stage whose participants count: that of the study, or "running" once it has run."""
    stage = dataset.provenance.stage
    return stage if stage in ("pilot", "simulated") else "running"


def select_analysed(dataset: Dataset) -> AnalysisSet:
    """The analysed rows of a dataset and what was left out, counted per arm."""
    stage = deciding_stage(dataset)
    trials = dataset.trials[dataset.trials["stage"] == stage]
    people = dataset.participants[dataset.participants["stage"] == stage]
    answered = trials[(trials["phase"] == "main") & trials["answered_at"].notna()]
    subjects = set(answered["subject_id"])
    arms = tuple(
        _count_arm(people[people["arm"] == arm.name], name=arm.name, channel=arm.channel, subjects=subjects)
        for arm in dataset.protocol.design.arms
    )
    if dataset.provenance.monitoring:
        kept = answered.iloc[:0]
    else:
        kept = answered.assign(
            correct=answered["correct"].astype(bool), model_correct=answered["model_correct"].astype(bool)
        )
    return AnalysisSet(
        trials=kept.reset_index(drop=True),
        presented=trials[trials["subject_id"].isin(subjects)].reset_index(drop=True),
        arms=arms,
        n_pilot_left_out=len(dataset.participants) - len(people),
    )


def _count_arm(people: pd.DataFrame, *, name: str, channel: str, subjects: set[str]) -> ArmCount:
    n_analysed = int(people["subject_id"].isin(list(subjects)).sum())
    return ArmCount(
        arm=name,
        channel=channel,
        n_allocated=len(people),
        n_analysed=n_analysed,
        n_without_main_answer=len(people) - n_analysed,
    )
