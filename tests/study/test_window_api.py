"""One window leads: a lease, told to the second window, taken over or lapsed."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from study.models import Enrolment, Trial
from study.services.windows import LEASE_LASTS
from tests.study.conftest import Person, make_answer

pytestmark = pytest.mark.django_db

FIRST, SECOND = str(uuid.uuid4()), str(uuid.uuid4())


def claim(person: Person, window: str, **more: bool | str) -> Any:
    return person.post("window", {"window_id": window} | more)


def refuse(answer: Any) -> None:
    assert (answer.status_code, answer.json()["code"]) == (409, "other-window")


def leading() -> tuple[str, int]:
    enrolment = Enrolment.objects.get(window_id__isnull=False)
    return str(enrolment.window_id), enrolment.n_windows


def test_first_window_leads_and_a_second_one_is_told(ana: Person) -> None:
    assert claim(ana, FIRST).json() == {"leads": True}
    refuse(claim(ana, SECOND))
    assert leading() == (FIRST, 1)


def test_second_window_may_take_over_and_the_first_is_told(ana: Person) -> None:
    claim(ana, FIRST)
    assert claim(ana, SECOND, take_over=True).status_code == 200
    refuse(claim(ana, FIRST))
    refuse(ana.post(f"trials/{ana.current()}/begin", {"begin_id": str(uuid.uuid4()), "window_id": FIRST}))
    assert Trial.objects.filter(n_begun__gt=0).count() == 0
    assert leading() == (SECOND, 2)


def test_signs_of_life_keep_the_lease_and_count_no_window(ana: Person) -> None:
    for _ in range(3):
        claim(ana, FIRST)
    assert leading() == (FIRST, 1)


def test_page_that_was_loaded_again_leads_on_unasked(ana: Person) -> None:
    claim(ana, FIRST)
    assert claim(ana, SECOND, previous_id=FIRST).status_code == 200
    assert leading() == (SECOND, 1)
    refuse(claim(ana, str(uuid.uuid4()), previous_id=FIRST))


def test_lease_lapses_without_signs_of_life(ana: Person) -> None:
    claim(ana, FIRST)
    Enrolment.objects.filter(window_id=FIRST).update(window_seen_at=timezone.now() - LEASE_LASTS)
    assert claim(ana, SECOND).status_code == 200
    assert leading() == (SECOND, 2)


def test_closed_window_lets_go_at_once_and_only_of_its_own(ana: Person) -> None:
    claim(ana, FIRST)
    assert claim(ana, SECOND, leave=True).json() == {"leads": False}
    refuse(claim(ana, SECOND))
    claim(ana, FIRST, leave=True)
    assert claim(ana, SECOND).status_code == 200


def test_beginning_a_trial_is_a_sign_of_life(ana: Person) -> None:
    claim(ana, FIRST)
    before = timezone.now() - LEASE_LASTS + timedelta(seconds=1)
    Enrolment.objects.filter(window_id=FIRST).update(window_seen_at=before)
    code = ana.current()
    ana.post(f"trials/{code}/begin", {"begin_id": str(uuid.uuid4()), "window_id": FIRST})
    assert Enrolment.objects.filter(window_id=FIRST, window_seen_at__gt=before).exists()


def test_answer_is_taken_from_any_window(ana: Person) -> None:
    """Nothing that was given is lost because somebody went on elsewhere."""
    claim(ana, FIRST)
    code = ana.begin_current()
    claim(ana, SECOND, take_over=True)
    assert ana.answer(code, make_answer()).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"window_id": "1"}, {"window_id": FIRST, "take_over": 1}, {"window_id": FIRST, "x": 1}]
)
def test_malformed_claim_is_refused(ana: Person, body: dict[str, Any]) -> None:
    answer = ana.post("window", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
