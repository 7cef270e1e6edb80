import hashlib

import numpy as np
import pytest
import torch

from explainer.recipe import NetworkSection
from explainer.recordings import Signal
from explainer.training import accuracy, answer, centred_starts, place_signals, repeatable, train_network


def tones() -> tuple[list[Signal], list[int]]:
    """Twelve short tones with noise, two labels by pitch."""
    draws = np.random.default_rng(4)
    signals, labels = [], []
    for number in range(12):
        time_s = np.arange(1600 + 100 * number) / 8000
        tone = np.sin(2 * np.pi * (400 if number % 2 else 1600) * time_s) + 0.01 * draws.standard_normal(len(time_s))
        signals.append(tone.astype(np.float32))
        labels.append(number % 2)
    return signals, labels


def section(**changes: int | float) -> NetworkSection:
    settings = {"architecture": "alexnet-quarter", "seed": 1, "n_epochs": 2, "batch_size": 4, "n_threads": 1}
    return NetworkSection.model_validate(settings | {"max_learning_rate": 1e-3} | changes)


def weights_hash(network: torch.nn.Module) -> str:
    digest = hashlib.sha256()
    for tensor in network.state_dict().values():
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def test_same_seed_trains_the_same_weights_and_another_seed_others() -> None:
    signals, labels = tones()
    hashes = [
        weights_hash(train_network(signals, labels=labels, n_labels=2, section=section(seed=seed)))
        for seed in (1, 1, 2)
    ]
    assert hashes[0] == hashes[1]
    assert hashes[0] != hashes[2]


def test_two_pitches_are_learned() -> None:
    signals, labels = tones()
    network = train_network(signals, labels=labels, n_labels=2, section=section(n_epochs=6))
    assert not network.training
    assert accuracy(answer(network, signals=signals, n_threads=1), labels=labels) == 1.0


def fail_within(*, n_threads: int) -> None:
    with repeatable(seed=1, n_threads=n_threads):
        assert torch.get_num_threads() == n_threads
        assert torch.are_deterministic_algorithms_enabled()
        raise RuntimeError("inside")


def test_settings_of_torch_are_restored_even_after_a_failure() -> None:
    n_threads = torch.get_num_threads()
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    with pytest.raises(RuntimeError, match="inside"):
        fail_within(n_threads=n_threads + 1)
    assert torch.get_num_threads() == n_threads
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.rand(1) == expected


def test_signals_are_placed_within_zeros() -> None:
    signals = [np.ones(100, dtype=np.float32), np.ones(8000, dtype=np.float32)]
    starts = centred_starts(signals)
    assert starts == [3950, 0]
    placed = place_signals(signals, starts=starts)
    assert placed.shape == (2, 8000)
    assert torch.equal(placed[0].nonzero().flatten(), torch.arange(3950, 4050))
    assert placed[1].sum() == 8000


def test_accuracy_is_the_share_of_right_answers() -> None:
    logits = torch.tensor([[2.0, 1.0], [0.0, 1.0], [3.0, -1.0], [0.0, 1.0]])
    assert accuracy(logits, labels=[0, 1, 1, 1]) == 0.75
