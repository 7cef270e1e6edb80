from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from study.models import Event, Study, Trial, Version
from study.selectors import sound_check_stimulus
from study.services.studies import study_close
from tests.study.conftest import Person, enrol

pytestmark = pytest.mark.django_db


@pytest.fixture
def word(study: Study) -> str:
    return sound_check_stimulus(study.versions.get()).true_label


@pytest.fixture
def fresh(study: Study) -> Person:
    return enrol(study, checked=False)


def test_the_heard_word_allocates_and_hands_out_trials(fresh: Person, word: str) -> None:
    assert fresh.post("sound-check", {"answer": word}).json() == {"passed": True}
    fresh.enrolment.refresh_from_db()
    enrolment = fresh.enrolment
    version = Version.objects.get()
    assert (enrolment.place, enrolment.sequence) == (0, 0)
    assert enrolment.arm in {"heard", "seen"}
    assert enrolment.allocated_at is not None
    assert enrolment.sound_checked_at is not None
    assert version.n_allocated == 1
    trials = list(Trial.objects.filter(enrolment=enrolment))
    assert [trial.index for trial in trials] == list(range(6))
    assert [(trial.block, trial.kind) for trial in trials] == [("practice", "training")] * 2 + [("main", "main")] * 4
    assert len({trial.stimulus_id for trial in trials}) == 6
    main = [trial for trial in trials if trial.kind == "main"]
    strata = Counter((trial.stimulus.model_correct, trial.condition) for trial in main if trial.stimulus)
    assert set(strata.values()) == {1}
    kinds = list(Event.objects.filter(enrolment=enrolment.code).values_list("kind", flat=True))
    assert kinds == ["enrolled", "sound-checked", "allocated"]


def test_another_word_does_not_pass(fresh: Person, word: str) -> None:
    wrong = next(label for label in ("0", "1", "2") if label != word)
    assert fresh.post("sound-check", {"answer": wrong}).json() == {"passed": False}
    fresh.enrolment.refresh_from_db()
    assert fresh.enrolment.sound_checked_at is None
    assert Trial.objects.count() == Version.objects.get().n_allocated == 0


def test_repeated_pass_allocates_once(fresh: Person, word: str) -> None:
    fresh.post("sound-check", {"answer": word})
    before = list(Trial.objects.values())
    assert fresh.post("sound-check", {"answer": word}).json() == {"passed": True}
    assert list(Trial.objects.values()) == before
    assert Version.objects.get().n_allocated == 1


def test_whole_blocks_are_balanced_and_sequences_counted_by_arm(study: Study) -> None:
    people = [enrol(study) for _ in range(8)]
    # Format 1's block: every arm twice.
    assert [Counter(one.enrolment.arm for one in people[start : start + 4]) for start in (0, 4)] == [
        {"heard": 2, "seen": 2}
    ] * 2
    assert sorted((one.enrolment.arm, one.enrolment.sequence) for one in people) == [
        (arm, sequence) for arm in ("heard", "seen") for sequence in range(4)
    ]


def test_unknown_label_is_refused(fresh: Person) -> None:
    answer = fresh.post("sound-check", {"answer": "11"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-label")
    assert "expected one of 0, 1, 2" in answer.json()["message"]
    assert Trial.objects.count() == 0


@pytest.mark.parametrize("body", [{}, {"answer": 1}, {"answer": None}, {"answer": "1", "more": 1}, ["1"]])
def test_malformed_body_is_refused(fresh: Person, body: Any) -> None:
    answer = fresh.client.post(fresh.url("sound-check"), data=body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert Trial.objects.count() == 0


def test_stranger_is_refused(cleo: Client) -> None:
    answer = cleo.post("/s/digits/api/sound-check", {"answer": "1"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (401, "no-enrolment")


def test_closed_study_is_refused(study: Study, fresh: Person, word: str) -> None:
    study_close(study=study)
    answer = fresh.post("sound-check", {"answer": word})
    assert (answer.status_code, answer.json()["code"]) == (410, "study-closed")
    assert Trial.objects.count() == 0


def test_post_without_a_token_is_refused(fresh: Person, word: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = fresh.client.cookies
    answer = strict.post(fresh.url("sound-check"), {"answer": word}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf-failed")
    assert Trial.objects.count() == 0


def test_post_with_the_pages_token_is_taken(fresh: Person, word: str, tmp_path: Path) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = fresh.client.cookies
    content = strict.get("/s/digits/sound").content.decode()
    token = content.split('name="csrf-token" content="')[1].split('"')[0]
    answer = strict.post(
        fresh.url("sound-check"),
        {"answer": word},
        content_type="application/json",
        headers={"x-csrftoken": token},
    )
    assert answer.json() == {"passed": True}
