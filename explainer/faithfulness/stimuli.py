"""The work of `evaluate` that workers share: one stimulus, or one network with some layers shuffled."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.bundle import Faithfulness, Manifest, Stimulus
from explainer.batches.job import Tools
from explainer.faithfulness.attributions import (
    Heard,
    MeasuredRelevance,
    measure_masks,
    measure_relevance,
    seen_of,
)
from explainer.faithfulness.measures import Scores, score
from explainer.faithfulness.opened import BundlePlace
from explainer.faithfulness.randomisation import Likeness, compare_relevance, shuffled_copy
from explainer.relevance.cells import relevance_on_cells
from explainer.rendering.played import measure_played, played_windows
from explainer.training.repeatable import repeatable

N_RANDOMISED: Final = 24
"""Stimuli of each network whose relevance is found anew for every layer that is shuffled."""
_SEED: Final = 1


@dataclass(frozen=True)
class StimulusTask:
    """One stimulus of a bundle, by its place in the manifest."""

    place: BundlePlace
    number: int


@dataclass(frozen=True)
class MeasuredStimulus:
    """Everything measured of one stimulus; `faithfulness` and `scores` in the order of its renditions."""

    id: str
    faithfulness: tuple[Faithfulness, ...]
    scores: tuple[Scores, ...]
    relevance: tuple[MeasuredRelevance, ...]


def measure_stimulus(task: StimulusTask) -> MeasuredStimulus:
    """What is measured of one stimulus, with one thread: the same whoever does it."""
    manifest = task.place.manifest()
    stimulus = manifest.stimuli[task.number]
    with repeatable(seed=0, n_threads=1):
        heard = _hear(stimulus, place=task.place)
        faithfulness = measure_played(
            heard.tools.network,
            task.place.played(stimulus),
            first_sample=_first_sample(stimulus),
            explained=heard.explained,
            labels=heard.tools.labels,
            network_input=heard.tools.input,
        )
        found = measure_masks(heard, renditions=stimulus.renditions)
        relevance = measure_relevance(heard, methods=methods_of(stimulus))
    scores = tuple(
        score(rendition, faithfulness=of_rendition, found=of_mask)
        for rendition, of_rendition, of_mask in zip(stimulus.renditions, faithfulness, found, strict=True)
    )
    return MeasuredStimulus(stimulus.id, tuple(faithfulness), scores, tuple(relevance))


def methods_of(stimulus: Stimulus) -> list[str]:
    """The methods that explain a stimulus, each once, the one that studies show first."""
    named = [one.method for one in stimulus.renditions if one.mask == "relevance" and one.method is not None]
    return list(dict.fromkeys(named))


@dataclass(frozen=True)
class RandomisationTask:
    """One network of a bundle, the layers that are shuffled in it, and the stimuli (by number) that it explains.

    With `other_label`, another label than the explained one is explained instead, drawn per stimulus.
    """

    place: BundlePlace
    network: str
    numbers: tuple[int, ...]
    layers: tuple[str, ...] = ()
    other_label: bool = False


def randomisation_stimuli(manifest: Manifest, *, network: str) -> tuple[int, ...]:
    """The stimuli of a network, by number, on which randomisation is measured: the first ones of its main stimuli."""
    numbers = [
        number
        for number, stimulus in enumerate(manifest.stimuli)
        if stimulus.network == network and stimulus.role == "main" and methods_of(stimulus)
    ]
    return tuple(numbers[:N_RANDOMISED])


def measure_randomisation(task: RandomisationTask) -> tuple[Likeness, ...]:
    """How alike relevance is before and after, over the cells that the network takes, for each stimulus."""
    manifest, tools = task.place.manifest(), task.place.tools(task.network)
    shuffled = replace(tools, network=shuffled_copy(tools.network, layers=task.layers, seed=_SEED))
    found = []
    with repeatable(seed=0, n_threads=1):
        for number in task.numbers:
            heard = _hear(manifest.stimuli[number], place=task.place)
            method = methods_of(manifest.stimuli[number])[0]
            seen = seen_of(heard.magnitudes()[0], tools=tools)
            target = _other_label(heard) if task.other_label else heard.explained
            before = _relevance(heard, tools=tools, method=method, target=heard.explained)
            after = _relevance(heard, tools=shuffled, method=method, target=target)
            found.append(compare_relevance(before[seen], after[seen]))
    return tuple(found)


def _hear(stimulus: Stimulus, *, place: BundlePlace) -> Heard:
    tools = place.tools(stimulus.network)
    windows = played_windows(
        place.played(stimulus), first_sample=_first_sample(stimulus), transform=tools.input.transform
    )
    return Heard(stimulus.id, windows, explained=tools.labels.index(stimulus.explained_label), tools=tools)


def _first_sample(stimulus: Stimulus) -> int:
    if stimulus.first_sample is None:
        raise ValueError(f"stimulus '{stimulus.id}' has no first_sample; call check_measurable before")
    return stimulus.first_sample


def _other_label(heard: Heard) -> int:
    others = [label for label in range(len(heard.tools.labels)) if label != heard.explained]
    return others[int(np.random.default_rng(heard.seed).integers(len(others)))]


def _relevance(heard: Heard, *, tools: Tools, method: str, target: int) -> NDArray[np.float64]:
    """Relevance of the original as played on the cells of the STFT: float64, (bin, frame)."""
    inputs = heard.inputs()
    explanation = tools.explainer(method)(inputs, torch.tensor([target]))
    on_cells = relevance_on_cells(explanation, inputs=inputs, network_input=tools.input, method=method)
    cells: NDArray[np.float64] = on_cells.cells[0].double().numpy()
    return cells
