"""Questionnaires: items in their order, some shown only after certain answers to earlier ones."""

from typing import Literal

from pydantic import Field, model_validator

from earshot.design.names import LocalText, Name
from earshot.design.questionnaire_item_answers import AnswerFault, check_answer
from earshot.design.questionnaire_items import (
    Item,
    MultipleItem,
    NumberItem,
    ShownIf,
    SingleItem,
    SliderItem,
    check_different,
)
from earshot.files import Strict


class Questionnaire(Strict):
    """Items asked together: before allocation (they may be strata), where a block places them, or at the end."""

    name: Name
    title: LocalText
    when: Literal["before", "block", "after"]
    items: list[Item] = Field(min_length=1, max_length=50)

    @model_validator(mode="after")
    def _check_items(self) -> "Questionnaire":
        place = f"questionnaire '{self.name}'"
        check_different([item.name for item in self.items], what="items", place=place)
        columns = [column for item in self.items for column in item.column_names(self.name)]
        check_different(columns, what="flat columns", place=place)
        _check_circles(self.items)
        for position, item in enumerate(self.items):
            if item.shown_if is not None:
                _check_condition(item.shown_if, item=item, position=position, items=self.items)
        return self


def _check_circles(items: list[Item]) -> None:
    """Refuse items of which each waits for the next one's answer, and the last for the first one's."""
    awaited = {item.name: item.shown_if.item for item in items if item.shown_if is not None}
    for first in awaited:
        path = [first]
        while (following := awaited.get(path[-1])) is not None and following not in path:
            path.append(following)
        if following == first:
            circle = " -> ".join(f"'{name}'" for name in [*path, first])
            raise ValueError(f"items {circle} wait in a circle for each other's answers; take out one 'shown_if'")


def _check_condition(condition: ShownIf, *, item: Item, position: int, items: list[Item]) -> None:
    """Refuse a condition on an unknown or later item, or on an answer which that item has not."""
    known = {other.name: place for place, other in enumerate(items)}
    place = known.get(condition.item)
    if place is None:
        raise ValueError(f"item '{item.name}' is shown by '{condition.item}'; expected one of {', '.join(known)}")
    if place > position:
        raise ValueError(
            f"item '{item.name}' is shown by '{condition.item}', which comes later; put '{condition.item}' before it"
        )
    asked = items[place]
    if not isinstance(asked, SingleItem | MultipleItem | NumberItem | SliderItem):
        raise ValueError(
            f"item '{item.name}' is shown by '{asked.name}' of kind '{asked.kind}'; only single, multiple, number and "
            "slider items show others"
        )
    if isinstance(asked, SingleItem | MultipleItem) and not condition.equals:
        raise ValueError(f"item '{item.name}' has bounds on '{asked.name}', a choice; give 'equals' with its options")
    bounds = [bound for bound in (condition.at_least, condition.at_most) if bound is not None]
    for value in [*condition.equals, *bounds]:
        if not _is_possible(value, asked=asked):
            shown = f"'{value}'" if isinstance(value, str) else f"{value:.15g}"
            raise ValueError(
                f"item '{item.name}' is shown by {shown} in '{asked.name}', which never answers so; expected "
                f"{_describe_answers(asked)}"
            )


def _is_possible(value: str | float, *, asked: SingleItem | MultipleItem | NumberItem | SliderItem) -> bool:
    if isinstance(asked, SingleItem | MultipleItem):
        return value in asked.values
    if isinstance(value, str):
        return False
    try:
        return check_answer(asked, given=int(value) if value.is_integer() else value) == value
    except AnswerFault:
        return False


def _describe_answers(asked: SingleItem | MultipleItem | NumberItem | SliderItem) -> str:
    if isinstance(asked, SingleItem | MultipleItem):
        return f"one of {', '.join(asked.values)}"
    kind = "a whole number" if asked.whole else "a number"
    step = f" in steps of {asked.step:.15g}" if isinstance(asked, SliderItem) else ""
    return f"{kind} from {asked.least:.15g} to {asked.most:.15g}{step}"
