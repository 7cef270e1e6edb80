from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from earshot.design.names import describe_text
from earshot.design.questionnaire_expertise import EXPERTISE
from earshot.design.questionnaire_items import SliderItem
from earshot.design.questionnaires import Questionnaire
from earshot.errors import describe_validation
from tests.earshot.design.questionnaires_drawn import (
    EVERY_KIND,
    GRID,
    MULTIPLE,
    NUMBER,
    SINGLE,
    SLIDER,
    TEXT,
    asking,
    questionnaires,
)


def refuse(*items: dict[str, Any], **fields: Any) -> str:
    with pytest.raises(ValidationError) as fault:
        asking(*items, **fields)
    return describe_validation(fault.value, whole="the questionnaire")


def shown_by(item: str, **values: Any) -> dict[str, Any]:
    return TEXT | {"shown_if": {"item": item, **values}}


def test_every_kind_of_item_is_read() -> None:
    assert [item.kind for item in asking(*EVERY_KIND).items] == [
        "single",
        "multiple",
        "text",
        "number",
        "likert-grid",
        "slider",
    ]


@given(questionnaire=questionnaires())
def test_questionnaire_survives_its_json(questionnaire: Questionnaire) -> None:
    assert Questionnaire.model_validate_json(questionnaire.model_dump_json(exclude_none=True)) == questionnaire


def test_items_are_required_unless_they_say_otherwise() -> None:
    assert all(item.required and item.shown_if is None for item in asking(*EVERY_KIND).items)


def test_points_of_a_slider_are_decimal_numbers() -> None:
    slider = SliderItem.model_validate(SLIDER)
    assert [slider.point(n) for n in (0, 3, 10)] == [0.0, 0.3, 1.0]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (TEXT | {"kind": "essay"}, "'essay'"),
        (TEXT | {"name": "Remarks!"}, "items.0.text.name is 'Remarks!'"),
        (TEXT | {"text": {}}, "items.0.text.text is {}"),
        (TEXT | {"text": {"xx": "?"}}, "items.0.text.text.xx"),
        (TEXT | {"colour": "red"}, "unknown key 'items.0.text.colour'"),
        (TEXT | {"longest": 0}, "items.0.text.longest is 0"),
        (SINGLE | {"options": SINGLE["options"][:1]}, "items.0.single.options"),
        (SINGLE | {"options": [SINGLE["options"][0]] * 2}, "item 'hearing' has two options named 'no'"),
        (MULTIPLE | {"options": [MULTIPLE["options"][0]] * 2}, "item 'devices' has two options named 'headphones'"),
        (MULTIPLE | {"most": 4}, "item 'devices' asks for 1 to 4 of 3 options"),
        (MULTIPLE | {"least": 3, "most": 2}, "item 'devices' asks for 3 to 2 of 3 options"),
        (NUMBER | {"least": 120}, "item 'age' goes from 120 to 120"),
        (NUMBER | {"least": 17.5}, "item 'age' takes whole numbers from 17.5 to 120; give whole bounds"),
        (NUMBER | {"most": float("nan")}, "items.0.number.most is nan"),
        (NUMBER | {"most": 1e10}, "items.0.number.most is 10000000000.0"),
        (GRID | {"points": 2}, "items.0.likert-grid.points is 2"),
        (GRID | {"points": 12}, "items.0.likert-grid.points is 12"),
        (GRID | {"rows": [GRID["rows"][0]] * 2}, "item 'trust' has two rows named 'reliable'"),
        (GRID | {"point_texts": [{"en": "so-so"}]}, "item 'trust' has 1 point_texts for 5 points"),
        (SLIDER | {"least": 1}, "item 'effort' goes from 1 to 1"),
        (SLIDER | {"step": 0.3}, "item 'effort' goes from 0 to 1 in steps of 0.3"),
        (SLIDER | {"most": 1e6}, "at most 10000 whole steps"),
        (SLIDER | {"step": 0}, "items.0.slider.step is 0"),
        (SLIDER | {"default": 0.5}, "unknown key 'items.0.slider.default'"),
    ],
)
def test_impossible_item_is_refused(item: dict[str, Any], message: str) -> None:
    assert message in refuse(item)


def test_two_items_of_one_name_are_refused() -> None:
    assert "questionnaire 'about' has two items named 'age'" in refuse(NUMBER, TEXT | {"name": "age"})


def test_two_columns_of_one_name_are_refused() -> None:
    assert "two flat columns named 'about_devices_ear_buds'" in refuse(MULTIPLE, TEXT | {"name": "devices-ear-buds"})


def test_questionnaire_without_items_is_refused() -> None:
    assert "items is []" in refuse()


def test_questionnaire_at_an_unknown_time_is_refused() -> None:
    assert "when is 'later'" in refuse(TEXT, when="later")


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        (SINGLE, {"equals": ["yes"]}),
        (SINGLE, {"equals": ["yes", "no"]}),
        (MULTIPLE, {"equals": ["ear-buds"]}),
        (NUMBER, {"equals": [18, 120]}),
        (NUMBER, {"at_least": 65}),
        (NUMBER, {"at_least": 18, "at_most": 18}),
        (SLIDER, {"at_most": 0.3}),
        (SLIDER, {"equals": [0.3]}),
    ],
)
def test_possible_condition_is_read(asked: dict[str, Any], condition: dict[str, Any]) -> None:
    shown_if = asking(asked, shown_by(asked["name"], **condition)).items[1].shown_if
    assert shown_if is not None
    assert shown_if.model_dump(exclude_defaults=True) == {"item": asked["name"], **condition}


@pytest.mark.parametrize(
    ("asked", "condition", "message"),
    [
        (SINGLE, {}, "shown_if of item 'hearing' names no value"),
        (NUMBER, {"equals": [20], "at_least": 18}, "names both 'equals' and a bound"),
        (NUMBER, {"at_least": 30, "at_most": 20}, "at_least 30 above at_most 20"),
        (
            SINGLE,
            {"equals": ["maybe"]},
            "shown by 'maybe' in 'hearing', which never answers so; expected one of no, yes",
        ),
        (SINGLE, {"equals": [1]}, "shown by 1 in 'hearing'"),
        (SINGLE, {"at_least": 1}, "bounds on 'hearing', a choice"),
        (MULTIPLE, {"equals": ["radio"]}, "expected one of headphones, ear-buds, loudspeakers"),
        (NUMBER, {"equals": ["old"]}, "shown by 'old' in 'age'"),
        (
            NUMBER,
            {"equals": [17]},
            "shown by 17 in 'age', which never answers so; expected a whole number from 18 to 120",
        ),
        (NUMBER, {"at_least": 20.5}, "shown by 20.5 in 'age'"),
        (SLIDER, {"at_least": 0.25}, "expected a number from 0 to 1 in steps of 0.1"),
        (TEXT | {"name": "why"}, {"equals": ["x"]}, "'why' of kind 'text'; only single"),
        (GRID, {"equals": [1]}, "'trust' of kind 'likert-grid'; only single"),
    ],
)
def test_impossible_condition_is_refused(asked: dict[str, Any], condition: dict[str, Any], message: str) -> None:
    assert message in refuse(asked, shown_by(asked["name"], **condition))


def test_condition_on_an_unknown_item_is_refused() -> None:
    assert "item 'remarks' is shown by 'agee'; expected one of age, remarks" in refuse(
        NUMBER, shown_by("agee", at_least=20)
    )


def test_condition_on_a_later_item_is_refused() -> None:
    assert "shown by 'age', which comes later; put 'age' before it" in refuse(shown_by("age", at_least=20), NUMBER)


def test_circle_of_conditions_is_named() -> None:
    first = SINGLE | {"shown_if": {"item": "age", "at_least": 20}}
    second = NUMBER | {"shown_if": {"item": "devices", "equals": ["headphones"]}}
    third = MULTIPLE | {"shown_if": {"item": "hearing", "equals": ["no"]}}
    after = TEXT | {"shown_if": {"item": "hearing", "equals": ["no"]}}
    assert refuse(after, first, second, third).startswith(
        "items 'hearing' -> 'age' -> 'devices' -> 'hearing' wait in a circle"
    )


def test_item_that_waits_for_itself_is_a_circle() -> None:
    assert "items 'age' -> 'age' wait in a circle" in refuse(NUMBER | {"shown_if": {"item": "age", "at_least": 20}})


def test_texts_are_described_in_one_line() -> None:
    assert describe_text({"en": "Two\n\n  lines"}) == "Two lines"


def test_expertise_asks_four_things_of_everybody_before_allocation() -> None:
    assert EXPERTISE.when == "before"
    assert [(item.name, item.kind, item.required) for item in EXPERTISE.items] == [
        ("audio", "single", True),
        ("phonetics", "single", True),
        ("music", "single", True),
        ("machine-learning", "single", True),
    ]
