"""Answers given while the network was gone: any order, in one go, and never sooner than they can have been given."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from study.models import Enrolment, Response, Study, Trial
from study.participant_state import N_TRIALS_AHEAD
from study.services.launches import study_pause, study_resume
from study.services.withdrawals import enrolment_withdraw
from tests.study.conftest import Person, enrol, make_answer

pytestmark = pytest.mark.django_db

LEAST_MS = 4120  # a dwell of 4 s after an original of 120 ms


@pytest.fixture
def offline(ana: Person) -> Person:
    """Ana in the main part, where nothing has to be awaited, with all its trials handed out."""
    ana.complete(2)
    ana.state()
    return ana


def codes(person: Person) -> list[str]:
    return [turn["trial"]["id"] for turn in person.state()["turns"]]


def handed_out_ago(person: Person, *, ms: int) -> None:
    """Move back what happened until now."""
    moment = timezone.now() - timedelta(milliseconds=ms)
    Trial.objects.filter(enrolment=person.enrolment, handed_out_at__isnull=False).update(handed_out_at=moment)
    Response.objects.filter(trial__enrolment=person.enrolment).update(answered_at=moment - timedelta(minutes=1))


def test_trials_whose_answer_is_not_awaited_are_handed_out_ahead(offline: Person) -> None:
    state = offline.state()
    assert [turn["trial"]["index"] for turn in state["turns"]] == [2, 3, 4, 5]
    assert [turn["awaits"] for turn in state["turns"]] == [False] * 4
    assert [turn["part"]["index"] for turn in state["turns"]] == [0, 1, 2, 3]
    assert Trial.objects.filter(enrolment=offline.enrolment, handed_out_at__isnull=True).count() == 0


def test_trial_is_handed_out_once(offline: Person) -> None:
    before = list(Trial.objects.order_by("pk").values_list("handed_out_at", flat=True))
    offline.state()
    assert list(Trial.objects.order_by("pk").values_list("handed_out_at", flat=True)) == before


def test_nothing_beyond_an_awaited_answer_is_handed_out(ana: Person) -> None:
    assert [turn["awaits"] for turn in ana.state()["turns"]] == [True]
    later = Trial.objects.get(enrolment=ana.enrolment, index=1)
    assert later.handed_out_at is None
    answer = ana.answer(str(later.code), make_answer())
    assert (answer.status_code, answer.json()["code"]) == (409, "not-handed-out")


def test_as_many_trials_are_handed_out_as_a_minute_takes(launch: Callable[..., Study]) -> None:
    assert N_TRIALS_AHEAD * LEAST_MS / 1000 >= 30  # a trial takes at least twice its dwell


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_answers_are_taken_in_any_order_and_complete_the_study(offline: Person, order: tuple[int, ...]) -> None:
    waiting = codes(offline)
    handed_out_ago(offline, ms=60_000)
    ages = [40_000, 30_000, 20_000, 10_000]
    bodies = [make_answer(age_ms=age, begin_id=str(uuid.uuid4())) for age in ages]
    sent_at: dict[int, datetime] = {}
    for place in order:
        sent_at[place] = timezone.now()
        answer = offline.answer(waiting[place], bodies[place])
        assert answer.status_code == 200, answer.content
    offline.enrolment.refresh_from_db()
    assert offline.enrolment.completed_at is not None
    assert offline.n_responses() == 6
    responses = Response.objects.filter(trial__index__gte=2).order_by("trial__index")
    for response, age_ms, sent in zip(responses, ages, [sent_at[place] for place in range(4)], strict=True):
        assert response.received_at is not None
        age = timedelta(milliseconds=age_ms)
        assert sent - age <= response.answered_at <= response.received_at - age + timedelta(seconds=1e-3)


def test_answers_that_came_at_once_had_to_take_the_time_of_all(offline: Person) -> None:
    waiting = codes(offline)
    handed_out_ago(offline, ms=2 * LEAST_MS + 1000)
    refused = offline.answer(waiting[2], make_answer(age_ms=0)).json()
    assert refused["code"] == "too-early"
    assert 0 < refused["retry_after_ms"] <= LEAST_MS - 1000
    for code in waiting[:2]:
        assert offline.answer(code, make_answer(age_ms=0)).status_code in (200, 422)
    assert offline.n_responses() == 3  # after the first, answered just now, the second takes its own time again


def test_an_age_that_cannot_be_is_cut_to_what_can(offline: Person) -> None:
    (first, *_) = codes(offline)
    handed_out_ago(offline, ms=10_000)
    assert offline.answer(first, make_answer(age_ms=1_000_000)).status_code == 200
    response = Response.objects.get(trial__code=first)
    trial = Trial.objects.get(code=first)
    assert trial.handed_out_at is not None
    assert response.answered_at == trial.handed_out_at + timedelta(milliseconds=LEAST_MS)


def test_beginning_that_waited_counts_from_when_it_was(offline: Person) -> None:
    (first, *_) = codes(offline)
    handed_out_ago(offline, ms=20_000)
    age = timedelta(seconds=5)
    sent_at = timezone.now()
    offline.post(f"trials/{first}/begin", {"begin_id": str(uuid.uuid4()), "age_ms": 5_000})
    taken_at = timezone.now()
    begun_at = Trial.objects.get(code=first).begun_at
    assert begun_at is not None
    assert sent_at - age <= begun_at <= taken_at - age
    assert offline.answer(first, make_answer()).status_code == 200


def test_answers_to_a_paused_study_can_be_sent_again_when_it_goes_on(study: Study, offline: Person) -> None:
    waiting = codes(offline)
    handed_out_ago(offline, ms=60_000)
    study_pause(study=study)
    body = make_answer(age_ms=1000)
    refused = offline.answer(waiting[0], body)
    assert (refused.status_code, refused.json()["code"]) == (409, "study-paused")
    assert offline.n_responses() == 2
    study_resume(study=study)
    assert offline.answer(waiting[0], body | {"age_ms": 2000}).status_code == 200


def test_repeat_with_another_age_is_the_same_answer(offline: Person) -> None:
    waiting = codes(offline)
    handed_out_ago(offline, ms=60_000)
    body = make_answer(age_ms=20_000)
    assert offline.answer(waiting[0], body).status_code == 200
    stored = Response.objects.filter(trial__code=waiting[0]).values().get()
    assert offline.answer(waiting[0], body | {"age_ms": 30_000}).status_code == 200
    assert Response.objects.filter(trial__code=waiting[0]).values().get() == stored


def test_answer_of_somebody_else_is_as_unknown_as_ever(offline: Person, study: Study) -> None:
    other = enrol(study)
    answer: Any = other.answer(codes(offline)[0], make_answer(age_ms=1))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-trial")


def expire(person: Person, *, ago: timedelta) -> None:
    Enrolment.objects.filter(pk=person.enrolment.pk).update(expires_at=timezone.now() - ago)


def test_answer_given_in_time_is_taken_after_the_time_ran_out(offline: Person) -> None:
    waiting = codes(offline)
    handed_out_ago(offline, ms=60_000)
    expire(offline, ago=timedelta(seconds=10))
    assert offline.answer(waiting[0], make_answer(age_ms=20_000)).status_code == 200
    late = offline.answer(waiting[1], make_answer(age_ms=5_000))
    assert (late.status_code, late.json()["code"]) == (410, "expired")
    assert offline.n_responses() == 3


def test_nothing_begins_after_the_time_ran_out(offline: Person) -> None:
    waiting = codes(offline)
    expire(offline, ago=timedelta(seconds=1))
    for answer in (offline.begin(waiting[0]), offline.post("window", {"window_id": str(uuid.uuid4())})):
        assert (answer.status_code, answer.json()["code"]) == (410, "expired")
    assert offline.state()["turns"] == []
    assert Trial.objects.get(code=waiting[0]).n_begun == 0


def test_answers_after_withdrawal_are_refused_and_stay_away(offline: Person) -> None:
    waiting = codes(offline)
    handed_out_ago(offline, ms=60_000)
    enrolment_withdraw(enrolment=offline.enrolment, withdrawal="delete")
    for answer in (offline.answer(waiting[0], make_answer(age_ms=10_000)), offline.begin(waiting[1])):
        assert (answer.status_code, answer.json()["code"]) == (410, "withdrawn")
    assert offline.n_responses() == 0
