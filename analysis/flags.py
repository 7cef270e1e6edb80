"""Signs of careless or automated answers, derived from the dataset, each with its rule; nobody is left out for one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.exclusions import AnalysisSet
from earshot.dataset_tables import trial_columns
from earshot.design.study_file import StudyFile

TOO_FAST_MS = 200
"""No choice is made in less: a simple reaction to what was just seen or heard takes about as long."""
TOO_FAST_SHARE = 0.2
LONGEST_RUN = 8
"""Of one answer with one confidence; stimuli are drawn so that right answers change."""
LAPSED_SHARE = 0.2
_VERDICTS = ("correct", "correct_before")


@dataclass(frozen=True)
class Flag:
    """One sign: its rule in words and whom of the analysed it names; None where the dataset does not tell."""

    name: str
    rule: str
    subjects: frozenset[str] | None


def find_flags(analysed: AnalysisSet, *, participants: pd.DataFrame, design: StudyFile) -> list[Flag]:
    """Every sign that the design can show, over the analysed participants; none in a monitoring export.

    Parameters
    ----------
    analysed : AnalysisSet
        `trials` with subject_id, trial_index, task, rt, n_hidden, n_unfocused and the tasks' answers; `presented` with
        subject_id, kind, answered_at and, where there are attention trials, correct.
    participants : DataFrame
        Reads subject_id and is_automated; one row per enrolment.

    Notes
    -----
    The bounds are ours and were fixed before any data: they say where to look, not who is careless.
    """
    if analysed.presented.empty:
        return []
    trials = analysed.trials.sort_values(["subject_id", "trial_index"])
    people = participants[participants["subject_id"].isin(list(set(trials["subject_id"])))]
    flags = [_too_fast(trials), _straight_lining(trials, names=_answer_names(design)), _lapsed(trials)]
    attention = analysed.presented[analysed.presented["kind"] == "attention"]
    if not attention.empty:
        flags.append(_inattentive(attention[attention["answered_at"].notna()]))
    return [*flags, _automated(people)]


def longest_run(answers: Sequence[object]) -> int:
    """The number of equal answers in the longest run of them; 0 without answers."""
    longest = length = 0
    for place, answer in enumerate(answers):
        length = length + 1 if place and answer == answers[place - 1] else 1
        longest = max(longest, length)
    return longest


def _too_fast(trials: pd.DataFrame) -> Flag:
    rule = f"more than {100 * TOO_FAST_SHARE:g} % of main answers within {TOO_FAST_MS} ms of their opening"
    return Flag("too fast", rule, _whose(trials, lambda own: (own["rt"] < TOO_FAST_MS).mean() > TOO_FAST_SHARE))


def _straight_lining(trials: pd.DataFrame, *, names: list[str]) -> Flag:
    rule = f"the same answer, confidence included, in {LONGEST_RUN} main trials of a task running"
    subjects = {
        str(subject)
        for (subject, _), own in trials.groupby(["subject_id", "task"])
        if longest_run([tuple(given) for given in own[names].astype("str").to_numpy()]) >= LONGEST_RUN
    }
    return Flag("straight-lining", rule, frozenset(subjects))


def _lapsed(trials: pd.DataFrame) -> Flag:
    rule = f"the page hidden or without the keyboard's focus in more than {100 * LAPSED_SHARE:g} % of main trials"
    lapses = trials["n_hidden"] + trials["n_unfocused"]
    if not lapses.notna().any():
        return Flag("looked elsewhere", rule, None)
    known = trials.assign(lapses=lapses)[lapses.notna()]
    return Flag("looked elsewhere", rule, _whose(known, lambda own: (own["lapses"] > 0).mean() > LAPSED_SHARE))


def _inattentive(attention: pd.DataFrame) -> Flag:
    failed = attention[~attention["correct"].astype(bool)]
    return Flag("inattentive", "an attention trial not answered as instructed", frozenset(failed["subject_id"]))


def _automated(people: pd.DataFrame) -> Flag:
    rule = "the browser said that a program drives it"
    told = people["is_automated"]
    subjects = frozenset(people["subject_id"][told.fillna(value=False).astype(bool)])
    return Flag("automated", rule, subjects if told.notna().any() else None)


def _answer_names(design: StudyFile) -> list[str]:
    return [column.name for column in trial_columns([design]) if column.outcome and column.name not in _VERDICTS]


def _whose(rows: pd.DataFrame, shows: Callable[[pd.DataFrame], bool]) -> frozenset[str]:
    """The participants whose rows show a sign."""
    return frozenset(str(subject) for subject, own in rows.groupby("subject_id") if shows(own))
