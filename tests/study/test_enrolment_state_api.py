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
    person = enrol(study, checked=False)
    assert person.enrolment.expires_at is not None
    assert person.state() == {
        "n_trials": 0,
        "n_answered": 0,
        "next_url": "/s/digits/",
        "session": {"meets": ["hedged", "untold"], "wrong_share": 0.5, "n_training": 0},
        "turns": [],
        "preload": [],
        "expires_at": person.enrolment.expires_at.isoformat(),
        "level": None,
    }


def shown_rendition(trial: Trial) -> Rendition:
    """What the trial's condition shows: conditions of the first format are named by channel and mask."""
    return Rendition.objects.get(stimulus=trial.stimulus, mask=trial.condition.split("-")[1])


def test_picture_arm_gets_the_matched_picture_with_its_axes(ana: Person) -> None:
    trial, shown = trial_of(ana), ana.state()["turns"][0]["trial"]
    assert trial.stimulus is not None
    picture = shown_rendition(trial).pictures.get(kind="matched")
    original = Rendition.objects.get(stimulus=trial.stimulus, mask="none")
    assert shown == {
        "id": str(trial.code),
        "index": 0,
        "kind": "training",
        "task": "forward-simulation",
        "given": "original-and-word",
        "word": {"0": "zero", "1": "one", "2": "two"}[trial.stimulus.true_label],
        "original": {
            "sound": {"url": f"/media/{original.sound_file}", "duration_ms": 120.0},
            "picture": None,
            "whole": True,
        },
        "explanations": [
            {
                "sound": None,
                "picture": {
                    "url": f"/media/{picture.file}",
                    "kind": "matched",
                    "alternative_text": "Spectrogram of the sound: time to the right over 0.12 s, frequency upward to"
                    " 4000 Hz; the lighter, the louder.",
                    "duration_ms": 120.0,
                    "frequency_min_hz": 0.0,
                    "frequency_max_hz": 4000.0,
                    "floor_db": -60.0,
                    "ceiling_db": 0.0,
                },
                "whole": False,
            }
        ],
        "changed": None,
        "told": None,
        "instructed": None,
        "labels": [{"label": "0", "word": "zero"}, {"label": "1", "word": "one"}, {"label": "2", "word": "two"}],
        "course": ["original", "explanation", "ask"],
        "steps": [
            {
                "fields": [
                    {"name": "answer", "widget": "labels", "values": ["0", "1", "2"], "rated": None, "is_timed": True},
                    {
                        "name": "confidence",
                        "widget": "percent",
                        "values": list(range(10, 101, 10)),
                        "rated": None,
                        "is_timed": False,
                    },
                ],
                "reveals": False,
            }
        ],
        "exposure": {"dwell_ms": 4000, "max_plays": 3, "view_ms": None},
    }


def test_sound_arm_gets_the_sound_alone(ben: Person) -> None:
    rendition = shown_rendition(trial_of(ben))
    sound = {"url": f"/media/{rendition.sound_file}", "duration_ms": 120.0}
    assert ben.state()["turns"][0]["trial"]["explanations"] == [{"sound": sound, "picture": None, "whole": False}]


def test_state_names_the_media_of_the_next_trial(ben: Person) -> None:
    """The practice gives feedback, so that nothing after its first trial is handed out before that was answered."""
    assert len(ben.state()["turns"]) == 1
    second = Trial.objects.select_related("stimulus").get(enrolment=ben.enrolment, index=1)
    original = Rendition.objects.get(stimulus=second.stimulus, mask="none")
    renditions = (original, shown_rendition(second))
    assert ben.state()["preload"] == [f"/media/{rendition.sound_file}" for rendition in renditions]


@pytest.mark.parametrize(("given", "hears", "reads"), [("nothing", False, False), ("original", True, False)])
def test_state_gives_beforehand_what_the_study_says(
    draft: Study, tmp_path: Path, given: str, hears: bool, reads: bool
) -> None:
    path = write_study_file(tmp_path / "given.toml", slug="given", given=given)
    study = study_launch(study=study_load(path=path)).study
    trial = enrol(study).state()["turns"][0]["trial"]
    assert (trial["original"] is not None, trial["word"] is not None) == (hears, reads)


def test_state_counts_main_trials_apart(ana: Person) -> None:
    ana.complete(2)
    state = ana.state()
    (turn, *_) = state["turns"]
    assert turn["part"] == {"kind": "main", "number": None, "index": 0, "n_trials": 4, "is_first": True}
    assert (state["n_answered"], turn["trial"]["index"], turn["trial"]["kind"]) == (2, 2, "main")


def test_reading_the_state_again_changes_nothing(ana: Person) -> None:
    state = ana.state()
    before = list(Trial.objects.order_by("pk").values())
    assert ana.state() == state
    assert list(Trial.objects.order_by("pk").values()) == before


def test_session_says_what_everybody_is_told(ana: Person, ben: Person) -> None:
    sessions = [person.state()["session"] for person in (ana, ben)]
    assert [(session["wrong_share"], session["n_training"]) for session in sessions] == [(0.5, 2), (0.5, 2)]
    differing = set(sessions[0]["meets"]) ^ set(sessions[1]["meets"])
    assert differing == {"picture-explanation", "sound-explanation"}


def test_complete_state_has_no_trial_and_leads_on(ana: Person) -> None:
    ana.complete()
    state = ana.state()
    assert (state["turns"], state["n_answered"]) == ([], 6)
    assert ana.client.get(state["next_url"]).headers["Location"] == "/s/digits/debrief"


def test_nothing_before_the_answer_tells_what_the_computer_said(ben: Person) -> None:
    """Whatever reaches the browser up to an answer is the same whether the computer was right or wrong."""
    code = ben.current()
    trial = trial_of(ben)
    seen = b"".join(ben.client.get(url).content for url in ("/s/digits/trials", URL)) + ben.begin(code).content
    assert trial.stimulus is not None
    for name in (
        "predicted",
        "relevance",
        "-control",
        '"control"',
        "probabil",
        "correct",
        trial.stimulus.name,
        '"mask"',
    ):
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
