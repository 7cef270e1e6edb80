"""Who is analysed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.exclusions import find_exclusions, select_analysed
from analysis.load import load_dataset
from earshot.dataset import PARTICIPANTS_FILE, TRIALS_FILE
from earshot.files import write_zip


def test_dropouts_stay_and_those_without_a_main_answer_are_counted(study_zip: Callable[..., Path]) -> None:
    dataset = load_dataset(study_zip(n_participants=8, dropouts=(1,), never_started=(0, 2), refused=3))
    analysed = select_analysed(dataset)
    arms = dataset.participants.set_index("subject_id")["arm"]
    never = [arms["p0000"], arms["p0002"]]
    assert {arm.arm: arm.n_without_main_answer for arm in analysed.arms} == {
        name: never.count(name) for name in ("seen", "heard")
    }
    assert sum(arm.n_allocated for arm in analysed.arms) == 8
    assert analysed.trials["subject_id"].nunique() == 6
    assert (analysed.trials["subject_id"] == "p0001").sum() == 5
    assert (analysed.trials["kind"] == "main").all()
    assert analysed.trials["correct"].dtype == bool


def test_presented_trials_keep_training_and_the_unanswered_ones(study_zip: Callable[..., Path]) -> None:
    analysed = select_analysed(load_dataset(study_zip(n_participants=8, dropouts=(1,))))
    own = analysed.presented[analysed.presented["subject_id"] == "p0001"]
    assert own["kind"].value_counts().to_dict() == {"main": 24, "training": 4}


def test_pilot_enrolments_of_a_closed_study_are_left_out(
    study_files: Callable[..., dict[str, bytes]], seal: Callable[[dict[str, bytes]], dict[str, bytes]], tmp_path: Path
) -> None:
    members = study_files(n_participants=8, stage="closed", row_stage="running")
    for table in (TRIALS_FILE, PARTICIPANTS_FILE):
        lines = members[table].decode().splitlines(keepends=True)
        members[table] = "".join(
            line.replace("running", "pilot") if line.startswith("p0003") else line for line in lines
        ).encode()
    write_zip(tmp_path / "x.zip", members=seal(members))
    analysed = select_analysed(load_dataset(tmp_path / "x.zip"))
    assert analysed.n_pilot_left_out == 1
    assert "p0003" not in set(analysed.trials["subject_id"])
    assert sum(arm.n_allocated for arm in analysed.arms) == 7


def test_a_monitoring_export_gives_neither_trials_nor_arms(study_zip: Callable[..., Path]) -> None:
    analysed = select_analysed(
        load_dataset(study_zip(n_participants=8, stage="running", row_stage="running", monitoring=True))
    )
    assert analysed.arms == ()
    assert isinstance(analysed.trials, pd.DataFrame)
    assert analysed.trials.empty


def planned(**sections: Any) -> dict[str, Any]:
    """A small study with rules and attention trials, some of which its participants fail."""
    blocks = [
        {"kind": "training", "name": "practice", "n_items": 4, "pass_mark": 0.6},
        {"kind": "main", "name": "main", "n_right": 12, "n_wrong": 12, "n_attention": 3},
    ]
    return {"n_participants": 12, "design": json.dumps({"blocks": blocks} | sections), "dropouts": (2, 5)}


def test_each_declared_rule_finds_whom_it_leaves_out(study_zip: Callable[..., Path]) -> None:
    rules = [
        {"rule": "incomplete"},
        {"rule": "attention", "most_failed": 0},
        {"rule": "fast", "least_ms": 2000, "most_share": 0.1},
        {"rule": "fast", "least_ms": 3000, "most_share": 0.1},
        {"rule": "training", "block": "practice"},
    ]
    dataset = load_dataset(study_zip(**planned(exclusions=rules)))
    analysed = select_analysed(dataset)
    found = find_exclusions(analysed, design=dataset.protocol.design)
    incomplete, attention, fast, slow, training = (exclusion.subjects for exclusion in found)
    assert incomplete == {"p0002", "p0005"}
    # everybody took 2,100 ms
    assert not fast
    assert slow == set(analysed.trials["subject_id"])
    trials = dataset.trials
    failed = trials[(trials["kind"] == "attention") & (trials["answer"] != trials["instructed_label"])]
    assert attention == set(failed.loc[failed["answer"].notna(), "subject_id"])
    assert attention
    hits = trials[trials["kind"] == "training"].groupby("subject_id")["correct"].sum()
    # 0.6 of 4 trials: at least 3
    assert training == set(hits[hits < 3].index)
    assert 0 < len(training) < 12


def test_attention_trials_are_not_analysed(study_zip: Callable[..., Path]) -> None:
    analysed = select_analysed(load_dataset(study_zip(**planned())))
    assert set(analysed.trials["kind"]) == {"main"}
    assert analysed.trials["correct"].dtype == bool
