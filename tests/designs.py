"""Designs of tests: the fields of a study file of the newest format, to be changed and parsed."""

from copy import deepcopy
from typing import Any

from earshot.design.study_file import StudyFile, parse_study
from earshot.design.upgrade import difference_of_differences

TEXTS = {
    "information": "You will hear **digits**.\n\nIt takes some minutes.",
    "consent": "I take part of my own will.",
    "debrief": "Thank you.",
    "contact": "study@example.org",
    "labels": {"0": "zero", "1": "one", "2": "two"},
}


def condition_fields(channel: str, mask: str, **more: Any) -> dict[str, Any]:
    """A condition named by its channel and mask."""
    return {"name": f"{channel}-{mask}", "channel": channel, "mask": mask, **more}


def design_fields(**changes: Any) -> dict[str, Any]:
    """Channel between, mask within, on the tiny bundle; `changes` replace whole sections."""
    fields: dict[str, Any] = {
        "format_version": 2,
        "study": {"slug": "digits", "title": "Which digit did the computer hear?", "bundle": "tiny"},
        "texts": {"en": TEXTS},
        "conditions": [
            condition_fields(channel, mask) for channel in ("picture", "sound") for mask in ("relevance", "control")
        ],
        "arms": [
            {"name": "seen", "conditions": ["picture-relevance", "picture-control"]},
            {"name": "heard", "conditions": ["sound-relevance", "sound-control"]},
        ],
        "blocks": [
            {"kind": "training", "name": "practice", "n_items": 2},
            {"kind": "main", "name": "main", "n_right": 2, "n_wrong": 2},
        ],
        "expertise": False,
        "recruitment": {"n_per_arm": 30, "power": {"missing_because": "a test"}},
        "analysis": {"estimand": "what relevance adds", "primary": difference_of_differences()},
    }
    return deepcopy(fields | changes)


def make_design(**changes: Any) -> StudyFile:
    """The design of `design_fields`, parsed."""
    return parse_study(design_fields(**changes), place="the test's design")
