"""Batch norm folded away: the same answers, no batch norm left, the caller's network untouched."""

import pytest
import torch
from torch import nn

from explainer.relevance.folding import fold_batch_norm


def _network() -> nn.Sequential:
    torch.manual_seed(4)
    network = nn.Sequential(
        nn.Conv2d(1, 3, 3, bias=False),
        nn.BatchNorm2d(3),
        nn.ReLU(inplace=True),
        nn.Sequential(nn.Conv2d(3, 2, 2), nn.BatchNorm2d(2)),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(18, 4),
        nn.BatchNorm1d(4),
    ).double()
    network(torch.randn(64, 1, 6, 6, dtype=torch.float64) * 2 + 1)  # running means and variances of real data
    return network


def test_folded_network_answers_the_same() -> None:
    network, inputs = _network(), torch.randn(5, 1, 6, 6, dtype=torch.float64)
    folded = fold_batch_norm(network)
    torch.testing.assert_close(folded(inputs), network.eval()(inputs), atol=1e-12, rtol=0)
    assert not any(isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d) for module in folded.modules())
    assert not any(getattr(module, "inplace", False) for module in folded.modules())


def test_network_is_left_as_it_was() -> None:
    network = _network()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    fold_batch_norm(network)
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_batch_norm_after_an_activation_is_refused() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.BatchNorm2d(2))
    with pytest.raises(ValueError, match="batch norm '2' does not directly follow a convolution or a dense layer"):
        fold_batch_norm(network)
