"""A questionnaire as a form: its items as fields of the page, what was posted as answers, faults in kind words."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.http import QueryDict
from django.utils.formats import get_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from earshot.design.questionnaire_answers import is_shown
from earshot.design.questionnaire_item_answers import Answer, AnswerFault, check_answer
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
from earshot.design.questionnaires import Questionnaire
from study.participant.pages import local_line

# A decimal comma is taken for a point: half of the world writes it so.
_NUMBER = re.compile(r"[+-]?\d{1,12}(?P<fraction>[.,]\d{1,12})?")
# Up to here a text is asked in one line.
_LONGEST_LINE = 100


@dataclass(frozen=True)
class Posted:
    """What a form held: answers to the items that are shown, by item, and what is wrong with which of them."""

    answers: dict[str, object]
    faults: dict[str, AnswerFault]


@dataclass(frozen=True)
class Choice:
    """An option, or a point of a scale, as a button of the page; `text` may be empty for a point."""

    value: str
    text: SafeString
    is_chosen: bool = False


@dataclass(frozen=True)
class RowField:
    """One statement of a grid; `is_first_gap` marks the one that a fault's link leads to."""

    name: str
    text: SafeString
    points: list[Choice]
    is_missing: bool
    is_first_gap: bool


@dataclass(frozen=True)
class ItemField:
    """One item for the page's template; numbers come as texts. `shown_if` is the condition as JSON, or empty."""

    name: str
    kind: str
    question: SafeString
    is_optional: bool
    shown_if: str
    fault: str = ""
    hint: str = ""
    value: str = ""
    is_long: bool = False
    longest: int = 0
    unit: str = ""
    choices: list[Choice] = field(default_factory=list)
    rows: list[RowField] = field(default_factory=list)
    has_point_texts: bool = False
    low: str = ""
    high: str = ""
    least: str = ""
    most: str = ""
    step: str = ""


def read_form(questionnaire: Questionnaire, *, posted: QueryDict) -> Posted:
    """The answers in a posted form, each judged by itself; whatever stands in items that are not shown is left out."""
    answers: dict[str, object] = {}
    faults: dict[str, AnswerFault] = {}
    taken: dict[str, Answer] = {}
    for item in questionnaire.items:
        if not is_shown(item, answers=taken):
            continue
        given = _read(item, posted=posted)
        try:
            answer = None if given is None else check_answer(item, given=given)
        except AnswerFault as fault:
            faults[item.name] = fault
            continue
        if answer is not None:
            taken[item.name] = answer
            answers[item.name] = given
        elif item.required:
            faults[item.name] = AnswerFault(item.name, "missing", f"item '{item.name}' has no answer; it needs one")
    return Posted(answers, faults)


def item_fields(
    questionnaire: Questionnaire, *, posted: QueryDict, faults: Mapping[str, AnswerFault]
) -> list[ItemField]:
    """The items for the page, with what was posted kept and what is wrong said at each."""
    return [_item_field(item, posted=posted, fault=faults.get(item.name)) for item in questionnaire.items]


def _read(item: Item, *, posted: QueryDict) -> object:
    """What was posted for an item, as JSON would give it; None for nothing."""
    match item:
        case MultipleItem():
            return posted.getlist(item.name)
        case GridItem():
            points = {row: posted.get(_row_input(item, row=row), "") for row in item.row_names}
            return {row: int(point) if _is_whole(point) else point for row, point in points.items() if point}
        case NumberItem() | SliderItem():
            return _read_number(posted.get(item.name, "").strip())
        case _:
            return posted.get(item.name) or None


def _read_number(text: str) -> int | float | str | None:
    """The number; the text as it is where it is none, for the check to refuse."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text or None
    return float(text.replace(",", ".")) if match["fraction"] else int(text)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 2  # no scale has more than 11 points


def _row_input(item: GridItem, *, row: str) -> str:
    """The name of a row's inputs; names hold no dot, so that it is nobody else's."""
    return f"{item.name}.{row}"


def _item_field(item: Item, *, posted: QueryDict, fault: AnswerFault | None) -> ItemField:
    common = ItemField(
        name=item.name,
        kind=item.kind,
        question=local_line(item.text),
        is_optional=not item.required,
        shown_if=json.dumps(item.shown_if.model_dump(exclude_none=True)) if item.shown_if else "",
        fault=_describe(item, fault=fault) if fault else "",
        value=posted.get(item.name, ""),
    )
    return _of_kind(common, item=item, posted=posted, has_fault=fault is not None)


def _of_kind(common: ItemField, *, item: Item, posted: QueryDict, has_fault: bool) -> ItemField:
    match item:
        case SingleItem() | MultipleItem():
            chosen = posted.getlist(item.name)
            choices = [Choice(one.value, local_line(one.text), one.value in chosen) for one in item.options]
            return replace(common, choices=choices, hint=_hint(item))
        case TextItem():
            return replace(common, is_long=item.longest > _LONGEST_LINE, longest=item.longest)
        case NumberItem():
            return replace(common, unit=item.unit or "", hint=_hint(item))
        case SliderItem():
            return replace(
                common,
                hint=_hint(item),
                low=local_line(item.ends.low),
                high=local_line(item.ends.high),
                least=_plain(item.least),
                most=_plain(item.most),
                step=_plain(item.step),
            )
        case GridItem():
            return replace(
                common,
                choices=_points(item, chosen=""),
                rows=_rows(item, posted=posted, has_fault=has_fault),
                has_point_texts=bool(item.point_texts),
                low=local_line(item.ends.low),
                high=local_line(item.ends.high),
            )


def _points(item: GridItem, *, chosen: str) -> list[Choice]:
    """The points of a scale, the ends' words at its ends where points have no words of their own."""
    texts = [local_line(text) for text in item.point_texts] or [
        local_line(item.ends.low),
        *[SafeString("")] * (item.points - 2),
        local_line(item.ends.high),
    ]
    return [Choice(str(point), text, str(point) == chosen) for point, text in enumerate(texts, start=1)]


def _rows(item: GridItem, *, posted: QueryDict, has_fault: bool) -> list[RowField]:
    chosen = {row.name: posted.get(_row_input(item, row=row.name), "") for row in item.rows}
    gaps = [name for name, point in chosen.items() if not point]
    first = gaps[0] if gaps else item.rows[0].name
    return [
        RowField(
            name=_row_input(item, row=row.name),
            text=local_line(row.text),
            points=_points(item, chosen=chosen[row.name]),
            is_missing=has_fault and row.name in gaps,
            is_first_gap=row.name == first,
        )
        for row in item.rows
    ]


def _hint(item: SingleItem | MultipleItem | NumberItem | SliderItem) -> str:
    """What may be answered, where the page does not show it."""
    match item:
        case SingleItem():
            return ""
        case MultipleItem():
            if item.n_most < len(item.options):
                return ngettext("Choose %(n)s at most.", "Choose up to %(n)s.", item.n_most) % {"n": item.n_most}
            return _("Choose all that apply.")
        case NumberItem() if item.least <= -FURTHEST and item.most >= FURTHEST:
            return ""
        case NumberItem() if item.most >= FURTHEST:
            return _("%(least)s or more") % {"least": _said(item.least)}
        case NumberItem() if item.least <= -FURTHEST:
            return _("%(most)s or less") % {"most": _said(item.most)}
    return _("A number from %(least)s to %(most)s") % {"least": _said(item.least), "most": _said(item.most)}


def _describe(item: Item, *, fault: AnswerFault) -> str:
    """A fault as a participant reads it."""
    match item:
        case GridItem():
            return _("Please choose one answer in each line.")
        case TextItem() if fault.code == "too-long":
            return _("Please write at most %(n)s characters.") % {"n": item.longest}
        case MultipleItem() if fault.code == "too-many":
            return ngettext("Please choose only %(n)s.", "Please choose at most %(n)s.", item.n_most) % {
                "n": item.n_most
            }
        case MultipleItem() if fault.code == "too-few" or item.least > 1:
            return _("Please choose at least %(n)s.") % {"n": item.least}
        case NumberItem() | SliderItem() if fault.code == "out-of-range":
            return _describe_range(item)
        case NumberItem() if fault.code == "wrong-type":
            return _("Please write a whole number.") if item.whole else _("Please write a number, in digits.")
    return _("Please answer this question.")


def _describe_range(item: NumberItem | SliderItem) -> str:
    bounds = {"least": _said(item.least), "most": _said(item.most)}
    if item.most >= FURTHEST:
        return _("Please give a number of at least %(least)s.") % bounds
    if item.least <= -FURTHEST:
        return _("Please give a number of at most %(most)s.") % bounds
    return _("Please give a number from %(least)s to %(most)s.") % bounds


def _said(number: float) -> str:
    """The number with the decimal sign of the page's language."""
    return _plain(number).replace(".", get_format("DECIMAL_SEPARATOR"))


def _plain(number: float) -> str:
    return f"{number:.15g}"
