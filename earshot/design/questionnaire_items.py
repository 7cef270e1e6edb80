"""The items of a questionnaire: what each kind asks, and which answers it has."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from earshot.design.names import LocalText, Name, Word
from earshot.files import Strict

# Beyond any quantity that people are asked for, and far below where a double stops telling whole numbers apart.
FURTHEST = 1e9
# More points than a screen has pixels, and a step that doubles still tell apart at `FURTHEST`.
MOST_STEPS = 10_000
FINEST_STEP = 1e-3

# Like a name, but numbers and ranges ("18-24") are codes as well.
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Quantity = Annotated[float, Field(ge=-FURTHEST, le=FURTHEST)]


class ShownIf(Strict):
    """The answer to an earlier item that shows this one.

    `equals` are options of a choice or values of a number; any of them will do. A number may have bounds instead.
    """

    item: Name
    equals: list[str | float] = Field(default_factory=list, max_length=50)
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _check_values(self) -> "ShownIf":
        bounds = [bound for bound in (self.at_least, self.at_most) if bound is not None]
        if bool(self.equals) == bool(bounds):
            found = "both 'equals' and a bound" if bounds else "no value"
            raise ValueError(
                f"shown_if of item '{self.item}' names {found}; give 'equals', or 'at_least' and 'at_most'"
            )
        if bounds != sorted(bounds):
            raise ValueError(
                f"shown_if of item '{self.item}' has at_least {bounds[0]:.15g} above at_most {bounds[1]:.15g}; "
                "no answer lies between them"
            )
        return self


class Option(Strict):
    """One answer of a choice: the code that is stored and the words that are shown."""

    value: Code
    text: LocalText


class Row(Strict):
    """One statement of a Likert grid."""

    name: Name
    text: LocalText


class Ends(Strict):
    """The words at the two ends of a scale."""

    low: LocalText
    high: LocalText


class _Asked(Strict):
    """What every item has."""

    name: Name
    text: LocalText
    required: bool = True
    shown_if: ShownIf | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the item's columns where it has several: options of a multiple choice, rows of a grid."""
        return ()

    def column_names(self, questionnaire: str) -> tuple[str, ...]:
        """The item's flat columns: `questionnaire_item`, or `questionnaire_item_part` for each part."""
        names = [f"{questionnaire}_{self.name}_{part}" for part in self.parts] or [f"{questionnaire}_{self.name}"]
        return tuple(name.replace("-", "_") for name in names)


class SingleItem(_Asked):
    """One of several options."""

    kind: Literal["single"]
    options: list[Option] = Field(min_length=2, max_length=50)

    @model_validator(mode="after")
    def _check_options(self) -> "SingleItem":
        check_different(self.values, what="options", place=f"item '{self.name}'")
        return self

    @property
    def values(self) -> tuple[str, ...]:
        """The codes of the options, in their order."""
        return tuple(option.value for option in self.options)


class MultipleItem(_Asked):
    """Any of several options; with `least` 0, choosing none of them is an answer. `most` None: all of them."""

    kind: Literal["multiple"]
    options: list[Option] = Field(min_length=1, max_length=50)
    least: int = Field(default=1, ge=0)
    most: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _check_options(self) -> "MultipleItem":
        check_different(self.values, what="options", place=f"item '{self.name}'")
        if not self.least <= self.n_most <= len(self.options):
            raise ValueError(
                f"item '{self.name}' asks for {self.least} to {self.n_most} of {len(self.options)} options; give a "
                "'least' up to 'most', and a 'most' up to the number of options"
            )
        return self

    @property
    def values(self) -> tuple[str, ...]:
        """The codes of the options, in their order."""
        return tuple(option.value for option in self.options)

    @property
    def parts(self) -> tuple[str, ...]:
        """The codes of the options: each is a column."""
        return self.values

    @property
    def n_most(self) -> int:
        """How many options may be chosen."""
        return len(self.options) if self.most is None else self.most


class TextItem(_Asked):
    """A text in the participant's own words, of at most `longest` characters."""

    kind: Literal["text"]
    longest: int = Field(default=1000, ge=1, le=10_000)


class NumberItem(_Asked):
    """A number within bounds; `whole` ones only where asked for."""

    kind: Literal["number"]
    least: Quantity = -FURTHEST
    most: Quantity = FURTHEST
    whole: bool = False
    unit: Word | None = None

    @model_validator(mode="after")
    def _check_bounds(self) -> "NumberItem":
        _check_range(self.least, most=self.most, name=self.name)
        if self.whole and not (self.least.is_integer() and self.most.is_integer()):
            raise ValueError(
                f"item '{self.name}' takes whole numbers from {self.least:.15g} to {self.most:.15g}; give whole bounds"
            )
        return self


class GridItem(_Asked):
    """Statements that are each answered on one Likert scale, points counted from 1."""

    kind: Literal["likert-grid"]
    rows: list[Row] = Field(min_length=1, max_length=30)
    points: int = Field(ge=3, le=11)
    ends: Ends
    point_texts: list[LocalText] = Field(default_factory=list)

    @model_validator(mode="after")
    def _check_rows(self) -> "GridItem":
        check_different(self.row_names, what="rows", place=f"item '{self.name}'")
        if self.point_texts and len(self.point_texts) != self.points:
            raise ValueError(
                f"item '{self.name}' has {len(self.point_texts)} point_texts for {self.points} points; give one for "
                "each point, or none"
            )
        return self

    @property
    def row_names(self) -> tuple[str, ...]:
        """The names of the statements, in their order."""
        return tuple(row.name for row in self.rows)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the statements: each is a column."""
        return self.row_names


class SliderItem(_Asked):
    """A point on a line from `least` to `most` in steps, without a default position."""

    kind: Literal["slider"]
    least: Quantity = 0.0
    most: Quantity = 100.0
    step: float = Field(default=1.0, ge=FINEST_STEP, le=FURTHEST)
    ends: Ends

    @model_validator(mode="after")
    def _check_steps(self) -> "SliderItem":
        _check_range(self.least, most=self.most, name=self.name)
        n_steps = (Decimal(repr(self.most)) - Decimal(repr(self.least))) / Decimal(repr(self.step))
        if n_steps != n_steps.to_integral_value() or n_steps > MOST_STEPS:
            raise ValueError(
                f"item '{self.name}' goes from {self.least:.15g} to {self.most:.15g} in steps of {self.step:.15g}; "
                f"give a step that divides the range into at most {MOST_STEPS} whole steps"
            )
        return self

    @property
    def whole(self) -> bool:
        """Whether every point of the line is a whole number."""
        return self.least.is_integer() and self.step.is_integer()

    @property
    def n_steps(self) -> int:
        """How many steps lie between the two ends."""
        return round((self.most - self.least) / self.step)

    def point(self, n_steps: int) -> int | float:
        """The value `n_steps` from the lower end, as decimal arithmetic has it: 0.3, not 0.30000000000000004."""
        value = Decimal(repr(self.least)) + n_steps * Decimal(repr(self.step))
        return int(value) if self.whole else float(value)


Item = Annotated[SingleItem | MultipleItem | TextItem | NumberItem | GridItem | SliderItem, Field(discriminator="kind")]


def check_different(names: Iterable[str], *, what: str, place: str) -> None:
    """Refuse a name that stands twice.

    Parameters
    ----------
    names : iterable of str
        In any order.
    what, place : str
        What is named and where, for the message.

    Raises
    ------
    ValueError
        The sentence names the first doubled name.
    """
    doubled = sorted(name for name, count in Counter(names).items() if count > 1)
    if doubled:
        raise ValueError(f"{place} has two {what} named '{doubled[0]}'; give each a name of its own")


def _check_range(least: float, *, most: float, name: str) -> None:
    if least >= most:
        raise ValueError(f"item '{name}' goes from {least:.15g} to {most:.15g}; give a 'least' below 'most'")
