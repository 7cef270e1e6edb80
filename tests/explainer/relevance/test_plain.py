"""The plain copy answers the same, and leaves the network as it was."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from earshot.errors import RecipeError
from explainer.networks.architectures import make_network
from explainer.relevance.plain import evaluating_copy, plain_copy


def _network() -> nn.Sequential:
    torch.manual_seed(4)
    return nn.Sequential(
        parametrizations.spectral_norm(nn.Conv1d(1, 3, 3)),
        nn.BatchNorm1d(3),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Dropout(0.5),
        parametrizations.weight_norm(nn.Linear(18, 4)),
    ).double()


def test_plain_copy_answers_the_same() -> None:
    network, inputs = _network().eval(), torch.randn(5, 1, 8, dtype=torch.float64)
    plain = plain_copy(network)
    torch.testing.assert_close(plain(inputs), network(inputs), atol=1e-12, rtol=0)
    assert not any(getattr(module, "inplace", False) for module in plain.modules())
    assert [type(module) for module in plain.children()] == [
        nn.Conv1d,
        nn.Identity,
        nn.ReLU,
        nn.Flatten,
        nn.Dropout,
        nn.Linear,
    ]


def test_network_is_left_as_it_was() -> None:
    network = _network().train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    plain_copy(network)
    assert network.training
    assert network[2].inplace
    assert network.state_dict().keys() == before.keys()
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_unchanged_parameters_are_shared() -> None:
    network = nn.Sequential(nn.Linear(2, 2)).train()
    plain = evaluating_copy(network)
    assert plain.get_parameter("0.weight") is network.get_parameter("0.weight")
    assert not plain.training


def test_computed_kernels_become_a_convolution() -> None:
    network = make_network("sincnet-small", n_labels=3, seed=1).eval()
    inputs = torch.randn(2, 1, 8000, generator=torch.Generator().manual_seed(1))
    plain = plain_copy(network)
    assert type(plain.get_submodule("sinc")) is nn.Conv1d
    # folding batch norm rounds each weight once more
    torch.testing.assert_close(plain(inputs), network(inputs), atol=1e-5, rtol=1e-5)


@pytest.mark.filterwarnings("ignore:.*weight_norm.*is deprecated:FutureWarning")
def test_layers_with_hooks_are_refused() -> None:
    network = nn.Sequential(nn.Flatten(), nn.utils.weight_norm(nn.Linear(2, 2)))
    with pytest.raises(RecipeError, match=r"layer '1' \(Linear\) carries forward hooks"):
        plain_copy(network)
