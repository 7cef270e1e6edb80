import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from earshot.files import canonical_json, sha256_bytes
from study.models import Enrolment, Event, Study
from study.participant.authentication import cookie_name
from study.services.consents import consent_sha256
from study.services.studies import study_close, study_pause
from tests.designs import TEXTS
from tests.study.conftest import Person

pytestmark = pytest.mark.django_db

START, CONSENT, DECLINE, SOUND = "/s/digits/", "/s/digits/consent", "/s/digits/decline", "/s/digits/sound"


@pytest.fixture
def study(launch: Callable[..., Study]) -> Study:
    return launch(participation={"resume_hours": 72})


def hidden_fields(content: str) -> dict[str, str]:
    """The hidden fields of the start page's form, as a browser would send them."""
    return dict(re.findall(r'type="hidden" name="(\w+)"[^>]* value="([^"]*)"', content))


def consent_form(client: Client, **changes: str) -> dict[str, str]:
    return hidden_fields(client.get(START).content.decode()) | {"consent": "yes"} | changes


def test_the_words_agreed_to_are_kept_as_their_hash(study: Study, cleo: Client) -> None:
    cleo.post(CONSENT, consent_form(cleo))
    enrolment = Enrolment.objects.get()
    words = {
        "information": TEXTS["information"],
        "consent": TEXTS["consent"],
        "language": "en",
        "protocol_sha256": study.versions.get().protocol_sha256,
    }
    assert enrolment.consent_sha256 == sha256_bytes(canonical_json(words))
    assert enrolment.language == "en"


def test_other_words_have_another_hash(study: Study, launch: Callable[..., Study]) -> None:
    other = launch(
        study={"slug": "other", "title": "Other", "bundle": "tiny"},
        texts={"en": TEXTS | {"consent": "I take part gladly."}},
    )
    assert consent_sha256(study.versions.get()) != consent_sha256(other.versions.get())


@pytest.mark.parametrize(("sent", "kept"), [("330", 330), ("-840", -840), ("0", 0)])
def test_the_offset_from_utc_is_kept(cleo: Client, sent: str, kept: int) -> None:
    cleo.post(CONSENT, consent_form(cleo, utc_offset_min=sent))
    assert Enrolment.objects.get().utc_offset_min == kept


@pytest.mark.parametrize("sent", ["", "841", "-841", "1e2", "٣", "now"])
def test_an_offset_that_no_place_has_is_not_kept(cleo: Client, sent: str) -> None:
    cleo.post(CONSENT, consent_form(cleo, utc_offset_min=sent))
    assert Enrolment.objects.get().utc_offset_min is None


@pytest.mark.parametrize(("sent", "kept"), [("true", True), ("false", False), ("", False)])
def test_a_browser_that_says_it_is_driven_by_a_program_is_marked_and_goes_on(
    cleo: Client, sent: str, kept: bool
) -> None:
    assert cleo.post(CONSENT, consent_form(cleo, is_automated=sent))["Location"] == SOUND
    assert Enrolment.objects.get().is_automated is kept


def test_the_time_to_come_back_counts_from_consent_and_is_announced_before(cleo: Client) -> None:
    assert "within 3 days of your consent" in cleo.get(START).content.decode()
    cleo.post(CONSENT, consent_form(cleo))
    enrolment = Enrolment.objects.get()
    assert enrolment.expires_at is not None
    assert enrolment.expires_at - enrolment.consented_at == timedelta(hours=72)


def test_words_that_changed_meanwhile_are_to_be_read_again(cleo: Client) -> None:
    answer = cleo.post(CONSENT, consent_form(cleo, words="0" * 64))
    assert answer.status_code == 400
    assert "The study was changed while this page was open." in answer.content.decode()
    assert Enrolment.objects.count() == 0


def test_whoever_declines_is_thanked_and_leaves_a_count_alone(study: Study, cleo: Client) -> None:
    answer = cleo.post(DECLINE, consent_form(cleo))
    assert answer.status_code == 200
    assert "nothing about you was stored" in answer.content.decode()
    assert cookie_name("digits") not in answer.cookies
    assert Enrolment.objects.count() == 0
    event = Event.objects.get(kind="declined")
    assert (event.study, event.enrolment, list(event.data)) == (study, "", ["page"])


def test_a_page_that_declines_twice_counts_once_and_says_nothing_of_a_later_consent(cleo: Client) -> None:
    form = consent_form(cleo)
    for _ in range(2):
        cleo.post(DECLINE, form)
    assert Event.objects.filter(kind="declined").count() == 1
    token = cleo.post(CONSENT, form).cookies[cookie_name("digits")].value
    event = Event.objects.get(kind="declined")
    assert event.data["page"] not in (token, Enrolment.objects.get().token_sha256)


def test_who_takes_part_already_goes_on_instead_of_declining(ana: Person) -> None:
    answer = ana.client.post(DECLINE, {"consent_id": str(uuid.uuid4())})
    assert (answer.status_code, answer["Location"]) == (302, "/s/digits/trials")
    assert not Event.objects.filter(kind="declined").exists()


@pytest.mark.parametrize("form", [{}, {"consent_id": "1"}])
def test_declining_without_an_id_of_the_page_counts_nobody(study: Study, cleo: Client, form: dict[str, Any]) -> None:
    assert cleo.post(DECLINE, form).status_code == 400
    assert not Event.objects.filter(kind="declined").exists()


def test_declining_needs_a_post(study: Study, cleo: Client) -> None:
    assert cleo.get(DECLINE).status_code == 405


@pytest.mark.parametrize(("end", "status"), [(study_close, 410), (study_pause, 404)])
def test_declining_a_study_that_takes_nobody_counts_nobody(
    study: Study, cleo: Client, end: Callable[..., Any], status: int
) -> None:
    form = consent_form(cleo)
    end(study=study)
    assert cleo.post(DECLINE, form).status_code == status
    assert not Event.objects.filter(kind="declined").exists()
