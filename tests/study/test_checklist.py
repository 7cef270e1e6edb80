from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from earshot.errors import StudyError
from study.checklist import CheckItem, checklist, pilot_checklist
from study.models import Bundle, Study
from study.services.bundles import bundle_load
from study.services.studies import study_create, study_launch
from tests.designs import TEXTS, condition_fields, design_fields
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
    assert codes == ["bundle", "stimuli", "orders", "media", "texts", "quotas", "analysis", "power"]
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
