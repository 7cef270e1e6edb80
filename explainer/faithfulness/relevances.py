"""What relevance itself shows over the main stimuli of a network: whether it finds what the network relies on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from earshot.bundle import Manifest
from explainer.faithfulness.attributions import MeasuredRelevance
from explainer.faithfulness.intervals import Interval, mean_interval
from explainer.faithfulness.stimuli import MeasuredStimulus

_SEED = 1


@dataclass(frozen=True)
class Ordering:
    """One method's relevance of one network's right or wrong predictions.

    Attributes
    ----------
    n_stimuli : int
    relevance_curve, energy_curve, random_curve : tuple of float
        Means of the flipping curves; empty without stimuli.
    relevance_area, energy_area, random_area : float or None
        Means of the areas under them.
    below_energy, below_random : tuple of float, or None
        95 % intervals of the area by relevance minus that by energy, or at random: below 0 where relevance finds first
        what the network relies on.
    max_sensitivity, sparseness, complexity, relevance_over_logit : float or None
        Medians.
    """

    network: str
    model_correct: bool
    method: str
    n_stimuli: int
    relevance_curve: tuple[float, ...] = ()
    energy_curve: tuple[float, ...] = ()
    random_curve: tuple[float, ...] = ()
    relevance_area: float | None = None
    energy_area: float | None = None
    random_area: float | None = None
    below_energy: Interval | None = None
    below_random: Interval | None = None
    max_sensitivity: float | None = None
    sparseness: float | None = None
    complexity: float | None = None
    relevance_over_logit: float | None = None


def find_orderings(manifest: Manifest, *, measured: Sequence[MeasuredStimulus]) -> list[Ordering]:
    """Both kinds of prediction for each method of each network, in the manifest's order."""
    found = []
    for network in manifest.networks:
        own = [
            (stimulus.model_correct, of_stimulus.relevance)
            for stimulus, of_stimulus in zip(manifest.stimuli, measured, strict=True)
            if stimulus.network == network.name and stimulus.role == "main"
        ]
        methods = dict.fromkeys(one.method for _, relevance in own for one in relevance)
        for method in methods:
            for model_correct in (True, False):
                of_method = [
                    one
                    for correct, relevance in own
                    for one in relevance
                    if correct == model_correct and one.method == method
                ]
                found.append(_ordering(of_method, network=network.name, model_correct=model_correct, method=method))
    return found


def _ordering(found: Sequence[MeasuredRelevance], *, network: str, model_correct: bool, method: str) -> Ordering:
    if not found:
        return Ordering(network, model_correct, method, n_stimuli=0)
    areas = np.array([one.areas for one in found])
    relevance, energy, random = areas.T
    return Ordering(
        *(network, model_correct, method, len(found)),
        relevance_curve=_mean_curve([one.relevance_curve for one in found]),
        energy_curve=_mean_curve([one.energy_curve for one in found]),
        random_curve=_mean_curve([one.random_curve for one in found]),
        relevance_area=float(relevance.mean()),
        energy_area=float(energy.mean()),
        random_area=float(random.mean()),
        below_energy=mean_interval((relevance - energy).tolist(), seed=_SEED),
        below_random=mean_interval((relevance - random).tolist(), seed=_SEED),
        max_sensitivity=_median([one.max_sensitivity for one in found]),
        sparseness=_median([one.sparseness for one in found]),
        complexity=_median([one.complexity for one in found]),
        relevance_over_logit=_median([one.relevance_over_logit for one in found]),
    )


def _mean_curve(curves: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(np.mean(curves, axis=0).tolist())


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
