"""What a task is: the data it yields, which answers it takes, what is right, and how it simulates itself.

A task concerns one trial: a stimulus under a condition. What is common to all trials of a condition is a `Form`; with
the stimulus it becomes what is `Asked`. Nothing here goes to a browser by itself: `Task.steps` says what a page may ask
and after which reveal.
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field as Bounded
from pydantic import model_validator

from earshot.dataset import Column
from earshot.design.names import LocalText, Name
from earshot.files import Strict
from earshot.tasks.fields import Answers, Field, check_answers, label_field

TaskName = Literal[
    "forward-simulation", "error-detection", "counterfactual-simulation", "advice", "rating", "preference"
]
Reveal = Literal["nothing", "computer-answer"]


class Statement(Strict):
    """Something to be rated, and what the two ends of its scale say."""

    name: Name
    text: LocalText
    least_text: LocalText
    most_text: LocalText


class RatingSettings(Strict):
    """The statements of a rating and their common scale.

    Likert: 1 to `points`. Visual analogue: 0 to 100 without marks, the left end being 0.
    """

    scale: Literal["likert", "visual-analogue"]
    points: Annotated[int, Bounded(ge=3, le=11)] | None = None
    statements: list[Statement] = Bounded(min_length=1, max_length=10)

    @model_validator(mode="after")
    def _check_scale(self) -> "RatingSettings":
        if (self.scale == "likert") != (self.points is not None):
            raise ValueError(
                f"scale is '{self.scale}' and points {self.points}; a Likert scale needs its number of points (3 to "
                "11), a visual analogue scale has none"
            )
        return self

    @model_validator(mode="after")
    def _check_names(self) -> "RatingSettings":
        names = [statement.name for statement in self.statements]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"two statements have the name '{doubled[0]}'; give each a name of its own")
        return self

    @property
    def least(self) -> int:
        """The lowest rating."""
        return 0 if self.points is None else 1

    @property
    def most(self) -> int:
        """The highest rating."""
        return self.points or 100


class TaskSettings(Strict):
    """What tasks need to be told beyond their name; `rating` belongs to the task of this name."""

    rating: RatingSettings | None = None


@dataclass(frozen=True, kw_only=True)
class Form:
    """What all trials of a condition ask alike.

    `labels` are the network's answers to choose from; without them, as in a codebook that leaves them to the bundle, a
    label's field has no levels. `ask_perceived` is without effect on tasks that ask for no label or judgement.
    """

    labels: tuple[str, ...]
    ask_perceived: bool = False
    rating: RatingSettings | None = None


@dataclass(frozen=True, kw_only=True)
class Asked(Form):
    """One trial with all that decides which answer is right; for the server alone. Its task is `TASKS[task]`.

    `predicted_label` is the network's answer to the stimulus, `changed_label` to the changed clip (counterfactual
    simulation); `first` and `second` name the conditions of the two explanations in the order shown (preference).

    Raises
    ------
    ValueError
        If there are fewer than two labels or one twice, a label is not among them, or the task lacks what it needs.
    """

    task: TaskName
    true_label: str
    predicted_label: str
    changed_label: str | None = None
    first: str | None = None
    second: str | None = None

    def __post_init__(self) -> None:
        if len(self.labels) < 2 or len(set(self.labels)) < len(self.labels):
            raise ValueError(f"labels are {self.labels}; give at least two, each once")
        for name in ("true_label", "predicted_label", "changed_label"):
            label = getattr(self, name)
            if label is not None and label not in self.labels:
                raise ValueError(f"{name} is '{label}'; expected one of {', '.join(self.labels)}")
        for name in _NEEDED.get(self.task, ()):
            if getattr(self, name) is None:
                raise ValueError(f"{name} is missing; the task '{self.task}' needs it")


_NEEDED: dict[TaskName, tuple[str, ...]] = {
    "counterfactual-simulation": ("changed_label",),
    "rating": ("rating",),
    "preference": ("first", "second"),
}


@dataclass(frozen=True)
class Step:
    """Fields that are asked together, after `reveal` was shown; earlier steps are answered and kept by then."""

    fields: tuple[Field, ...]
    reveal: Reveal = "nothing"


@dataclass(frozen=True)
class SimulatedPerson:
    """What a simulated participant makes of one trial, before answering.

    `perceived_label` is the true label when `recognises`, else a uniform guess, which may be true as well.
    """

    perceived_label: str
    recognises: bool
    understands: bool
    draw: random.Random


def perceived_fields(form: Form) -> tuple[Field, ...]:
    """The optional first question "Which digit do you hear / see?"; nothing where the form does not ask it."""
    if not form.ask_perceived:
        return ()
    meaning = "what the participant hears or sees in the clip"
    return (label_field("perceived_label", labels=form.labels, description=meaning),)


class Task(ABC):
    """One kind of task.

    Attributes
    ----------
    name : str
    choice : str or None
        The field that holds the answer proper; None where there is no single one.
    verdicts : tuple of Column
        What is computed from the answers and the key.
    """

    name: ClassVar[TaskName]
    choice: ClassVar[str | None]
    verdicts: ClassVar[tuple[Column, ...]]

    @abstractmethod
    def steps(self, form: Form) -> tuple[Step, ...]:
        """What is asked, in its order; an `Asked` is a form too. ValueError where the form lacks settings."""

    @abstractmethod
    def key(self, asked: Asked) -> str | None:
        """The right value of `choice`; None where nothing is right or wrong."""

    @abstractmethod
    def _answer_as(self, person: SimulatedPerson, *, asked: Asked) -> Answers:
        """The answers of a simulated participant, all but `perceived_label`."""

    def fields(self, form: Form) -> tuple[Field, ...]:
        """All that the task yields, in the order asked."""
        return tuple(field for step in self.steps(form) for field in step.fields)

    def check(self, answers: Mapping[str, object], *, asked: Asked) -> Answers:
        """The answers to all steps in the order asked; `earshot.tasks.fields.check_answers` checks those to one.

        Raises
        ------
        AnswerFault
            At the first field that is missing, unknown, of another type or out of bounds.
        """
        return check_answers(answers, fields=self.fields(asked))

    def correct(self, answers: Mapping[str, str | int], *, asked: Asked) -> bool | None:
        """Whether checked answers are right; None where nothing is right or wrong."""
        key = self.key(asked)
        return None if key is None or self.choice is None else answers[self.choice] == key

    def correct_before(self, answers: Mapping[str, str | int], *, asked: Asked) -> bool | None:
        """Whether the answer given before the reveal was right; None for tasks that ask only once."""
        return None

    def n_alternatives(self, form: Form) -> int | None:
        """Number of answers to choose from (a uniform guesser is right once in so many); None for ratings."""
        levels = next((field.levels for field in self.fields(form) if field.name == self.choice), None)
        return None if levels is None else len(levels)

    def simulate(self, asked: Asked, *, understanding: float, recognition: float, draw: random.Random) -> Answers:
        """Answers of a simulated participant, which `check` takes.

        Parameters
        ----------
        asked : Asked
        understanding : float
            Probability of knowing what the task asks about the network from the explanation, 0-1; each task says what
            is done with it. Ratings, preferences and confidence do not depend on it: they are uniform.
        recognition : float
            Probability of perceiving the true word, 0-1; 1 where the trial names it.
        draw : random.Random
            Decides everything; the caller seeds it.

        Raises
        ------
        ValueError
            If a probability lies outside 0-1.
        """
        for name, share in (("understanding", understanding), ("recognition", recognition)):
            if not 0.0 <= share <= 1.0:
                raise ValueError(f"{name} is {share}; expected a probability from 0 to 1")
        recognises = draw.random() < recognition
        perceived = asked.true_label if recognises else draw.choice(asked.labels)
        understands = draw.random() < understanding
        person = SimulatedPerson(perceived, recognises=recognises, understands=understands, draw=draw)
        answers = {"perceived_label": perceived, **self._answer_as(person, asked=asked)}
        return {field.name: answers[field.name] for field in self.fields(asked)}
