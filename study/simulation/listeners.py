"""Simulated listeners: how each kind answers a trial; pure functions of declared parameters and a seed.

Notes
-----
`TruthNamers` understand nothing of the network: they name what they recognise. `ModelListeners` (in
`model_listeners.py`) follow the very model the analysis fits.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from earshot.design.conditions import Channel, Condition
from earshot.tasks.fields import Answers
from earshot.tasks.kinds import TASKS
from earshot.tasks.task import Asked

# Recognition of the spoken word from what is left of it, by ear, by eye and by both: declared, not measured.
RECOGNISED_SHARE: dict[Channel, float] = {"sound": 0.90, "picture": 0.15, "both": 0.90}


@dataclass(frozen=True)
class Presented:
    """What a simulated listener meets in one trial, and what the network said."""

    stimulus: str
    condition: Condition
    asked: Asked

    @property
    def model_correct(self) -> bool:
        """Whether the network answered the true label."""
        return self.asked.true_label == self.asked.predicted_label


class Person(Protocol):
    """One simulated participant."""

    def answer(self, presented: Presented) -> Answers:
        """The fields that the trial's task asks for."""
        ...


class Listeners(Protocol):
    """A population of simulated participants."""

    def person(self, place: int) -> Person:
        """The participant with this place in the allocation; the same at every call in a fresh population."""
        ...


class TruthNamers:
    """People who ignore the word shown and name the word they recognise, else guess among all labels."""

    def __init__(self, *, seed: int, recognised_share: Mapping[Channel, float] = RECOGNISED_SHARE) -> None:
        self.seed = seed
        self.recognised_share = dict(recognised_share)

    def person(self, place: int) -> "TruthNamer":
        """The participant with this place in the allocation."""
        return TruthNamer(self, draw=stream(self.seed, purpose=f"participant {place}"))


class TruthNamer:
    """One of `TruthNamers`."""

    def __init__(self, listeners: TruthNamers, *, draw: random.Random) -> None:
        self.listeners = listeners
        self._draw = draw

    def answer(self, presented: Presented) -> Answers:
        """What the task's own simulation gives somebody who recognises the word in this channel at best."""
        share = self.listeners.recognised_share[presented.condition.channel]
        task = TASKS[presented.condition.task]
        return task.simulate(presented.asked, understanding=0.0, recognition=share, draw=self._draw)


def recognition(condition: Condition) -> float:
    """The probability that somebody who attends to all that is given perceives the spoken word, 0-1."""
    if condition.given == "original-and-word":
        return 1.0
    by_explanation = RECOGNISED_SHARE[condition.channel]
    if condition.given == "original":
        return max(by_explanation, RECOGNISED_SHARE[condition.given_channel])
    return by_explanation


def stream(seed: int, *, purpose: str) -> random.Random:
    """A generator of its own for one purpose, so that one more participant changes nobody else's answers."""
    return random.Random(f"earshot {seed} {purpose}")  # noqa: S311  # a simulation, nothing to keep secret
