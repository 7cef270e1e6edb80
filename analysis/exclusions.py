"""Who is analysed: modified intention to treat, and beside it the declared exclusions.

Everybody allocated with at least one main trial answered is analysed in the arm they were allocated to, with every main
trial they answered; nobody is left out for how they answered. Those allocated without any main answer cannot be
analysed and are counted per arm. Pilot enrolments of a study that has since been running never enter, nor do those of
another version than the one that decides: its design was another.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis.load import Dataset
from earshot.design.blocks import TrainingBlock
from earshot.design.conduct import AttentionRule, ExclusionRule, FastRule, IncompleteRule
from earshot.design.study_file import StudyFile


@dataclass(frozen=True)
class ArmCount:
    """One arm: how many were allocated, how many of them are analysed, how many answered no main trial."""

    arm: str
    n_allocated: int
    n_analysed: int
    n_without_main_answer: int


@dataclass(frozen=True, eq=False)
class AnalysisSet:
    """The rows that are analysed.

    Parameters
    ----------
    trials : DataFrame
        Answered main trials of analysed participants, columns as in `Dataset.trials`; `correct` (where any task has
        it) and `model_correct` are plain booleans. One row per answered trial. Empty in a monitoring export.
    presented : DataFrame
        Every trial of the analysed participants, training and unanswered ones included; one row per planned trial.
        Empty in a monitoring export.
    arms : tuple of ArmCount
        In the protocol's order; empty in a monitoring export, which tells no arms.
    n_pilot_left_out, n_other_version_left_out : int
        Enrolments of a pilot, and of other versions, that are not analysed.
    """

    trials: pd.DataFrame
    presented: pd.DataFrame
    arms: tuple[ArmCount, ...]
    n_pilot_left_out: int
    n_other_version_left_out: int


def deciding_stage(dataset: Dataset) -> str:
    """The enrolment stage whose participants count: that of the study, or "running" once it has run."""
    stage = dataset.provenance.stage
    return stage if stage in ("pilot", "simulated") else "running"


def is_deciding(frame: pd.DataFrame, *, dataset: Dataset) -> "pd.Series[bool]":
    """Whether rows (stage, version) are of the stage and the version that decide."""
    return (frame["stage"] == deciding_stage(dataset)) & (frame["version"] == dataset.protocol.version).astype(bool)


def select_analysed(dataset: Dataset) -> AnalysisSet:
    """The analysed rows of a dataset and what was left out, counted per arm."""
    of_stage = dataset.participants["stage"] == deciding_stage(dataset)
    people = dataset.participants[is_deciding(dataset.participants, dataset=dataset)]
    left_out = {
        "n_pilot_left_out": int((~of_stage).sum()),
        "n_other_version_left_out": int(of_stage.sum()) - len(people),
    }
    if dataset.provenance.monitoring:
        return AnalysisSet(trials=pd.DataFrame(), presented=pd.DataFrame(), arms=(), **left_out)
    trials = dataset.trials[is_deciding(dataset.trials, dataset=dataset)]
    answered = trials[(trials["kind"] == "main") & trials["answered_at"].notna()]
    subjects = set(answered["subject_id"])
    arms = tuple(
        _count_arm(people[people["arm"] == arm.name], name=arm.name, subjects=subjects)
        for arm in dataset.protocol.design.arms
    )
    kept = answered.assign(model_correct=answered["model_correct"].astype(bool))
    if "correct" in kept and kept["correct"].notna().all():
        kept = kept.assign(correct=kept["correct"].astype(bool))
    return AnalysisSet(
        trials=kept.reset_index(drop=True),
        presented=trials[trials["subject_id"].isin(subjects)].reset_index(drop=True),
        arms=arms,
        **left_out,
    )


def _count_arm(people: pd.DataFrame, *, name: str, subjects: set[str]) -> ArmCount:
    n_analysed = int(people["subject_id"].isin(list(subjects)).sum())
    return ArmCount(
        arm=name,
        n_allocated=len(people),
        n_analysed=n_analysed,
        n_without_main_answer=len(people) - n_analysed,
    )


@dataclass(frozen=True)
class Exclusion:
    """One declared rule of the per-protocol analysis, in words, and whom of the analysed it leaves out."""

    words: str
    subjects: frozenset[str]


def find_exclusions(analysed: AnalysisSet, *, design: StudyFile) -> list[Exclusion]:
    """The design's rules, each with the analysed participants it leaves out."""
    presented = analysed.presented
    if presented.empty:
        return []
    return [_apply_rule(rule, presented=presented, design=design) for rule in design.exclusions]


def _apply_rule(rule: ExclusionRule, *, presented: pd.DataFrame, design: StudyFile) -> Exclusion:
    main = presented[presented["kind"] == "main"]
    answered = presented["answered_at"].notna()
    if isinstance(rule, IncompleteRule):
        return Exclusion(
            "not all main trials answered", _whose(main, lambda own: bool(own["answered_at"].isna().any()))
        )
    if isinstance(rule, AttentionRule):
        failed = presented[(presented["kind"] == "attention") & answered]
        words = f"more than {rule.most_failed} attention trials failed"
        return Exclusion(
            words, _whose(failed, lambda own: int((~own["correct"].astype(bool)).sum()) > rule.most_failed)
        )
    if isinstance(rule, FastRule):
        words = f"more than {100 * rule.most_share:g} % of main trials answered within {rule.least_ms} ms"
        rates = main[main["answered_at"].notna()]
        return Exclusion(words, _whose(rates, lambda own: float((own["rt"] < rule.least_ms).mean()) > rule.most_share))
    block = design.block(rule.block)
    mark = block.pass_mark if isinstance(block, TrainingBlock) else None
    words = f"pass mark of block '{rule.block}' missed"
    trained = presented[(presented["block"] == rule.block) & (presented["kind"] == "training") & answered]
    missed = frozenset[str]() if mark is None else _whose(trained, lambda own: float(own["correct"].mean()) < mark)
    return Exclusion(words, missed)


def _whose(rows: pd.DataFrame, broken: Callable[[pd.DataFrame], bool]) -> frozenset[str]:
    """The participants whose rows break a rule."""
    return frozenset(str(subject) for subject, own in rows.groupby("subject_id") if broken(own))
