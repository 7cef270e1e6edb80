"""The participant flow (CONSORT in form), counted from the times of enrolments."""

from dataclasses import dataclass

import pandas as pd

from analysis.exclusions import is_deciding
from analysis.load import Dataset

_BEFORE_ALLOCATION = ("Gave consent", "Passed the screens", "Passed the sound check", "Passed the headphone check")
# Reasons to go no further that come after the screens: the headphone check, and that every place was taken.
_AFTER_SCREENS = ("headphones", "full")


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
        The same per arm; None before allocation, and in a monitoring export, which tells no arms.
    """

    name: str
    n: int
    by_arm: dict[str, int] | None


def count_flow(dataset: Dataset) -> list[FlowStep]:
    """The steps from consent to the completion code, in order; only enrolments of the deciding stage and version."""
    people = dataset.participants[is_deciding(dataset.participants, dataset=dataset)]
    arms = None if dataset.provenance.monitoring else [arm.name for arm in dataset.protocol.design.arms]
    return [
        FlowStep(
            name=name,
            n=int(flags.sum()),
            by_arm=None
            if arms is None or name in _BEFORE_ALLOCATION
            else _by_arm(people["arm"][flags.astype(bool)], arms=arms),
        )
        for name, flags in _steps(people).items()
    ]


def _steps(people: pd.DataFrame) -> dict[str, "pd.Series[bool]"]:
    """Who reached each step; screens only where there were any, and nothing that a monitoring export lacks."""
    steps = {"Gave consent": people["consented_at"].notna()}
    if people["screened_at"].notna().any():
        steps["Passed the screens"] = people["screened_at"].notna() & (
            people["screened_out"].isna() | people["screened_out"].isin(_AFTER_SCREENS)
        )
    steps["Passed the sound check"] = people["sound_checked_at"].notna()
    if people["headphones_right"].notna().any():
        steps["Passed the headphone check"] = people["headphones_checked_at"].notna()
    steps["Allocated"] = people["allocated_at"].notna()
    if "training_completed_at" in people:
        steps["Completed the training"] = people["training_completed_at"].notna()
        steps["Answered a main trial"] = people["n_main_answered"] > 0
    steps["Completed every trial"] = people["completed_at"].notna()
    if people["released_at"].notna().any():
        steps["Place given up"] = people["released_at"].notna()
    if people["withdrawn_at"].notna().any():
        steps["Withdrew"] = people["withdrawn_at"].notna()
    if (people["withdrawal"] == "delete").any():
        steps["Withdrew, answers deleted"] = people["withdrawal"] == "delete"
    return steps


def _by_arm(arm_of: "pd.Series[str]", *, arms: list[str]) -> dict[str, int]:
    return {arm: int((arm_of == arm).sum()) for arm in arms}
