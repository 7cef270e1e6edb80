"""Simulated listeners: how each kind answers a trial; pure functions of declared parameters and a seed.

Notes
-----
`ModelListeners` draw correctness from the very model the analysis fits, so the declared effect is the estimand of the
primary contrast. `TruthNamers` understand nothing of the model: they name what they recognise.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from earshot.protocol import Betas, Channel, Simulation
from earshot.sequence import TrialMask

# Recognition of the spoken digit from what is left of it, by ear and by eye: declared, not measured.
RECOGNISED_SHARE: dict[Channel, float] = {"sound": 0.90, "picture": 0.15}


@dataclass(frozen=True)
class Presented:
    """What a simulated listener meets in one trial, and what the network said."""

    stimulus: str
    channel: Channel
    mask: TrialMask
    true_label: str
    predicted_label: str

    @property
    def model_correct(self) -> bool:
        """Whether the network answered the true label."""
        return self.true_label == self.predicted_label


@dataclass(frozen=True)
class Coefficients:
    """Fixed effects of the primary model in log-odds; every factor is coded -.5/+.5."""

    intercept: float
    channel: float
    mask: float
    model_correct: float
    channel_mask: float
    channel_model_correct: float
    mask_model_correct: float
    channel_mask_model_correct: float

    def log_odds(self, *, channel: float, mask: float, model_correct: float) -> float:
        """The fixed part for one cell; arguments are the codes, -.5 or +.5."""
        return (
            self.intercept
            + self.channel * channel
            + self.mask * mask
            + self.model_correct * model_correct
            + self.channel_mask * channel * mask
            + self.channel_model_correct * channel * model_correct
            + self.mask_model_correct * mask * model_correct
            + self.channel_mask_model_correct * channel * mask * model_correct
        )


def effect_coefficients(betas: Betas, *, effect_log_odds: float) -> Coefficients:
    """The declared betas, with `effect_log_odds` as channel:mask among wrong predictions and 0 among right ones.

    Among wrong predictions (coded -.5) the contrast is b_cm - .5 b_cmm, among right ones b_cm + .5 b_cmm.
    """
    return Coefficients(
        **betas.model_dump(),
        channel_mask=effect_log_odds / 2,
        channel_mask_model_correct=-effect_log_odds,
    )


@dataclass(frozen=True)
class ParticipantEffects:
    """One participant's deviations in log-odds, on the products of the codes."""

    intercept: float
    mask: float
    model_correct: float
    mask_model_correct: float


@dataclass(frozen=True)
class StimulusEffects:
    """One stimulus' deviations in log-odds, on the products of the codes."""

    intercept: float
    channel: float
    mask: float
    channel_mask: float


class Person(Protocol):
    """One simulated participant."""

    def answer(self, presented: Presented) -> str:
        """The label this participant gives as the network's answer."""
        ...


class Listeners(Protocol):
    """A population of simulated participants."""

    def person(self, place: int) -> Person:
        """The participant with this place in the allocation; the same at every call in a fresh population."""
        ...


class ModelListeners:
    """People whose correctness follows the primary model.

    Parameters
    ----------
    simulation : Simulation
        The study's declared coefficients and standard deviations.
    effect_log_odds : float
        channel:mask among wrong predictions.
    labels : sequence of str
        What can be answered.
    stimuli : sequence of str
        Ids of all stimuli of the study; their effects are drawn once, for everybody.
    seed : int
    """

    def __init__(
        self,
        simulation: Simulation,
        *,
        effect_log_odds: float,
        labels: Sequence[str],
        stimuli: Sequence[str],
        seed: int,
    ) -> None:
        self.simulation = simulation
        self.coefficients = effect_coefficients(simulation.betas, effect_log_odds=effect_log_odds)
        self.labels = tuple(labels)
        self.seed = seed
        draw = _stream(seed, "stimuli")
        self.stimulus_effects = {name: _draw_stimulus(draw, simulation=simulation) for name in sorted(stimuli)}

    def person(self, place: int) -> "ModelPerson":
        """The participant with this place in the allocation."""
        draw = _stream(self.seed, f"participant {place}")
        effects = _draw_participant(draw, simulation=self.simulation)
        return ModelPerson(self, effects=effects, draw=draw)


class ModelPerson:
    """One of `ModelListeners`."""

    def __init__(self, listeners: ModelListeners, *, effects: ParticipantEffects, draw: random.Random) -> None:
        self.listeners = listeners
        self.effects = effects
        self._draw = draw

    def probability(self, presented: Presented) -> float:
        """P(the answer is the network's)."""
        channel, mask, model_correct = _codes(presented)
        own, stimulus = self.effects, self.listeners.stimulus_effects[presented.stimulus]
        log_odds = (
            self.listeners.coefficients.log_odds(channel=channel, mask=mask, model_correct=model_correct)
            + own.intercept
            + own.mask * mask
            + own.model_correct * model_correct
            + own.mask_model_correct * mask * model_correct
            + stimulus.intercept
            + stimulus.channel * channel
            + stimulus.mask * mask
            + stimulus.channel_mask * channel * mask
        )
        return _logistic(log_odds)

    def answer(self, presented: Presented) -> str:
        """The predicted label if correct; else the true one with the declared share on wrong ones; else any other."""
        if self._draw.random() < self.probability(presented):
            return presented.predicted_label
        share = self.listeners.simulation.true_label_share
        if not presented.model_correct and self._draw.random() < share:
            return presented.true_label
        left_out = {presented.predicted_label, presented.true_label}
        others = [label for label in self.listeners.labels if label not in left_out]
        # Two labels and a wrong prediction leave none: the true one is then the only wrong answer.
        return self._draw.choice(others) if others else presented.true_label


class TruthNamers:
    """People who ignore the word shown and name the digit they recognise, else guess among all labels."""

    def __init__(
        self,
        *,
        labels: Sequence[str],
        seed: int,
        recognised_share: Mapping[Channel, float] = RECOGNISED_SHARE,
    ) -> None:
        self.labels = tuple(labels)
        self.seed = seed
        self.recognised_share = dict(recognised_share)

    def person(self, place: int) -> "TruthNamer":
        """The participant with this place in the allocation."""
        return TruthNamer(self, draw=_stream(self.seed, f"participant {place}"))


class TruthNamer:
    """One of `TruthNamers`."""

    def __init__(self, listeners: TruthNamers, *, draw: random.Random) -> None:
        self.listeners = listeners
        self._draw = draw

    def answer(self, presented: Presented) -> str:
        """The true label when it is recognised in this channel, else any label."""
        if self._draw.random() < self.listeners.recognised_share[presented.channel]:
            return presented.true_label
        return self._draw.choice(self.listeners.labels)


def _logistic(log_odds: float) -> float:
    """The probability of these log-odds, however large: exp is taken of what cannot overflow alone."""
    if log_odds >= 0.0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1.0 + odds)


def _codes(presented: Presented) -> tuple[float, float, float]:
    """Channel, mask and model_correct as the primary model codes them: picture, control, wrong = -.5."""
    return (
        0.5 if presented.channel == "sound" else -0.5,
        0.5 if presented.mask == "relevance" else -0.5,
        0.5 if presented.model_correct else -0.5,
    )


def _stream(seed: int, purpose: str) -> random.Random:
    """A generator of its own for one purpose, so that one more participant changes nobody else's answers."""
    return random.Random(f"earshot {seed} {purpose}")  # noqa: S311  # a simulation, nothing to keep secret


def _draw_participant(draw: random.Random, *, simulation: Simulation) -> ParticipantEffects:
    slope = simulation.slope_sd
    return ParticipantEffects(
        intercept=draw.gauss(0.0, simulation.participant_sd),
        mask=draw.gauss(0.0, slope),
        model_correct=draw.gauss(0.0, slope),
        mask_model_correct=draw.gauss(0.0, slope),
    )


def _draw_stimulus(draw: random.Random, *, simulation: Simulation) -> StimulusEffects:
    slope = simulation.slope_sd
    return StimulusEffects(
        intercept=draw.gauss(0.0, simulation.stimulus_sd),
        channel=draw.gauss(0.0, slope),
        mask=draw.gauss(0.0, slope),
        channel_mask=draw.gauss(0.0, slope),
    )
