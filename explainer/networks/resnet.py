"""A small residual network on spectrograms: the family that recognises speakers."""

from collections import OrderedDict
from typing import Final

from torch import nn

from explainer.networks.layers import ResidualBlock

_N_STEM_CHANNELS: Final = 24
_N_CHANNELS: Final = (24, 48, 96)
_BLOCKS_A_STAGE: Final = 2


def resnet_small(n_labels: int) -> nn.Sequential:
    """A residual network with batch norm: (batch, 1, bin, frame) of any size above 32 to logits (batch, label).

    As he2016, section 4.2 (basic blocks, projecting shortcuts where the shape changes), with three stages and a stem
    that strides by four; global average pooling makes it blind to the size of its input.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["convolution"] = nn.Conv2d(1, _N_STEM_CHANNELS, 7, stride=4, padding=3, bias=False)
    layers["norm"] = nn.BatchNorm2d(_N_STEM_CHANNELS)
    layers["relu"] = nn.ReLU()
    layers["pool"] = nn.MaxPool2d(3, 2, padding=1)
    n_before = _N_STEM_CHANNELS
    for stage, n_channels in enumerate(_N_CHANNELS, start=1):
        for number in range(1, _BLOCKS_A_STAGE + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            layers[f"stage{stage}block{number}"] = _make_block(n_before, n_channels=n_channels, stride=stride)
            n_before = n_channels
    layers["average"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["dense"] = nn.Linear(n_before, n_labels)
    return nn.Sequential(layers)


def _make_block(n_before: int, *, n_channels: int, stride: int) -> ResidualBlock:
    main = nn.Sequential(
        OrderedDict(
            convolution1=nn.Conv2d(n_before, n_channels, 3, stride=stride, padding=1, bias=False),
            norm1=nn.BatchNorm2d(n_channels),
            relu=nn.ReLU(),
            convolution2=nn.Conv2d(n_channels, n_channels, 3, padding=1, bias=False),
            norm2=nn.BatchNorm2d(n_channels),
        )
    )
    shortcut: OrderedDict[str, nn.Module] = OrderedDict()
    if stride != 1 or n_before != n_channels:
        shortcut["convolution"] = nn.Conv2d(n_before, n_channels, 1, stride=stride, bias=False)
        shortcut["norm"] = nn.BatchNorm2d(n_channels)
    return ResidualBlock(main, shortcut=nn.Sequential(shortcut))
