"""What a worker is told, and the tools it makes of that once: the network, and what explains it.

A worker reads clips, networks and finished batches from files: on a cluster these must lie where every worker finds
them under the same path.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from explainer.batches.noise import add_noise
from explainer.batches.store import Store
from explainer.brought.networks import make_brought
from explainer.corpora.clips import Clip
from explainer.corpora.hearing import Signal, hear_clip
from explainer.networks.architectures import default_method
from explainer.networks.files import read_network
from explainer.networks.inputs import NetworkInput
from explainer.recipe import Recipe
from explainer.relevance.explaining import Explainer
from explainer.rendering.placed import PlacedClip
from explainer.training.placing import centred_starts, place_signals


@dataclass(frozen=True)
class Job:
    """What all batches of one network of a build share.

    Attributes
    ----------
    recipe : Recipe
    recipe_folder : Path
        Where the recipe's file lies: a network that is brought lies beside it.
    network_folder : Path
        The trained network's files.
    network_name : str
        As the bundle names it.
    explained, chosen : Store
        Where finished batches go: of all clips that were explained, and of those that were chosen.
    """

    recipe: Recipe
    recipe_folder: Path
    network_folder: Path
    network_name: str
    explained: Store
    chosen: Store

    def tools(self) -> "Tools":
        """The network of this job, read once per process."""
        return _read_tools(self.network_folder, self.recipe_folder, self.recipe.model_dump_json())


@dataclass(frozen=True)
class Tools:
    """A network in evaluation mode, what it takes, the labels of its outputs, and its default method."""

    network: nn.Module
    input: NetworkInput
    labels: tuple[str, ...]
    recipe: Recipe
    _explainers: dict[str, Explainer] = field(default_factory=dict, compare=False)

    @property
    def method(self) -> str:
        """The method that studies show."""
        return self.recipe.relevance.method or default_method(self.input)

    @property
    def methods(self) -> tuple[str, ...]:
        """Every method, the one that studies show first."""
        return (self.method, *(name for name in self.recipe.relevance.also if name != self.method))

    def explainer(self, method: str) -> Explainer:
        """What explains this network by a method; made ready once."""
        if method not in self._explainers:
            self._explainers[method] = self.explainer_of(self.network, method=method)
        return self._explainers[method]

    def explainer_of(self, network: nn.Module, *, method: str, layer: str | None = None) -> Explainer:
        """What explains another network of this one's shape, or an inner layer."""
        section = self.recipe.relevance
        return Explainer(
            network,
            method=method,
            engine=section.engine,
            contrast=section.contrast,
            layer=layer,
            layer_map=[(rule.layer, rule.rule) for rule in self.recipe.network.layer_map] or None,
        )


@lru_cache(maxsize=4)
def _read_tools(network_folder: Path, recipe_folder: Path, recipe_json: str) -> Tools:
    recipe = Recipe.model_validate_json(recipe_json)
    section = recipe.network

    def brought() -> nn.Module:
        return make_brought(section, recipe_folder=recipe_folder)

    network, description = read_network(network_folder, factory=None if section.factory is None else brought)
    return Tools(network, description.input, tuple(description.labels), recipe)


@dataclass(frozen=True)
class Windows:
    """Some clips in the middle of a network's window.

    Attributes
    ----------
    windows : Tensor, float32, (batch, sample)
    starts, n_samples : sequence of int
        Where each clip lies.
    """

    windows: Tensor
    starts: Sequence[int]
    n_samples: Sequence[int]
    input: NetworkInput

    def placed(self, row: int) -> PlacedClip:
        """One of them, to be rendered."""
        return PlacedClip(
            signal=self.windows[row].numpy().astype(np.float64),
            first_sample=self.starts[row],
            n_samples=self.n_samples[row],
            transform=self.input.transform,
        )


def hear_windows(clips: Sequence[Clip], *, tools: Tools) -> Windows:
    """Clips as the network hears them, in the noise that the recipe states."""
    signals = [_hear(clip, tools=tools) for clip in clips]
    n_samples = tools.input.transform.n_samples
    starts = centred_starts(signals, n_samples=n_samples)
    return Windows(
        windows=place_signals(signals, starts=starts, n_samples=n_samples),
        starts=starts,
        n_samples=[len(signal) for signal in signals],
        input=tools.input,
    )


def _hear(clip: Clip, *, tools: Tools) -> Signal:
    transform, section = tools.input.transform, tools.recipe.selection
    signal = hear_clip(
        clip,
        sample_rate_hz=transform.sample_rate_hz,
        window_samples=transform.n_samples,
        shortest_samples=transform.n_stft,
    )
    if section.noise_snr_db is None:
        return signal
    return add_noise(signal, snr_db=section.noise_snr_db, clip_id=clip.id, seed=section.seed)


def answer_windows(windows: Tensor, *, tools: Tools) -> Tensor:
    """The network's answers to whole windows, (batch, sample): logits, float32, (batch, label)."""
    with torch.inference_mode():
        logits: Tensor = tools.network(tools.input.of(windows))
    return logits


def softmax(logits: Tensor) -> list[list[float]]:
    """Probabilities by clip and label."""
    probabilities: list[list[float]] = torch.softmax(logits.double(), dim=1).tolist()
    return probabilities
