"""Requests at once, from threads and from processes, and what stands in the database when the answer leaves."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from study.models import Enrolment, Event, QuestionnaireResponse, Response, Study, Trial, Version
from study.selectors import sound_check_stimulus
from study.services.allocations import enrolment_leave
from study.services.studies import study_close, study_pause, study_resume
from study.services.withdrawals import enrolment_withdraw
from tests.databases import database_address, dialect, other_session
from tests.enrolling import enrol_together
from tests.study.conftest import Person, enrol, make_answer, pass_step

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


def test_same_response_posted_at_once_is_stored_once(ana: Person) -> None:
    code, body = ana.begin_current(), make_answer()
    answers = at_once([lambda: ana.answer(code, body) for _ in range(6)])
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.content for answer in answers}) == 1
    assert Response.objects.count() == 1


def test_of_different_answers_at_once_one_is_stored(ana: Person) -> None:
    code = ana.begin_current()
    bodies = [make_answer(answers={"answer": label, "confidence": 70}) for label in ("0", "1", "2", "0", "1", "2")]
    answers: list[Any] = at_once([lambda body=body: ana.answer(code, body) for body in bodies])  # type: ignore[misc]  # mypy infers no type of a lambda's default
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    kept = bodies[[answer.status_code for answer in answers].index(200)]
    assert str(Response.objects.get().client_id) == kept["client_id"]


def test_answers_that_overlap_are_all_stored_once_and_complete_the_study(ana: Person) -> None:
    """What a page sends when the network is back: all that waited, some of it twice, in no order."""
    ana.complete(2)
    codes = [turn["trial"]["id"] for turn in ana.state()["turns"]]
    ana.let_dwell_pass()
    bodies = [make_answer(age_ms=40_000 - 10_000 * place) for place in range(4)]
    waiting = [partial(ana.answer, code, body) for code, body in zip(codes, bodies, strict=True)]
    answers = at_once([*reversed(waiting), *waiting])
    assert [answer.status_code for answer in answers] == [200] * 8
    assert ana.n_responses() == 6
    assert Enrolment.objects.get(pk=ana.enrolment.pk).completion_code
    assert Event.objects.filter(kind="completed", enrolment=ana.enrolment.code).count() == 1


def test_last_response_posted_at_once_makes_one_code(ana: Person) -> None:
    ana.complete(5)
    code, body = ana.begin_current(), make_answer()
    at_once([lambda: ana.answer(code, body) for _ in range(4)])
    assert Enrolment.objects.get(pk=ana.enrolment.pk).completion_code
    assert ana.n_responses() == 6
    assert Event.objects.filter(kind="completed", enrolment=ana.enrolment.code).count() == 1


def test_same_questionnaire_posted_at_once_is_stored_once_and_allocates_once(launch: Callable[..., Study]) -> None:
    person = enrol(launch(expertise=True), checked=False)
    pass_step(person.enrolment)
    form = dict.fromkeys(("audio", "phonetics", "music", "machine-learning"), "some")
    answers = at_once([lambda: person.client.post("/s/digits/questions/expertise", form) for _ in range(4)])
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, "/s/digits/trials")] * 4
    assert QuestionnaireResponse.objects.count() == 1
    assert list(Enrolment.objects.values_list("place", flat=True)) == [0]
    assert Event.objects.filter(kind="allocated").count() == 1


def test_completing_allocating_enrolling_and_giving_up_places_at_once_wait_in_no_circle(
    launch: Callable[..., Study],
) -> None:
    study = launch(release={"idle_minutes": 30})
    finishing, waiting, idle = ([enrol(study, checked=checked) for _ in range(4)] for checked in (True, False, True))
    for person in finishing:
        person.complete(5)
    codes = [person.begin_current() for person in finishing]
    away = Q(pk__in=[person.enrolment.pk for person in (*finishing, *idle)])
    Enrolment.objects.filter(away).update(last_seen_at=timezone.now() - timedelta(minutes=31))
    answers = at_once(
        [
            *(partial(person.answer, code, make_answer()) for person, code in zip(finishing, codes, strict=True)),
            *(partial(pass_step, person.enrolment) for person in waiting),
            *(partial(enrol, study, checked=False) for _ in range(4)),
        ]
    )
    assert [answer.status_code for answer in answers[:4]] == [200] * 4
    assert Event.objects.filter(kind="completed").count() == 4
    assert Enrolment.objects.filter(place__isnull=False).count() == 12
    released = Enrolment.objects.filter(released_at__isnull=False, completed_at__isnull=True)
    assert released.count() == len(idle)


def end_and_count(study: Study, *, end: Callable[..., Study]) -> int:
    """How many answers there are once the study takes none any more."""
    end(study=study)
    return Response.objects.count()


@pytest.mark.parametrize("end", [study_close, study_pause])
def test_no_answer_is_stored_once_the_study_has_ended(study: Study, end: Callable[..., Study]) -> None:
    people = [enrol(study) for _ in range(8)]
    codes = [person.begin_current() for person in people]
    outcomes: list[Any] = at_once(
        [
            *(partial(person.answer, code, make_answer()) for person, code in zip(people, codes, strict=True)),
            partial(end_and_count, study, end=end),
        ]
    )
    *answers, n_when_ended = outcomes
    assert n_when_ended == Response.objects.count() == [answer.status_code for answer in answers].count(200)
    assert {answer.json()["code"] for answer in answers if answer.status_code != 200} <= {
        "study-closed",
        "study-paused",
    }


@pytest.mark.parametrize("end", [study_close, study_pause])
def test_a_study_ends_only_after_the_steps_that_are_being_taken(study: Study, end: Callable[..., Study]) -> None:
    person, ways = enrol(study), dialect()
    with connection.cursor() as ours, other_session() as other, other.cursor() as theirs:
        ours.execute(ways.impatient)
        theirs.execute(ways.begin)
        # What every step does first: it takes the enrolment's row.
        theirs.execute("UPDATE study_enrolment SET code = code WHERE id = %s", [person.enrolment.pk])
        with pytest.raises(OperationalError):
            end(study=study)
        assert Study.objects.get().stage == "running"
        theirs.execute("COMMIT")
        end(study=study)
        ours.execute(ways.patient)
    assert Study.objects.get().stage != "running"


def test_resuming_giving_up_places_and_enrolling_at_once_wait_in_no_circle(launch: Callable[..., Study]) -> None:
    study = launch(release={"idle_minutes": 30})
    held, leaving = ([enrol(study) for _ in range(4)] for _ in range(2))
    study_pause(study=study)
    Enrolment.objects.update(last_seen_at=timezone.now() - timedelta(minutes=31))
    left: list[Any] = at_once(
        [
            *(partial(enrolment_leave, enrolment=person.enrolment, reason="returned") for person in leaving),
            partial(study_resume, study=study),
        ]
    )
    assert left[:4] == [True] * 4
    at_once([partial(enrol, study) for _ in range(4)])
    released = set(Enrolment.objects.filter(released_at__isnull=False).values_list("pk", flat=True))
    assert released == {person.enrolment.pk for person in leaving}
    assert Enrolment.objects.filter(pk__in=[person.enrolment.pk for person in held], released_at=None).count() == 4


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


def test_people_from_many_processes_get_a_place_each_and_the_blocks_stay_exact(study: Study) -> None:
    crowd = enrol_together(study.slug, address=database_address(), n_processes=16, n_each=4)
    enrolments = Enrolment.objects.order_by("place")
    assert len(crowd.codes) == 64
    assert {enrolment.code for enrolment in enrolments} == set(crowd.codes)
    assert [enrolment.place for enrolment in enrolments] == list(range(64))
    assert Version.objects.get().n_allocated == 64
    # Format 1's block: every arm twice; sequences count those of an arm.
    arms = [enrolment.arm for enrolment in enrolments]
    assert [Counter(arms[start : start + 4]) for start in range(0, 64, 4)] == [{"heard": 2, "seen": 2}] * 16
    sequences = sorted((enrolment.arm, enrolment.sequence) for enrolment in enrolments)
    assert sequences == [(arm, sequence) for arm in ("heard", "seen") for sequence in range(32)]
    kinds = Counter(Event.objects.filter(kind="allocated").values_list("enrolment", flat=True))
    assert kinds == dict.fromkeys(crowd.codes, 1)
    n_trials = Counter(Trial.objects.values_list("enrolment__code", flat=True))
    assert n_trials == dict.fromkeys(crowd.codes, 6)


def test_response_is_seen_from_outside_before_it_is_acknowledged(ana: Person) -> None:
    assert ana.answer(ana.begin_current(), make_answer()).status_code == 200
    with other_session() as other, other.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM study_response")
        assert cursor.fetchone() == (1,)


def test_an_acknowledged_commit_is_to_stay(db: None) -> None:
    ways = dialect()
    found = {}
    with connection.cursor() as cursor:
        for name in ways.durable:
            cursor.execute(ways.show.format(name))
            (found[name],) = cursor.fetchone()
    assert found == ways.durable
    assert connection.settings_dict["ATOMIC_REQUESTS"] is False


@pytest.fixture
def busy_database(ana: Person) -> Iterator[Person]:
    """Somebody else writes; our session waits no longer than it takes to ask."""
    ways = dialect()
    with connection.cursor() as ours, other_session() as other, other.cursor() as theirs:
        ours.execute(ways.impatient)
        theirs.execute(ways.hold)
        yield ana
        theirs.execute("ROLLBACK")
        ours.execute(ways.patient)


def test_busy_database_answers_a_retryable_503(busy_database: Person) -> None:
    person = busy_database
    trial = person.enrolment.trials.earliest("index")
    answer = person.begin(str(trial.code))
    body = answer.json()
    assert (answer.status_code, body["code"], body["retry_after_ms"]) == (503, "busy", 1000)
    assert answer["Retry-After"] == "1"


def test_busy_database_answers_pages_with_503(busy_database: Person) -> None:
    del busy_database.client.cookies["earshot-digits"]
    answer = busy_database.client.post("/s/digits/consent", {"consent": "on", "consent_id": str(uuid4())})
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert answer["Content-Type"].startswith("text/html")


def test_answers_and_a_withdrawal_at_once_leave_nothing_behind(ana: Person) -> None:
    ana.complete(2)
    codes = [turn["trial"]["id"] for turn in ana.state()["turns"]]
    ana.let_dwell_pass()
    waiting = [partial(ana.answer, code, make_answer(age_ms=10_000)) for code in codes]
    leave = partial(enrolment_withdraw, enrolment=ana.enrolment, withdrawal="delete")
    calls: list[Callable[[], Any]] = [*waiting[:2], leave, *waiting[2:]]
    at_once(calls)
    assert ana.n_responses() == 0
    enrolment = Enrolment.objects.get(pk=ana.enrolment.pk)
    assert enrolment.n_deleted is not None
    assert enrolment.n_deleted >= 2
