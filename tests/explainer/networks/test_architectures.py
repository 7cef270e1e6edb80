from typing import get_args

import pytest
import torch
from torch import nn

from explainer.networks.architectures import ARCHITECTURES, default_method, get_architecture, make_network
from explainer.networks.inputs import AUDIOMNIST_SPECTROGRAM, AUDIOMNIST_WAVEFORM
from explainer.networks.sincnet import SincConvolution
from explainer.sections.network import ArchitectureName


def test_recipe_names_the_architectures_there_are() -> None:
    assert set(get_args(ArchitectureName)) == set(ARCHITECTURES)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
@pytest.mark.parametrize("n_labels", [2, 10])
def test_network_gives_one_logit_per_label_for_its_input(name: str, n_labels: int) -> None:
    network = make_network(name, n_labels=n_labels, seed=1).eval()
    with torch.no_grad():
        assert network(torch.zeros(2, *get_architecture(name).input.shape)).shape == (2, n_labels)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_every_batch_norm_directly_follows_a_layer_it_can_be_folded_into(name: str) -> None:
    for sequence in make_network(name, n_labels=2, seed=1).modules():
        layers = list(sequence.children())
        for number, layer in enumerate(layers):
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                assert isinstance(sequence, nn.Sequential)
                assert isinstance(layers[number - 1], nn.Conv1d | nn.Conv2d | nn.Linear | SincConvolution)


def test_seed_decides_the_first_weights_and_nothing_else() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    networks = [make_network("alexnet-quarter", n_labels=10, seed=seed) for seed in (1, 1, 2)]
    assert torch.rand(1) == expected
    first, same, other = [network.get_parameter("dense8.weight") for network in networks]
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_spectrograms_get_a_flat_first_layer_and_waveforms_an_epsilon_one() -> None:
    assert default_method(AUDIOMNIST_SPECTROGRAM) == "epsilon-plus-flat"
    assert default_method(AUDIOMNIST_WAVEFORM) == "epsilon-plus"


def test_unknown_architecture_is_refused() -> None:
    with pytest.raises(ValueError, match="architecture is 'vgg'; expected one of alexnet, alexnet-quarter, audionet"):
        make_network("vgg", n_labels=10, seed=1)
