"""Training a network, and its accuracy on what its weights never saw."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from earshot.compute import progress
from explainer.networks import make_network
from explainer.recipe import NetworkSection
from explainer.recordings import Signal
from explainer.timefrequency import N_WINDOW_SAMPLES, network_input

# Measured in facts on small siblings of AlexNet: with a limit of 1, OneCycle to 4e-3 converges in 4 to 10 epochs.
_MAX_GRADIENT_NORM = 1.0
_ANSWER_BATCH = 64


@contextmanager
def repeatable(*, seed: int, n_threads: int) -> Iterator[None]:
    """A block in which torch gives equal numbers for equal seeds; its settings are restored afterwards.

    Notes
    -----
    Equal numbers need the same machine, library versions and thread count: sums depend on how they are shared out.
    """
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            torch.set_num_threads(n_threads)
            torch.use_deterministic_algorithms(True)
            yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])


def place_signals(signals: Sequence[Signal], *, starts: Sequence[int]) -> Tensor:
    """Each signal at its start within zeros: Tensor, float32, (batch, 8000)."""
    placed = torch.zeros(len(signals), N_WINDOW_SAMPLES)
    for row, signal, start in zip(placed, signals, starts, strict=True):
        row[start : start + len(signal)] = torch.from_numpy(np.ascontiguousarray(signal))
    return placed


def centred_starts(signals: Sequence[Signal]) -> list[int]:
    """The start of each signal that puts it in the middle of the window."""
    return [(N_WINDOW_SAMPLES - len(signal)) // 2 for signal in signals]


def train_network(
    signals: Sequence[Signal], *, labels: Sequence[int], n_labels: int, section: NetworkSection
) -> nn.Sequential:
    """A network trained on the signals, in evaluation mode.

    Parameters
    ----------
    signals : sequence of float32 arrays, (sample,)
        Clips at 8 kHz, at most 8000 samples each; they are placed at a new random offset in every epoch.
    labels : sequence of int
        The index of each signal's label, 0 to `n_labels` - 1.
    section : NetworkSection
        The recipe's architecture, seed, epochs, batch size, learning rate and number of threads.
    """
    with repeatable(seed=section.seed, n_threads=section.n_threads):
        network = make_network(section.architecture, n_labels=n_labels, seed=section.seed)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's own types
        _fit(network, signals=signals, targets=torch.tensor(labels), section=section)
        _settle_batch_norm(network, signals=signals, batch_size=section.batch_size)
        network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # as above
    return network.eval()


def _fit(network: nn.Module, *, signals: Sequence[Signal], targets: Tensor, section: NetworkSection) -> None:
    draws = torch.Generator().manual_seed(section.seed)
    optimizer = torch.optim.AdamW(network.parameters(), lr=section.max_learning_rate)
    n_batches = section.n_epochs * _n_batches(len(signals), batch_size=section.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=section.max_learning_rate, total_steps=n_batches)
    network.train()
    batches = _draw_batches(len(signals), section=section, draws=draws)
    for batch in progress(batches, label=f"training {section.architecture}", n_items=n_batches):
        chosen = [signals[index] for index in batch]
        inputs = network_input(place_signals(chosen, starts=_draw_starts(chosen, draws=draws)))
        loss = functional.cross_entropy(network(inputs.to(memory_format=torch.channels_last)), targets[batch])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves this method without types
        nn.utils.clip_grad_norm_(network.parameters(), _MAX_GRADIENT_NORM)
        optimizer.step()
        schedule.step()


def _settle_batch_norm(network: nn.Module, *, signals: Sequence[Signal], batch_size: int) -> None:
    """Give batch norm the statistics of the final weights: its running means lag behind a training this short."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch's way to say: the plain mean over all batches
    with torch.no_grad():
        for number in range(_n_batches(len(signals), batch_size=batch_size)):
            batch = signals[number :: _n_batches(len(signals), batch_size=batch_size)]
            inputs = network_input(place_signals(batch, starts=centred_starts(batch)))
            network(inputs.to(memory_format=torch.channels_last))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def _n_batches(n_signals: int, *, batch_size: int) -> int:
    # the remainder of an epoch is left to the next epochs' shuffles: batch norm learns badly from a batch of a few
    return max(1, n_signals // batch_size)


def _draw_batches(n_signals: int, *, section: NetworkSection, draws: torch.Generator) -> Iterator[list[int]]:
    for _ in range(section.n_epochs):
        order: list[int] = torch.randperm(n_signals, generator=draws).tolist()
        for number in range(_n_batches(n_signals, batch_size=section.batch_size)):
            yield order[number * section.batch_size : (number + 1) * section.batch_size]


def _draw_starts(signals: Sequence[Signal], *, draws: torch.Generator) -> list[int]:
    shares = torch.rand(len(signals), generator=draws).tolist()
    return [int(share * (N_WINDOW_SAMPLES - len(signal) + 1)) for share, signal in zip(shares, signals, strict=True)]


def answer(network: nn.Module, *, signals: Sequence[Signal], n_threads: int) -> Tensor:
    """What the network says to each signal in the middle of the window: logits, float32, (signal, label)."""
    logits = []
    with repeatable(seed=0, n_threads=n_threads), torch.inference_mode():
        for first in range(0, len(signals), _ANSWER_BATCH):
            batch = signals[first : first + _ANSWER_BATCH]
            logits.append(network(network_input(place_signals(batch, starts=centred_starts(batch)))))
    return torch.cat(logits)


def accuracy(logits: Tensor, *, labels: Sequence[int]) -> float:
    """The share of right answers, 0 to 1."""
    return float((logits.argmax(dim=1) == torch.tensor(labels)).double().mean())
