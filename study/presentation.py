"""What a browser gets to know of one trial: pure functions from rows to the JSON of the participant's page.

Before it is due nothing here tells the computer's answer, its probability, whether it was right, the kind of mask, the
condition or the stimulus; media are named by their content's hash alone. The researcher's preview shows trials by the
same functions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict
from uuid import UUID

from earshot.bundle import PictureKind
from earshot.design.conditions import Condition, Given
from earshot.design.study_file import StudyFile
from earshot.sequence.plan import TrialKind
from earshot.tasks.kinds import TASKS
from study.models import Picture, Rendition, Stimulus
from study.picture_texts import alternative_text
from study.task_forms import (
    LabelWord,
    StepState,
    asked_about,
    attention_step,
    form_of,
    label_word,
    label_words,
    step_state,
)

__all__ = ["LabelWord", "label_words"]  # those that callers get from here, too

MEDIA_URL = "/media/"

Station = Literal["original", "explanation", "changed", "ask"]


class SoundMedium(TypedDict):
    """A sound by its address and duration."""

    url: str
    duration_ms: float


class PictureMedium(TypedDict):
    """A picture by its address, with its axes and colour range."""

    url: str
    kind: PictureKind
    alternative_text: str
    duration_ms: float
    frequency_min_hz: float
    frequency_max_hz: float
    floor_db: float
    ceiling_db: float


class Presented(TypedDict):
    """A rendition as sound, as picture, or as both at once; `whole`: it is the clip with nothing left out."""

    sound: SoundMedium | None
    picture: PictureMedium | None
    whole: bool


class Exposed(TypedDict):
    """How long and how often things are met; `view_ms` is None where a picture stays."""

    dwell_ms: int
    max_plays: int
    view_ms: int | None


class TrialState(TypedDict):
    """One trial as the page needs it.

    `course` is what is met, in order; each `ask` in it takes the next of `steps`. `told` is the computer's answer where
    it is due from the beginning.
    """

    id: str
    index: int
    kind: TrialKind
    task: str | None
    given: Given
    word: str | None
    original: Presented | None
    explanations: list[Presented]
    changed: Presented | None
    told: LabelWord | None
    instructed: LabelWord | None
    labels: list[LabelWord]
    course: list[Station]
    steps: list[StepState]
    exposure: Exposed


class Feedback(TypedDict):
    """What is told after a trial, and whether the answer was right (None where nothing is right or wrong).

    `word` is the computer's answer, in counterfactual simulation that to the changed clip, in advice the true word;
    `key` the right value of what was asked.
    """

    task: str
    word: str
    key: str | None
    correct: bool | None


@dataclass(frozen=True)
class ShownTrial:
    """One trial to be shown; `stimulus` with its renditions and their pictures prefetched.

    `first_answers` are those to the task's first step, once they are stored; `is_swapped` is the order of
    two explanations.
    """

    code: UUID
    index: int
    kind: TrialKind
    block: str
    stimulus: Stimulus | None = None
    condition: str = ""
    instructed_label: str = ""
    first_answers: Mapping[str, str | int] | None = None
    is_swapped: bool = False


def trial_state(trial: ShownTrial, *, design: StudyFile, labels: Sequence[str]) -> TrialState:
    """One trial for the page; `labels` are the bundle's."""
    if trial.stimulus is None:
        return _attention_state(trial, design=design, labels=labels)
    stimulus, condition = trial.stimulus, design.condition(trial.condition)
    steps = _steps(trial, condition=condition, design=design, labels=labels)
    is_told = trial.kind == "exemplar" or trial.first_answers is not None or steps[0]["reveals"]
    exposure = design.exposure_of(condition)
    return {
        **_frame(trial, design=design, labels=labels),
        "task": None if trial.kind == "exemplar" else condition.task,
        "given": condition.given,
        "word": _word(stimulus.true_label, design=design) if condition.given == "original-and-word" else None,
        "original": _original(stimulus, condition=condition),
        "explanations": [
            present(find_shown(stimulus, condition=each), channel=each.channel, picture=each.picture)
            for each in _shown_conditions(trial, condition=condition, design=design)
        ],
        "changed": None if trial.kind == "exemplar" else _changed(stimulus, condition=condition),
        "told": label_word(stimulus.predicted_label, design=design) if is_told else None,
        "course": _course(condition, n_steps=len(steps), kind=trial.kind),
        "steps": steps,
        "exposure": {
            "dwell_ms": exposure.dwell_ms,
            "max_plays": exposure.max_plays,
            "view_ms": exposure.view_ms,
        },
    }


def media_urls(trial: TrialState) -> list[str]:
    """The addresses of everything the trial shows or plays, each once."""
    presented = [trial["original"], *trial["explanations"], trial["changed"]]
    media = [medium for each in presented if each for medium in (each["sound"], each["picture"]) if medium]
    return list(dict.fromkeys(medium["url"] for medium in media))


def trial_feedback(
    trial: ShownTrial, *, answers: Mapping[str, str | int], design: StudyFile, labels: Sequence[str]
) -> Feedback | None:
    """What is told after the trial was answered; None where nothing is."""
    if trial.stimulus is None or not gives_feedback(trial, design=design):
        return None
    condition = design.condition(trial.condition)
    asked = asked_about(trial.stimulus, condition=condition, is_swapped=trial.is_swapped, design=design, labels=labels)
    task = TASKS[condition.task]
    told = {"advice": asked.true_label, "counterfactual-simulation": asked.changed_label}.get(condition.task)
    return {
        "task": condition.task,
        "word": _word(told or asked.predicted_label, design=design),
        "key": task.key(asked),
        "correct": task.correct(answers, asked=asked),
    }


def gives_feedback(trial: ShownTrial, *, design: StudyFile) -> bool:
    """Whether something is told after the trial was answered."""
    block = design.block(trial.block)
    told = block.kind == "training" or (block.kind == "main" and block.feedback)
    return told and trial.stimulus is not None and trial.kind != "exemplar"


def are_digits(labels: Sequence[str]) -> bool:
    """Whether all answers are digits from 0 to 9, so that the pages may call them digits."""
    return set(labels) <= set("0123456789")


def find_rendition(stimulus: Stimulus, *, mask: str, method: str | None = None, form: str | None = None) -> Rendition:
    """The first rendition of `stimulus` under `mask`, by this method and in this form where they are given.

    Raises
    ------
    Rendition.DoesNotExist
        If the bundle has none, which a launch has ruled out.
    """
    for rendition in sorted(stimulus.renditions.all(), key=lambda each: each.number):
        if rendition.mask == mask and method in (None, rendition.method) and form in (None, rendition.form):
            return rendition
    raise Rendition.DoesNotExist(
        f"stimulus '{stimulus.name}' has no rendition with mask '{mask}' (method {method or 'any'}, form"
        f" {form or 'any'})"
    )


def find_shown(stimulus: Stimulus, *, condition: Condition) -> Rendition:
    """The rendition that a condition shows, as `earshot.design.stimuli.find_shown` finds it in a manifest."""
    return find_rendition(stimulus, mask=condition.mask, method=condition.method, form=condition.form)


def sound_medium(rendition: Rendition) -> SoundMedium:
    """The rendition's sound."""
    return {"url": MEDIA_URL + rendition.sound_file, "duration_ms": rendition.sound_duration_ms}


def present(
    rendition: Rendition, *, channel: Literal["sound", "picture", "both"], picture: PictureKind = "matched"
) -> Presented:
    """A rendition by the channels it is met through."""
    return {
        "sound": sound_medium(rendition) if channel != "picture" else None,
        "picture": _picture_medium(_find_picture(rendition, kind=picture)) if channel != "sound" else None,
        "whole": rendition.mask == "none",
    }


def shown_conditions(condition: Condition, *, is_swapped: bool, design: StudyFile) -> list[Condition]:
    """The conditions whose explanations a trial shows, in the order shown: two for a preference, else its own."""
    pair = condition.compared(is_swapped=is_swapped)
    return [condition] if pair is None else [design.condition(name) for name in pair]


def _shown_conditions(trial: ShownTrial, *, condition: Condition, design: StudyFile) -> list[Condition]:
    if trial.kind == "exemplar":
        return [condition]
    return shown_conditions(condition, is_swapped=trial.is_swapped, design=design)


def _frame(trial: ShownTrial, *, design: StudyFile, labels: Sequence[str]) -> TrialState:
    """A trial with nothing to meet and nothing to answer."""
    return {
        "id": str(trial.code),
        "index": trial.index,
        "kind": trial.kind,
        "task": None,
        "given": "nothing",
        "word": None,
        "original": None,
        "explanations": [],
        "changed": None,
        "told": None,
        "instructed": None,
        "labels": label_words(design, labels=labels),
        "course": ["ask"],
        "steps": [],
        "exposure": {"dwell_ms": 0, "max_plays": 1, "view_ms": None},
    }


def _attention_state(trial: ShownTrial, *, design: StudyFile, labels: Sequence[str]) -> TrialState:
    return {
        **_frame(trial, design=design, labels=labels),
        "instructed": label_word(trial.instructed_label, design=design),
        "steps": [attention_step(labels)],
    }


def _steps(trial: ShownTrial, *, condition: Condition, design: StudyFile, labels: Sequence[str]) -> list[StepState]:
    """The steps that are left to answer; an exemplar asks for nothing but to go on."""
    if trial.kind == "exemplar":
        return [{"fields": [], "reveals": False}]
    task = TASKS[condition.task]
    form = form_of(condition, design=design, labels=labels)
    steps = [step_state(step, choice=task.choice, design=design, labels=labels) for step in task.steps(form)]
    return steps if trial.first_answers is None else steps[1:]


def _course(condition: Condition, *, n_steps: int, kind: TrialKind) -> list[Station]:
    """What is met in which order.

    A first step of two comes before the explanation, which belongs to what is revealed after it; where nothing else
    was given it comes after, because there is nothing else to answer by.
    """
    with_original = condition.given != "nothing"
    before: list[Station] = ["original"] if with_original else []
    explained: list[Station] = ["explanation"]
    changed: list[Station] = ["changed"] if condition.changed is not None and kind != "exemplar" else []
    if n_steps == 1:
        return [*before, *explained, *changed, "ask"]
    if with_original:
        return [*before, "ask", *explained, *changed, "ask"]
    return [*explained, "ask", *changed, "ask"]


def _original(stimulus: Stimulus, *, condition: Condition) -> Presented | None:
    if condition.given == "nothing":
        return None
    return present(find_rendition(stimulus, mask="none"), channel=condition.given_channel)


def _changed(stimulus: Stimulus, *, condition: Condition) -> Presented | None:
    """The changed clip, through the channel the clip itself is given by; nothing says how it was changed."""
    if condition.changed is None:
        return None
    return present(find_rendition(stimulus, mask=condition.changed), channel=condition.given_channel)


def _find_picture(rendition: Rendition, *, kind: PictureKind) -> Picture:
    for picture in rendition.pictures.all():
        if picture.kind == kind:
            return picture
    raise Picture.DoesNotExist(f"rendition {rendition.pk} has no picture '{kind}'")


def _picture_medium(picture: Picture) -> PictureMedium:
    return {
        "url": MEDIA_URL + picture.file,
        "kind": picture.kind,  # type: ignore[typeddict-item]  # a bundle's picture, checked when it was loaded
        "alternative_text": alternative_text(picture),
        "duration_ms": picture.duration_ms,
        "frequency_min_hz": picture.frequency_min_hz,
        "frequency_max_hz": picture.frequency_max_hz,
        "floor_db": picture.floor_db,
        "ceiling_db": picture.ceiling_db,
    }


def _word(label: str, *, design: StudyFile) -> str:
    return label_word(label, design=design)["word"]
