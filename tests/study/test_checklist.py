from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from earshot.errors import StudyError
from study.checklist import CheckItem, checklist, pilot_checklist
from study.models import Bundle, Study
from study.services.allocations import enrolment_release
from study.services.bundles import bundle_load
from study.services.studies import study_amend_begin, study_create, study_launch, study_start_pilot
from tests.designs import TEXTS, condition_fields, design_fields
from tests.study.conftest import enrol
from tests.tiny_bundle import write_tiny_bundle

pytestmark = pytest.mark.django_db


def failing(study: Study) -> dict[str, CheckItem]:
    """The failing items by their code."""
    return {item.code: item for item in checklist(study) if not item.ok}


def make_draft(**changes: Any) -> Study:
    return study_create(fields=design_fields(**changes))


def test_a_whole_design_passes_every_item(bundle: Bundle) -> None:
    items = checklist(make_draft())
    codes = [item.code for item in items]
    assert codes == ["bundle", "stimuli", "sound-check", "orders", "media", "texts", "quotas", "analysis", "power"]
    assert all(item.ok for item in items)
    sentences = {item.code: item.sentence for item in items}
    assert bundle.sha256 in sentences["bundle"]
    # 2 stimuli of a kind, both met by everybody under 2 conditions in turn: a period of 2
    assert "after 2 participants of an arm each stimulus was met equally often" in sentences["orders"]
    assert sentences["media"] == "All 36 pictures and sounds are there and whole."
    assert "60 participants are planned" in sentences["quotas"]
    assert sentences["power"] == "No power figure is given: a test"


def test_a_study_without_a_draft_has_no_checklist(study: Study) -> None:
    with pytest.raises(StudyError, match="is running and has no draft to check"):
        checklist(study)


def test_a_lost_medium_is_found(bundle: Bundle, tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    folder = tmp_path / "tiny"
    write_tiny_bundle(folder)
    bundle_load(folder=folder)
    lost, cut = sorted(Path(settings.MEDIA_ROOT).iterdir())[:2]
    lost.unlink()
    cut.write_bytes(cut.read_bytes()[:20])
    item = failing(make_draft())["media"]
    assert item.sentence.startswith(f"2 of 36 media are missing or damaged in {settings.MEDIA_ROOT} ({lost.name}, ")
    assert item.link_hint == "bundles"


def test_an_impossible_order_is_found_before_the_launch(bundle: Bundle) -> None:
    order = {"longest_run_of_condition": 1, "longest_run_of_label": 1}
    blocks = [
        {"kind": "training", "name": "practice", "n_items": 2},
        {"kind": "main", "name": "main", "n_right": 2, "n_wrong": 2, "arrangement": "blocked", "order": order},
    ]
    study = make_draft(blocks=blocks)
    item = failing(study)["orders"]
    assert "longest_run_of_condition is 1" in item.sentence
    with pytest.raises(StudyError, match="longest_run_of_condition is 1"):
        study_launch(study=study)


def test_a_label_without_a_word_is_found(bundle: Bundle) -> None:
    item = failing(make_draft(texts={"en": {**TEXTS, "labels": {"0": "zero"}}}))["texts"]
    assert item.sentence == "texts.en.labels has no word for 1, 2; give every label a word."


def test_labels_may_stand_for_themselves(bundle: Bundle) -> None:
    assert failing(make_draft(texts={"en": {**TEXTS, "labels": {}}})) == {}


def test_a_quota_below_what_is_planned_is_found(bundle: Bundle) -> None:
    arms = [{**arm, "quota": quota} for arm, quota in zip(design_fields()["arms"], (20, 40), strict=True)]
    item = failing(make_draft(arms=arms))["quotas"]
    assert item.sentence.startswith("Arm 'seen' takes at most 20, and 30 are planned for it")


def test_a_missing_power_statement_holds_up_a_launch_and_no_pilot(bundle: Bundle) -> None:
    study = make_draft(recruitment={"n_per_arm": 30})
    assert list(failing(study)) == ["power"]
    assert all(item.ok for item in pilot_checklist(study))


def test_a_contrast_of_a_condition_that_only_training_holds_is_found(bundle: Bundle) -> None:
    fields = design_fields()
    channels = ("picture", "sound")
    conditions = [*fields["conditions"], *(condition_fields(channel, "none") for channel in channels)]
    arms = [
        {**arm, "conditions": [*arm["conditions"], f"{channel}-none"]}
        for arm, channel in zip(fields["arms"], channels, strict=True)
    ]
    practice, main = fields["blocks"]
    blocks = [practice, {**main, "conditions": [one["name"] for one in fields["conditions"]]}]
    primary = {"name": "a try", "weights": {"sound-none": 1.0, "picture-none": -1.0}}
    study = make_draft(
        conditions=conditions, arms=arms, blocks=blocks, analysis={"estimand": "nothing", "primary": primary}
    )
    assert "weighs the condition 'picture-none', which no main block holds" in failing(study)["analysis"].sentence


def make_pre_and_post(weights: dict[str, float], *, repeats: str | None = None) -> Study:
    """Everybody hears in both arms what nothing explains, before and after; the arms differ by name alone."""
    names = [f"{arm}-{part}" for arm in ("seen", "heard") for part in ("pre", "post")]
    conditions = [{**condition_fields("sound", "none"), "name": name} for name in names]
    arms = [{"name": arm, "conditions": [f"{arm}-pre", f"{arm}-post"]} for arm in ("seen", "heard")]
    blocks: list[dict[str, Any]] = [
        {"kind": "main", "name": part, "conditions": [f"seen-{part}", f"heard-{part}"], "n_right": 1, "n_wrong": 1}
        for part in ("pre", "post")
    ]
    if repeats:
        blocks[1]["repeats"] = repeats
    analysis = {"estimand": "a gain", "primary": {"name": "a try", "weights": weights}}
    return make_draft(conditions=conditions, arms=arms, blocks=blocks, analysis=analysis)


GAIN = {"heard-post": 1.0, "heard-pre": -1.0}


def test_a_gain_over_other_stimuli_is_found_to_measure_how_hard_they_are(bundle: Bundle) -> None:
    item = failing(make_pre_and_post(GAIN))["analysis"]
    assert item.sentence.startswith("Contrast 'a try' gives the conditions met in block 'post' weights that sum to 1,")
    assert "how hard those stimuli are" in item.sentence
    assert "let one block repeat the other's stimuli" in item.sentence
    assert item.link_hint == "analysis"


def test_a_gain_over_the_same_stimuli_passes(bundle: Bundle) -> None:
    assert "analysis" not in failing(make_pre_and_post(GAIN, repeats="pre"))


def test_a_difference_of_gains_passes_also_where_decimals_do_not_sum_to_zero(bundle: Bundle) -> None:
    weights = {"heard-post": 0.1, "heard-pre": -0.3, "seen-post": -0.1, "seen-pre": 0.1 + 0.2}
    assert "analysis" not in failing(make_pre_and_post(weights))


def test_a_condition_that_meets_a_block_more_than_the_other_is_found(bundle: Bundle) -> None:
    names = ("picture", "sound", "other")
    conditions = [{**condition_fields("sound", "none"), "name": name} for name in names]
    arms = [{"name": "seen", "conditions": ["picture"]}, {"name": "heard", "conditions": ["sound", "other"]}]
    blocks = [
        {"kind": "main", "name": "first", "conditions": ["picture", "sound"], "n_right": 1, "n_wrong": 1},
        {"kind": "main", "name": "second", "conditions": ["picture", "other"], "n_right": 1, "n_wrong": 1},
    ]
    primary = {"name": "a try", "weights": {"sound": 1.0, "picture": -1.0}}
    study = make_draft(
        conditions=conditions, arms=arms, blocks=blocks, analysis={"estimand": "nothing", "primary": primary}
    )
    assert "met in block 'second' weights that sum to -1" in failing(study)["analysis"].sentence


def test_a_sound_check_that_would_play_what_is_analysed_is_found(db: None, tmp_path: Path) -> None:
    write_tiny_bundle(tmp_path / "tiny", n_training=0)
    bundle_load(folder=tmp_path / "tiny")
    study = make_draft(blocks=[{"kind": "main", "name": "main", "n_right": 2, "n_wrong": 2}])
    item = failing(study)["sound-check"]
    assert "has no training stimuli" in item.sentence
    assert "build a bundle with training stimuli" in item.sentence
    with pytest.raises(StudyError, match="has no training stimuli"):
        study_launch(study=study)


def test_an_amendment_is_told_that_quotas_begin_anew(bundle: Bundle) -> None:
    study = make_draft()
    study_start_pilot(study=study)
    study.refresh_from_db()
    enrol(study)
    version = study_launch(study=study)
    people = [enrol(version.study) for _ in range(4)]
    released = people[0].enrolment
    assert enrolment_release(enrolment=released, version=version, reason="withdrawn")
    study = study_amend_begin(study=version.study)
    (item,) = [item for item in checklist(study) if item.code == "versions"]
    # version 1 was the pilot's: its place and the released one do not count
    assert item.ok
    assert item.sentence.startswith("Version 2 holds 3; version 3 takes 60 more: its quotas begin anew")


def test_a_draft_of_another_bundle_than_the_loaded_one_is_checked_no_further(bundle: Bundle) -> None:
    study = make_draft()
    section = {**design_fields()["study"], "bundle_sha256": "0" * 64}
    study.draft = design_fields(study=section)
    study.save(update_fields=["draft"])
    (item,) = checklist(study)
    assert (item.code, item.ok, item.link_hint) == ("bundle", False, "bundles")
    assert "load the bundle the study file was written for" in item.sentence


def test_a_draft_that_the_validator_no_longer_takes_is_checked_no_further(bundle: Bundle) -> None:
    study = make_draft()
    study.draft = {**design_fields(), "exposure": {"dwell_ms": -1}}
    study.save(update_fields=["draft"])
    (item,) = checklist(study)
    assert (item.code, item.ok, item.link_hint) == ("design", False, "conditions")
    assert "exposure.dwell_ms is -1" in item.sentence
