"""The networks of a recipe: trained, or brought, once, and kept by what decides their weights."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from torch import nn

from earshot.errors import RecipeError
from earshot.files import canonical_json, folder_written_aside, sha256_bytes, sha256_file
from explainer.accuracies.measures import measure
from explainer.brought.networks import bring_network, describe_brought, make_brought
from explainer.corpora.hearing import Heard, Signal
from explainer.corpora.splits import Split
from explainer.networks.declared import declared_input
from explainer.networks.description import Factory, NetworkDescription, PartAccuracy
from explainer.networks.files import (
    DESCRIPTION_NAME,
    WEIGHTS_NAME,
    count_parameters,
    read_network,
    write_network,
)
from explainer.provenance import library_versions, training_code_sha256
from explainer.recipe import Recipe
from explainer.training.answering import answer
from explainer.training.fitting import Lesson, train_network
from explainer.training.settings import TrainingSettings, training_settings

_LIBRARIES_OF_TRAINING: Final = ("librosa", "numpy", "soundfile", "soxr", "torch")


@dataclass(frozen=True)
class TrainedNetwork:
    """A network in evaluation mode, its description, and the folder that holds both files."""

    network: nn.Module
    description: NetworkDescription
    folder: Path


@dataclass(frozen=True)
class Task:
    """What a network is trained and measured for: a recipe with the clips it hears and how they are split.

    `recipe_folder` is where the recipe's file lies: a network that is brought lies beside it.
    """

    recipe: Recipe
    recipe_folder: Path
    heard: Heard
    split: Split


def trained_networks(task: Task, *, networks: Path, force: bool = False) -> tuple[TrainedNetwork, ...]:
    """The recipe's networks, one per seed, from the folder `networks`; trained or brought when missing or damaged.

    A training that is interrupted leaves its state after the last epoch in `networks`; the next call goes on from it.

    Parameters
    ----------
    force : bool
        Train, or bring, anew what is there already.

    Raises
    ------
    RecipeError
        If the paper has no training for the architecture, or the network that is brought cannot be, or answers other
        labels than the corpus has.
    """
    section = task.recipe.network
    if section.factory is not None:
        return (_brought_network(task, networks=networks, force=force),)
    return tuple(
        _trained_network(task, settings=settings, networks=networks, force=force)
        for settings in training_settings(section)
    )


def training_key(task: Task, *, settings: TrainingSettings) -> str:
    """Hash of all that decides the weights of a network that is trained: clips, split, settings, code, libraries."""
    return _key(task, {"settings": asdict(settings) | {"schedule": settings.schedule.model_dump(mode="json")}})


def network_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 by name of a network's two files."""
    return {name: sha256_file(folder / name) for name in (WEIGHTS_NAME, DESCRIPTION_NAME)}


def pick_clips(heard: Heard, *, indices: Sequence[int]) -> tuple[list[Signal], list[int]]:
    """Signals (float32, (sample,)) and label indices of some clips."""
    labels = heard.recordings.labels
    return [heard.signals[index] for index in indices], [labels.index(heard.clips[index].label) for index in indices]


def _key(task: Task, parts: dict[str, Any]) -> str:  # values of JSON
    recordings, versions = task.heard.recordings, library_versions()
    common = {
        "corpus_sha256": recordings.sha256,
        "corpus": task.recipe.corpus.model_dump(mode="json", include={"label", "labels", "speakers", "too_long"}),
        "split": task.recipe.split.model_dump(mode="json"),
        "code_sha256": training_code_sha256(),
        "versions": {name: versions[name] for name in _LIBRARIES_OF_TRAINING},
    }
    return sha256_bytes(canonical_json(common | parts))


def _trained_network(task: Task, *, settings: TrainingSettings, networks: Path, force: bool) -> TrainedNetwork:
    key = training_key(task, settings=settings)
    folder, checkpoint = networks / key, networks / f"{key}.checkpoint"
    if force:
        checkpoint.unlink(missing_ok=True)
    elif (found := _find(folder)) is not None:
        return found
    with folder_written_aside(folder) as aside:
        _train(aside, task=task, settings=settings, checkpoint=checkpoint)
    checkpoint.unlink(missing_ok=True)
    network, description = read_network(folder)
    return TrainedNetwork(network, description, folder)


def _find(folder: Path) -> TrainedNetwork | None:
    """The network that Earshot trained and put in `folder`, if it is there and whole."""
    if not folder.is_dir():
        return None
    try:
        network, description = read_network(folder)
    except RecipeError:
        return None
    return TrainedNetwork(network, description, folder)


def _train(folder: Path, *, task: Task, settings: TrainingSettings, checkpoint: Path) -> None:
    signals, labels = pick_clips(task.heard, indices=task.split.training)
    names = task.heard.recordings.labels
    network = train_network(Lesson(signals, labels, len(names)), settings=settings, checkpoint=checkpoint)
    description = NetworkDescription(
        architecture=settings.architecture,
        seed=settings.seed,
        training=settings.schedule,
        n_threads=settings.n_threads,
        input=declared_input(task.recipe.network),
        labels=list(names),
        n_parameters=count_parameters(network),
        n_training_clips=len(signals),
    )
    write_network(folder, network=network, description=_with_accuracies(description, network=network, task=task))


def _brought_network(task: Task, *, networks: Path, force: bool) -> TrainedNetwork:
    section, labels = task.recipe.network, task.heard.recordings.labels
    if tuple(section.labels or ()) != labels:
        raise RecipeError(
            f"network.labels are {', '.join(section.labels or ())}; the corpus's are {', '.join(labels)}: list in "
            "corpus.labels what the network's outputs stand for, in their order"
        )
    source = describe_brought(section, recipe_folder=task.recipe_folder)
    takes = declared_input(section)
    parts = {"factory": source.model_dump(), "input": takes.model_dump(mode="json"), "n_threads": section.n_threads}
    folder = networks / _key(task, parts)
    if force or not folder.is_dir():
        with folder_written_aside(folder) as aside:
            _bring(aside, task=task, source=source)
    network, description = read_network(folder, factory=lambda: make_brought(section, recipe_folder=task.recipe_folder))
    return TrainedNetwork(network, description, folder)


def _bring(folder: Path, *, task: Task, source: Factory) -> None:
    section = task.recipe.network
    network = bring_network(section, recipe_folder=task.recipe_folder)
    description = NetworkDescription(
        factory=source,
        n_threads=section.n_threads,
        input=declared_input(section),
        labels=list(task.heard.recordings.labels),
        n_parameters=count_parameters(network),
        n_training_clips=0,
    )
    write_network(folder, network=network, description=_with_accuracies(description, network=network, task=task))


def _with_accuracies(description: NetworkDescription, *, network: nn.Module, task: Task) -> NetworkDescription:
    parts = {
        "validation": task.split.validation,
        "heldout_takes": task.split.heldout_takes,
        "heldout_speakers": task.split.heldout_speakers,
    }
    return description.model_copy(
        update={
            name: _measure(indices, network=network, description=description, heard=task.heard)
            for name, indices in parts.items()
        }
    )


def _measure(
    indices: Sequence[int], *, network: nn.Module, description: NetworkDescription, heard: Heard
) -> PartAccuracy | None:
    if not indices:
        return None
    signals, labels = pick_clips(heard, indices=indices)
    logits = answer(network, signals=signals, network_input=description.input, n_threads=description.n_threads)
    return measure(logits, labels=labels)
