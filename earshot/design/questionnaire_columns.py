"""A questionnaire in the dataset: flat columns, one row of cells per participant, and levels for strata."""

from collections.abc import Mapping
from typing import TypeAlias

from earshot.dataset import Column, DataType
from earshot.design.names import describe_text
from earshot.design.questionnaire_item_answers import Answer
from earshot.design.questionnaire_items import (
    GridItem,
    Item,
    MultipleItem,
    NumberItem,
    SingleItem,
    SliderItem,
    TextItem,
)
from earshot.design.questionnaires import Questionnaire
from earshot.errors import StudyError

Cell: TypeAlias = str | int | float | bool | None


def flat_columns(questionnaire: Questionnaire) -> tuple[Column, ...]:
    """The columns of a questionnaire's answers, item by item; every one is an outcome."""
    return tuple(column for item in questionnaire.items for column in _item_columns(item, questionnaire=questionnaire))


def flat_row(questionnaire: Questionnaire, *, answers: Mapping[str, Answer]) -> dict[str, Cell]:
    """The cells of one participant by column, in the order of `flat_columns`; None where nothing was answered.

    Parameters
    ----------
    questionnaire : Questionnaire
        What was asked.
    answers : mapping
        By item, as `check_answers` gave them; empty before the questionnaire was answered.

    Raises
    ------
    ValueError
        If an answer is to no item of this questionnaire: its cell would be lost.
    """
    unknown = sorted(answers.keys() - {item.name for item in questionnaire.items})
    if unknown:
        raise ValueError(f"answers name the item '{unknown[0]}'; questionnaire '{questionnaire.name}' has none such")
    row: dict[str, Cell] = {}
    for item in questionnaire.items:
        cells = _item_cells(item, answer=answers.get(item.name))
        row.update(zip(item.column_names(questionnaire.name), cells, strict=True))
    return row


def factor_levels(questionnaire: Questionnaire, *, item: str) -> tuple[str, ...]:
    """The levels of a stratum: the options of a single choice that everybody answers before allocation.

    Raises
    ------
    StudyError
        If there is no such item, if it is of another kind, or if somebody may be allocated without an answer to it.
    """
    asked = next((other for other in questionnaire.items if other.name == item), None)
    place = f"stratum '{item}' of questionnaire '{questionnaire.name}'"
    if asked is None:
        known = ", ".join(other.name for other in questionnaire.items)
        raise StudyError(f"{place} is no item; expected one of {known}")
    if not isinstance(asked, SingleItem):
        raise StudyError(f"{place} is of kind '{asked.kind}'; a stratum needs levels: name an item of kind 'single'")
    if questionnaire.when != "before":
        raise StudyError(f"{place} is asked at '{questionnaire.when}'; a stratum is known 'before' allocation")
    if asked.shown_if is not None or not asked.required:
        raise StudyError(f"{place} may be left without an answer; ask it of everybody: required, without 'shown_if'")
    return asked.values


def _item_columns(item: Item, *, questionnaire: Questionnaire) -> list[Column]:
    names = item.column_names(questionnaire.name)
    question = describe_text(item.text)
    match item:
        case SingleItem():
            words = "; ".join(f"{option.value}: {describe_text(option.text)}" for option in item.options)
            return [Column(names[0], "string", f"{question} ({words})", levels=item.values, outcome=True)]
        case MultipleItem():
            described = [f"{question} Chosen: {describe_text(option.text)}" for option in item.options]
            return [_column(name, "boolean", words) for name, words in zip(names, described, strict=True)]
        case GridItem():
            described = [f"{question} {describe_text(row.text)} {_describe_points(item)}" for row in item.rows]
            points = tuple(str(point) for point in range(1, item.points + 1))
            return [
                Column(name, "integer", words, levels=points, outcome=True)
                for name, words in zip(names, described, strict=True)
            ]
        case TextItem():
            return [_column(names[0], "string", question)]
        case NumberItem():
            return [_column(names[0], "integer" if item.whole else "number", question, unit=item.unit)]
        case SliderItem():
            low, high = describe_text(item.ends.low), describe_text(item.ends.high)
            ends = f"({item.least:.15g}: {low}; {item.most:.15g}: {high})"
            return [_column(names[0], "integer" if item.whole else "number", f"{question} {ends}")]


def _column(name: str, data_type: DataType, description: str, *, unit: str | None = None) -> Column:
    return Column(name, data_type, description, unit=unit, outcome=True)


def _describe_points(item: GridItem) -> str:
    words = {1: item.ends.low, item.points: item.ends.high} | dict(enumerate(item.point_texts, start=1))
    return "(" + "; ".join(f"{point}: {describe_text(words[point])}" for point in sorted(words)) + ")"


def _item_cells(item: Item, *, answer: Answer | None) -> list[Cell]:
    match answer:
        case None:
            return [None] * max(1, len(item.parts))
        case list():
            return [part in answer for part in item.parts]
        case dict():
            return [answer.get(part) for part in item.parts]
        case _:
            return [answer]
