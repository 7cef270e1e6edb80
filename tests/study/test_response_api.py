import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from earshot.circumstances import Circumstances
from study.models import Enrolment, Response, Study, Trial
from study.services.bundles import bundle_load
from study.services.studies import study_close, study_launch, study_load
from tests.study.conftest import CHANNEL_BY_ARM, Person, enrol, make_answer
from tests.tiny_bundle import write_study_file, write_tiny_bundle

pytestmark = pytest.mark.django_db

CIRCUMSTANCES = make_answer()["circumstances"]


def refuse(answer: Any, *, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal; nothing at all was stored."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert body["message"]
    assert Response.objects.count() == 0
    return body


def answers(label: str, *, confidence: int = 70) -> dict[str, str | int]:
    return {"answer": label, "confidence": confidence}


def predicted_label(code: str) -> str:
    stimulus = Trial.objects.get(code=code).stimulus
    assert stimulus is not None
    return stimulus.predicted_label


def test_answer_is_stored_as_sent(ana: Person) -> None:
    code = ana.begin_current()
    body = make_answer(answers={"answer": "2", "confidence": 30}, rt_ms=17, onset_to_response_ms=4017, heard_share=1)
    answer = ana.answer(code, body)
    assert answer.status_code == 200
    assert answer.json()["stored"] is True
    stored = Response.objects.get()
    assert str(stored.trial.code) == code
    told = {name: getattr(stored, name) for name in body}
    sent = body["circumstances"]
    whole = {**dict.fromkeys(Circumstances.model_fields), **Circumstances(**sent).model_dump()}
    assert told == {**body, "client_id": uuid.UUID(body["client_id"]), "circumstances": whole}
    assert stored.received_at is not None
    assert stored.answered_at > timezone.now() - timedelta(minutes=1)


def test_training_answer_brings_the_computers_answer(ana: Person) -> None:
    code = ana.begin_current()
    predicted = predicted_label(code)
    words = {"0": "zero", "1": "one", "2": "two"}
    body = ana.answer(code, make_answer(answers=answers(predicted))).json()
    expected = {"task": "forward-simulation", "word": words[predicted], "key": predicted, "correct": True}
    assert body["feedback"] == expected
    assert body["state"] == ana.state()
    assert body["state"]["n_answered"] == 1


def test_wrong_training_answer_is_told_so(ana: Person) -> None:
    code = ana.begin_current()
    other = next(label for label in ("0", "1", "2") if label != predicted_label(code))
    assert ana.answer(code, make_answer(answers=answers(other))).json()["feedback"]["correct"] is False


def test_main_answer_brings_no_feedback(ana: Person) -> None:
    ana.complete(2)
    answer = ana.answer(ana.begin_current(), make_answer())
    assert answer.json()["feedback"] is None
    assert "predicted" not in answer.content.decode()


def test_repeated_post_is_stored_once_and_answered_as_before(ana: Person) -> None:
    code, body = ana.begin_current(), make_answer()
    first = ana.answer(code, body)
    rows = list(Response.objects.values())
    second = ana.answer(code, body)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    assert list(Response.objects.values()) == rows


def test_late_repeat_is_taken_after_the_next_trial_began(ana: Person) -> None:
    code, body = ana.begin_current(), make_answer()
    ana.answer(code, body)
    ana.begin_current()
    assert ana.answer(code, body).status_code == 200
    assert ana.n_responses() == 1


def test_second_different_answer_is_refused(ana: Person) -> None:
    code, body = ana.begin_current(), make_answer(answers=answers("1"))
    ana.answer(code, body)
    rows = list(Response.objects.values())
    changed = [body | {"answers": answers("2")}, body | {"answers": answers("1", confidence=10)}]
    for other in (make_answer(answers=answers("2")), make_answer(answers=answers("1")), *changed):
        answer = ana.answer(code, other)
        assert (answer.status_code, answer.json()["code"]) == (409, "already-answered")
    assert list(Response.objects.values()) == rows


def test_client_id_of_another_answer_is_refused(ana: Person) -> None:
    body = make_answer()
    ana.answer(ana.begin_current(), body)
    answer = ana.answer(ana.begin_current(), body)
    assert (answer.status_code, answer.json()["code"]) == (409, "already-answered")
    assert Response.objects.count() == 1


def test_client_id_of_another_participant_is_refused(ana: Person, ben: Person) -> None:
    body = make_answer()
    ana.answer(ana.begin_current(), body)
    assert ben.answer(ben.begin_current(), body).status_code == 409
    assert ben.n_responses() == 0


def test_response_for_anothers_trial_is_refused(ana: Person, ben: Person) -> None:
    code = ben.begin_current()
    refuse(ana.answer(code, make_answer()), status=404, code="unknown-trial")


def test_response_for_a_trial_that_never_was_is_refused(ana: Person) -> None:
    refuse(ana.answer(str(uuid.uuid4()), make_answer()), status=404, code="unknown-trial")


def test_answer_that_overtakes_its_beginning_is_taken_with_it(ana: Person) -> None:
    code, begin_id = ana.current(), str(uuid.uuid4())
    ana.let_dwell_pass()
    assert ana.answer(code, make_answer(begin_id=begin_id)).status_code == 200
    assert ana.post(f"trials/{code}/begin", {"begin_id": begin_id}).json()["code"] == "already-answered"
    trial = Trial.objects.get(code=code)
    assert (trial.n_begun, str(trial.begin_id), trial.begun_at) == (1, begin_id, trial.handed_out_at)


def test_answer_without_a_beginning_waits_from_when_the_trial_was_handed_out(ana: Person) -> None:
    refuse(ana.answer(ana.current(), make_answer()), status=422, code="too-early")


def test_response_for_a_later_trial_is_refused(ana: Person) -> None:
    later = Trial.objects.get(enrolment=ana.enrolment, index=2)
    refuse(ana.answer(str(later.code), make_answer()), status=409, code="not-handed-out")


def test_answer_before_the_dwell_is_refused_by_the_servers_clock(ana: Person) -> None:
    code = ana.current()
    ana.begin(code)
    body = refuse(ana.answer(code, make_answer()), status=422, code="too-early")
    # dwell 4000 ms and an original of 120 ms, less what the two requests took
    assert 0 < body["retry_after_ms"] <= 4120
    assert "answering opens after 4120 ms" in body["message"]


def test_originals_duration_and_a_sound_longer_than_the_dwell_are_waited_for(db: None, tmp_path: Path) -> None:
    write_tiny_bundle(tmp_path / "long", name="long", duration_ms=500.0)
    bundle_load(folder=tmp_path / "long")
    path = write_study_file(tmp_path / "long.toml", slug="long", more="\n[exposure]\ndwell_ms = 100\n")
    path.write_text(path.read_text().replace('bundle = "tiny"', 'bundle = "long"'))
    study = study_launch(study=study_load(path=path)).study
    waits: dict[str, str] = {}
    while len(waits) < 2:
        person = enrol(study)
        code = person.current()
        person.begin(code)
        message = refuse(person.answer(code, make_answer()), status=422, code="too-early")["message"]
        waits[CHANNEL_BY_ARM[person.enrolment.arm]] = message.split("opens after ")[1]
    assert waits == {"picture": "600 ms", "sound": "1000 ms"}


def test_answer_before_the_dwell_is_refused_by_the_browsers_account(ana: Person) -> None:
    code = ana.begin_current()
    body = refuse(ana.answer(code, make_answer(onset_to_response_ms=3999)), status=422, code="too-early")
    assert body["retry_after_ms"] is None


@pytest.mark.parametrize("heard", [{"plays": 0, "heard_share": 0.0}, {"heard_share": 0.94}, {"plays": 0}])
def test_answer_before_the_sound_was_heard_is_refused(ben: Person, heard: dict[str, Any]) -> None:
    refuse(ben.answer(ben.begin_current(), make_answer(**heard)), status=422, code="not-heard")


def test_sound_heard_almost_to_its_end_counts(ben: Person) -> None:
    assert ben.answer(ben.begin_current(), make_answer(heard_share=0.95)).status_code == 200


@pytest.mark.parametrize("who", ["picture", "sound"])
def test_answer_before_the_original_was_heard_is_refused(people: dict[str, Person], who: str) -> None:
    person = people[who]
    refuse(person.answer(person.begin_current(), make_answer(original_plays=0)), status=422, code="not-heard")


def test_study_that_gives_nothing_asks_for_no_original(draft: Study, tmp_path: Path) -> None:
    study = study_launch(study=study_load(path=write_study_file(tmp_path / "bare.toml", given="nothing"))).study
    person = enrol(study)
    assert person.answer(person.begin_current(), make_answer(original_plays=0)).status_code == 200


@pytest.mark.parametrize("label", ["3", "one", " 1", "1\u0000"])
def test_unknown_label_is_refused(ana: Person, label: str) -> None:
    refuse(ana.answer(ana.begin_current(), make_answer(answers=answers(label))), status=422, code="unknown-label")


@pytest.mark.parametrize("changes", [{"plays": 4}, {"original_plays": 4}])
def test_more_plays_than_allowed_are_refused(ana: Person, changes: dict[str, Any]) -> None:
    body = refuse(ana.answer(ana.begin_current(), make_answer(**changes)), status=400, code="malformed")
    assert "plays is 4; this study allows 3" in body["message"]


@pytest.mark.parametrize(
    "changes",
    [
        *({"answers": {"answer": "1", "confidence": wrong}} for wrong in (0, 55, 110, True, "50", None, 50.0)),
        *({"answers": {"answer": wrong, "confidence": 50}} for wrong in ("", 1, "x" * 65, True, ["1"])),
        {"answers": {"answer": "1"}},
        {"answers": {"confidence": 50}},
        {"answers": {"answer": "1", "confidence": 50, "judgement": "right"}},
        {"answers": {str(number): "1" for number in range(21)}},
        {"answers": ["1", 50]},
        {"rt_ms": -1},
        {"rt_ms": 1.5},
        {"rt_ms": 2**31},
        {"rt_ms": False},
        {"onset_to_response_ms": "4000"},
        {"plays": 10**30},
        {"heard_share": 1.01},
        {"heard_share": -0.1},
        {"heard_share": float("nan")},
        {"client_id": "1"},
        {"client_id": 7},
        {"correct": True},
        {"age_ms": -1},
        {"age_ms": 2**31},
        {"begin_id": "1"},
        {"circumstances": {}},
        {"circumstances": CIRCUMSTANCES | {"answered_ms": -1.0}},
        {"circumstances": CIRCUMSTANCES | {"pixel_ratio": 0.0}},
        {"circumstances": CIRCUMSTANCES | {"n_cut": 1.5}},
        {"circumstances": CIRCUMSTANCES | {"user_agent": "Mozilla/5.0"}},
    ],
)
def test_malformed_answer_is_refused(ana: Person, changes: dict[str, Any]) -> None:
    refuse(ana.answer(ana.begin_current(), make_answer(**changes)), status=400, code="malformed")


@pytest.mark.parametrize("name", sorted(make_answer()))
def test_answer_lacking_a_field_is_refused(ana: Person, name: str) -> None:
    body = make_answer()
    del body[name]
    message = refuse(ana.answer(ana.begin_current(), body), status=400, code="malformed")["message"]
    assert f"key '{name}' is missing" in message


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"null", b"[" * 60_000, b"{}" + b" " * 65_535])
def test_body_that_is_no_answer_is_refused(ana: Person, body: bytes) -> None:
    url = ana.url(f"trials/{ana.begin_current()}/response")
    answer = ana.client.post(url, data=body, content_type="application/json")
    refuse(answer, status=400, code="malformed")


def test_body_over_the_limit_is_refused_unread(ana: Person) -> None:
    body = json.dumps(make_answer()).encode() + b" " * 65_536
    url = ana.url(f"trials/{ana.begin_current()}/response")
    message = refuse(ana.client.post(url, data=body, content_type="application/json"), status=400, code="malformed")
    assert "at most 65536" in message["message"]


def test_stranger_is_refused(ana: Person, cleo: Client) -> None:
    url = ana.url(f"trials/{ana.begin_current()}/response")
    refuse(cleo.post(url, make_answer(), content_type="application/json"), status=401, code="no-enrolment")


def test_post_without_a_token_is_refused(ana: Person) -> None:
    url = ana.url(f"trials/{ana.begin_current()}/response")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = ana.client.cookies
    refuse(strict.post(url, make_answer(), content_type="application/json"), status=403, code="csrf-failed")


def test_closed_study_is_refused(study: Study, ana: Person) -> None:
    code = ana.begin_current()
    study_close(study=study)
    refuse(ana.answer(code, make_answer()), status=410, code="study-closed")


def test_phase_and_study_are_complete_with_their_last_response(ana: Person) -> None:
    steps = []
    for _ in range(6):
        ana.complete(1)
        ana.enrolment.refresh_from_db()
        enrolment = ana.enrolment
        steps.append((enrolment.training_completed_at is not None, enrolment.completed_at is not None))
        assert bool(enrolment.completion_code) == (enrolment.completed_at is not None)
    assert steps == [(False, False)] + [(True, False)] * 4 + [(True, True)]
    last = Response.objects.order_by("-answered_at")[0]
    assert ana.enrolment.completed_at is not None
    assert ana.enrolment.completed_at >= last.answered_at


def test_completion_code_is_made_once(ana: Person) -> None:
    ana.complete(5)
    code, body = ana.begin_current(), make_answer()
    assert ana.answer(code, body).json()["state"]["turns"] == []
    first = Enrolment.objects.get(pk=ana.enrolment.pk).completion_code
    ana.answer(code, body)
    assert Enrolment.objects.get(pk=ana.enrolment.pk).completion_code == first
    assert len(first) == 10


def test_code_appears_in_no_json(ana: Person) -> None:
    ana.complete(5)
    answer = ana.answer(ana.begin_current(), make_answer())
    code = Enrolment.objects.get(pk=ana.enrolment.pk).completion_code
    assert code not in answer.content.decode() + json.dumps(ana.state())
