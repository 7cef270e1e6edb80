"""Both AudioNets layer by layer, counted by hand from the published network."""

import torch
from torch import nn

from explainer.networks.audionet import audionet, audionet_small
from explainer.networks.files import count_parameters


def sizes_of(network: nn.Sequential) -> list[tuple[int, ...]]:
    """The shape that each pooling and dense layer gives for one waveform."""
    sizes, samples = [], torch.zeros(1, 1, 8000)
    with torch.no_grad():
        for layer in network.eval():
            samples = layer(samples)
            if isinstance(layer, nn.MaxPool1d | nn.Linear):
                sizes.append(tuple(samples.shape[1:]))
    return sizes


def test_published_network_has_the_published_sizes() -> None:
    # becker2024, section 3.1: each pooling halves 8000 samples, down to 128 * 125 = 16000 numbers
    assert sizes_of(audionet(10)) == [
        (100, 4000),
        (64, 2000),
        (128, 1000),
        (128, 500),
        (128, 250),
        (128, 125),
        (1024,),
        (512,),
        (10,),
    ]


def test_published_network_has_the_published_parameters() -> None:
    convolutions = 100 * (3 + 1) + 64 * (300 + 1) + 128 * (192 + 1) + 3 * 128 * (384 + 1)
    dense = 1024 * (16000 + 1) + 512 * (1024 + 1) + 10 * (512 + 1)
    assert count_parameters(audionet(10)) == convolutions + dense


def test_published_network_has_no_relu_between_its_dense_layers() -> None:
    layers = list(audionet(10))
    after_flattening = layers[[isinstance(layer, nn.Flatten) for layer in layers].index(True) + 1 :]
    kinds = [type(layer) for layer in after_flattening]
    assert kinds == [nn.Linear, nn.Dropout, nn.Linear, nn.Dropout, nn.Linear]


def test_small_network_has_half_the_channels_and_strides_by_eight() -> None:
    network = audionet_small(10)
    widths = [layer.out_channels for layer in network if isinstance(layer, nn.Conv1d)]
    published = [layer.out_channels for layer in audionet(10) if isinstance(layer, nn.Conv1d)]
    assert widths == [width // 2 for width in published]
    # 8000 samples become 1000 in the first convolution's stride, then each pooling halves them
    assert [size[-1] for size in sizes_of(network)[:6]] == [500, 250, 125, 62, 31, 15]
