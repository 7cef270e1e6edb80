"""A design in words."""

from pathlib import Path

from analysis.design_words import describe_design
from analysis.load import load_dataset
from earshot.protocol import Protocol
from tests.designs import make_design

PART_1 = Path(__file__).parents[2] / "fixtures/part1/export.zip"


def make_protocol(**changes: object) -> Protocol:
    return Protocol(
        version=1,
        design=make_design(**changes),
        bundle_sha256="a" * 64,
        allocation_seed_sha256="b" * 64,
        plan=[],
        model="",
    )


def test_conditions_session_and_contrast_are_said() -> None:
    blocks = [
        {"kind": "training", "name": "practice", "n_items": 2},
        {"kind": "break", "name": "rest", "text": {"en": "Rest."}},
        {"kind": "main", "name": "main", "n_right": 2, "n_wrong": 4, "n_attention": 1},
    ]
    facts = describe_design(make_protocol(blocks=blocks))
    assert facts["Condition sound-control"] == (
        "the original given beforehand, with the spoken word named, mask control, heard as a sound"
    )
    assert facts["Session"] == (
        "practice: 2 of training with feedback (never analysed), then a break (rest), then main: 4 wrong and 2 right "
        "predictions and 1 for attention, conditions mixed"
    )
    assert facts["Declared primary contrast"].endswith("among wrong predictions; two-sided, alpha 0.05")
    assert facts["Planned"].startswith("60 participants. ")
    assert facts["Exposure"].startswith("the same in all arms: answering opens 4000 ms after")


def test_a_protocol_of_an_older_earshot_tells_no_planned_number() -> None:
    facts = describe_design(load_dataset(PART_1).protocol)
    assert "Planned" not in facts
    assert facts["Frozen by"] == "an older Earshot (protocol format 1)"
