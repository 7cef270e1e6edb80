"""Where a clip lies in a network's window: in the middle to be answered, anywhere to be trained on."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from explainer.corpora.hearing import Signal
from explainer.networks.inputs import NetworkInput


def place_signals(signals: Sequence[Signal], *, starts: Sequence[int], n_samples: int) -> Tensor:
    """Each signal at its start within a window of zeros: Tensor, float32, (batch, `n_samples`)."""
    placed = torch.zeros(len(signals), n_samples)
    for row, signal, start in zip(placed, signals, starts, strict=True):
        row[start : start + len(signal)] = torch.from_numpy(np.ascontiguousarray(signal))
    return placed


def centred_starts(signals: Sequence[Signal], *, n_samples: int) -> list[int]:
    """The start of each signal that puts it in the middle of a window of `n_samples`."""
    return [(n_samples - len(signal)) // 2 for signal in signals]


def draw_starts(signals: Sequence[Signal], *, n_samples: int, draws: torch.Generator) -> list[int]:
    """A start of each signal, drawn uniformly from all at which it fits (becker2024, section 3), here from a seed."""
    shares = torch.rand(len(signals), generator=draws).tolist()
    return [int(share * (n_samples - len(signal) + 1)) for share, signal in zip(shares, signals, strict=True)]


def centred_inputs(signals: Sequence[Signal], *, network_input: NetworkInput) -> Tensor:
    """What a network takes of signals in the middle of its window: Tensor, float32, (batch, ...)."""
    n_samples = network_input.transform.n_samples
    return network_input.of(
        place_signals(signals, starts=centred_starts(signals, n_samples=n_samples), n_samples=n_samples)
    )


def drawn_inputs(signals: Sequence[Signal], *, network_input: NetworkInput, draws: torch.Generator) -> Tensor:
    """What a network takes of signals at drawn places in its window: Tensor, float32, (batch, ...)."""
    n_samples = network_input.transform.n_samples
    starts = draw_starts(signals, n_samples=n_samples, draws=draws)
    return network_input.of(place_signals(signals, starts=starts, n_samples=n_samples))
