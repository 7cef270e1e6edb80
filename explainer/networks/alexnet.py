"""AlexNet for one spectrogram of 227 x 227 cells: as published for AudioMNIST, and at a quarter of its width."""

from collections import OrderedDict
from typing import Final, NamedTuple

from torch import nn

_DROPOUT_SHARE: Final = 0.5
_N_CELLS_AFTER_POOLING: Final = 6 * 6


class _Convolution(NamedTuple):
    n_channels: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    pooled: bool = False


# becker2024, section 3.2 (the authors' published network file): no normalisation layers
_PUBLISHED: Final = (
    _Convolution(96, 11, stride=4, pooled=True),
    _Convolution(256, 5, padding=2, groups=2, pooled=True),
    _Convolution(384, 3, padding=1),
    _Convolution(384, 3, padding=1, groups=2),
    _Convolution(256, 3, padding=1, groups=2, pooled=True),
)
_PUBLISHED_N_DENSE: Final = 1024

# Batch norm in place of nothing and of grouped convolutions: it trains in minutes on two cores, and small networks err
# enough.
_QUARTER: Final = (
    _Convolution(24, 11, stride=4, pooled=True),
    _Convolution(64, 5, padding=2, pooled=True),
    _Convolution(96, 3, padding=1),
    _Convolution(96, 3, padding=1),
    _Convolution(64, 3, padding=1, pooled=True),
)
_QUARTER_N_DENSE: Final = 256


def alexnet(n_labels: int) -> nn.Sequential:
    """AlexNet as published: (batch, 1, 227, 227) to logits (batch, label); becker2024, section 3.2."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    n_before = 1
    for number, convolution in enumerate(_PUBLISHED, start=1):
        layers[f"convolution{number}"] = _make_convolution(convolution, n_before=n_before, bias=True)
        _add_activation(layers, number=number, pooled=convolution.pooled)
        n_before = convolution.n_channels
    layers["flatten"] = nn.Flatten()
    n_inputs = n_before * _N_CELLS_AFTER_POOLING
    for number in (6, 7):
        layers[f"dense{number}"] = nn.Linear(n_inputs, _PUBLISHED_N_DENSE)
        layers[f"relu{number}"] = nn.ReLU()
        layers[f"dropout{number}"] = nn.Dropout(_DROPOUT_SHARE)
        n_inputs = _PUBLISHED_N_DENSE
    layers["dense8"] = nn.Linear(n_inputs, n_labels)
    return nn.Sequential(layers)


def alexnet_quarter(n_labels: int) -> nn.Sequential:
    """AlexNet at a quarter of its channels, with batch norm: (batch, 1, 227, 227) to logits (batch, label)."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    n_before = 1
    for number, convolution in enumerate(_QUARTER, start=1):
        # the batch norm's shift stands for the convolution's bias
        layers[f"convolution{number}"] = _make_convolution(convolution, n_before=n_before, bias=False)
        layers[f"norm{number}"] = nn.BatchNorm2d(convolution.n_channels)
        _add_activation(layers, number=number, pooled=convolution.pooled)
        n_before = convolution.n_channels
    layers["flatten"] = nn.Flatten()
    n_inputs = n_before * _N_CELLS_AFTER_POOLING
    for number in (6, 7):
        layers[f"dropout{number}"] = nn.Dropout(_DROPOUT_SHARE)
        layers[f"dense{number}"] = nn.Linear(n_inputs, _QUARTER_N_DENSE)
        layers[f"relu{number}"] = nn.ReLU()
        n_inputs = _QUARTER_N_DENSE
    layers["dense8"] = nn.Linear(n_inputs, n_labels)
    return nn.Sequential(layers)


def _make_convolution(convolution: _Convolution, *, n_before: int, bias: bool) -> nn.Conv2d:
    return nn.Conv2d(
        n_before,
        convolution.n_channels,
        convolution.kernel,
        stride=convolution.stride,
        padding=convolution.padding,
        groups=convolution.groups,
        bias=bias,
    )


def _add_activation(layers: "OrderedDict[str, nn.Module]", *, number: int, pooled: bool) -> None:
    layers[f"relu{number}"] = nn.ReLU()
    if pooled:
        layers[f"pool{number}"] = nn.MaxPool2d(3, 2)
