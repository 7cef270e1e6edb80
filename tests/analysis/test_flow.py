"""The participant flow."""

from collections.abc import Callable
from pathlib import Path

from analysis.flow import count_flow
from analysis.load import load_dataset


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
