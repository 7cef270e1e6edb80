import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.design.questionnaire_answers import check_answers
from earshot.design.questionnaire_item_answers import AnswerFault
from earshot.design.questionnaires import Questionnaire
from tests.earshot.design.questionnaires_drawn import (
    EVERY_KIND,
    GIVEN,
    GRID,
    MULTIPLE,
    NUMBER,
    SINGLE,
    SLIDER,
    TEXT,
    asking,
    questionnaires,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def refuse(*items: dict[str, Any], answers: dict[str, Any]) -> AnswerFault:
    with pytest.raises(AnswerFault) as fault:
        check_answers(asking(*items), answers=answers)
    return fault.value


def test_answers_of_every_kind_are_taken_as_they_are_stored() -> None:
    assert check_answers(asking(*EVERY_KIND), answers=GIVEN) == {
        "hearing": "no",
        "devices": ["headphones", "loudspeakers"],
        "remarks": "a tone",
        "age": 40,
        "trust": {"reliable": 5, "easy-to-follow": 2},
        "effort": 0.3,
    }


def test_stored_answers_are_taken_again_unchanged() -> None:
    stored = check_answers(asking(*EVERY_KIND), answers=GIVEN)
    assert check_answers(asking(*EVERY_KIND), answers=json.loads(json.dumps(stored))) == stored


def test_numbers_are_stored_by_their_item_not_by_how_they_came() -> None:
    half = NUMBER | {"whole": False}
    stored = check_answers(asking(half, SLIDER | {"step": 1, "most": 10}), answers={"age": 20, "effort": 3.0})
    assert [type(answer) for answer in stored.values()] == [float, int]


@pytest.mark.parametrize("nothing", [None, " \n", "absent"])
def test_optional_item_may_be_left_out(nothing: str | None) -> None:
    answers = {} if nothing == "absent" else {"remarks": nothing}
    assert check_answers(asking(TEXT | {"required": False}), answers=answers) == {}


@pytest.mark.parametrize(("item", "nothing"), [(MULTIPLE, []), (GRID, {}), (GRID, {"reliable": None})])
def test_empty_answer_to_an_optional_item_is_none(item: dict[str, Any], nothing: object) -> None:
    assert check_answers(asking(item | {"required": False}), answers={item["name"]: nothing}) == {}


def test_choosing_nothing_is_an_answer_where_least_is_zero() -> None:
    assert check_answers(asking(MULTIPLE | {"least": 0}), answers={"devices": []}) == {"devices": []}


def test_optional_grid_may_be_answered_in_part() -> None:
    answers = {"trust": {"reliable": 1}}
    assert check_answers(asking(GRID | {"required": False}), answers=answers) == answers


@pytest.mark.parametrize("item", EVERY_KIND, ids=lambda item: str(item["kind"]))
def test_missing_answer_is_refused(item: dict[str, Any]) -> None:
    fault = refuse(item, answers={})
    assert (fault.item, fault.code) == (item["name"], "missing")
    assert fault.message == str(fault) == f"item '{item['name']}' has no answer; it needs one"


@pytest.mark.parametrize(("item", "nothing"), [(TEXT, "  "), (MULTIPLE, []), (GRID, {})])
def test_empty_answer_to_a_required_item_is_missing(item: dict[str, Any], nothing: object) -> None:
    assert refuse(item, answers={item["name"]: nothing}).code == "missing"


@pytest.mark.parametrize(
    ("item", "given", "code", "message"),
    [
        (SINGLE, "maybe", "unknown-option", "answer to 'hearing' is 'maybe'; expected one of no, yes"),
        (SINGLE, "m" * 100, "unknown-option", f"'{'m' * 63}…'"),
        (SINGLE, True, "wrong-type", "answer to 'hearing' is true or false; expected the code of an option"),
        (MULTIPLE, "headphones", "wrong-type", "answer to 'devices' is a text; expected a list of options"),
        (MULTIPLE, ["radio"], "unknown-option", "'radio'"),
        (MULTIPLE, [None], "wrong-type", "is null"),
        (MULTIPLE, ["headphones", "headphones"], "too-many", "expected 1 to 2 different ones"),
        (MULTIPLE, ["headphones", "ear-buds", "loudspeakers"], "too-many", "lists 3 options; expected 1 to 2"),
        (MULTIPLE | {"least": 2}, ["headphones"], "too-few", "lists 1 options; expected 2 to 2"),
        (TEXT, 3, "wrong-type", "answer to 'remarks' is a number; expected a text"),
        (TEXT, "a" * 21, "too-long", "has 21 characters; it may have up to 20"),
        (TEXT, "a\0b", "wrong-type", "holds characters that are no text"),
        (TEXT, "\ud800", "wrong-type", "holds characters that are no text"),
        (NUMBER, "40", "wrong-type", "answer to 'age' is a text; expected a number"),
        (NUMBER, True, "wrong-type", "is true or false"),
        (NUMBER, float("nan"), "wrong-type", "is not a number"),
        (NUMBER, 40.5, "wrong-type", "expected a whole number"),
        (NUMBER, 17, "out-of-range", "answer to 'age' is 17; expected 18 to 120"),
        (NUMBER, float("inf"), "out-of-range", "too large a number"),
        (GRID, [1, 2], "wrong-type", "is a list; expected an object of rows"),
        (GRID, {"reliable": 1, "fast": 2}, "unknown-option", "has the row 'fast'; expected reliable, easy-to-follow"),
        (GRID, {"reliable": 1}, "missing", "row 'easy-to-follow' of item 'trust' has no answer"),
        (GRID, {"reliable": 1, "easy-to-follow": 6}, "out-of-range", "outside 1 to 5"),
        (GRID, {"reliable": 0, "easy-to-follow": 1}, "out-of-range", "outside 1 to 5"),
        (GRID, {"reliable": True, "easy-to-follow": 1}, "wrong-type", "is true or false"),
        (GRID, {"reliable": 2.0, "easy-to-follow": 1}, "wrong-type", "the number of a point"),
        (SLIDER, {}, "wrong-type", "is an object; expected a number"),
        (SLIDER, 1.1, "out-of-range", "answer to 'effort' is 1.1; expected 0 to 1"),
        (SLIDER, 0.25, "out-of-range", "is 0.25; expected 0 to 1 in steps of 0.1"),
    ],
)
def test_impossible_answer_is_refused(item: dict[str, Any], given: object, code: str, message: str) -> None:
    fault = refuse(item, answers={item["name"]: given})
    assert (fault.item, fault.code) == (item["name"], code)
    assert message in fault.message


def test_number_too_long_to_be_written_is_refused() -> None:
    assert "too large a number" in refuse(NUMBER, answers={"age": 10**5000}).message


def test_answer_to_an_unknown_item_is_refused() -> None:
    fault = refuse(TEXT, answers={"remarks": "x", "arm": "sound"})
    assert (fault.item, fault.code) == ("arm", "unknown-item")
    assert fault.message == "item is 'arm'; questionnaire 'about' has remarks"


@pytest.mark.parametrize(
    ("asked", "condition", "showing", "hiding"),
    [
        (SINGLE, {"equals": ["yes"]}, "yes", "no"),
        (MULTIPLE, {"equals": ["ear-buds", "headphones"]}, ["loudspeakers", "headphones"], ["loudspeakers"]),
        (NUMBER, {"equals": [20, 30]}, 30, 25),
        (NUMBER, {"at_least": 65}, 65, 64),
        (NUMBER, {"at_least": 20, "at_most": 30}, 30, 31),
        (SLIDER, {"at_most": 0.3}, 0.3, 0.4),
    ],
)
def test_condition_decides_whether_an_answer_is_needed_or_refused(
    asked: dict[str, Any], condition: dict[str, Any], showing: object, hiding: object
) -> None:
    name = asked["name"]
    conditional = TEXT | {"shown_if": {"item": name, **condition}}
    assert list(check_answers(asking(asked, conditional), answers={name: showing, "remarks": "x"})) == [name, "remarks"]
    assert refuse(asked, conditional, answers={name: showing}).code == "missing"
    assert list(check_answers(asking(asked, conditional), answers={name: hiding, "remarks": ""})) == [name]
    fault = refuse(asked, conditional, answers={name: hiding, "remarks": "x"})
    assert (fault.item, fault.code) == ("remarks", "not-shown")


def test_item_shown_by_a_hidden_one_is_hidden_too() -> None:
    number = NUMBER | {"shown_if": {"item": "hearing", "equals": ["yes"]}}
    text = TEXT | {"shown_if": {"item": "age", "at_least": 18}}
    assert check_answers(asking(SINGLE, number, text), answers={"hearing": "no"}) == {"hearing": "no"}


def test_item_shown_by_an_unanswered_one_is_hidden() -> None:
    text = TEXT | {"shown_if": {"item": "age", "at_least": 18}}
    assert check_answers(asking(NUMBER | {"required": False}, text), answers={}) == {}


@given(questionnaire=questionnaires(), data=st.data())
def test_any_json_is_taken_or_refused_and_nothing_else(questionnaire: Questionnaire, data: st.DataObject) -> None:
    names = st.sampled_from([*(item.name for item in questionnaire.items), "other"])
    answers = data.draw(st.dictionaries(names, JSON))
    with contextlib.suppress(AnswerFault):
        taken = check_answers(questionnaire, answers=answers)
        assert check_answers(questionnaire, answers=taken) == taken
