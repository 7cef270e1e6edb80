import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from study.models import Enrolment, Event, Study, Trial
from study.refusals import Refusal
from study.services.screening import Screening, enrolment_screen
from study.services.studies import study_close
from tests.study.conftest import Person, enrol, pass_step

pytestmark = pytest.mark.django_db

SCREENS, SOUND, ENDED = "/s/digits/screens", "/s/digits/sound", "/s/digits/ended"
FITTING = {"width_px": "1280", "speaks": "yes", "hears_well": "yes"}
ASKED = {"least_width_px": 600, "speaks": {"en": "Do you understand *English* well?"}, "hears_well": True}


@pytest.fixture
def study(launch: Callable[..., Study]) -> Study:
    return launch(screens=ASKED)


@pytest.fixture
def fresh(study: Study) -> Person:
    return enrol(study, checked=False)


def assert_redirects(answer: Any, *, to: str) -> None:
    assert (answer.status_code, answer["Location"]) == (302, to)


def test_the_screens_ask_what_the_study_asks(fresh: Person) -> None:
    content = fresh.client.get(SCREENS).content.decode()
    assert "at least 600 pixels wide" in content
    assert "Do you understand <em>English</em> well?" in content
    assert "Do you hear well on both ears?" in content
    assert len(re.findall(r"<legend", content)) == 2


def test_whoever_fits_goes_on_to_the_sound_check(fresh: Person) -> None:
    assert_redirects(fresh.client.get("/s/digits/"), to=SCREENS)
    assert_redirects(fresh.client.get(SOUND), to=SCREENS)
    assert_redirects(fresh.client.post(SCREENS, FITTING), to=SOUND)
    enrolment = Enrolment.objects.get()
    assert (enrolment.screened_at is not None, enrolment.screened_out) == (True, "")
    assert list(Event.objects.filter(enrolment=enrolment.code).values_list("kind", flat=True)) == [
        "enrolled",
        "screened",
    ]


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        ({"width_px": "599"}, "window", "at least 600 pixels wide"),
        ({"speaks": "no"}, "language", "understand its language well"),
        ({"hears_well": "no"}, "hearing", "people who hear well"),
    ],
)
def test_whoever_does_not_fit_is_thanked_and_gets_no_code(
    fresh: Person, change: dict[str, str], reason: str, words: str
) -> None:
    assert_redirects(fresh.client.post(SCREENS, FITTING | change), to=ENDED)
    content = fresh.client.get(ENDED).content.decode()
    assert words in content
    assert "There is no completion code" in content
    assert "You can come back and go on until" not in content
    enrolment = Enrolment.objects.get()
    assert (enrolment.screened_out, enrolment.completion_code) == (reason, "")
    for page in ("/s/digits/", SCREENS, SOUND, "/s/digits/trials", "/s/digits/debrief"):
        assert_redirects(fresh.client.get(page), to=ENDED)


def test_the_event_of_a_screening_tells_no_reason(fresh: Person) -> None:
    fresh.client.post(SCREENS, FITTING | {"hears_well": "no"})
    event = Event.objects.get(kind="screened-out")
    assert (event.enrolment, event.data) == (fresh.enrolment.code, {})


def test_a_screened_out_person_gets_no_place(fresh: Person) -> None:
    fresh.client.post(SCREENS, FITTING | {"hears_well": "no"})
    answer = fresh.post("sound-check", {"answer": "1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not-handed-out")
    assert Trial.objects.count() == 0


def test_the_sound_check_waits_for_the_screens(fresh: Person) -> None:
    answer = fresh.post("sound-check", {"answer": "1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not-handed-out")
    assert Enrolment.objects.get().sound_checked_at is None


@pytest.mark.parametrize("name", ["width_px", "speaks", "hears_well"])
@pytest.mark.parametrize("value", [None, "", "perhaps", "²", "999999"])
def test_what_is_missing_is_asked_again_and_the_rest_is_kept(fresh: Person, name: str, value: str | None) -> None:
    form = {key: text for key, text in (FITTING | {name: value}).items() if text is not None}
    answer = fresh.client.post(SCREENS, form)
    assert answer.status_code == 400
    content = answer.content.decode()
    assert "Something is missing" in content
    assert content.count(" checked>") == sum(key in ("speaks", "hears_well") and key != name for key in FITTING)
    assert Enrolment.objects.get().screened_at is None


def test_the_first_screening_counts(fresh: Person) -> None:
    fresh.client.post(SCREENS, FITTING | {"hears_well": "no"})
    assert_redirects(fresh.client.post(SCREENS, FITTING), to=ENDED)
    assert not enrolment_screen(enrolment=fresh.enrolment, screening=Screening(1280, speaks=True, hears_well=True))
    assert Enrolment.objects.get().screened_out == "hearing"
    assert Event.objects.filter(kind__startswith="screened").count() == 1


def test_the_service_refuses_what_the_page_would_ask_again(fresh: Person) -> None:
    with pytest.raises(Refusal, match="hears_well is missing") as refused:
        enrolment_screen(enrolment=fresh.enrolment, screening=Screening(1280, speaks=True))
    assert refused.value.code == "malformed"
    assert Enrolment.objects.get().screened_at is None


def test_screens_of_a_closed_study_are_closed(study: Study, fresh: Person) -> None:
    study_close(study=study)
    assert fresh.client.post(SCREENS, FITTING).status_code == 410
    assert Enrolment.objects.get().screened_at is None


def test_a_study_without_screens_begins_with_the_sound_check(launch: Callable[..., Study]) -> None:
    study = launch(study={"slug": "plain", "title": "Plain", "bundle": "tiny"})
    person = enrol(study, checked=False)
    assert_redirects(person.client.get("/s/plain/screens"), to="/s/plain/sound")
    with pytest.raises(Refusal, match="nothing is to be screened"):
        enrolment_screen(enrolment=person.enrolment, screening=Screening())


@pytest.mark.parametrize("page", [SCREENS, ENDED, "/s/digits/questions/any"])
def test_strangers_are_sent_to_the_start(study: Study, cleo: Client, page: str) -> None:
    assert_redirects(cleo.get(page), to="/s/digits/")
    assert cleo.get(page)["Cache-Control"] == "no-store"


def test_the_ended_page_is_for_nobody_else(fresh: Person) -> None:
    assert_redirects(fresh.client.get(ENDED), to=SCREENS)
    pass_step(fresh.enrolment)
    assert_redirects(fresh.client.get(ENDED), to=SOUND)
