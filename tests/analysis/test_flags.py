"""Signs of careless or automated answers."""

from typing import Any

import pandas as pd
import pytest

from analysis.exclusions import AnalysisSet
from analysis.flags import LONGEST_RUN, TOO_FAST_MS, Flag, find_flags, longest_run
from tests.designs import make_design

N_TRIALS = 10


def answered(subject: str, **changes: Any) -> pd.DataFrame:
    """Ten answered main trials of somebody who gives no sign."""
    own = {
        "subject_id": subject,
        "kind": "main",
        "task": "forward-simulation",
        "trial_index": range(N_TRIALS),
        "rt": 1500,
        "answer": [str(index % 3) for index in range(N_TRIALS)],
        "confidence": 70,
        "correct": True,
        "n_hidden": 0,
        "n_unfocused": 0,
        "answered_at": pd.Timestamp("2024-05-01", tz="UTC"),
    }
    counts = {"rt": "Int64", "n_hidden": "Int64", "n_unfocused": "Int64"}
    return pd.DataFrame(own | changes).astype(counts)


def flagged(*people: pd.DataFrame, attention: pd.DataFrame | None = None, **automated: bool | None) -> dict[str, Flag]:
    """The flags by name; keywords say of whom the browser said that a program drives it."""
    trials = pd.concat(people, ignore_index=True)
    presented = trials if attention is None else pd.concat([trials, attention], ignore_index=True)
    names = sorted(set(trials["subject_id"]))
    participants = pd.DataFrame(
        {
            "subject_id": [*names, "gone"],
            "is_automated": pd.array([*(automated.get(name) for name in names), True], dtype="boolean"),
        }
    )
    analysed = AnalysisSet(trials=trials, presented=presented, arms=(), n_pilot_left_out=0, n_other_version_left_out=0)
    return {flag.name: flag for flag in find_flags(analysed, participants=participants, design=make_design())}


def named(flag: Flag) -> list[str]:
    """Whom it names, where the dataset tells."""
    assert flag.subjects is not None
    return sorted(flag.subjects)


def test_who_answers_with_care_is_named_by_nothing() -> None:
    flags = flagged(answered("ana"), ana=False)
    assert {name: flag.subjects for name, flag in flags.items()} == dict.fromkeys(
        ("too fast", "straight-lining", "looked elsewhere", "automated"), frozenset()
    )


@pytest.mark.parametrize(("n_fast", "is_named"), [(2, False), (3, True)])
def test_too_fast_is_more_than_a_fifth_of_the_answers(n_fast: int, is_named: bool) -> None:
    rt_ms = [TOO_FAST_MS - 1] * n_fast + [TOO_FAST_MS] * (N_TRIALS - n_fast)
    assert named(flagged(answered("ana", rt=rt_ms), answered("ben"))["too fast"]) == ["ana"] * is_named


@pytest.mark.parametrize(("n_same", "is_named"), [(LONGEST_RUN - 1, False), (LONGEST_RUN, True)])
def test_straight_lining_is_one_answer_with_one_confidence_many_times_running(n_same: int, is_named: bool) -> None:
    answers = ["7"] * n_same + [str(index) for index in range(N_TRIALS - n_same)]
    assert bool(flagged(answered("ana", answer=answers))["straight-lining"].subjects) is is_named
    varied = answered("ana", answer=answers, confidence=[10 + 10 * (index % 2) for index in range(N_TRIALS)])
    assert named(flagged(varied)["straight-lining"]) == []


def test_runs_are_counted_in_the_order_of_the_trials_and_within_a_task() -> None:
    answers = ["7"] * LONGEST_RUN + ["1", "2"]
    shuffled = answered("ana", answer=answers).sample(frac=1.0, random_state=1)
    assert named(flagged(shuffled)["straight-lining"]) == ["ana"]
    tasks = ["forward-simulation"] * 4 + ["advice"] * (N_TRIALS - 4)
    assert named(flagged(answered("ana", answer=answers, task=tasks))["straight-lining"]) == []


@pytest.mark.parametrize(
    ("answers", "expected"), [("", 0), ("a", 1), ("abab", 1), ("abbba", 3), ("aab", 2), ("baa", 2)]
)
def test_longest_run_is_counted(answers: str, expected: int) -> None:
    assert longest_run(list(answers)) == expected


def test_who_looked_elsewhere_in_many_trials_is_named() -> None:
    hidden = [1, 0] + [0] * (N_TRIALS - 2)
    unfocused = [0, 1, 3] + [0] * (N_TRIALS - 3)
    flags = flagged(answered("ana", n_hidden=hidden, n_unfocused=unfocused), answered("ben", n_unfocused=hidden))
    assert named(flags["looked elsewhere"]) == ["ana"]


def test_what_was_not_recorded_names_nobody_and_says_so() -> None:
    flags = flagged(answered("ana", n_hidden=None, n_unfocused=None), ana=None)
    assert flags["looked elsewhere"].subjects is None
    assert flags["automated"].subjects is None


def test_a_browser_driven_by_a_program_is_named_where_it_is_analysed() -> None:
    assert named(flagged(answered("ana"), answered("ben"), ana=True, ben=False)["automated"]) == ["ana"]


def test_a_failed_attention_trial_is_named_and_an_unanswered_one_is_not() -> None:
    attention = [
        answered("ana", kind="attention", correct=False),
        answered("ben", kind="attention", correct=True),
        answered("cleo", kind="attention", correct=None, answered_at=None),
    ]
    flags = flagged(answered("ana"), answered("ben"), answered("cleo"), attention=pd.concat(attention))
    assert named(flags["inattentive"]) == ["ana"]


def test_a_monitoring_export_shows_no_sign() -> None:
    empty = AnalysisSet(pd.DataFrame(), pd.DataFrame(), arms=(), n_pilot_left_out=0, n_other_version_left_out=0)
    assert find_flags(empty, participants=pd.DataFrame(), design=make_design()) == []
