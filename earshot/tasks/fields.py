"""The fields a task asks for, those that several tasks share, and the server's check of what was answered."""

import random
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from earshot.dataset import Column
from earshot.errors import EarshotError

Answers = dict[str, str | int]
FaultCode = Literal["missing", "unknown-field", "wrong-type", "unknown-label", "out-of-range"]

_CONFIDENCE_PERCENT = range(10, 101, 10)


@dataclass(frozen=True)
class Field:
    """One thing a task asks for; every field is an outcome, must be answered, and has no default.

    `levels` are the words to choose from (string), `integers` the numbers (integer). Without levels, as where the
    labels are not known yet, a string is any.
    """

    name: str
    data_type: Literal["string", "integer"]
    description: str
    unit: str | None = None
    levels: tuple[str, ...] | None = None
    integers: range | None = None

    def column(self) -> Column:
        """The field as a column of the dataset."""
        return Column(self.name, self.data_type, self.description, unit=self.unit, levels=self.levels, outcome=True)


class AnswerFault(EarshotError):  # noqa: N818  # an answer is refused; nothing of ours failed
    """An answer that a task does not take.

    Parameters
    ----------
    field : str
        The field at fault.
    code : str
        The reason, one of `FaultCode`.
    message : str
        The reason as a sentence.
    """

    def __init__(self, field: str, code: FaultCode, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.code = code
        self.message = message


def label_field(name: str, *, labels: Sequence[str], description: str) -> Field:
    """A field that takes one of `labels`; any string where they are not known yet."""
    return Field(name, "string", description, levels=tuple(labels) or None)


def confidence_field(name: str = "confidence", *, description: str = "the participant's confidence") -> Field:
    """Confidence from 10 to 100 percent in tens."""
    meaning = f"{description}, 10 to 100 in tens, without a default"
    return Field(name, "integer", meaning, unit="percent", integers=_CONFIDENCE_PERCENT)


def draw_confidence(draw: random.Random) -> int:
    """A uniform confidence in percent."""
    return draw.choice(_CONFIDENCE_PERCENT)


def check_answers(answers: Mapping[str, object], *, fields: Sequence[Field]) -> Answers:
    """The answers to `fields`, and to nothing else, in their order.

    Types are strict: neither `true` nor `"1"` nor `1.0` is the integer 1.

    Raises
    ------
    AnswerFault
        At the first name that is not asked, else at the first field at fault.
    """
    names = [field.name for field in fields]
    for name in answers:
        if name not in names:
            shown = reprlib.repr(name)
            raise AnswerFault(name, "unknown-field", f"{shown} is not asked here; expected {', '.join(names)}")
    return {field.name: _check_answer(answers, field=field) for field in fields}


def _check_answer(answers: Mapping[str, object], *, field: Field) -> str | int:
    if field.name not in answers:
        raise AnswerFault(field.name, "missing", f"{field.name} is missing; answer it with {_allowed(field)}")
    value = answers[field.name]
    # By exact type: isinstance takes True for an integer.
    if field.data_type == "string" and type(value) is str:
        if field.levels is not None and value not in field.levels:
            raise _fault("unknown-label", value, field=field)
        return value
    if field.data_type == "integer" and type(value) is int:
        if field.integers is not None and value not in field.integers:
            raise _fault("out-of-range", value, field=field)
        return value
    raise _fault("wrong-type", value, field=field)


def _fault(code: FaultCode, value: object, *, field: Field) -> AnswerFault:
    return AnswerFault(field.name, code, f"{field.name} is {reprlib.repr(value)}; expected {_allowed(field)}")


def _allowed(field: Field) -> str:
    """What the field takes, in words."""
    if field.integers is not None:
        steps = f" in steps of {field.integers.step}" if field.integers.step > 1 else ""
        return f"an integer from {field.integers[0]} to {field.integers[-1]}{steps}"
    return f"one of {', '.join(field.levels)}" if field.levels else f"a value of type {field.data_type}"
