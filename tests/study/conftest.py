"""A launched study on the tiny bundle, and three people: ana (picture) and ben (sound) take part, cleo does not."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from study.models import Bundle, Enrolment, Response, Study, Trial
from study.participant.authentication import cookie_name
from study.selectors import sound_check_stimulus
from study.services.bundles import bundle_load
from study.services.enrolments import enrolment_create, enrolment_pass_sound_check
from study.services.studies import study_launch, study_load
from tests.tiny_bundle import write_study_file, write_tiny_bundle


@dataclass
class Person:
    """Somebody with a browser, and the shortcuts of a test."""

    client: Client
    enrolment: Enrolment
    slug: str

    def url(self, rest: str) -> str:
        return f"/s/{self.slug}/api/{rest}"

    def state(self) -> dict[str, Any]:
        answer = self.client.get(self.url("state"))
        assert answer.status_code == 200, answer.content
        state: dict[str, Any] = answer.json()
        return state

    def current(self) -> str:
        code: str = self.state()["trial"]["id"]
        return code

    def post(self, rest: str, body: Any = None) -> Any:
        return self.client.post(self.url(rest), data=body if body is not None else {}, content_type="application/json")

    def begin(self, code: str) -> Any:
        return self.post(f"trials/{code}/begin")

    def answer(self, code: str, body: dict[str, Any]) -> Any:
        return self.post(f"trials/{code}/response", body)

    def let_dwell_pass(self) -> None:
        """Move the beginnings back instead of waiting."""
        Trial.objects.filter(enrolment=self.enrolment, begun_at__isnull=False).update(
            begun_at=timezone.now() - timedelta(minutes=1)
        )

    def begin_current(self) -> str:
        """Begin the current trial and let its dwell pass; gives back its id."""
        code = self.current()
        assert self.begin(code).status_code == 200
        self.let_dwell_pass()
        return code

    def complete(self, n_trials: int | None = None) -> None:
        """Answer all trials that are left, or the next `n_trials`."""
        n_left = Trial.objects.filter(enrolment=self.enrolment, response__isnull=True).count()
        for _ in range(n_left if n_trials is None else n_trials):
            answer = self.answer(self.begin_current(), make_answer())
            assert answer.status_code == 200, answer.content

    def n_responses(self) -> int:
        return Response.objects.filter(trial__enrolment=self.enrolment).count()


def make_answer(**changes: Any) -> dict[str, Any]:
    """A whole answer's body, right in every respect."""
    return {
        "client_id": str(uuid.uuid4()),
        "answer": "1",
        "confidence": 70,
        "rt_ms": 1234,
        "onset_to_response_ms": 5234,
        "plays": 1,
        "original_plays": 1,
        "heard_share": 1.0,
    } | changes


def enrol(study: Study, *, checked: bool = True) -> Person:
    """Enrol somebody; with `checked` they pass the sound check and are allocated."""
    enrolment, token = enrolment_create(study=study, consent_id=uuid.uuid4())
    if checked:
        word = sound_check_stimulus(enrolment.version).true_label
        assert enrolment_pass_sound_check(enrolment=enrolment, answer=word)
        enrolment.refresh_from_db()
    client = Client()
    client.cookies[cookie_name(study.slug)] = token
    return Person(client=client, enrolment=enrolment, slug=study.slug)


@pytest.fixture(scope="session")
def media_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One media folder for all tests: names are hashes, and writing each file anew would cost a flush to disk."""
    return tmp_path_factory.mktemp("media")


@pytest.fixture(autouse=True)
def folders(media_root: Path, tmp_path: Path, settings: Settings) -> Path:
    """Media and static files of a test; no manifest, because no test collects static files."""
    settings.MEDIA_ROOT = media_root
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    return tmp_path


@pytest.fixture(scope="session")
def hand_made_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the bundle made by hand (not by the explainer); tests that damage a bundle write their own."""
    folder = tmp_path_factory.mktemp("bundle") / "tiny"
    write_tiny_bundle(folder)
    return folder


@pytest.fixture
def bundle(db: None, hand_made_bundle: Path) -> Bundle:
    return bundle_load(folder=hand_made_bundle)[0]


@pytest.fixture
def draft(bundle: Bundle, tmp_path: Path) -> Study:
    return study_load(path=write_study_file(tmp_path / "digits.toml"))


@pytest.fixture
def study(draft: Study) -> Study:
    return study_launch(study=draft).study


@pytest.fixture
def people(study: Study) -> dict[str, Person]:
    """One person per channel; the seed is secret and random, so people come until both channels were given."""
    found: dict[str, Person] = {}
    while len(found) < 2:
        person = enrol(study)
        assert person.enrolment.arm is not None
        found.setdefault(person.enrolment.arm.channel, person)
    return found


@pytest.fixture
def ana(people: dict[str, Person]) -> Person:
    return people["picture"]


@pytest.fixture
def ben(people: dict[str, Person]) -> Person:
    return people["sound"]


@pytest.fixture
def cleo(study: Study) -> Client:
    """A browser without an enrolment."""
    return Client()
