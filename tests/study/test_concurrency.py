"""Requests at once, and what stands in the file when the answer leaves."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from study.models import Enrolment, Response, Study, Trial, Version
from study.selectors import sound_check_stimulus
from tests.study.conftest import Person, enrol, make_answer

pytestmark = pytest.mark.django_db(transaction=True)

Outcome = TypeVar("Outcome")


def at_once(calls: list[Callable[[], Outcome]]) -> list[Outcome]:
    """The outcomes of calls released together, each in a thread and a database connection of its own."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Outcome]) -> Outcome:
        try:
            barrier.wait()
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def count_in_file(table: str) -> int:
    """The rows that another process finds in the database's file."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
        n_rows: int = other.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608  # our own constant
    return n_rows


def test_same_response_posted_at_once_is_stored_once(ana: Person) -> None:
    code, body = ana.begin_current(), make_answer()
    answers = at_once([lambda: ana.answer(code, body) for _ in range(6)])
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.content for answer in answers}) == 1
    assert Response.objects.count() == 1


def test_of_different_answers_at_once_one_is_stored(ana: Person) -> None:
    code = ana.begin_current()
    bodies = [make_answer(answer=label) for label in ("0", "1", "2", "0", "1", "2")]
    answers: list[Any] = at_once([lambda body=body: ana.answer(code, body) for body in bodies])  # type: ignore[misc]  # mypy infers no type of a lambda's default
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    kept = bodies[[answer.status_code for answer in answers].index(200)]
    assert str(Response.objects.get().client_id) == kept["client_id"]


def test_last_response_posted_at_once_makes_one_code(ana: Person) -> None:
    ana.complete(5)
    code, body = ana.begin_current(), make_answer()
    at_once([lambda: ana.answer(code, body) for _ in range(4)])
    assert Enrolment.objects.get(pk=ana.enrolment.pk).completion_code
    assert ana.n_responses() == 6


def test_same_consent_posted_at_once_enrols_once(study: Study) -> None:
    form = {"consent": "on", "consent_id": str(uuid4())}
    answers = at_once([lambda: Client().post("/s/digits/consent", form) for _ in range(4)])
    assert [answer.status_code for answer in answers] == [302] * 4
    assert len({answer.cookies["earshot-digits"].value for answer in answers}) == 1
    assert Enrolment.objects.count() == 1


def test_sound_check_passed_at_once_allocates_once(study: Study) -> None:
    fresh = enrol(study, checked=False)
    word = sound_check_stimulus(fresh.enrolment.version).true_label
    answers = at_once([lambda: fresh.post("sound-check", {"answer": word}) for _ in range(4)])
    assert [answer.json() for answer in answers] == [{"passed": True}] * 4
    assert Version.objects.get().n_allocated == 1
    assert Trial.objects.count() == 6


def test_people_passing_at_once_get_a_place_each(study: Study) -> None:
    people = [enrol(study, checked=False) for _ in range(8)]
    word = sound_check_stimulus(people[0].enrolment.version).true_label
    at_once([lambda person=person: person.post("sound-check", {"answer": word}) for person in people])  # type: ignore[misc]  # mypy infers no type of a lambda's default
    assert list(Enrolment.objects.order_by("place").values_list("place", flat=True)) == list(range(8))
    assert Version.objects.get().n_allocated == 8
    assert Trial.objects.count() == 48


def test_response_is_in_the_file_before_it_is_acknowledged(ana: Person) -> None:
    assert ana.answer(ana.begin_current(), make_answer()).status_code == 200
    assert count_in_file("study_response") == 1


def test_commits_are_flushed_to_disk(db: None) -> None:
    with connection.cursor() as cursor:
        pragmas = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}  # 2 is FULL
    assert connection.settings_dict["ATOMIC_REQUESTS"] is False


@pytest.fixture
def busy_database(ana: Person) -> Any:
    """Another process writes; our connection waits no longer than it takes to ask."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield ana
        other.execute("ROLLBACK")
    connection.close()


def test_busy_database_answers_a_retryable_503(busy_database: Person) -> None:
    person = busy_database
    answer = person.begin(person.current())
    body = answer.json()
    assert (answer.status_code, body["code"], body["retry_after_ms"]) == (503, "busy", 1000)
    assert answer["Retry-After"] == "1"


def test_busy_database_answers_pages_with_503(busy_database: Person) -> None:
    del busy_database.client.cookies["earshot-digits"]
    answer = busy_database.client.post("/s/digits/consent", {"consent": "on", "consent_id": str(uuid4())})
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert answer["Content-Type"].startswith("text/html")
