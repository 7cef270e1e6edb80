"""Training a network: from clips and settings to weights, through interruptions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from earshot.compute import progress
from explainer.corpora.hearing import Signal
from explainer.networks.architectures import FastTraining, get_architecture, make_network
from explainer.networks.inputs import NetworkInput
from explainer.training.checkpoints import read_checkpoint, write_checkpoint
from explainer.training.placing import centred_inputs, drawn_inputs
from explainer.training.repeatable import repeatable
from explainer.training.settings import TrainingSettings

# measured on small siblings of AlexNet: with this limit one cycle up to 4e-3 converges in 4 to 10 epochs
_FAST_MAX_GRADIENT_NORM = 1.0
_PAPER_MOMENTUM = 0.9  # becker2024, section 3
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


@dataclass(frozen=True)
class Lesson:
    """Clips to train on: float32 signals, (sample,), none longer than the network's window, and label indices.

    All are held in memory: 30,000 clips of a second at 8 kHz are 960 MB.
    """

    signals: Sequence[Signal]
    labels: Sequence[int]
    n_labels: int


@dataclass
class _Fitting:
    """A training under way."""

    network: nn.Sequential
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    draws: torch.Generator
    max_gradient_norm: float | None
    n_iterations: int
    n_done: int = 0

    def state(self) -> dict[str, Any]:  # state dicts are untyped in torch
        """All that the next iteration depends on; `n_done` iterations lie behind it."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "draws": self.draws.get_state(),
            "dropout": torch.get_rng_state(),
            "n_done": self.n_done,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.draws.set_state(state["draws"])
        torch.set_rng_state(state["dropout"])
        self.n_done = state["n_done"]


def train_network(
    lesson: Lesson,
    *,
    settings: TrainingSettings,
    checkpoint: Path | None = None,
    on_epoch: Callable[[int], None] | None = None,
) -> nn.Sequential:
    """A network trained on the lesson, in evaluation mode.

    Every clip is placed at a new random offset in every epoch; an epoch drops the clips that fill no whole batch.

    Parameters
    ----------
    checkpoint : Path, optional
        Where the state after each epoch is kept. If a state lies there, training goes on from it and ends in the
        weights that it would have had without interruption. It must be of the same lesson, settings and code; whoever
        keeps the network removes it.
    on_epoch : callable, optional
        Is told after each epoch how many iterations are done.
    """
    with repeatable(seed=settings.seed, n_threads=settings.n_threads):
        fitting = _begin(lesson, settings=settings)
        if checkpoint is not None and (state := read_checkpoint(checkpoint)) is not None:
            fitting.restore(state)
            print(f"training goes on after {fitting.n_done} of {fitting.n_iterations} iterations")
        network_input = get_architecture(settings.architecture).input
        for _ in _fit(fitting, lesson=lesson, settings=settings, network_input=network_input):
            if checkpoint is not None:
                write_checkpoint(checkpoint, state=fitting.state())
            if on_epoch is not None:
                on_epoch(fitting.n_done)
        network = fitting.network
        _settle_batch_norm(network, lesson=lesson, settings=settings, network_input=network_input)
        network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # missing in torch's own types
    return network.eval()


def _begin(lesson: Lesson, *, settings: TrainingSettings) -> _Fitting:
    network = make_network(settings.architecture, n_labels=lesson.n_labels, seed=settings.seed)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's own types
    plan = settings.schedule
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    if isinstance(plan, FastTraining):
        n_iterations = plan.n_epochs * _n_batches(lesson, batch_size=plan.batch_size)
        max_gradient_norm: float | None = _FAST_MAX_GRADIENT_NORM
        optimizer = torch.optim.AdamW(network.parameters(), lr=plan.max_learning_rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=plan.max_learning_rate, total_steps=n_iterations
        )
    else:
        n_iterations, max_gradient_norm = plan.n_iterations, plan.max_gradient_norm
        optimizer = torch.optim.SGD(network.parameters(), lr=plan.learning_rate, momentum=_PAPER_MOMENTUM)
        halved_every = plan.halved_every or n_iterations + 1  # that is, never
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=halved_every, gamma=0.5)
    draws = torch.Generator().manual_seed(settings.seed)
    return _Fitting(network, optimizer, schedule, draws, max_gradient_norm, n_iterations)


def _fit(
    fitting: _Fitting, *, lesson: Lesson, settings: TrainingSettings, network_input: NetworkInput
) -> Iterator[None]:
    """Do what is left of the training; stops for a moment after each epoch."""
    targets = torch.tensor(lesson.labels)
    batches = _draw_batches(fitting, lesson=lesson, batch_size=settings.schedule.batch_size)
    n_left = fitting.n_iterations - fitting.n_done
    fitting.network.train()
    for batch, is_last in progress(batches, label=f"training {settings.architecture}", n_items=n_left):
        chosen = [lesson.signals[index] for index in batch]
        inputs = drawn_inputs(chosen, network_input=network_input, draws=fitting.draws)
        _step(fitting, inputs=inputs, targets=targets[batch])
        if is_last:
            yield


def _draw_batches(fitting: _Fitting, *, lesson: Lesson, batch_size: int) -> Iterator[tuple[list[int], bool]]:
    """The batches of the epochs that are left, and whether each is the last one of its epoch."""
    while fitting.n_done < fitting.n_iterations:
        order: list[int] = torch.randperm(len(lesson.signals), generator=fitting.draws).tolist()
        n_batches = min(_n_batches(lesson, batch_size=batch_size), fitting.n_iterations - fitting.n_done)
        for number in range(n_batches):
            yield order[number * batch_size : (number + 1) * batch_size], number + 1 == n_batches


def _n_batches(lesson: Lesson, *, batch_size: int) -> int:
    # the remainder of an epoch is left to the next epochs' shuffles: batch norm learns badly from a batch of a few
    return max(1, len(lesson.signals) // batch_size)


def _step(fitting: _Fitting, *, inputs: Tensor, targets: Tensor) -> None:
    loss = functional.cross_entropy(fitting.network(_fast_format(inputs)), targets)
    fitting.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves this method without types
    if fitting.max_gradient_norm is not None:
        nn.utils.clip_grad_norm_(fitting.network.parameters(), fitting.max_gradient_norm)
    fitting.optimizer.step()
    fitting.schedule.step()
    fitting.n_done += 1


def _fast_format(inputs: Tensor) -> Tensor:
    """Spectrograms with channels last, which convolves 9 % faster; waveforms as they are."""
    return inputs.to(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs


def _settle_batch_norm(
    network: nn.Module, *, lesson: Lesson, settings: TrainingSettings, network_input: NetworkInput
) -> None:
    """Give batch norm the statistics of the final weights: its running means lag behind a training this short."""
    norms = [module for module in network.modules() if isinstance(module, _NORMS)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch's way to say: the plain mean over all batches
    n_batches = _n_batches(lesson, batch_size=settings.schedule.batch_size)
    with torch.no_grad():
        for number in range(n_batches if norms else 0):
            inputs = centred_inputs(lesson.signals[number::n_batches], network_input=network_input)
            network(_fast_format(inputs))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
