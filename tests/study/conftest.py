"""A launched study on the tiny bundle, and three people: ana (picture) and ben (sound) take part, cleo does not."""

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.signals import post_migrate
from django.test import Client
from pytest_django import Settings

from earshot.design.questionnaire_simulation import simulate_answers
from study.headphones import attempt_order, right_interval
from study.models import Bundle, Enrolment, Response, Study, Trial
from study.participant.authentication import cookie_name
from study.selectors import NextStep, enrolment_next_step, sound_check_stimulus, study_protocol
from study.services.bundles import bundle_load
from study.services.consents import enrolment_create
from study.services.enrolments import enrolment_pass_sound_check
from study.services.headphones import enrolment_check_headphones
from study.services.questionnaires import questionnaire_record
from study.services.screening import Screening, enrolment_screen
from study.services.studies import study_launch, study_load
from tests.tiny_bundle import write_study_file, write_study_file_2, write_tiny_bundle

CHANNEL_BY_ARM = {"seen": "picture", "heard": "sound"}


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

    def trial(self) -> dict[str, Any] | None:
        """The present trial as the page gets it."""
        turns = self.state()["turns"]
        return turns[0]["trial"] if turns else None

    def current(self) -> str:
        trial = self.trial()
        assert trial is not None
        code: str = trial["id"]
        return code

    def post(self, rest: str, body: Any = None) -> Any:
        return self.client.post(self.url(rest), data=body if body is not None else {}, content_type="application/json")

    def begin(self, code: str) -> Any:
        return self.post(f"trials/{code}/begin", {"begin_id": str(uuid.uuid4())})

    def answer(self, code: str, body: dict[str, Any]) -> Any:
        return self.post(f"trials/{code}/response", body)

    def let_dwell_pass(self) -> None:
        """Move back what happened until now instead of waiting: a minute for each trial answered so far, at least."""
        minute = timedelta(minutes=1)
        trials = Trial.objects.filter(enrolment=self.enrolment)
        trials.update(handed_out_at=F("handed_out_at") - minute, begun_at=F("begun_at") - minute)
        Response.objects.filter(trial__enrolment=self.enrolment).update(answered_at=F("answered_at") - minute)

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
    """A whole answer's body, right in every respect; `changes` replace its fields."""
    return {
        "client_id": str(uuid.uuid4()),
        "answers": {"answer": "1", "confidence": 70},
        "rt_ms": 1234,
        "onset_to_response_ms": 5234,
        "plays": 1,
        "second_plays": 0,
        "original_plays": 1,
        "heard_share": 1.0,
        "circumstances": {
            "answered_ms": 5300.0,
            "viewport_width_px": 1280,
            "viewport_height_px": 800,
            "pixel_ratio": 1.0,
        },
    } | changes


def enrol(study: Study, *, checked: bool = True) -> Person:
    """Enrol somebody; with `checked` they pass all that comes before allocation, and are allocated."""
    enrolment, token = enrolment_create(study=study, consent_id=uuid.uuid4())
    while checked and enrolment.allocated_at is None:
        assert enrolment.screened_out == "", enrolment.screened_out
        pass_step(enrolment)
        enrolment.refresh_from_db()
    client = Client()
    client.cookies[cookie_name(study.slug)] = token
    return Person(client=client, enrolment=enrolment, slug=study.slug)


def pass_step(enrolment: Enrolment) -> NextStep:
    """Pass the screen, check or questionnaire that is next; gives back which step it was."""
    step = enrolment_next_step(enrolment)
    if step.kind == "screens":
        enrolment_screen(enrolment=enrolment, screening=Screening(width_px=4000, speaks=True, hears_well=True))
    elif step.kind == "sound":
        word = sound_check_stimulus(enrolment.version).true_label
        assert enrolment_pass_sound_check(enrolment=enrolment, answer=word)
    elif step.kind == "headphones":
        assert enrolment_check_headphones(enrolment=enrolment, attempt=0, answers=heard_intervals(enrolment)).passed
    else:
        assert step.kind == "questionnaire", step
        asked = study_protocol(enrolment.version).design.questionnaire(step.name)
        answers = simulate_answers(asked, draw=random.Random(0))  # noqa: S311  # answers of a test
        questionnaire_record(enrolment=enrolment, name=step.name, answers=answers)
    return step


def heard_intervals(enrolment: Enrolment, *, attempt: int = 0) -> list[int]:
    """The right answers of an attempt at the headphone check."""
    check = study_protocol(enrolment.version).design.screens.headphones
    assert check != "none"
    order = attempt_order(check, code=enrolment.code, attempt=attempt)
    return [right_interval(check, number=number) for number in order]


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


@pytest.fixture(autouse=True)
def emptied_by_the_runner(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test's own runner empty the database after it, which the triggers against deleting refuse to everybody.

    PostgreSQL is emptied by TRUNCATE, past its triggers. SQLite's are taken away until all rows are gone.
    """
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction") or connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = dict(cursor.fetchall())
        for name in triggers:
            cursor.execute(f"DROP TRIGGER {name}")

    def restore(**sent: Any) -> None:
        post_migrate.disconnect(dispatch_uid="triggers")
        with connection.cursor() as cursor:
            for sql in triggers.values():
                cursor.execute(sql)

    post_migrate.connect(restore, weak=False, dispatch_uid="triggers")  # sent once the database is empty


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
        found.setdefault(CHANNEL_BY_ARM[person.enrolment.arm], person)
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


@pytest.fixture
def launch(bundle: Bundle, tmp_path: Path) -> Callable[..., Study]:
    """Launch a study of format 2 on the tiny bundle: `tests.designs.design_fields` with changes."""

    def launch(**changes: Any) -> Study:
        return study_launch(study=study_load(path=write_study_file_2(tmp_path / "design.toml", **changes))).study

    return launch
