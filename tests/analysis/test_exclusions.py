"""Who is analysed."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from analysis.exclusions import select_analysed
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
    assert (analysed.trials["phase"] == "main").all()
    assert analysed.trials["correct"].dtype == bool


def test_presented_trials_keep_training_and_the_unanswered_ones(study_zip: Callable[..., Path]) -> None:
    analysed = select_analysed(load_dataset(study_zip(n_participants=8, dropouts=(1,))))
    own = analysed.presented[analysed.presented["subject_id"] == "p0001"]
    assert own["phase"].value_counts().to_dict() == {"main": 24, "training": 4}


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


def test_a_monitoring_export_gives_counts_and_no_trials(study_zip: Callable[..., Path]) -> None:
    analysed = select_analysed(
        load_dataset(study_zip(n_participants=8, stage="running", row_stage="running", monitoring=True))
    )
    assert sum(arm.n_analysed for arm in analysed.arms) == 8
    assert isinstance(analysed.trials, pd.DataFrame)
    assert analysed.trials.empty
