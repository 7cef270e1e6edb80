"""A design on the rich bundle in which one arm meets every kind of task, trial and channel."""

from typing import Any

from tests.designs import TEXTS, condition_fields, design_fields

SLUG = "every-task"
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
STATEMENTS = [
    {
        "name": "clear",
        "text": {"en": "The parts were clear."},
        "least_text": {"en": "not at all"},
        "most_text": {"en": "completely"},
    },
    {
        "name": "of-use",
        "text": {"en": "The parts were of use."},
        "least_text": {"en": "not at all"},
        "most_text": {"en": "completely"},
    },
]
EXPOSURE = {"dwell_ms": 200, "max_plays": 3}


def task_conditions() -> list[dict[str, Any]]:
    """One condition for each kind of task, and more for what else can differ."""
    advice = {"task": "advice", "given": "original"}
    return [
        condition_fields("sound", "relevance", name="forward"),
        condition_fields("both", "relevance", name="forward-both", given="original", given_channel="picture"),
        condition_fields("picture", "relevance", name="perceived", given="nothing", ask_perceived_label=True),
        condition_fields("picture", "relevance", name="errors", task="error-detection", picture="overlay"),
        condition_fields(
            "sound", "relevance", name="changed", task="counterfactual-simulation", changed="control", given="original"
        ),
        condition_fields("sound", "relevance", name="advised", **advice),
        condition_fields("picture", "relevance", name="rated", task="rating", exposure=EXPOSURE | {"view_ms": 500}),
        condition_fields("sound", "relevance", name="preferred", task="preference", against="other"),
        condition_fields("sound", "control", name="other"),
    ]


def every_task_fields(*, scale: str = "likert", exemplars: bool = False, **changes: Any) -> dict[str, Any]:
    """A practice, a break, then a block of one right and one wrong prediction for each condition."""
    conditions = task_conditions()
    names = [condition["name"] for condition in conditions if condition["name"] != "other"]
    rating = {"scale": scale, "statements": STATEMENTS} | ({"points": 7} if scale == "likert" else {})
    blocks: list[dict[str, Any]] = [
        {"kind": "training", "name": "practice", "conditions": ["forward"], "n_items": 2, "exemplars": exemplars},
        {"kind": "break", "name": "rest", "text": {"en": "Take a *short* rest."}, "least_s": 0},
        *(
            {"kind": "main", "name": f"block-{name}", "conditions": [name], "n_right": 1, "n_wrong": 1}
            for name in names
        ),
    ]
    blocks[3]["repeats"] = blocks[2]["name"]  # what the primary contrast compares is compared on the same stimuli
    blocks[-1]["n_attention"] = 1
    primary = {"name": "a contrast of the test", "weights": {"forward": 1.0, "forward-both": -1.0}, "among": "wrong"}
    fields = design_fields(
        study={"slug": SLUG, "title": "Every task", "bundle": "rich"},
        texts={"en": TEXTS | {"labels": {str(number): word for number, word in enumerate(WORDS)}}},
        conditions=conditions,
        arms=[{"name": "everyone", "conditions": names}],
        blocks=blocks,
        exposure=EXPOSURE,
        exposure_differs_because="one condition of the test takes its picture away",
        tasks={"rating": rating},
        analysis={"estimand": "nothing", "primary": primary},
    )
    return fields | changes
