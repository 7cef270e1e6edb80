"""Training: what it learns, what decides its weights, and that an interruption changes nothing."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from explainer.accuracies.measures import measure
from explainer.networks.architectures import PaperTraining, get_architecture, make_network
from explainer.networks.inputs import PEAK_WAVEFORM
from explainer.training.answering import answer
from explainer.training.fitting import train_network
from explainer.training.placing import drawn_inputs
from explainer.training.repeatable import repeatable
from explainer.training.settings import TrainingSettings
from tests.explainer.training.lessons import fast, settings, tones, weights_hash

PAPER = PaperTraining(
    n_iterations=8, learning_rate=1e-3, halved_every=3, max_gradient_norm=5.0, batch_size=5
)  # two iterations an epoch, the last epoch whole; the rate is halved between checkpoints


@pytest.mark.parametrize("architecture", ["alexnet-quarter", "audionet-small", "sincnet-small"])
def test_two_pitches_are_learned(architecture: str) -> None:
    lesson = tones()
    network = train_network(lesson, settings=fast(architecture, n_epochs=6))
    assert not network.training
    network_input = get_architecture(architecture).input
    logits = answer(network, signals=lesson.signals, network_input=network_input, n_threads=1)
    assert measure(logits, labels=lesson.labels).share == 1.0


@pytest.mark.parametrize("architecture", ["alexnet-quarter", "audionet-small", "resnet-small"])
def test_same_seed_trains_the_same_weights_and_another_seed_others(architecture: str) -> None:
    first, same, other = (
        weights_hash(train_network(tones(), settings=fast(architecture, seed=seed))) for seed in (1, 1, 2)
    )
    assert first == same
    assert first != other


def interrupt_after(n_iterations: int, *, training: TrainingSettings, checkpoint: Path) -> None:
    def stop(n_done: int) -> None:
        if n_done >= n_iterations:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_network(tones(), settings=training, checkpoint=checkpoint, on_epoch=stop)


@pytest.mark.parametrize(
    "training",
    [
        fast("alexnet-quarter", n_epochs=3),
        fast("audionet-small", n_epochs=3),
        settings("audionet-small", schedule=PAPER),
    ],
    ids=["fast spectrogram", "fast waveform", "paper"],
)
def test_interrupted_training_ends_in_the_same_weights(tmp_path: Path, training: TrainingSettings) -> None:
    expected = weights_hash(train_network(tones(), settings=training))
    checkpoint = tmp_path / "state"
    interrupt_after(3, training=training, checkpoint=checkpoint)
    seen: list[int] = []
    network = train_network(tones(), settings=training, checkpoint=checkpoint, on_epoch=seen.append)
    assert weights_hash(network) == expected
    assert seen[0] > 3


def test_training_interrupted_after_its_last_epoch_only_settles(tmp_path: Path) -> None:
    training = fast("audionet-small")
    expected = weights_hash(train_network(tones(), settings=training))
    interrupt_after(6, training=training, checkpoint=tmp_path / "state")
    seen: list[int] = []
    network = train_network(tones(), settings=training, checkpoint=tmp_path / "state", on_epoch=seen.append)
    assert (weights_hash(network), seen) == (expected, [])


def test_paper_cuts_its_last_epoch_at_the_last_iteration() -> None:
    seen: list[int] = []
    schedule = PAPER.model_copy(update={"n_iterations": 5})
    train_network(tones(), settings=settings("audionet-small", schedule=schedule), on_epoch=seen.append)
    assert seen == [2, 4, 5]


def test_first_step_of_the_paper_is_the_clipped_gradient_times_its_rate() -> None:
    lesson = tones()
    schedule = PaperTraining(n_iterations=1, learning_rate=0.1, halved_every=None, max_gradient_norm=0.5, batch_size=12)
    trained = train_network(lesson, settings=settings("audionet-small", schedule=schedule))
    by_hand = make_network("audionet-small", n_labels=2, seed=1).train()
    draws = torch.Generator().manual_seed(1)
    order = torch.randperm(12, generator=draws).tolist()
    inputs = drawn_inputs([lesson.signals[index] for index in order], network_input=PEAK_WAVEFORM, draws=draws)
    with repeatable(seed=1, n_threads=1):  # the same units are dropped
        loss = functional.cross_entropy(by_hand(inputs), torch.tensor(lesson.labels)[order])
    gradients = torch.autograd.grad(loss, list(by_hand.parameters()))
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
    assert norm > 0.5
    for before, gradient, after in zip(by_hand.parameters(), gradients, trained.parameters(), strict=True):
        # float32 holds weights near .1 to 1e-8; single steps are near 1e-4
        torch.testing.assert_close(after, before - 0.1 * gradient * 0.5 / norm, atol=1e-7, rtol=1e-6)


def test_batch_norm_has_the_statistics_of_the_final_weights() -> None:
    lesson = tones()
    network = train_network(lesson, settings=fast("audionet-small"))
    first: list[torch.Tensor] = []
    hook = network.get_submodule("convolution1").register_forward_hook(lambda _, __, output: first.append(output))
    answer(network, signals=lesson.signals, network_input=PEAK_WAVEFORM, n_threads=1)
    hook.remove()
    mean = torch.cat(first).double().mean(dim=(0, 2))
    # three batches of equal size: the mean of their means is the mean; float32 sums of 12 x 1000 numbers
    torch.testing.assert_close(network.get_buffer("norm1.running_mean").double(), mean, atol=1e-6, rtol=1e-4)
