"""What a trial's task asks, for the page and for the server's check."""

from collections.abc import Sequence
from typing import Literal, TypedDict

from earshot.design.conditions import Condition
from earshot.design.study_file import StudyFile
from earshot.tasks.fields import Field, label_field
from earshot.tasks.task import Asked, Form, Statement, Step
from study.local_texts import local_text, texts_of
from study.models import Stimulus

ATTENTION_FIELD = "answer"
"""The field that holds the label chosen in an attention trial."""

Widget = Literal["labels", "words", "percent", "points", "line"]


class LabelWord(TypedDict):
    """An answer to choose, and the word it is said with."""

    label: str
    word: str


class Rated(TypedDict):
    """A statement to be rated, and the two ends of its scale."""

    text: str
    least: str
    most: str


class FieldState(TypedDict):
    """One thing to answer.

    `labels` are the computer's possible answers, `words` have a sentence of their own each, `percent` and `points` are
    numbers to choose from, `line` is a line from the first value to the last. `is_timed`: its choice is what the
    response time is measured to.
    """

    name: str
    widget: Widget
    values: list[str | int]
    rated: Rated | None
    is_timed: bool


class StepState(TypedDict):
    """What is asked at once; `reveals`: after the computer's answer was told."""

    fields: list[FieldState]
    reveals: bool


def form_of(condition: Condition, *, design: StudyFile, labels: Sequence[str]) -> Form:
    """What all trials of a condition ask alike: all that a page needs."""
    return Form(labels=tuple(labels), ask_perceived=condition.ask_perceived_label, rating=design.tasks.rating)


def asked_about(
    stimulus: Stimulus, *, condition: Condition, is_swapped: bool, design: StudyFile, labels: Sequence[str]
) -> Asked:
    """A trial with all that decides which answer is right; for the server alone.

    Parameters
    ----------
    is_swapped : bool
        The trial's, which is the order of two explanations.
    labels : sequence of str
        The bundle's.
    """
    first, second = condition.compared(is_swapped=is_swapped) or (None, None)
    return Asked(
        labels=tuple(labels),
        ask_perceived=condition.ask_perceived_label,
        rating=design.tasks.rating,
        task=condition.task,
        true_label=stimulus.true_label,
        predicted_label=stimulus.predicted_label,
        changed_label=_changed_label(stimulus, condition=condition),
        first=first,
        second=second,
    )


def step_state(step: Step, *, choice: str | None, design: StudyFile, labels: Sequence[str]) -> StepState:
    """A task's step for the page.

    Parameters
    ----------
    choice : str or None
        The field that holds the task's answer proper; where the step has it not, its first field is timed, and of
        ratings the last one given.
    """
    names = [field.name for field in step.fields]
    timed = {choice} & set(names) or ({names[0]} if choice is not None else set(names))
    rated = {f"rating_{one.name.replace('-', '_')}": _rated(one) for one in _statements(design)}
    return {
        "fields": [
            _field_state(field, rated=rated.get(field.name), is_timed=field.name in timed, labels=labels)
            for field in step.fields
        ],
        "reveals": step.reveal != "nothing",
    }


def attention_field(labels: Sequence[str]) -> Field:
    """What an attention trial asks for."""
    return label_field(ATTENTION_FIELD, labels=labels, description="the label chosen where one was asked for by name")


def attention_step(labels: Sequence[str]) -> StepState:
    """The one step of an attention trial."""
    field = _field_state(attention_field(labels), rated=None, is_timed=True, labels=labels)
    return {"fields": [field], "reveals": False}


def label_words(design: StudyFile, *, labels: Sequence[str]) -> list[LabelWord]:
    """The answers to choose from, in the bundle's order."""
    return [label_word(label, design=design) for label in labels]


def label_word(label: str, *, design: StudyFile) -> LabelWord:
    """A label with its word in the language that is spoken now."""
    return {"label": label, "word": texts_of(design).word(label)}


def _field_state(field: Field, *, rated: Rated | None, is_timed: bool, labels: Sequence[str]) -> FieldState:
    values: list[str | int] = [*(field.levels or ()), *(field.integers or ())]
    return {
        "name": field.name,
        "widget": _widget(field, labels=labels),
        "values": [values[0], values[-1]] if _widget(field, labels=labels) == "line" else values,
        "rated": rated,
        "is_timed": is_timed,
    }


def _widget(field: Field, *, labels: Sequence[str]) -> Widget:
    if field.levels is not None:
        return "labels" if list(field.levels) == list(labels) else "words"
    if field.unit == "percent":
        return "percent"
    # A Likert scale counts from 1, a visual analogue one from 0.
    return "points" if field.integers is not None and field.integers[0] == 1 else "line"


def _rated(statement: Statement) -> Rated:
    return {
        "text": local_text(statement.text),
        "least": local_text(statement.least_text),
        "most": local_text(statement.most_text),
    }


def _statements(design: StudyFile) -> list[Statement]:
    return design.tasks.rating.statements if design.tasks.rating is not None else []


def _changed_label(stimulus: Stimulus, *, condition: Condition) -> str | None:
    """The network's answer to the first rendition with the mask of the changed clip; None where none is asked for."""
    if condition.changed is None:
        return None
    found = [each for each in stimulus.renditions.all() if each.mask == condition.changed]
    return min(found, key=lambda each: each.number).answered_label or None
