"""A study in the field whose version an older Earshot froze: nobody new, and a kind word."""

import uuid
from pathlib import Path

import pytest
from django.test import Client

from earshot.errors import StudyError
from earshot.files import read_zip, sha256_bytes
from study.models import Bundle, Enrolment, Event, Stage, Study, Version
from study.refusals import Refusal
from study.services.consents import enrolment_create
from study.services.studies import study_close

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
FORM = {"consent": "on", "consent_id": "9d4e4a1e-5d9f-4a0e-8a0f-0d4f3d1c2b1a"}


def freeze_as_older(study: Study, *, number: int) -> None:
    """Give the study a version as the first Earshot froze it."""
    content = read_zip(ROOT / "fixtures/part1/export.zip", error=StudyError)["materials/protocol.json"]
    seed, sha256 = b"s" * 32, sha256_bytes(content)
    Version.objects.create(study=study, number=number, protocol=content, protocol_sha256=sha256, allocation_seed=seed)


@pytest.fixture
def older(bundle: Bundle) -> Study:
    """A study that runs under what the first Earshot froze."""
    study = Study.objects.create(slug="digits", title="Digits", stage=Stage.RUNNING, bundle=bundle)
    freeze_as_older(study, number=1)
    return study


def test_nobody_new_is_enrolled(older: Study) -> None:
    with pytest.raises(Refusal, match="takes nobody new") as refusal:
        enrolment_create(study=older, consent_id=uuid.uuid4())
    assert refusal.value.code == "study-closed"
    assert (Enrolment.objects.count(), Event.objects.count()) == (0, 0)


def test_the_start_page_asks_for_no_consent(older: Study, client: Client) -> None:
    answer = client.get("/s/digits/")
    assert (answer.status_code, answer.context["reason"]) == (410, "no-newcomers")
    assert "This study takes nobody new" in answer.content.decode()
    assert "<form" not in answer.content.decode()


def test_consent_sent_all_the_same_is_answered_kindly(older: Study, client: Client) -> None:
    answer = client.post("/s/digits/consent", FORM)
    assert (answer.status_code, answer.context["reason"]) == (410, "no-newcomers")
    assert Enrolment.objects.count() == 0


def test_whoever_was_enrolled_goes_on(study: Study, client: Client) -> None:
    client.post("/s/digits/consent", FORM)
    enrolled = Enrolment.objects.get()
    freeze_as_older(study, number=2)
    assert enrolment_create(study=study, consent_id=uuid.UUID(FORM["consent_id"]))[0] == enrolled
    for answer in (
        client.get("/s/digits/"),
        client.post("/s/digits/consent", FORM),
        Client().post("/s/digits/consent", FORM),
    ):
        assert (answer.status_code, answer["Location"]) == (302, "/s/digits/sound")
    assert Enrolment.objects.count() == 1


def test_closed_it_is_closed(older: Study, client: Client) -> None:
    study_close(study=older)
    assert client.get("/s/digits/").context["reason"] == "closed"
