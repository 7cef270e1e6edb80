import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from django.utils import timezone

from earshot.allocation.record import Assignment
from earshot.tasks.kinds import TASKS
from study.models import Response, Study, Trial
from study.participant_plans import participant_trials_of
from study.refusals import Refusal
from study.selectors import study_protocol
from study.services.bundles import bundle_load
from study.services.exposures import TrialExposure, check_passed
from study.services.studies import study_launch, study_load
from study.task_forms import asked_about
from tests.every_task import every_task_fields
from tests.study.conftest import Person, enrol, make_answer
from tests.study.rich_bundle import write_rich_bundle

pytestmark = pytest.mark.django_db

SECOND = {"preferred", "changed"}  # the conditions of tests.every_task that show something second


@pytest.fixture(scope="session")
def rich_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rich") / "rich"
    write_rich_bundle(folder)
    return folder


@pytest.fixture
def launch_every(db: None, rich_folder: Path, tmp_path: Path) -> Callable[..., Study]:
    """Launch the study of every task, with changes."""

    def launch(**changes: Any) -> Study:
        bundle_load(folder=rich_folder)
        path = tmp_path / "every.toml"
        path.write_text(tomli_w.dumps(every_task_fields(**changes)))
        return study_launch(study=study_load(path=path)).study

    return launch


@pytest.fixture
def dora(launch_every: Callable[..., Study]) -> Person:
    """Somebody who meets every task."""
    return enrol(launch_every())


def some_answers(step: dict[str, Any]) -> dict[str, str | int]:
    """The first value of everything a step asks."""
    return {field["name"]: field["values"][0] for field in step["fields"]}


def body_for(trial: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A whole answer to a trial's last step."""
    is_shown = bool(trial["explanations"])
    body = make_answer(
        answers=some_answers(trial["steps"][-1]),
        plays=int(is_shown),
        second_plays=int(len(trial["explanations"]) > 1 or trial["changed"] is not None),
        original_plays=int(trial["original"] is not None),
    )
    return body | changes


def do_trial(person: Person) -> dict[str, Any]:
    """Do the present trial; gives back how it looked."""
    trial = person.trial()
    assert trial is not None
    person.begin(trial["id"])
    person.let_dwell_pass()
    if len(trial["steps"]) > 1:
        first = person.post(f"trials/{trial['id']}/first-answer", {"answers": some_answers(trial["steps"][0])})
        assert first.status_code == 200, first.content
    answer = person.answer(trial["id"], body_for(trial))
    assert answer.status_code == 200, answer.content
    return trial


def go_to(person: Person, condition: str) -> dict[str, Any]:
    """Begin the first main trial of a condition, all before it being answered."""
    wanted = Trial.objects.filter(enrolment=person.enrolment, condition=condition, kind="main").order_by("index")[0]
    skip_to(person, wanted)
    assert person.begin_current() == str(wanted.code)
    trial = person.trial()
    assert trial is not None
    return trial


def skip_to(person: Person, wanted: Trial) -> None:
    """Store some response to every trial before the wanted one."""
    body = make_answer() | {"answered_at": timezone.now()}
    waiting = Trial.objects.filter(enrolment=person.enrolment, index__lt=wanted.index, response__isnull=True)
    Response.objects.bulk_create(Response(trial=trial, **body | {"client_id": uuid.uuid4()}) for trial in waiting)


def first_answer(person: Person, trial: dict[str, Any], **answers: Any) -> Any:
    return person.post(f"trials/{trial['id']}/first-answer", {"answers": answers})


def test_every_kind_of_trial_is_answered_to_the_end(dora: Person) -> None:
    while dora.trial() is not None:
        do_trial(dora)
    dora.enrolment.refresh_from_db()
    assert dora.enrolment.completed_at is not None
    design = study_protocol(dora.enrolment.version).design
    labels = dora.enrolment.version.study.bundle.labels
    for response in Response.objects.select_related("trial__stimulus"):
        trial = response.trial
        if trial.stimulus is None:
            assert response.answers == {"answer": "0"}
            continue
        condition = design.condition(trial.condition)
        asked = asked_about(
            trial.stimulus, condition=condition, is_swapped=trial.is_swapped, design=design, labels=labels
        )
        assert TASKS[condition.task].check(response.answers, asked=asked) == response.answers
        assert response.second_plays == int(trial.condition in SECOND)


def test_each_condition_has_its_course_and_channels(dora: Person) -> None:
    courses: dict[str, Any] = {}
    while turns := dora.state()["turns"]:
        trial = do_trial(dora)
        row = Trial.objects.get(code=trial["id"])
        shown = [(bool(each["sound"]), bool(each["picture"])) for each in trial["explanations"]]
        if turns[0]["part"]["kind"] == "main":
            courses[row.condition or row.kind] = (trial["course"], shown)
    usual, sound, picture = ["original", "explanation", "ask"], (True, False), (False, True)
    assert courses == {
        "forward": (usual, [sound]),
        "forward-both": (usual, [(True, True)]),
        "perceived": (["explanation", "ask"], [picture]),
        "errors": (usual, [picture]),
        "changed": (["original", "explanation", "changed", "ask"], [sound]),
        "advised": (["original", "ask", "explanation", "ask"], [sound]),
        "rated": (usual, [picture]),
        "preferred": (usual, [sound, sound]),
        "attention": (["ask"], []),
    }


def test_perceived_word_is_asked_first(dora: Person) -> None:
    fields = go_to(dora, "perceived")["steps"][0]["fields"]
    assert [field["name"] for field in fields] == ["perceived_label", "answer", "confidence"]


def test_original_as_picture_and_overlay_are_shown_as_declared(dora: Person) -> None:
    original = go_to(dora, "forward-both")["original"]
    assert (original["sound"], original["picture"]["kind"]) == (None, "matched")
    assert go_to(dora, "errors")["explanations"][0]["picture"]["kind"] == "overlay"


def test_rating_asks_each_statement_on_its_scale(dora: Person) -> None:
    trial = go_to(dora, "rated")
    fields = trial["steps"][0]["fields"]
    assert [(field["name"], field["widget"]) for field in fields] == [
        ("rating_clear", "points"),
        ("rating_of_use", "points"),
    ]
    assert fields[0]["values"] == list(range(1, 8))
    assert fields[0]["rated"] == {"text": "The parts were clear.", "least": "not at all", "most": "completely"}
    assert all(field["is_timed"] for field in fields)
    assert trial["exposure"] == {"dwell_ms": 200, "max_plays": 3, "view_ms": 500}


def test_visual_analogue_scale_is_a_line_with_two_ends(launch_every: Callable[..., Study]) -> None:
    trial = go_to(enrol(launch_every(scale="visual-analogue")), "rated")
    field = trial["steps"][0]["fields"][0]
    assert (field["widget"], field["values"]) == ("line", [0, 100])


@pytest.mark.parametrize(("is_swapped", "masks"), [(False, ["relevance", "control"]), (True, ["control", "relevance"])])
def test_preference_shows_both_conditions_in_the_planned_order(
    dora: Person, is_swapped: bool, masks: list[str]
) -> None:
    Trial.objects.filter(enrolment=dora.enrolment, condition="preferred").update(is_swapped=is_swapped)
    trial = go_to(dora, "preferred")
    row = Trial.objects.select_related("stimulus").get(code=trial["id"])
    assert row.stimulus is not None
    files = [row.stimulus.renditions.filter(mask=mask).order_by("number")[0].sound_file for mask in masks]
    assert [each["sound"]["url"] for each in trial["explanations"]] == [f"/media/{file}" for file in files]


def test_order_of_a_preference_is_the_planned_one_and_not_in_what_the_page_gets(dora: Person) -> None:
    version = dora.enrolment.version
    assert dora.enrolment.place is not None
    assert dora.enrolment.sequence is not None
    assignment = Assignment(
        place=dora.enrolment.place, arm=dora.enrolment.arm, sequence=dora.enrolment.sequence, refills=None
    )
    planned = participant_trials_of(version, protocol=study_protocol(version), assignment=assignment)
    stored = Trial.objects.filter(enrolment=dora.enrolment).order_by("index").values_list("is_swapped", flat=True)
    assert list(stored) == [trial.is_swapped for trial in planned]
    assert set(stored) == {True, False}
    assert "swapped" not in json.dumps(go_to(dora, "preferred"))


def test_counterfactual_tells_the_computers_answer_but_not_that_to_the_changed_clip(dora: Person) -> None:
    trial = go_to(dora, "changed")
    row = Trial.objects.select_related("stimulus").get(code=trial["id"])
    assert row.stimulus is not None
    assert trial["told"]["label"] == row.stimulus.predicted_label
    changed = row.stimulus.renditions.filter(mask="control").order_by("number")[0]
    assert trial["changed"]["sound"]["url"] == f"/media/{changed.sound_file}"
    before = json.dumps(dora.state())
    row.stimulus.renditions.update(answered_label="another")
    assert json.dumps(dora.state()) == before


def test_advice_tells_the_computers_answer_after_the_first_answer_alone(dora: Person) -> None:
    trial = go_to(dora, "advised")
    assert trial["told"] is None
    predicted = Trial.objects.get(code=trial["id"]).stimulus.predicted_label  # type: ignore[union-attr]  # a main trial
    answer = first_answer(dora, trial, answer_before="3", confidence_before=20).json()
    assert answer["told"]["label"] == predicted
    assert Trial.objects.get(code=trial["id"]).first_answers == {"answer_before": "3", "confidence_before": 20}
    again = dora.trial()
    assert again is not None
    assert (again["told"]["label"], again["course"]) == (predicted, ["original", "explanation", "ask"])
    assert [len(step["fields"]) for step in again["steps"]] == [2]


def test_first_answer_stays_whatever_is_sent_after_the_reveal(dora: Person) -> None:
    trial = go_to(dora, "advised")
    kept = {"answer_before": "3", "confidence_before": 20}
    first_answer(dora, trial, **kept)
    for later in ({"answer_before": "4", "confidence_before": 100}, {"nonsense": "1"}):
        answer = first_answer(dora, trial, **later)
        assert (answer.status_code, answer.json()["first_answers"]) == (200, kept)
    answers = {"answer": "5", "confidence": 60, "answer_before": "4"}
    assert dora.answer(trial["id"], body_for(trial, answers=answers)).status_code == 200
    assert Response.objects.get(trial__code=trial["id"]).answers == kept | {"answer": "5", "confidence": 60}


def test_repeated_advice_is_the_same_answer(dora: Person) -> None:
    trial = go_to(dora, "advised")
    first_answer(dora, trial, answer_before="3", confidence_before=20)
    body = body_for(trial)
    assert [dora.answer(trial["id"], body).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({}, "malformed"),
        ({"answer_before": "3"}, "malformed"),
        ({"answer_before": "ten", "confidence_before": 20}, "unknown-label"),
        ({"answer_before": "3", "confidence_before": 25}, "malformed"),
        ({"answer_before": "3", "confidence_before": 20, "answer": "3"}, "malformed"),
    ],
)
def test_first_answer_that_does_not_fit_tells_nothing(dora: Person, answers: dict[str, Any], code: str) -> None:
    trial = go_to(dora, "advised")
    answer = first_answer(dora, trial, **answers)
    assert answer.json()["code"] == code
    assert "told" not in answer.json()
    assert Trial.objects.get(code=trial["id"]).first_answers is None


def test_first_answer_before_the_beginning_is_refused(dora: Person) -> None:
    trial = Trial.objects.filter(enrolment=dora.enrolment, condition="advised")[0]
    answer = dora.post(
        f"trials/{trial.code}/first-answer", {"answers": {"answer_before": "3", "confidence_before": 20}}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "not-handed-out")


def exposure_of(person: Person, condition: str) -> TrialExposure:
    trial = Trial.objects.filter(enrolment=person.enrolment, condition=condition).order_by("index")[0]
    design = study_protocol(person.enrolment.version).design
    return TrialExposure.of(trial, begun_at=timezone.now(), design=design)


def test_waits_are_the_dwell_and_the_sounds_one_after_the_other(dora: Person) -> None:
    """Sounds last 40 ms and the dwell 200 ms: a clip given as a sound, then the dwell, then a changed clip."""
    waits = {
        name: (exposure.until_first_ms, exposure.until_last_ms)
        for name in ("forward", "forward-both", "perceived", "changed", "advised")
        for exposure in [exposure_of(dora, name)]
    }
    assert waits == {
        "forward": (40, 240),
        "forward-both": (0, 200),
        "perceived": (200, 200),
        "changed": (40, 280),
        "advised": (40, 240),
    }


def test_answer_is_too_early_until_its_wait_is_over() -> None:
    begun_at = timezone.now()
    with pytest.raises(Refusal, match="answering opens after 40 ms") as refused:
        check_passed(40.0, begun_at=begun_at, now=begun_at + timedelta(milliseconds=39))
    assert (refused.value.code, refused.value.retry_after_ms) == ("too-early", 1)
    check_passed(40.0, begun_at=begun_at, now=begun_at + timedelta(milliseconds=40))


@pytest.mark.parametrize("condition", ["forward", "errors"])
def test_task_of_one_step_has_no_first_answer(dora: Person, condition: str) -> None:
    trial = go_to(dora, condition)
    answer = first_answer(dora, trial, answer="3", confidence=20)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_advice_without_its_first_answer_is_refused(dora: Person) -> None:
    trial = go_to(dora, "advised")
    answer = dora.answer(trial["id"], body_for(trial))
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert "answer_before is missing" in answer.json()["message"]


@pytest.mark.parametrize("condition", sorted(SECOND))
def test_second_recording_has_to_be_met(dora: Person, condition: str) -> None:
    trial = go_to(dora, condition)
    answer = dora.answer(trial["id"], body_for(trial, second_plays=0))
    assert (answer.status_code, answer.json()["code"]) == (422, "not-heard")


def test_attention_trial_names_the_label_to_choose_and_shows_nothing(dora: Person) -> None:
    row = Trial.objects.get(enrolment=dora.enrolment, kind="attention")
    skip_to(dora, row)
    trial = dora.trial()
    assert trial is not None
    assert trial["instructed"]["label"] == row.instructed_label
    assert (trial["original"], trial["explanations"], trial["told"]) == (None, [], None)
    dora.begin(trial["id"])
    answer = dora.answer(trial["id"], body_for(trial, answers={"answer": row.instructed_label}, onset_to_response_ms=0))
    assert (answer.status_code, answer.json()["feedback"]) == (200, None)
    assert Response.objects.get(trial=row).answers == {"answer": row.instructed_label}


def test_examples_come_first_with_the_computers_answer_and_ask_nothing(launch_every: Callable[..., Study]) -> None:
    person = enrol(launch_every(exemplars=True))
    turn = person.state()["turns"][0]
    trial = turn["trial"]
    assert (trial["kind"], turn["part"]["kind"], turn["part"]["n_trials"]) == ("exemplar", "exemplars", 10)
    assert (trial["told"]["label"], trial["steps"]) == ("0", [{"fields": [], "reveals": False}])
    person.begin(trial["id"])
    person.let_dwell_pass()
    refused = person.answer(trial["id"], body_for(trial, answers={"answer": "0"}))
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed")
    unheard = person.answer(trial["id"], body_for(trial, plays=0, heard_share=0.0))
    assert (unheard.status_code, unheard.json()["code"]) == (422, "not-heard")
    assert person.answer(trial["id"], body_for(trial)).json()["feedback"] is None
    assert Response.objects.get().answers == {}


def test_break_comes_before_the_block_after_it_alone(dora: Person) -> None:
    breaks = []
    while turns := dora.state()["turns"]:
        breaks.append(turns[0]["breaks"])
        do_trial(dora)
    assert breaks[2] == [{"text_html": "<p>Take a <em>short</em> rest.</p>\n", "least_s": 0}]
    assert not any(breaks[:2] + breaks[3:])


def test_several_main_parts_are_numbered(dora: Person) -> None:
    part = go_to(dora, "errors") and dora.state()["turns"][0]["part"]
    assert part == {"kind": "main", "number": 4, "index": 0, "n_trials": 2, "is_first": True}


def test_block_with_feedback_tells_what_its_task_asks(launch_every: Callable[..., Study]) -> None:
    fields = every_task_fields()
    blocks = [block | ({"feedback": True} if block["kind"] == "main" else {}) for block in fields["blocks"]]
    person = enrol(launch_every(blocks=blocks))
    told: dict[str, Any] = {}
    while (trial := person.trial()) is not None:
        row = Trial.objects.select_related("stimulus").get(code=trial["id"])
        person.begin(trial["id"])
        person.let_dwell_pass()
        if len(trial["steps"]) > 1:
            first_answer(person, trial, **some_answers(trial["steps"][0]))
        feedback = person.answer(trial["id"], body_for(trial)).json()["feedback"]
        if row.stimulus is not None and row.kind == "main":
            told[row.condition] = (feedback, row.stimulus)
    feedback, stimulus = told["errors"]
    assert feedback["key"] == ("right" if stimulus.model_correct else "wrong")
    feedback, stimulus = told["changed"]
    changed = stimulus.renditions.filter(mask="control").order_by("number")[0]
    assert feedback["key"] == changed.answered_label
    feedback, stimulus = told["advised"]
    assert feedback["key"] == stimulus.true_label
    assert [told[name][0]["correct"] for name in ("rated", "preferred")] == [None, None]
