"""Shuffled layers, and the correlation of ranks."""

import numpy as np
import pytest
import torch
from torch import nn

from explainer.faithfulness.randomisation import compare_relevance, layers_from_output, rank_correlation, shuffled_copy


def some_network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv1d(1, 4, 5), nn.BatchNorm1d(4), nn.ReLU(), nn.Sequential(nn.Flatten(), nn.Linear(16, 8)), nn.Linear(8, 2)
    )


def weights(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def test_layers_with_weights_come_from_the_output_down() -> None:
    assert layers_from_output(some_network()) == ["4", "3.1", "1", "0"]


def test_shuffled_matrix_has_the_same_sizes_in_other_places_with_other_signs() -> None:
    network = some_network()
    before = weights(network)["3.1.weight"]
    after = weights(shuffled_copy(network, layers=["3.1"], seed=1))["3.1.weight"]
    assert torch.equal(after.abs().flatten().sort().values, before.abs().flatten().sort().values)
    assert not torch.equal(after.abs(), before.abs())
    assert not torch.equal(after.flatten().sort().values, before.flatten().sort().values)


def test_shuffled_vector_keeps_its_signs() -> None:
    network = some_network()
    before = weights(network)["3.1.bias"]
    after = weights(shuffled_copy(network, layers=["3.1"], seed=1))["3.1.bias"]
    assert torch.equal(after.sort().values, before.sort().values)


def test_other_layers_and_the_network_itself_are_left_alone() -> None:
    network = some_network()
    before = weights(network)
    after = weights(shuffled_copy(network, layers=["4"], seed=1))
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items() if not name.startswith("4."))
    assert all(torch.equal(tensor, before[name]) for name, tensor in weights(network).items())


def test_longer_cascade_holds_the_shorter_one() -> None:
    network = some_network()
    shorter, longer = (weights(shuffled_copy(network, layers=layers, seed=1)) for layers in (["4"], ["4", "3.1"]))
    assert torch.equal(shorter["4.weight"], longer["4.weight"])


def test_copy_is_ready_to_answer() -> None:
    assert not shuffled_copy(some_network().train(), layers=[], seed=1).training


def test_rank_correlation_is_that_of_the_ranks() -> None:
    first, second = np.array([3.0, 1.0, 10.0, 2.0]), np.array([0.3, 0.1, 0.2, 0.9])
    ranks = np.corrcoef([2, 0, 3, 1], [2, 0, 1, 3])[0, 1]
    assert rank_correlation(first, second) == pytest.approx(ranks)


def test_what_does_not_vary_correlates_with_nothing() -> None:
    assert rank_correlation(np.zeros(4), np.arange(4.0)) == 0.0


def test_relevance_with_turned_signs_is_alike_in_sizes_alone() -> None:
    before = np.array([-0.5, 0.1, 2.0, 1.0])
    found = compare_relevance(before, -before)
    assert found.signed == pytest.approx(-1)
    assert found.of_sizes == pytest.approx(1)
