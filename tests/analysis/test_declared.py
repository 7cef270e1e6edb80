"""Which declared contrasts are estimated, and what the others cannot tell apart."""

from typing import Any

import pytest

from analysis.declared import describe_limits, find_unsupported
from tests.designs import condition_fields, design_fields, make_design

CHANNELS = ("picture", "sound")


def analysis(weights: dict[str, float], **more: Any) -> dict[str, Any]:
    return {"estimand": "e", "primary": {"name": "p", "weights": weights, **more}}


def default_weights() -> dict[str, float]:
    weights: dict[str, float] = design_fields()["analysis"]["primary"]["weights"]
    return weights


PLAIN = {
    "conditions": [condition_fields(channel, "relevance", given="nothing") for channel in CHANNELS],
    "arms": [{"name": channel, "conditions": [f"{channel}-relevance"]} for channel in CHANNELS],
    "analysis": analysis({"sound-relevance": 1.0, "picture-relevance": -1.0}),
}


def test_the_default_study_is_estimated() -> None:
    assert find_unsupported(make_design()) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (PLAIN, "its conditions are not those of picture or sound by relevance or its rolled control"),
        (
            {
                "conditions": [
                    condition_fields(channel, mask, task="error-detection")
                    for channel in CHANNELS
                    for mask in ("relevance", "control")
                ]
            },
            "its task is error-detection, not forward simulation",
        ),
        (
            {
                "arms": [{"name": "all", "conditions": list(default_weights())}],
                "blocks": [{"kind": "main", "name": "main", "n_right": 4, "n_wrong": 4}],
            },
            "its channel varies within participants of arm 'all'",
        ),
        ({"analysis": analysis(default_weights(), among="right")}, "it is declared among right predictions"),
        (
            {"analysis": analysis({"sound-relevance": 1.0, "sound-control": -1.0})},
            "its weights are not those of a difference of differences",
        ),
        (
            {"analysis": analysis({name: -weight for name, weight in default_weights().items()})},
            "its weights are not those of a difference of differences",
        ),
    ],
)
def test_another_contrast_is_not_estimated_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    assert find_unsupported(make_design(**changes)).startswith(reason)


def test_the_plain_comparison_of_channels_says_what_it_cannot_tell_apart() -> None:
    channel, given = describe_limits(make_design(**PLAIN))
    assert "cannot tell the channel of an explanation apart from what is recognised through it" in channel
    assert "Not all compared trials name the spoken word" in given


def test_a_difference_of_differences_has_no_such_limit() -> None:
    assert describe_limits(make_design()) == []


def test_conditions_that_differ_in_two_ways_are_named() -> None:
    changes = {"analysis": analysis({"sound-relevance": 1.0, "picture-control": -1.0})}
    both, _ = describe_limits(make_design(**changes))
    assert both.startswith("The compared conditions differ in the channel and what is rendered at once")
