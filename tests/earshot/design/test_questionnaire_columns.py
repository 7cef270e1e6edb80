from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.dataset import Column
from earshot.design.questionnaire_answers import check_answers
from earshot.design.questionnaire_columns import factor_levels, flat_columns, flat_row
from earshot.design.questionnaire_expertise import EXPERTISE
from earshot.design.questionnaire_simulation import simulate_answers
from earshot.design.questionnaires import Questionnaire
from earshot.errors import StudyError
from tests.earshot.design.questionnaires_drawn import (
    EVERY_KIND,
    GIVEN,
    GRID,
    MULTIPLE,
    NUMBER,
    SINGLE,
    SLIDER,
    asking,
    questionnaires,
    seeded,
)

PYTHON_TYPES = {"string": str, "integer": int, "number": float, "boolean": bool}


def test_columns_of_every_kind_say_what_was_asked() -> None:
    points = ("1", "2", "3", "4", "5")
    assert flat_columns(asking(*EVERY_KIND)) == (
        Column(
            "about_hearing",
            "string",
            "Do you wear a hearing aid? (no: No; yes: Yes)",
            levels=("no", "yes"),
            outcome=True,
        ),
        Column("about_devices_headphones", "boolean", "Which do you own? Chosen: Headphones", outcome=True),
        Column("about_devices_ear_buds", "boolean", "Which do you own? Chosen: Ear buds", outcome=True),
        Column("about_devices_loudspeakers", "boolean", "Which do you own? Chosen: Loudspeakers", outcome=True),
        Column("about_remarks", "string", "What did you notice?", outcome=True),
        Column("about_age", "integer", "How old are you?", unit="years", outcome=True),
        Column(
            "about_trust_reliable",
            "integer",
            "How far do you agree? The computer is reliable. (1: not at all; 5: fully)",
            levels=points,
            outcome=True,
        ),
        Column(
            "about_trust_easy_to_follow",
            "integer",
            "How far do you agree? It is easy to follow. (1: not at all; 5: fully)",
            levels=points,
            outcome=True,
        ),
        Column("about_effort", "number", "How hard was it? (0: easy; 1: hard)", outcome=True),
    )


def test_labelled_points_of_a_grid_are_described_each() -> None:
    words = [{"en": word} for word in ("no", "rather no", "rather yes", "yes")]
    column = flat_columns(asking(GRID | {"points": 4, "point_texts": words}))[0]
    assert column.description.endswith("(1: no; 2: rather no; 3: rather yes; 4: yes)")


def test_row_holds_every_answer() -> None:
    questionnaire = asking(*EVERY_KIND)
    assert flat_row(questionnaire, answers=check_answers(questionnaire, answers=GIVEN)) == {
        "about_hearing": "no",
        "about_devices_headphones": True,
        "about_devices_ear_buds": False,
        "about_devices_loudspeakers": True,
        "about_remarks": "a tone",
        "about_age": 40,
        "about_trust_reliable": 5,
        "about_trust_easy_to_follow": 2,
        "about_effort": 0.3,
    }


def test_row_without_answers_is_empty() -> None:
    assert set(flat_row(asking(*EVERY_KIND), answers={}).values()) == {None}


def test_answer_to_an_unknown_item_is_not_dropped_in_silence() -> None:
    with pytest.raises(ValueError, match="answers name the item 'hering'; questionnaire 'about' has none such"):
        flat_row(asking(SINGLE), answers={"hering": "no"})


@given(questionnaire=questionnaires(), seed=st.integers())
def test_row_has_exactly_the_columns_and_their_types(questionnaire: Questionnaire, seed: int) -> None:
    columns = flat_columns(questionnaire)
    row = flat_row(questionnaire, answers=simulate_answers(questionnaire, draw=seeded(seed)))
    assert list(row) == [column.name for column in columns]
    for column in columns:
        cell = row[column.name]
        assert cell is None or type(cell) is PYTHON_TYPES[column.data_type]
        assert cell is None or column.levels is None or str(cell) in column.levels


def test_levels_of_a_stratum_are_its_options() -> None:
    assert factor_levels(EXPERTISE, item="audio") == ("none", "some", "much")


@pytest.mark.parametrize("item", [MULTIPLE, NUMBER, GRID, SLIDER], ids=lambda item: str(item["kind"]))
def test_stratum_of_another_kind_is_refused(item: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match=f"of kind '{item['kind']}'; a stratum needs levels"):
        factor_levels(asking(item, when="before"), item=item["name"])


def test_unknown_stratum_is_refused() -> None:
    with pytest.raises(StudyError, match="stratum 'age' of questionnaire 'about' is no item; expected one of hearing"):
        factor_levels(asking(SINGLE, when="before"), item="age")


def test_stratum_asked_after_allocation_is_refused() -> None:
    with pytest.raises(StudyError, match="asked at 'after'; a stratum is known 'before' allocation"):
        factor_levels(asking(SINGLE), item="hearing")


@pytest.mark.parametrize("fields", [{"required": False}, {"shown_if": {"item": "age", "at_least": 65}}])
def test_stratum_that_may_lack_an_answer_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match="may be left without an answer; ask it of everybody"):
        factor_levels(asking(NUMBER, SINGLE | fields, when="before"), item="hearing")
