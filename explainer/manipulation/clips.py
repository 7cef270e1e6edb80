"""The clips of a part, batch by batch as a network takes them."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from earshot.compute import progress
from explainer.batches.job import Tools
from explainer.corpora.clips import Clip
from explainer.corpora.hearing import Signal
from explainer.manipulation.results import PART_NAMES, Part
from explainer.trained import Task, pick_clips
from explainer.training.placing import centred_starts, place_signals


@dataclass(frozen=True)
class PartClips:
    """The clips of one part with their signals and the indices of their true labels."""

    part: Part
    clips: tuple[Clip, ...]
    signals: tuple[Signal, ...]
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Inputs:
    """What a network takes of some clips in the middle of its window.

    Attributes
    ----------
    clips : tuple of Clip
    inputs : Tensor, float32, (batch, 1, bin, frame) or (batch, 1, sample)
    labels : Tensor, int64, (batch,)
        Indices of the true labels.
    starts, ends : Tensor, int64, (batch,)
        First sample of each clip in its window, and the first one behind it.
    """

    clips: tuple[Clip, ...]
    inputs: Tensor
    labels: Tensor
    starts: Tensor
    ends: Tensor


def heldout_parts(task: Task) -> list[PartClips]:
    """The parts that the weights never saw: takes, speakers, or both."""
    parts: list[PartClips] = []
    names: tuple[Part, ...] = ("heldout_takes", "heldout_speakers")
    for part, indices in zip(names, (task.split.heldout_takes, task.split.heldout_speakers), strict=True):
        if indices:
            signals, labels = pick_clips(task.heard, indices=indices)
            clips = tuple(task.heard.clips[index] for index in indices)
            parts.append(PartClips(part, clips, tuple(signals), tuple(labels)))
    return parts


def batches(part: PartClips, *, tools: Tools, doing: str) -> Iterator[Inputs]:
    """The clips of a part in batches of the size that the recipe fixes for relevance, with a progress bar."""
    size = tools.recipe.relevance.batch_size
    n_samples = tools.input.transform.n_samples
    for first in progress(range(0, len(part.clips), size), label=f"{doing}, {PART_NAMES[part.part]}"):
        rows = slice(first, first + size)
        signals = part.signals[rows]
        starts = centred_starts(signals, n_samples=n_samples)
        yield Inputs(
            clips=part.clips[rows],
            inputs=tools.input.of(place_signals(signals, starts=starts, n_samples=n_samples)),
            labels=torch.tensor(part.labels[rows]),
            starts=torch.tensor(starts),
            ends=torch.tensor([start + len(signal) for start, signal in zip(starts, signals, strict=True)]),
        )


def is_right(network: nn.Module, inputs: Tensor, *, labels: Tensor) -> Tensor:
    """Whether a network answers each true label: Tensor, bool, (batch,); of equal logits the first one is answered."""
    with torch.inference_mode():
        logits: Tensor = network(inputs)
    return logits.argmax(dim=1) == labels
