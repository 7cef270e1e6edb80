"""Both AlexNets layer by layer, counted by hand from the published network."""

from itertools import pairwise

import torch
from torch import nn

from explainer.networks.alexnet import alexnet, alexnet_quarter
from explainer.networks.files import count_parameters

SIZED = (nn.Conv2d, nn.MaxPool2d, nn.Linear)


def sizes_of(network: nn.Sequential) -> list[tuple[int, ...]]:
    """The shape that each layer with weights or pooling gives for one spectrogram."""
    sizes, cells = [], torch.zeros(1, 1, 227, 227)
    with torch.no_grad():
        for layer in network.eval():
            cells = layer(cells)
            if isinstance(layer, SIZED):
                sizes.append(tuple(cells.shape[1:]))
    return sizes


def test_published_network_has_the_published_sizes() -> None:
    # becker2024, section 3.2: 55 - 27 - 27 - 13 - 13 - 13 - 13 - 6 cells a side
    assert sizes_of(alexnet(10)) == [
        (96, 55, 55),
        (96, 27, 27),
        (256, 27, 27),
        (256, 13, 13),
        (384, 13, 13),
        (384, 13, 13),
        (256, 13, 13),
        (256, 6, 6),
        (1024,),
        (1024,),
        (10,),
    ]


def test_published_network_has_the_published_parameters() -> None:
    # a group of two sees half of the channels below; every layer has a bias
    convolutions = (
        96 * (121 + 1) + 256 * (48 * 25 + 1) + 384 * (256 * 9 + 1) + 384 * (192 * 9 + 1) + 256 * (192 * 9 + 1)
    )
    dense = 1024 * (9216 + 1) + 1024 * (1024 + 1) + 10 * (1024 + 1)
    assert count_parameters(alexnet(10)) == convolutions + dense


def test_published_network_has_a_relu_after_every_layer_but_the_last_and_no_norm() -> None:
    layers = list(alexnet(10))
    for layer, after in pairwise(layers):
        assert isinstance(layer, nn.Conv2d | nn.Linear) <= isinstance(after, nn.ReLU)
    assert isinstance(layers[-1], nn.Linear)
    assert not any(isinstance(layer, nn.BatchNorm2d | nn.LocalResponseNorm) for layer in layers)
    assert [layer.p for layer in layers if isinstance(layer, nn.Dropout)] == [0.5, 0.5]


def test_small_network_has_a_quarter_of_the_channels() -> None:
    assert sizes_of(alexnet_quarter(10)) == [
        (24, 55, 55),
        (24, 27, 27),
        (64, 27, 27),
        (64, 13, 13),
        (96, 13, 13),
        (96, 13, 13),
        (64, 13, 13),
        (64, 6, 6),
        (256,),
        (256,),
        (10,),
    ]


def test_parameters_are_counted_without_running_means() -> None:
    convolutions = 24 * 121 + 64 * 24 * 25 + 96 * 64 * 9 + 96 * 96 * 9 + 64 * 96 * 9
    norms = 2 * (24 + 64 + 96 + 96 + 64)
    dense = 2304 * 256 + 256 + 256 * 256 + 256 + 256 * 10 + 10
    assert count_parameters(alexnet_quarter(10)) == convolutions + norms + dense
