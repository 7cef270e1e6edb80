"""What a browser gets to know: pure functions from rows to the JSON of the participant's page.

Before the answer nothing here tells the computer's answer, its probability, whether it was right, the kind of mask or
the stimulus; media are named by their content's hash alone. The researcher's preview builds its answers here too.
"""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

from earshot.protocol import Channel, Given, StudyFile
from earshot.sequence import Phase, TrialMask
from study.models import Rendition, Stimulus

MEDIA_URL = "/media/"
# How many trials beyond the present one have their media named, for the browser to fetch beforehand.
N_TRIALS_NAMED_AHEAD = 1


class SoundMedium(TypedDict):
    """A sound by its address and duration."""

    url: str
    duration_ms: float


class Explanation(TypedDict):
    """The explanation as sound or picture; a picture's axes and colour range come with it."""

    channel: Channel
    url: str
    duration_ms: float
    frequency_min_hz: NotRequired[float]
    frequency_max_hz: NotRequired[float]
    floor_db: NotRequired[float]
    ceiling_db: NotRequired[float]


class LabelWord(TypedDict):
    """An answer to choose, and the word it is said with."""

    label: str
    word: str


class TrialState(TypedDict):
    """One trial as the page needs it."""

    id: str
    index: int
    phase: Phase
    n_in_phase: int
    index_in_phase: int
    given: Given
    word: str | None
    original: SoundMedium | None
    explanation: Explanation
    labels: list[LabelWord]
    dwell_ms: int
    max_plays: int


class State(TypedDict):
    """Where a participant stands."""

    n_trials: int
    n_answered: int
    n_training: int
    complete: bool
    debrief_url: str
    trial: TrialState | None
    preload: list[str]


class Feedback(TypedDict):
    """The computer's answer, shown after a training trial; `correct`: the participant's answer equals it."""

    predicted_label: str
    word: str
    correct: bool


def trial_state(
    stimulus: Stimulus,
    *,
    code: str,
    index: int,
    phase: Phase,
    mask: TrialMask,
    channel: Channel,
    design: StudyFile,
    labels: Sequence[str],
) -> TrialState:
    """One trial for the page; `index` counts from 0 over both phases, `labels` are the bundle's.

    Pass `stimulus` with its renditions prefetched.
    """
    n_training = design.training.n_items
    in_training = phase == "training"
    return {
        "id": code,
        "index": index,
        "phase": phase,
        "n_in_phase": n_training if in_training else n_main_trials(design),
        "index_in_phase": index if in_training else index - n_training,
        "given": design.given,
        "word": design.texts.word(stimulus.true_label) if design.given == "original-and-word" else None,
        "original": sound_medium(find_rendition(stimulus, mask="none")) if design.given != "nothing" else None,
        "explanation": _explanation(find_rendition(stimulus, mask=mask), channel=channel),
        "labels": label_words(design, labels=labels),
        "dwell_ms": design.exposure.dwell_ms,
        "max_plays": design.exposure.max_plays,
    }


def media_urls(trial: TrialState) -> list[str]:
    """The addresses of everything the trial shows or plays."""
    original = [trial["original"]["url"]] if trial["original"] else []
    return [*original, trial["explanation"]["url"]]


def trial_feedback(stimulus: Stimulus, *, answer: str, design: StudyFile) -> Feedback:
    """The feedback on `answer` in training."""
    predicted = stimulus.predicted_label
    return {"predicted_label": predicted, "word": design.texts.word(predicted), "correct": answer == predicted}


def label_words(design: StudyFile, *, labels: Sequence[str]) -> list[LabelWord]:
    """The answers to choose from, in the bundle's order."""
    return [{"label": label, "word": design.texts.word(label)} for label in labels]


def are_digits(labels: Sequence[str]) -> bool:
    """Whether all answers are digits from 0 to 9, so that the pages may call them digits."""
    return set(labels) <= set("0123456789")


def n_main_trials(design: StudyFile) -> int:
    """How many main trials a participant meets."""
    return design.main.n_right + design.main.n_wrong


def n_trials(design: StudyFile) -> int:
    """How many trials a participant meets, training included."""
    return design.training.n_items + n_main_trials(design)


def find_rendition(stimulus: Stimulus, *, mask: Literal["none", "relevance", "control"]) -> Rendition:
    """The rendition of `stimulus` under `mask`; Rendition.DoesNotExist if none, which a launch has ruled out."""
    for rendition in stimulus.renditions.all():
        if rendition.mask == mask:
            return rendition
    raise Rendition.DoesNotExist(f"stimulus '{stimulus.name}' has no rendition with mask '{mask}'")


def sound_medium(rendition: Rendition) -> SoundMedium:
    """The rendition's sound."""
    return {"url": MEDIA_URL + rendition.sound_file, "duration_ms": rendition.sound_duration_ms}


def _explanation(rendition: Rendition, *, channel: Channel) -> Explanation:
    if channel == "sound":
        sound = sound_medium(rendition)
        return {"channel": channel, "url": sound["url"], "duration_ms": sound["duration_ms"]}
    return {
        "channel": channel,
        "url": MEDIA_URL + rendition.picture_file,
        "duration_ms": rendition.picture_duration_ms,
        "frequency_min_hz": rendition.frequency_min_hz,
        "frequency_max_hz": rendition.frequency_max_hz,
        "floor_db": rendition.floor_db,
        "ceiling_db": rendition.ceiling_db,
    }
