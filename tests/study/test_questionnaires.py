import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from earshot.design.questionnaire_item_answers import AnswerFault
from study.models import Enrolment, Event, QuestionnaireResponse, Study, Trial
from study.refusals import Refusal
from study.services.questionnaires import questionnaire_record
from study.services.studies import study_close
from tests.study.conftest import Person, enrol, make_answer, pass_step

pytestmark = pytest.mark.django_db


def text(words: str) -> dict[str, str]:
    return {"en": words}


ENDS = {"low": text("not at all"), "high": text("very much")}
OPTIONS = [{"value": value, "text": text(f"option {value}")} for value in ("no", "little", "much")]
ABOUT_YOU: dict[str, Any] = {
    "name": "about-you",
    "title": text("About **you**"),
    "when": "before",
    "items": [
        {"kind": "single", "name": "music", "text": text("Do you make music?"), "options": OPTIONS},
        {
            "kind": "text",
            "name": "instrument",
            "text": text("Which instrument?"),
            "longest": 20,
            "shown_if": {"item": "music", "equals": ["little", "much"]},
        },
        {"kind": "multiple", "name": "devices", "text": text("Which devices?"), "options": OPTIONS, "most": 2},
        {"kind": "number", "name": "age", "text": text("Your age?"), "least": 18, "most": 120, "whole": True},
        {"kind": "number", "name": "hours", "text": text("Hours a day?"), "least": 0, "required": False},
        {
            "kind": "likert-grid",
            "name": "trust",
            "text": text("How far do you agree?"),
            "points": 5,
            "ends": ENDS,
            "rows": [{"name": name, "text": text(f"Row {name}")} for name in ("machines", "people")],
        },
        {"kind": "slider", "name": "awake", "text": text("How awake are you?"), "ends": ENDS},
    ],
}
POSTED: dict[str, Any] = {
    "music": "much",
    "instrument": "Viola",
    "devices": ["no", "much"],
    "age": "41",
    "hours": "1,5",
    "trust.machines": "2",
    "trust.people": "5",
    "awake": "70",
}
STORED = {
    "music": "much",
    "instrument": "Viola",
    "devices": ["no", "much"],
    "age": 41,
    "hours": 1.5,
    "trust": {"machines": 2, "people": 5},
    "awake": 70,
}
PAGE = "/s/digits/questions/about-you"


@pytest.fixture
def study(launch: Callable[..., Study]) -> Study:
    return launch(questionnaires=[ABOUT_YOU])


@pytest.fixture
def fresh(study: Study) -> Person:
    person = enrol(study, checked=False)
    assert pass_step(person.enrolment).kind == "sound"
    return person


def assert_redirects(answer: Any, *, to: str) -> None:
    assert (answer.status_code, answer["Location"]) == (302, to)


def posted(**changes: Any) -> dict[str, Any]:
    """The form with changes; None takes a field out."""
    return {name: value for name, value in (POSTED | changes).items() if value is not None}


def test_the_page_asks_every_item(fresh: Person) -> None:
    assert_redirects(fresh.client.get("/s/digits/"), to=PAGE)
    answer = fresh.client.get(PAGE)
    assert answer.status_code == 200
    content = answer.content.decode()
    assert content.count("<legend") == len(ABOUT_YOU["items"])
    assert "About <strong>you</strong>" in content
    assert {name for name in POSTED if f'name="{name}"' in content} == set(POSTED)
    assert " checked" not in content


def test_every_radio_button_of_a_grid_is_named_by_its_row_and_point(fresh: Person) -> None:
    content = fresh.client.get(PAGE).content.decode()
    named = re.findall(r'name="trust\.(\w+)" value="(\d)"[^>]* aria-labelledby="([^" ]+) ([^"]+)"', content)
    assert len(named) == 10
    for row, value, row_id, point_id in named:
        assert re.search(rf'id="{re.escape(row_id)}">Row {row}<', content)
        assert re.search(rf'id="{re.escape(point_id)}"><span class="grid-number">{value}<', content)


def test_the_condition_of_an_item_comes_with_it(fresh: Person) -> None:
    content = fresh.client.get(PAGE).content.decode()
    found = re.findall(r'data-item="([^"]+)" data-shown-if="([^"]+)"', content)
    assert [(item, json.loads(html.unescape(condition))) for item, condition in found] == [
        ("instrument", {"item": "music", "equals": ["little", "much"]})
    ]


def test_answers_are_stored_typed_and_the_last_step_allocates(fresh: Person) -> None:
    assert_redirects(fresh.client.post(PAGE, POSTED), to="/s/digits/trials")
    response = QuestionnaireResponse.objects.get()
    assert (response.questionnaire, response.answers) == ("about-you", STORED)
    enrolment = Enrolment.objects.get()
    assert enrolment.place == 0
    events = Event.objects.filter(enrolment=enrolment.code).order_by("id")
    assert [event.kind for event in events] == ["enrolled", "sound-checked", "questionnaire-answered", "allocated"]
    assert events[2].data == {"questionnaire": "about-you"}


def test_nobody_is_allocated_before_the_questionnaire(fresh: Person) -> None:
    enrolment = Enrolment.objects.get()
    assert (enrolment.sound_checked_at is not None, enrolment.place) == (True, None)
    assert_redirects(fresh.client.get("/s/digits/trials"), to=PAGE)


def test_items_that_may_be_left_out_are(fresh: Person) -> None:
    assert_redirects(fresh.client.post(PAGE, posted(hours="")), to="/s/digits/trials")
    assert "hours" not in QuestionnaireResponse.objects.get().answers


def test_an_item_that_is_not_shown_is_not_stored_whatever_the_page_sent(fresh: Person) -> None:
    assert_redirects(fresh.client.post(PAGE, posted(music="no")), to="/s/digits/trials")
    assert "instrument" not in QuestionnaireResponse.objects.get().answers


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"music": None}, "Please answer this question."),
        ({"music": "elsewhere"}, "Please answer this question."),
        ({"instrument": "  "}, "Please answer this question."),
        ({"instrument": "a" * 21}, "Please write at most 20 characters."),
        ({"devices": None}, "Please answer this question."),
        ({"devices": ["no", "little", "much"]}, "Please choose at most 2."),
        ({"age": None}, "Please answer this question."),
        ({"age": "forty"}, "Please write a whole number."),
        ({"age": "41.5"}, "Please write a whole number."),
        ({"age": "9" * 400}, "Please write a whole number."),
        ({"age": "17"}, "Please give a number from 18 to 120."),
        ({"hours": "NaN"}, "Please write a number, in digits."),
        ({"hours": "-1"}, "Please give a number of at least 0."),
        ({"trust.people": None}, "Please choose one answer in each line."),
        ({"trust.people": "6"}, "Please choose one answer in each line."),
        ({"trust.people": "x"}, "Please choose one answer in each line."),
        ({"awake": None}, "Please answer this question."),
        ({"awake": "101"}, "Please give a number from 0 to 100."),
        ({"awake": "50.5"}, "Please give a number from 0 to 100."),
    ],
)
def test_a_fault_is_said_at_its_item_and_what_was_entered_is_kept(
    fresh: Person, changes: dict[str, Any], words: str
) -> None:
    name = next(iter(changes)).split(".")[0]
    answer = fresh.client.post(PAGE, posted(**changes))
    assert answer.status_code == 400
    content = answer.content.decode()
    assert f'<p class="fault" id="fault-{name}">{words}</p>' in content
    assert content.count('class="fault"') == 1
    assert f'<li><a href="#answer-{name}">' in content
    assert content.count(f'id="answer-{name}"') == 1
    kept = {key: value for key, value in POSTED.items() if key not in changes}
    for key in ("instrument", "age", "hours", "awake"):
        assert key not in kept or f'value="{kept[key]}"' in content
    assert QuestionnaireResponse.objects.count() == 0


def test_every_fault_is_named_at_once(fresh: Person) -> None:
    content = fresh.client.post(PAGE, {}).content.decode()
    assert "5 answers need another look" in content
    assert content.count('class="fault"') == 5


def test_html_in_an_answer_stays_text(fresh: Person) -> None:
    content = fresh.client.post(PAGE, posted(instrument="<b>x</b>", age="")).content.decode()
    assert "<b>x</b>" not in content
    assert html.escape("<b>x</b>") in content


def test_the_first_answers_stay_when_the_form_comes_again(fresh: Person) -> None:
    fresh.client.post(PAGE, POSTED)
    assert_redirects(fresh.client.post(PAGE, posted(age="42")), to="/s/digits/trials")
    questionnaire_record(enrolment=fresh.enrolment, name="about-you", answers={})
    assert QuestionnaireResponse.objects.get().answers == STORED
    assert Event.objects.filter(kind="questionnaire-answered").count() == 1


def test_the_service_checks_again(fresh: Person) -> None:
    with pytest.raises(AnswerFault, match="item 'music' has no answer"):
        questionnaire_record(enrolment=fresh.enrolment, name="about-you", answers={})
    assert QuestionnaireResponse.objects.count() == 0


def test_a_questionnaire_out_of_turn_is_refused(study: Study) -> None:
    person = enrol(study, checked=False)
    with pytest.raises(Refusal, match="has not come") as refused:
        questionnaire_record(enrolment=person.enrolment, name="about-you", answers=STORED)
    assert refused.value.code == "not-handed-out"
    assert_redirects(person.client.post(PAGE, POSTED), to="/s/digits/sound")
    assert_redirects(person.client.get("/s/digits/questions/nothing"), to="/s/digits/sound")
    assert QuestionnaireResponse.objects.count() == 0


def test_a_closed_study_takes_no_answers(study: Study, fresh: Person) -> None:
    study_close(study=study)
    assert fresh.client.post(PAGE, POSTED).status_code == 410
    with pytest.raises(Refusal, match="study is closed"):
        questionnaire_record(enrolment=fresh.enrolment, name="about-you", answers=STORED)
    assert QuestionnaireResponse.objects.count() == 0


def test_a_form_without_its_token_is_refused(fresh: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = fresh.client.cookies
    assert strict.post(PAGE, POSTED).status_code == 403
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', strict.get(PAGE).content.decode())[0]
    assert_redirects(strict.post(PAGE, POSTED | {"csrfmiddlewaretoken": token}), to="/s/digits/trials")


def short(name: str, when: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": text(name),
        "when": when,
        "items": [{"kind": "text", "name": "remark", "text": text("A remark?")}],
    }


@pytest.fixture
def between(launch: Callable[..., Study]) -> Person:
    """Somebody at the first trial of a study with questionnaires between blocks and at the end."""
    blocks = [
        {"kind": "training", "name": "practice", "n_items": 2},
        {"kind": "questionnaire", "name": "asked", "questionnaire": "halfway"},
        {"kind": "main", "name": "main", "n_right": 2, "n_wrong": 2},
    ]
    study = launch(questionnaires=[short("halfway", "block"), short("last", "after")], blocks=blocks)
    return enrol(study)


def test_a_questionnaire_between_blocks_cannot_be_passed_over(between: Person) -> None:
    between.complete(2)
    code = str(Trial.objects.get(index=2).code)
    for answer in (between.begin(code), between.answer(code, make_answer())):
        assert (answer.status_code, answer.json()["code"]) == (409, "not-handed-out")
    assert (Trial.objects.get(index=2).begun_at, between.n_responses()) == (None, 2)
    between.client.post("/s/digits/questions/halfway", {"remark": "fine"})
    assert between.current() == code
    assert between.begin(code).status_code == 200


def test_questionnaires_come_at_their_blocks_and_at_the_end(between: Person) -> None:
    person = between
    person.complete(2)
    assert_redirects(person.client.get("/s/digits/trials"), to="/s/digits/questions/halfway")
    assert_redirects(person.client.post("/s/digits/questions/halfway", {"remark": "fine"}), to="/s/digits/trials")
    person.complete(4)
    assert_redirects(person.client.get("/s/digits/"), to="/s/digits/questions/last")
    assert Enrolment.objects.get().completion_code == ""
    assert_redirects(person.client.post("/s/digits/questions/last", {"remark": "well"}), to="/s/digits/debrief")
    enrolment = Enrolment.objects.get()
    assert enrolment.completion_code in person.client.get("/s/digits/debrief").content.decode()
    completed = Event.objects.get(kind="completed")
    assert (completed.enrolment, completed.data) == (enrolment.code, {"place": 0, "is_released": False})


def test_expertise_is_asked_of_everybody_unless_it_is_left_out(launch: Callable[..., Study]) -> None:
    person = enrol(launch(expertise=True), checked=False)
    pass_step(person.enrolment)
    page = "/s/digits/questions/expertise"
    assert_redirects(person.client.get("/s/digits/"), to=page)
    form = dict.fromkeys(("audio", "phonetics", "music", "machine-learning"), "none")
    assert_redirects(person.client.post(page, form), to="/s/digits/trials")
