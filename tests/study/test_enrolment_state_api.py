import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from study.models import Rendition, Stimulus, Study, Trial
from study.services.studies import study_close, study_launch, study_load
from tests.study.conftest import Person, enrol, make_answer
from tests.tiny_bundle import write_study_file

pytestmark = pytest.mark.django_db

URL = "/s/digits/api/state"


def trial_of(person: Person) -> Trial:
    return Trial.objects.select_related("stimulus").get(code=person.current())


def test_state_before_the_sound_check_has_no_trial(study: Study) -> None:
    assert enrol(study, checked=False).state() == {
        "n_trials": 6,
        "n_answered": 0,
        "n_training": 2,
        "complete": False,
        "debrief_url": "/s/digits/debrief",
        "trial": None,
        "preload": [],
    }


def test_picture_arm_gets_the_matched_picture_with_its_axes(ana: Person) -> None:
    trial, shown = trial_of(ana), ana.state()["trial"]
    rendition = Rendition.objects.get(stimulus=trial.stimulus, mask=trial.mask)
    original = Rendition.objects.get(stimulus=trial.stimulus, mask="none")
    assert shown == {
        "id": str(trial.code),
        "index": 0,
        "phase": "training",
        "n_in_phase": 2,
        "index_in_phase": 0,
        "given": "original-and-word",
        "word": {"0": "zero", "1": "one", "2": "two"}[trial.stimulus.true_label],
        "original": {"url": f"/media/{original.sound_file}", "duration_ms": 120.0},
        "explanation": {
            "channel": "picture",
            "url": f"/media/{rendition.picture_file}",
            "duration_ms": 120.0,
            "frequency_min_hz": 0.0,
            "frequency_max_hz": 4000.0,
            "floor_db": -60.0,
            "ceiling_db": 0.0,
        },
        "labels": [{"label": "0", "word": "zero"}, {"label": "1", "word": "one"}, {"label": "2", "word": "two"}],
        "dwell_ms": 4000,
        "max_plays": 3,
    }


def test_sound_arm_gets_the_sound_alone(ben: Person) -> None:
    trial = trial_of(ben)
    rendition = Rendition.objects.get(stimulus=trial.stimulus, mask=trial.mask)
    expected = {"channel": "sound", "url": f"/media/{rendition.sound_file}", "duration_ms": 120.0}
    assert ben.state()["trial"]["explanation"] == expected


def test_state_names_the_media_of_the_next_trial(ben: Person) -> None:
    trials = list(Trial.objects.filter(enrolment=ben.enrolment).select_related("stimulus")[:2])
    renditions = Rendition.objects.filter(stimulus=trials[1].stimulus, mask__in=["none", trials[1].mask])
    assert set(ben.state()["preload"]) == {f"/media/{rendition.sound_file}" for rendition in renditions}


@pytest.mark.parametrize(("given", "hears", "reads"), [("nothing", False, False), ("original", True, False)])
def test_state_gives_beforehand_what_the_study_says(
    draft: Study, tmp_path: Path, given: str, hears: bool, reads: bool
) -> None:
    study = study_launch(study=study_load(path=write_study_file(tmp_path / "given.toml", given=given))).study
    trial = enrol(study).state()["trial"]
    assert (trial["original"] is not None, trial["word"] is not None) == (hears, reads)


def test_state_counts_main_trials_apart(ana: Person) -> None:
    ana.complete(2)
    state = ana.state()
    place = {name: state["trial"][name] for name in ("index", "phase", "n_in_phase", "index_in_phase")}
    assert place == {"index": 2, "phase": "main", "n_in_phase": 4, "index_in_phase": 0}
    assert state["n_answered"] == 2


def test_reading_the_state_changes_nothing(ana: Person) -> None:
    before = list(Trial.objects.order_by("pk").values())
    assert ana.state() == ana.state()
    assert list(Trial.objects.order_by("pk").values()) == before


def test_complete_state_has_no_trial(ana: Person) -> None:
    ana.complete()
    state = ana.state()
    assert (state["complete"], state["trial"], state["n_answered"]) == (True, None, 6)


def test_nothing_before_the_answer_tells_what_the_computer_said(ben: Person) -> None:
    """Whatever reaches the browser up to an answer is the same whether the computer was right or wrong."""
    code = ben.current()
    trial = trial_of(ben)
    seen = b"".join(ben.client.get(url).content for url in ("/s/digits/trials", URL)) + ben.begin(code).content
    for name in ("predicted", "relevance", "control", "probabil", "correct", trial.stimulus.name, '"mask"'):
        assert name not in seen.decode(), name
    before = ben.state()
    Stimulus.objects.filter(pk=trial.stimulus.pk).update(predicted_label="another")
    assert ben.state() == before


def test_refusals_tell_nothing_either(ben: Person) -> None:
    code = ben.current()
    ben.begin(code)
    seen = ben.answer(code, make_answer()).content.decode()
    assert "too-early" in seen
    for name in ("predicted", "relevance", "control", "correct"):
        assert name not in seen


def test_stranger_is_refused(cleo: Client) -> None:
    answer = cleo.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (401, "no-enrolment")


def test_made_up_cookie_is_refused(cleo: Client) -> None:
    cleo.cookies["earshot-digits"] = "guessed"
    assert cleo.get(URL).status_code == 401


def test_unknown_study_is_refused(client: Client) -> None:
    answer = client.get("/s/nothing/api/state")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-study")


def test_closed_study_is_refused(study: Study, ana: Person) -> None:
    study_close(study=study)
    answer = ana.client.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (410, "study-closed")


def test_answers_and_refusals_are_kept_by_no_cache(ana: Person, cleo: Client) -> None:
    for answer in (ana.client.get(URL), cleo.get(URL), ana.client.get("/s/digits/api/nothing")):
        assert "no-store" in answer["Cache-Control"]


def test_every_error_has_one_shape(ana: Person, cleo: Client) -> None:
    answers: list[Any] = [cleo.get(URL), ana.client.put(URL), ana.client.get("/s/digits/api/nothing")]
    assert [answer.status_code for answer in answers] == [401, 405, 404]
    for answer in answers:
        assert set(json.loads(answer.content)) == {"code", "message", "retry_after_ms"}
