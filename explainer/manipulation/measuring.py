"""Both tests on all seeds of a recipe's network."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from earshot.errors import RecipeError
from explainer.batches.job import Tools
from explainer.manipulation import scaling, zeroing
from explainer.manipulation.clips import PartClips, heldout_parts
from explainer.manipulation.results import CHOICES, Manipulation, ScalingCurve, Subject, ZeroingCurve
from explainer.manipulation.seeds import FEWEST_SEEDS
from explainer.networks.files import WEIGHTS_NAME
from explainer.relevance.explaining import describe_method
from explainer.sections.network import NetworkSection
from explainer.trained import Task, TrainedNetwork, network_hashes
from explainer.training.repeatable import repeatable

Count = TypeVar("Count")


def check_seeds(section: NetworkSection) -> None:
    """Raise RecipeError unless a recipe has seeds enough for an interval."""
    way_out = "give the recipe of an architecture three or more, such as seed = [1, 2, 3]"
    if section.factory is not None:
        raise RecipeError(f"network.factory brings one network, and intervals are over seeds; {way_out}")
    if len(section.seeds) < FEWEST_SEEDS:
        raise RecipeError(f"network.seed is {list(section.seeds)}, and intervals are over seeds; {way_out}")


def measure_manipulation(task: Task, *, trained: Sequence[TrainedNetwork]) -> Manipulation:
    """What the networks answer to changed clips that their weights never saw.

    Parameters
    ----------
    trained : sequence of TrainedNetwork
        The networks of the recipe, one per seed.

    Raises
    ------
    RecipeError
        If there are too few seeds, or the recipe's method does not explain the networks.
    """
    check_seeds(task.recipe.network)
    parts = heldout_parts(task)
    subject = _describe(task, trained=trained)
    first = trained[0].description
    not_scaled = scaling.why_not_scaled(kind=first.input.kind, label_column=subject.label_column, labels=subject.labels)
    return Manipulation(
        subject=subject,
        zeroing=tuple(curve for part in parts for curve in _zero(part, task=task, trained=trained)),
        scaling=() if not_scaled else tuple(_scale(part, task=task, trained=trained) for part in parts),
        not_scaled=not_scaled,
    )


def _zero(part: PartClips, *, task: Task, trained: Sequence[TrainedNetwork]) -> list[ZeroingCurve]:
    counts = _by_seed(zeroing.count_right, part=part, task=task, trained=trained)
    return [
        ZeroingCurve(part.part, choice, len(part.clips), tuple(own[choice] for own in counts)) for choice in CHOICES
    ]


def _scale(part: PartClips, *, task: Task, trained: Sequence[TrainedNetwork]) -> ScalingCurve:
    counts = _by_seed(scaling.count_right, part=part, task=task, trained=trained)
    return ScalingCurve(part.part, scaling.count_clips(part), tuple(counts))


def _by_seed(
    count: Callable[..., Count],  # of (part, tools=, seed=): keywords have no other type
    *,
    part: PartClips,
    task: Task,
    trained: Sequence[TrainedNetwork],
) -> list[Count]:
    """What is counted of each network, in the order of the seeds, with the number of threads that the recipe fixes."""
    counts = []
    for seed, one in zip(task.recipe.network.seeds, trained, strict=True):
        with repeatable(seed=seed, n_threads=one.description.n_threads):
            counts.append(count(part, tools=_tools(one, task=task), seed=seed))
    return counts


def _tools(one: TrainedNetwork, *, task: Task) -> Tools:
    return Tools(one.network, one.description.input, tuple(one.description.labels), task.recipe)


def _describe(task: Task, *, trained: Sequence[TrainedNetwork]) -> Subject:
    recipe, recordings, tools = task.recipe, task.heard.recordings, _tools(trained[0], task=task)
    return Subject(
        name=recipe.recipe.name,
        corpus=recordings.name,
        corpus_sha256=recordings.sha256,
        label_column=recordings.label_column,
        labels=recordings.labels,
        architecture=trained[0].description.architecture or trained[0].description.name,
        seeds=recipe.network.seeds,
        unit="samples" if tools.input.kind == "waveform" else "cells",
        method=describe_method(tools.explainer(tools.method)),
        explained=recipe.relevance.explained,
        networks_sha256=tuple(network_hashes(one.folder)[WEIGHTS_NAME] for one in trained),
    )
