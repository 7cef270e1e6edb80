import uuid
from typing import Any

import pytest
from django.test import Client

from study.models import Study, Trial
from study.services.studies import study_close
from tests.study.conftest import Person, make_answer

pytestmark = pytest.mark.django_db


def refuse(answer: Any, *, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def n_begun() -> int:
    return Trial.objects.filter(n_begun__gt=0).count()


def test_begin_starts_the_dwell(ana: Person) -> None:
    code = ana.current()
    assert ana.begin(code).json() == {"n_reloads": 0}
    trial = Trial.objects.get(code=code)
    assert trial.n_begun == 1
    assert trial.begun_at is not None


def test_second_begin_counts_a_reload_and_restarts_the_dwell(ana: Person) -> None:
    code = ana.begin_current()
    earlier = Trial.objects.get(code=code).begun_at
    assert ana.begin(code).json() == {"n_reloads": 1}
    trial = Trial.objects.get(code=code)
    assert trial.n_begun == 2
    assert earlier is not None
    assert trial.begun_at is not None
    assert trial.begun_at > earlier
    refuse(ana.answer(code, make_answer()), status=422, code="too-early")


def test_reload_returns_to_the_first_unanswered_trial(ana: Person) -> None:
    ana.complete(1)
    code = ana.begin_current()
    assert ana.current() == code
    assert ana.state()["turns"][0]["trial"]["index"] == 1


def test_later_trial_is_refused(ana: Person) -> None:
    later = Trial.objects.get(enrolment=ana.enrolment, index=1)
    refuse(ana.begin(str(later.code)), status=409, code="not-handed-out")
    assert n_begun() == 0


def test_answered_trial_is_refused(ana: Person) -> None:
    code = ana.current()
    ana.complete(1)
    refuse(ana.begin(code), status=409, code="already-answered")
    assert Trial.objects.get(code=code).n_begun == 1


def test_anothers_trial_is_unknown(ana: Person, ben: Person) -> None:
    refuse(ana.begin(ben.current()), status=404, code="unknown-trial")
    assert n_begun() == 0


def test_trial_that_never_was_is_unknown(ana: Person) -> None:
    refuse(ana.begin(str(uuid.uuid4())), status=404, code="unknown-trial")


def test_address_that_is_no_uuid_is_answered_in_json(ana: Person) -> None:
    refuse(ana.begin("1"), status=404, code="not-found")


def test_surplus_key_is_refused(ana: Person) -> None:
    refuse(ana.post(f"trials/{ana.current()}/begin", {"at": 1}), status=400, code="malformed")
    assert n_begun() == 0


def test_stranger_is_refused(cleo: Client, ana: Person) -> None:
    answer = cleo.post(ana.url(f"trials/{ana.current()}/begin"), {}, content_type="application/json")
    refuse(answer, status=401, code="no-enrolment")
    assert n_begun() == 0


def test_closed_study_is_refused(study: Study, ana: Person) -> None:
    code = ana.current()
    study_close(study=study)
    refuse(ana.begin(code), status=410, code="study-closed")
    assert n_begun() == 0


def test_begin_needs_a_post(ana: Person) -> None:
    assert ana.client.get(ana.url(f"trials/{ana.current()}/begin")).status_code == 405
    assert n_begun() == 0


def begin_as(person: Person, code: str, begin_id: object) -> Any:
    return person.post(f"trials/{code}/begin", {"begin_id": begin_id})


def test_a_begin_sent_again_counts_no_reload_and_leaves_the_dwell_as_it_runs(ana: Person) -> None:
    code, begin_id = ana.current(), str(uuid.uuid4())
    answers = [begin_as(ana, code, begin_id)]
    begun_at = Trial.objects.get(code=code).begun_at
    answers.append(begin_as(ana, code, begin_id))
    assert [answer.json() for answer in answers] == [{"n_reloads": 0}, {"n_reloads": 0}]
    trial = Trial.objects.get(code=code)
    assert (trial.n_begun, trial.begun_at) == (1, begun_at)


def test_a_begin_of_another_page_counts_a_reload(ana: Person) -> None:
    code, second = ana.current(), str(uuid.uuid4())
    for begin_id in (str(uuid.uuid4()), second, second):
        answer = begin_as(ana, code, begin_id)
    assert answer.json() == {"n_reloads": 1}
    assert ana.begin(code).json() == {"n_reloads": 2}
    assert ana.begin(code).json() == {"n_reloads": 3}


def test_a_begin_id_that_is_no_uuid_is_refused(ana: Person) -> None:
    refuse(begin_as(ana, ana.current(), 1), status=400, code="malformed")
    assert n_begun() == 0
