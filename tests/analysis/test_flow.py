"""The participant flow."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from analysis.flow import count_flow
from analysis.load import load_dataset
from earshot.dataset import PARTICIPANTS_FILE


def test_each_step_is_counted_per_arm(study_zip: Callable[..., Path]) -> None:
    dataset = load_dataset(study_zip(n_participants=8, dropouts=(1,), never_started=(0, 2), refused=3))
    steps = {step.name: step for step in count_flow(dataset)}
    assert {name: step.n for name, step in steps.items()} == {
        "Gave consent": 11,
        "Passed the sound check": 8,
        "Allocated": 8,
        "Completed the training": 6,
        "Answered a main trial": 6,
        "Completed every trial": 5,
    }
    assert steps["Gave consent"].by_arm is None
    assert steps["Allocated"].by_arm == {"seen": 4, "heard": 4}
    assert sum((steps["Completed every trial"].by_arm or {}).values()) == 5


def test_screens_and_the_headphone_check_are_steps_where_a_study_has_them(study_zip: Callable[..., Path]) -> None:
    dataset = load_dataset(study_zip(n_participants=8, refused=3))
    people = dataset.participants.copy()
    allocated = people["allocated_at"].notna()
    people.loc[allocated, ["screened_at", "headphones_checked_at"]] = people["allocated_at"]
    people.loc[allocated, "headphones_right"] = 6
    turned_away = people.index[~allocated][:2]
    people.loc[turned_away, "screened_at"] = people["consented_at"]
    people.loc[turned_away, "screened_out"] = ["headphones", "hearing"]
    people.loc[turned_away[:1], "headphones_right"] = 3
    people.loc[turned_away[:1], "sound_checked_at"] = people["consented_at"]
    steps = {
        step.name: step for step in count_flow(replace(dataset, tables={**dataset.tables, PARTICIPANTS_FILE: people}))
    }
    beforehand = (
        "Gave consent",
        "Passed the screens",
        "Passed the sound check",
        "Passed the headphone check",
        "Allocated",
    )
    assert [(name, steps[name].n) for name in beforehand] == list(zip(beforehand, (11, 9, 9, 8, 8), strict=True))
    assert steps["Passed the headphone check"].by_arm is None


def test_who_withdrew_is_counted_with_those_whose_answers_were_deleted(study_zip: Callable[..., Path]) -> None:
    dataset = load_dataset(study_zip(n_participants=8))
    people = dataset.participants.copy()
    people.loc[people.index[:3], "withdrawn_at"] = people["allocated_at"]
    people["withdrawal"] = ["keep", "keep", "delete", *[None] * 5]
    tables = {**dataset.tables, PARTICIPANTS_FILE: people}
    steps = {step.name: step.n for step in count_flow(replace(dataset, tables=tables))}
    assert (steps["Withdrew"], steps["Withdrew, answers deleted"]) == (3, 1)
    assert not {"Withdrew", "Withdrew, answers deleted"} & {step.name for step in count_flow(dataset)}
