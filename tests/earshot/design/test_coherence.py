"""Designs whose parts do not fit each other: each fault is named with what was allowed."""

from typing import Any

import pytest

from earshot.design.study_file import parse_study
from earshot.errors import StudyError
from tests.designs import condition_fields, design_fields, make_design


def main_block(**changes: Any) -> dict[str, Any]:
    return {"kind": "main", "name": "main", "n_right": 2, "n_wrong": 2} | changes


def training_block(**changes: Any) -> dict[str, Any]:
    return {"kind": "training", "name": "practice", "n_items": 2} | changes


def refuse(sentence: str, **changes: Any) -> None:
    with pytest.raises(StudyError, match=sentence):
        make_design(**changes)


def question(name: str, *, when: str = "before", **more: Any) -> dict[str, Any]:
    options = [{"value": value, "text": {"en": value}} for value in ("yes", "no")]
    item = {"kind": "single", "name": "plays", "text": {"en": "Do you play?"}, "options": options, **more}
    return {"name": name, "title": {"en": "Music"}, "when": when, "items": [item]}


@pytest.mark.parametrize("section", ["arms", "conditions", "blocks"])
def test_two_of_a_name(section: str) -> None:
    fields = design_fields()
    refuse(r"twice; give each (arm|condition|block) a name of its own", **{section: [*fields[section]] * 2})


def test_arm_with_an_unknown_condition() -> None:
    refuse("arm 'seen' has the condition 'felt'; the design has", arms=[{"name": "seen", "conditions": ["felt"]}])


def test_condition_in_no_arm() -> None:
    refuse(
        "'picture-none' is in no arm", conditions=[*design_fields()["conditions"], condition_fields("picture", "none")]
    )


def test_weight_of_zero() -> None:
    refuse("weight", arms=[{"name": "seen", "weight": 0, "conditions": ["picture-relevance"]}])


def test_quotas_below_what_is_planned() -> None:
    arms = [dict(arm, quota=10) for arm in design_fields()["arms"]]
    refuse("quotas sum to 20, and 60 participants are planned", arms=arms)


def test_block_with_numbers_that_conditions_cannot_share() -> None:
    refuse("has n_right 3, and arm 'seen' has 2 conditions", blocks=[main_block(n_right=3, n_wrong=3)])


def test_block_with_an_unknown_condition() -> None:
    refuse("block 'main' has the condition 'felt'", blocks=[main_block(conditions=["felt"])])


def test_blocks_with_other_shares_of_wrong_predictions() -> None:
    blocks = [main_block(), main_block(name="later", n_right=4)]
    refuse("33%, 50% wrong predictions; give all the same share", blocks=blocks)


def test_no_main_block() -> None:
    refuse("no block of kind 'main'", blocks=[training_block()])


def test_training_that_an_arm_does_not_meet() -> None:
    blocks = [training_block(conditions=["sound-relevance"]), main_block()]
    refuse("arm 'seen' has no condition in training block 'practice'", blocks=blocks)


def test_block_that_repeats_none() -> None:
    refuse("repeats 'early'; the design has none", blocks=[main_block(repeats="early")])


def test_block_that_repeats_other_numbers() -> None:
    blocks = [main_block(), main_block(name="again", n_right=4, n_wrong=4, repeats="main")]
    refuse("repeats 'main' but has other numbers", blocks=blocks)


def test_block_that_repeats_one_that_an_arm_does_not_meet() -> None:
    blocks = [main_block(conditions=["sound-relevance", "sound-control"]), main_block(name="again", repeats="main")]
    refuse("arm 'seen' has 2 conditions in block 'again' and 0 in 'main'", blocks=blocks)


def test_block_that_repeats_a_repeating_one() -> None:
    blocks = [main_block(), main_block(name="again", repeats="main"), main_block(name="thrice", repeats="again")]
    refuse("which repeats 'main' itself; name that one", blocks=blocks)


def test_pool_that_is_no_multiple() -> None:
    refuse("pool_right 5 and n_right 2", blocks=[main_block(pool_right=5)])


def test_two_networks_in_one_block_of_an_arm() -> None:
    conditions = design_fields()["conditions"]
    conditions[0]["network"] = "other"
    refuse("arm 'seen' meets several networks", conditions=conditions)


@pytest.mark.parametrize("exposure", [{"dwell_ms": 1000}, {"max_plays": 20}, {"view_ms": 900}])
def test_exposure_that_differs_without_a_reason(exposure: dict[str, int]) -> None:
    conditions = design_fields()["conditions"]
    conditions[0]["exposure"] = exposure
    refuse("conditions differ in their exposure", conditions=conditions)
    make_design(conditions=conditions, exposure_differs_because="a declared reason")


def test_preference_against_another_channel() -> None:
    conditions = design_fields()["conditions"]
    conditions[0] |= {"task": "preference", "against": "sound-control"}
    refuse("compared against 'sound-control'; name another condition of the channel 'picture'", conditions=conditions)


@pytest.mark.parametrize("task", ["preference", "counterfactual-simulation"])
def test_task_without_what_it_needs(task: str) -> None:
    conditions = design_fields()["conditions"]
    conditions[0]["task"] = task
    refuse("that task needs it", conditions=conditions)


def test_rating_without_statements() -> None:
    conditions = design_fields()["conditions"]
    conditions[0]["task"] = "rating"
    refuse(r"in \[tasks\.rating\]", conditions=conditions)


def test_whole_clip_with_a_method() -> None:
    conditions = design_fields()["conditions"]
    conditions[0] |= {"mask": "none", "method": "lrp"}
    refuse("shows the whole clip", conditions=conditions)


def test_questionnaire_at_a_block_that_is_not_placed() -> None:
    refuse("no block places it", questionnaires=[question("music", when="block")])


def test_block_with_a_questionnaire_that_comes_elsewhere() -> None:
    blocks = [main_block(), {"kind": "questionnaire", "name": "ask", "questionnaire": "music"}]
    refuse("places the questionnaire 'music'", blocks=blocks, questionnaires=[question("music")])


def test_strata_that_nobody_is_asked() -> None:
    allocation = {"method": "stratified-permuted-blocks", "strata": ["music-plays"]}
    refuse("allocation.strata has 'music-plays'; the design has none", allocation=allocation)
    make_design(allocation=allocation, questionnaires=[question("music")])


def test_strata_that_not_everybody_answers() -> None:
    allocation = {"method": "stratified-permuted-blocks", "strata": ["music-plays"]}
    refuse("required", allocation=allocation, questionnaires=[question("music", required=False)])


def test_contrast_of_an_unknown_condition() -> None:
    primary = {"name": "x", "weights": {"felt": 1, "sound-control": -1}}
    refuse("weighs the condition 'felt'", analysis={"estimand": "x", "primary": primary})


def test_contrast_that_compares_nothing() -> None:
    primary = {"name": "x", "weights": {"sound-relevance": 1, "sound-control": 1}}
    refuse("sum to 2", analysis={"estimand": "x", "primary": primary})


def test_contrast_among_predictions_that_no_block_has() -> None:
    blocks = [main_block(n_wrong=0, n_right=4)]
    refuse("among wrong predictions, and no block has any", blocks=blocks)


def test_contrast_among_all_without_its_weight() -> None:
    primary = {"name": "x", "weights": {"sound-relevance": 1, "sound-control": -1}, "among": "all"}
    refuse("right_weight belongs to 'all'", analysis={"estimand": "x", "primary": primary})


def test_looks_out_of_order() -> None:
    analysis = design_fields()["analysis"] | {"looks": {"information": [0.5, 0.3]}}
    refuse("rising shares", analysis=analysis)


@pytest.mark.parametrize("rule", [{"rule": "attention"}, {"rule": "training", "block": "practice"}])
def test_exclusion_by_what_the_study_does_not_have(rule: dict[str, Any]) -> None:
    refuse("exclusion", exclusions=[rule])


def test_text_in_a_language_that_the_study_does_not_speak() -> None:
    fields = design_fields()
    fields["texts"] = {"de": fields["texts"]["en"]}
    with pytest.raises(StudyError, match="texts"):
        parse_study(fields, place="x")
