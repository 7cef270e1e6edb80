"""The study file: what it holds, and that older ones keep loading."""

from pathlib import Path
from typing import Any

import pytest

from earshot.design.conditions import factorial
from earshot.design.study_file import parse_study, read_study
from earshot.errors import StudyError
from tests.designs import design_fields, make_design

STUDIES = Path(__file__).parents[3] / "fixtures/studies"


def test_design_is_the_same_when_its_own_fields_are_parsed() -> None:
    design = make_design()
    assert parse_study(design.model_dump(mode="json"), place="again") == design


def test_arms_and_blocks_tell_what_a_participant_meets() -> None:
    design = make_design()
    heard = design.arm("heard")
    assert [one.name for one in design.conditions_of(heard, block=design.trial_blocks[1])] == heard.conditions
    assert design.n_trials(heard) == 6
    assert (design.n_planned, design.quota(heard)) == (60, 30)


def test_attention_trials_count_as_trials() -> None:
    blocks = [{"kind": "main", "name": "main", "n_right": 2, "n_wrong": 2, "n_attention": 2}]
    design = make_design(blocks=blocks)
    assert design.n_trials(design.arms[0]) == 6


def test_file_of_format_1_keeps_loading() -> None:
    design = read_study(STUDIES / "format_1.toml")
    assert [arm.conditions for arm in design.arms] == [
        ["picture-relevance", "picture-control"],
        ["sound-relevance", "sound-control"],
    ]
    assert [(block.kind, block.name) for block in design.blocks] == [("training", "practice"), ("main", "main")]
    assert design.analysis.primary.weights == {
        "sound-relevance": 1,
        "sound-control": -1,
        "picture-relevance": -1,
        "picture-control": 1,
    }
    assert design.study.languages == ("en",)


def test_file_of_format_1_that_does_not_fit_names_its_fault() -> None:
    with pytest.raises(StudyError, match=r"study file format 1.*arms"):
        parse_study({"study": {"slug": "digits", "title": "D", "bundle": "tiny"}}, place="old.toml")


def test_file_of_a_newer_format_is_refused() -> None:
    with pytest.raises(StudyError, match="study file format 3; this Earshot reads up to 2: install a newer one"):
        parse_study(design_fields(format_version=3), place="new.toml")


def test_unknown_key_is_named() -> None:
    with pytest.raises(StudyError, match="wieght"):
        parse_study(design_fields(wieght=2), place="x.toml")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"gone\.toml is missing"):
        read_study(tmp_path / "gone.toml")


@pytest.mark.parametrize(
    ("what", "name"), [("arm", "felt"), ("condition", "felt"), ("block", "felt"), ("questionnaire", "felt")]
)
def test_unknown_names_are_refused_with_the_known_ones(what: str, name: str) -> None:
    with pytest.raises(StudyError, match=f"{what} is 'felt'; this study has"):
        getattr(make_design(), what)(name)


def test_expertise_is_asked_before_unless_left_out() -> None:
    fields = design_fields()
    del fields["expertise"]
    design = parse_study(fields, place="x")
    assert [one.name for one in design.questionnaires_at("before")] == ["expertise"]
    assert make_design().every_questionnaire == []


def test_factorial_makes_an_arm_for_each_combination_between() -> None:
    arms, conditions = factorial(
        between={"channel": ["picture", "sound"], "given": ["nothing", "original"]},
        within={"mask": ["relevance", "control"]},
        task="error-detection",
    )
    assert [arm.name for arm in arms] == ["picture-nothing", "picture-original", "sound-nothing", "sound-original"]
    assert arms[1].conditions == ["picture-original-relevance", "picture-original-control"]
    assert {condition.task for condition in conditions} == {"error-detection"}
    assert len(conditions) == 8


def test_factorial_within_alone_gives_everyone_all_conditions() -> None:
    arms, _ = factorial(between={}, within={"mask": ["relevance", "control"]}, channel="sound")
    assert [(arm.name, arm.conditions) for arm in arms] == [("everyone", ["relevance", "control"])]


@pytest.mark.parametrize(
    "power",
    [{"power": 0.9}, {"power": 0.9, "effect_log_odds": 1.0, "basis": "x", "missing_because": "y"}, {}],
)
def test_half_a_power_figure_is_refused(power: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match="missing_because alone"):
        make_design(recruitment={"power": power})
