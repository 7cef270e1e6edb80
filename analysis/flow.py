"""The participant flow (CONSORT in form), counted from the times of enrolments."""

from dataclasses import dataclass

import pandas as pd

from analysis.exclusions import deciding_stage
from analysis.load import Dataset


@dataclass(frozen=True)
class FlowStep:
    """How many reached one step.

    Parameters
    ----------
    name : str
        What was reached.
    n : int
        How many participants.
    by_arm : dict of str to int, or None
        The same per arm; None before allocation.
    """

    name: str
    n: int
    by_arm: dict[str, int] | None


def count_flow(dataset: Dataset) -> list[FlowStep]:
    """The steps from consent to the completion code, in order; only enrolments of the deciding stage are counted."""
    people = dataset.participants[dataset.participants["stage"] == deciding_stage(dataset)]
    arms = [arm.name for arm in dataset.protocol.design.arms]
    reached = {
        "Gave consent": people["consented_at"].notna(),
        "Passed the sound check": people["sound_checked_at"].notna(),
        "Allocated": people["allocated_at"].notna(),
        "Completed the training": people["training_completed_at"].notna(),
        "Answered a main trial": people["n_main_answered"] > 0,
        "Completed every trial": people["completed_at"].notna(),
    }
    return [
        FlowStep(
            name=name,
            n=int(flags.sum()),
            by_arm=None if place < 2 else _by_arm(people["arm"][flags.astype(bool)], arms=arms),
        )
        for place, (name, flags) in enumerate(reached.items())
    ]


def _by_arm(arm_of: "pd.Series[str]", *, arms: list[str]) -> dict[str, int]:
    return {arm: int((arm_of == arm).sum()) for arm in arms}
