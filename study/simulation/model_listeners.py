"""Simulated listeners who follow the primary model, so that the declared effect is the primary contrast's estimand.

Notes
-----
What a listener understands is drawn with the log-odds of the primary model. In forward simulation that is being
correct; every other task makes its own of it (`earshot.tasks`), and there the effect is none of the answers' odds.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from earshot.design.analysis_plan import Contrast
from earshot.design.assumptions import Betas, Simulation
from earshot.design.conditions import Channel, Condition
from earshot.tasks.fields import Answers
from earshot.tasks.kinds import TASKS
from study.simulation.listeners import Presented, recognition, stream

_CHANNEL_CODES: dict[Channel, float] = {"picture": -0.5, "both": 0.0, "sound": 0.5}
_MASK_CODES = {"relevance": 0.5, "none": 0.0}
_CONTROL_CODE = -0.5


@dataclass(frozen=True)
class Codes:
    """A trial as the primary model codes it: picture, control and wrong are -.5; sound, relevance and right +.5."""

    channel: float
    mask: float
    model_correct: float


def trial_codes(condition: Condition, *, model_correct: bool) -> Codes:
    """The codes of a trial; picture and sound together, and the whole clip, lie between the two others."""
    return Codes(
        channel=_CHANNEL_CODES[condition.channel],
        mask=_MASK_CODES.get(condition.mask, _CONTROL_CODE),
        model_correct=0.5 if model_correct else -0.5,
    )


@dataclass(frozen=True)
class FixedEffects:
    """The fixed part of the model in log-odds: the declared betas, and the effect as the primary contrast spreads it.

    A condition of weight w gets effect * w / sum of squared weights, among the predictions the contrast is about: so
    the contrast of these shifts is the effect, and no other shift with less spread gives it.
    """

    betas: Betas
    contrast: Contrast
    effect_log_odds: float

    def log_odds(self, condition: Condition, *, model_correct: bool) -> float:
        """The fixed part for one cell."""
        betas, codes = self.betas, trial_codes(condition, model_correct=model_correct)
        return (
            betas.intercept
            + betas.channel * codes.channel
            + betas.mask * codes.mask
            + betas.model_correct * codes.model_correct
            + betas.channel_model_correct * codes.channel * codes.model_correct
            + betas.mask_model_correct * codes.mask * codes.model_correct
            + self.shift(condition, model_correct=model_correct)
        )

    def shift(self, condition: Condition, *, model_correct: bool) -> float:
        """What the effect adds to one cell."""
        if self.contrast.among not in ("all", "right" if model_correct else "wrong"):
            return 0.0
        weights = self.contrast.weights
        squares = math.fsum(weight**2 for weight in weights.values())
        return self.effect_log_odds * weights.get(condition.name, 0.0) / squares


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


class ModelListeners:
    """People whose understanding follows the primary model.

    Parameters
    ----------
    simulation : Simulation
        The study's declared coefficients and standard deviations.
    contrast : Contrast
        The study's primary one.
    effect_log_odds : float
        The contrast in log-odds.
    stimuli : sequence of str
        Ids of all stimuli of the study; their effects are drawn once, for everybody.
    seed : int
    """

    def __init__(
        self,
        simulation: Simulation,
        *,
        contrast: Contrast,
        effect_log_odds: float,
        stimuli: Sequence[str],
        seed: int,
    ) -> None:
        self.simulation = simulation
        self.fixed = FixedEffects(simulation.betas, contrast, effect_log_odds)
        self.seed = seed
        draw = stream(seed, purpose="stimuli")
        self.stimulus_effects = {name: _draw_stimulus(draw, simulation=simulation) for name in sorted(set(stimuli))}

    def person(self, place: int) -> "ModelPerson":
        """The participant with this place in the allocation."""
        draw = stream(self.seed, purpose=f"participant {place}")
        effects = _draw_participant(draw, simulation=self.simulation)
        return ModelPerson(self, effects=effects, draw=draw)


class ModelPerson:
    """One of `ModelListeners`."""

    def __init__(self, listeners: ModelListeners, *, effects: ParticipantEffects, draw: random.Random) -> None:
        self.listeners = listeners
        self.effects = effects
        self._draw = draw

    def probability(self, presented: Presented) -> float:
        """P(understanding): in forward simulation, that the answer is the network's."""
        codes = trial_codes(presented.condition, model_correct=presented.model_correct)
        own, stimulus = self.effects, self.listeners.stimulus_effects[presented.stimulus]
        log_odds = (
            self.listeners.fixed.log_odds(presented.condition, model_correct=presented.model_correct)
            + own.intercept
            + own.mask * codes.mask
            + own.model_correct * codes.model_correct
            + own.mask_model_correct * codes.mask * codes.model_correct
            + stimulus.intercept
            + stimulus.channel * codes.channel
            + stimulus.mask * codes.mask
            + stimulus.channel_mask * codes.channel * codes.mask
        )
        return _logistic(log_odds)

    def answer(self, presented: Presented) -> Answers:
        """What the task's own simulation gives; in forward simulation the answer follows the declared shares."""
        understanding = self.probability(presented)
        answers = TASKS[presented.condition.task].simulate(
            presented.asked,
            understanding=understanding,
            recognition=recognition(presented.condition),
            draw=self._draw,
        )
        if presented.condition.task == "forward-simulation":
            answers["answer"] = self._name_answer(presented, understanding=understanding)
        return answers

    def _name_answer(self, presented: Presented, *, understanding: float) -> str:
        """The predicted label if correct; else the true one with the declared share on wrong ones; else any other."""
        asked = presented.asked
        if self._draw.random() < understanding:
            return asked.predicted_label
        share = self.listeners.simulation.true_label_share
        if not presented.model_correct and self._draw.random() < share:
            return asked.true_label
        left_out = {asked.predicted_label, asked.true_label}
        others = [label for label in asked.labels if label not in left_out]
        # Two labels and a wrong prediction leave none: the true one is then the only wrong answer.
        return self._draw.choice(others) if others else asked.true_label


def _logistic(log_odds: float) -> float:
    """The probability of these log-odds, however large: exp is taken of what cannot overflow alone."""
    if log_odds >= 0.0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1.0 + odds)


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
