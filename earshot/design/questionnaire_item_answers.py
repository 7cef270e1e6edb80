"""What the answer to one item may be, kind by kind."""

import math
from collections.abc import Mapping
from typing import Literal, TypeAlias

from earshot.design.questionnaire_items import (
    FURTHEST,
    GridItem,
    Item,
    MultipleItem,
    NumberItem,
    SingleItem,
    SliderItem,
    TextItem,
)

FaultCode = Literal[
    "missing",
    "unknown-item",
    "not-shown",
    "wrong-type",
    "out-of-range",
    "unknown-option",
    "too-long",
    "too-many",
    "too-few",
]
Answer: TypeAlias = str | int | float | list[str] | dict[str, int]

_LONGEST_SHOWN = 64  # characters of a participant's input in a message
# Browsers reckon a slider's points in doubles: of a step of 0.001 at 1e9, their rounding is a few parts in 10,000.
_STEP_TOLERANCE = 1e-3


class AnswerFault(Exception):  # noqa: N818  # a refusal is an answer, not a fault of ours
    """An answer that cannot be taken; nothing was stored.

    Parameters
    ----------
    item : str
        The item's name, or what stood in its place.
    code : str
        The reason, one of `FaultCode`.
    message : str
        The reason as a sentence.
    """

    def __init__(self, item: str, code: FaultCode, message: str) -> None:
        super().__init__(message)
        self.item = item
        self.code = code
        self.message = message


def check_answer(item: Item, *, given: object) -> Answer | None:
    """One answer as it is stored, or None where what was given is no answer.

    Parameters
    ----------
    item : Item
        What was asked.
    given : object
        The answer as JSON gives it: a single choice is its option's code, a multiple one a list of them, a grid an
        object of rows; numbers are numbers. A text of nothing but space, an empty grid, and no choice at all where
        `least` is above 0 are no answer.

    Raises
    ------
    AnswerFault
        If the item does not take it.
    """
    match item:
        case SingleItem():
            return _check_option(item, given=given)
        case MultipleItem():
            return _check_choices(item, given=given)
        case TextItem():
            return _check_text(item, given=given)
        case NumberItem():
            return _check_number(item, given=given)
        case GridItem():
            return _check_grid(item, given=given)
        case SliderItem():
            return _check_slider(item, given=given)


def _check_option(item: SingleItem | MultipleItem, *, given: object) -> str:
    if not isinstance(given, str):
        raise _wrong_type(item, given=given, expected="the code of an option")
    if given not in item.values:
        raise AnswerFault(
            item.name,
            "unknown-option",
            f"answer to '{item.name}' is '{cut(given)}'; expected one of {', '.join(item.values)}",
        )
    return given


def _check_choices(item: MultipleItem, *, given: object) -> list[str] | None:
    if not isinstance(given, list | tuple):
        raise _wrong_type(item, given=given, expected="a list of options")
    if not given and item.least > 0:
        return None
    chosen = [_check_option(item, given=option) for option in given]
    allowed = f"expected {item.least} to {item.n_most} different ones"
    if len(chosen) > item.n_most or len(set(chosen)) < len(chosen):
        raise AnswerFault(item.name, "too-many", f"answer to '{item.name}' lists {len(chosen)} options; {allowed}")
    if len(chosen) < item.least:
        raise AnswerFault(item.name, "too-few", f"answer to '{item.name}' lists {len(chosen)} options; {allowed}")
    return [value for value in item.values if value in chosen]


def _check_text(item: TextItem, *, given: object) -> str | None:
    if not isinstance(given, str):
        raise _wrong_type(item, given=given, expected="a text")
    text = given.replace("\r\n", "\n").strip()
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        # PostgreSQL stores no NUL, UTF-8 no half of a surrogate pair.
        raise AnswerFault(item.name, "wrong-type", f"answer to '{item.name}' holds characters that are no text")
    if len(text) > item.longest:
        raise AnswerFault(
            item.name,
            "too-long",
            f"answer to '{item.name}' has {len(text)} characters; it may have up to {item.longest}: shorten it",
        )
    return text or None


def _check_number(item: NumberItem, *, given: object) -> int | float:
    value = _check_range(item, given=given)
    if not item.whole:
        return float(value)
    if not isinstance(value, int):
        raise _wrong_type(item, given=given, expected="a whole number")
    return value


def _check_slider(item: SliderItem, *, given: object) -> int | float:
    value = _check_range(item, given=given)
    n_steps = (value - item.least) / item.step
    if abs(n_steps - round(n_steps)) > _STEP_TOLERANCE:
        raise AnswerFault(
            item.name,
            "out-of-range",
            f"answer to '{item.name}' is {value:.15g}; expected {item.least:.15g} to {item.most:.15g} in steps of "
            f"{item.step:.15g}",
        )
    return item.point(round(n_steps))


def _check_range(item: NumberItem | SliderItem, *, given: object) -> int | float:
    if isinstance(given, bool) or not isinstance(given, int | float) or given != given:
        raise _wrong_type(item, given=given, expected="a number")
    if not item.least <= given <= item.most:
        # Python writes no number of thousands of digits, and nobody reads it.
        found = f"{given:.15g}" if abs(given) <= FURTHEST else "too large a number"
        raise AnswerFault(
            item.name,
            "out-of-range",
            f"answer to '{item.name}' is {found}; expected {item.least:.15g} to {item.most:.15g}",
        )
    return given


def _check_grid(item: GridItem, *, given: object) -> dict[str, int] | None:
    if not isinstance(given, Mapping):
        raise _wrong_type(item, given=given, expected="an object of rows")
    for name in sorted(given.keys() - set(item.row_names), key=str):
        raise AnswerFault(
            item.name,
            "unknown-option",
            f"answer to '{item.name}' has the row '{cut(str(name))}'; expected {', '.join(item.row_names)}",
        )
    answered = {name: _check_point(item, given=given[name]) for name in item.row_names if given.get(name) is not None}
    unanswered = [name for name in item.row_names if name not in answered]
    if answered and unanswered and item.required:
        raise AnswerFault(item.name, "missing", f"row '{unanswered[0]}' of item '{item.name}' has no answer")
    return answered or None


def _check_point(item: GridItem, *, given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise _wrong_type(item, given=given, expected="the number of a point in each row")
    if not 1 <= given <= item.points:
        raise AnswerFault(
            item.name, "out-of-range", f"answer to '{item.name}' holds a point outside 1 to {item.points}"
        )
    return given


def _wrong_type(item: Item, *, given: object, expected: str) -> AnswerFault:
    match given:
        case bool():
            found = "true or false"
        case float() if math.isnan(given):
            found = "not a number"
        case int() | float():
            found = "a number"
        case str():
            found = "a text"
        case list() | tuple():
            found = "a list"
        case Mapping():
            found = "an object"
        case _:
            found = "null"
    return AnswerFault(item.name, "wrong-type", f"answer to '{item.name}' is {found}; expected {expected}")


def cut(text: str) -> str:
    """A participant's input as a message shows it: cut where it is long."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
