"""The network a recipe asks for: trained when it is missing, kept by the hash of all that decides its weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from earshot.errors import RecipeError
from earshot.files import canonical_json, folder_written_aside, sha256_bytes, sha256_file
from explainer.networks import DESCRIPTION_NAME, WEIGHTS_NAME, count_parameters, read_network, write_network
from explainer.provenance import library_versions, training_code_sha256
from explainer.recipe import Recipe
from explainer.recordings import LABELS, Heard, Recordings, Split
from explainer.training import accuracy, answer, train_network

_LIBRARIES_OF_TRAINING = ("librosa", "numpy", "soundfile", "soxr", "torch")


@dataclass(frozen=True)
class TrainedNetwork:
    """A network in evaluation mode, its description, and the folder that holds both files."""

    network: nn.Sequential
    description: dict[str, Any]
    folder: Path


def trained_network(
    recipe: Recipe, *, recordings: Recordings, heard: Heard, split: Split, networks: Path, force: bool = False
) -> TrainedNetwork:
    """The recipe's network from the folder `networks`; it is trained when it is missing or damaged, or by `force`."""
    folder = networks / network_key(recipe, recordings=recordings)
    if force or not _is_whole(folder):
        with folder_written_aside(folder) as aside:
            _train(aside, recipe=recipe, heard=heard, split=split)
    network, description = read_network(folder)
    return TrainedNetwork(network=network, description=description, folder=folder)


def network_key(recipe: Recipe, *, recordings: Recordings) -> str:
    """Hash of all that decides the weights: corpus, split, network section, code and libraries."""
    versions = library_versions()
    parts = {
        "corpus_sha256": recordings.sha256,
        "too_long": recipe.corpus.too_long,
        "split": recipe.split.model_dump(mode="json"),
        "network": recipe.network.model_dump(mode="json"),
        "code_sha256": training_code_sha256(),
        "versions": {name: versions[name] for name in _LIBRARIES_OF_TRAINING},
    }
    return sha256_bytes(canonical_json(parts))


def network_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 by name of a network's two files."""
    return {name: sha256_file(folder / name) for name in (WEIGHTS_NAME, DESCRIPTION_NAME)}


def _is_whole(folder: Path) -> bool:
    """Whether the folder holds a readable network, its weights as its description has them."""
    if not folder.is_dir():
        return False
    try:
        description = read_network(folder)[1]
    except RecipeError:
        return False
    return bool(description.get("weights_sha256") == sha256_file(folder / WEIGHTS_NAME))


def _train(folder: Path, *, recipe: Recipe, heard: Heard, split: Split) -> None:
    signals, labels = pick_clips(heard, indices=split.training)
    network = train_network(signals, labels=labels, n_labels=len(LABELS), section=recipe.network)
    description = recipe.network.model_dump(mode="json") | {
        "labels": list(LABELS),
        "n_parameters": count_parameters(network),
        "n_training_clips": len(signals),
    }
    for name, indices in (("takes", split.heldout_takes), ("speakers", split.heldout_speakers)):
        signals, labels = pick_clips(heard, indices=indices)
        logits = answer(network, signals=signals, n_threads=recipe.network.n_threads)
        description[f"accuracy_heldout_{name}"] = round(accuracy(logits, labels=labels), 6)
        description[f"n_heldout_{name}_clips"] = len(signals)
    write_network(folder, network=network, description=description)


def pick_clips(heard: Heard, *, indices: Sequence[int]) -> tuple[list[Any], list[int]]:
    """Signals (float32, (sample,)) and label indices of some clips."""
    return [heard.signals[index] for index in indices], [LABELS.index(heard.clips[index].label) for index in indices]
