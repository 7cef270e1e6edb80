"""AudioNet for a waveform of 8000 samples: as published for AudioMNIST, and a small sibling that trains in a minute."""

from collections import OrderedDict
from typing import Final

from torch import nn

_DROPOUT_SHARE: Final = 0.5

# becker2024, section 3.1 (the authors' published network file)
_PUBLISHED_N_CHANNELS: Final = (100, 64, 128, 128, 128, 128)
_PUBLISHED_N_DENSE: Final = (1024, 512)
_PUBLISHED_N_FLAT: Final = 128 * 125

# half of AudioNet's width; its first convolution takes what the first three blocks of AudioNet take, in one stride of 8
_SMALL_N_CHANNELS: Final = (50, 32, 64, 64, 64, 64)
_SMALL_KERNEL: Final = 64
_SMALL_STRIDE: Final = 8
_SMALL_N_DENSE: Final = (512, 256)
_SMALL_N_FLAT: Final = 64 * 15


def audionet(n_labels: int) -> nn.Sequential:
    """AudioNet as published: (batch, 1, 8000) to logits (batch, label); becker2024, section 3.1.

    No ReLU stands between its dense layers.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    n_before = 1
    for number, n_channels in enumerate(_PUBLISHED_N_CHANNELS, start=1):
        layers[f"convolution{number}"] = nn.Conv1d(n_before, n_channels, 3, padding=1)
        layers[f"relu{number}"] = nn.ReLU()
        # the authors' software rounds up where a window hangs over the end: 8000 samples become 4000
        layers[f"pool{number}"] = nn.MaxPool1d(3 if number == 1 else 2, 2, ceil_mode=number == 1)
        n_before = n_channels
    _add_dense(layers, first=7, n_flat=_PUBLISHED_N_FLAT, n_dense=_PUBLISHED_N_DENSE, n_labels=n_labels)
    return nn.Sequential(layers)


def audionet_small(n_labels: int) -> nn.Sequential:
    """AudioNet at half its width, faster by its first stride: (batch, 1, 8000) to logits (batch, label)."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    n_before = 1
    for number, n_channels in enumerate(_SMALL_N_CHANNELS, start=1):
        # the batch norm's shift stands for the convolution's bias
        if number == 1:
            padding = (_SMALL_KERNEL - _SMALL_STRIDE) // 2
            first = nn.Conv1d(1, n_channels, _SMALL_KERNEL, stride=_SMALL_STRIDE, padding=padding, bias=False)
            layers[f"convolution{number}"] = first
        else:
            layers[f"convolution{number}"] = nn.Conv1d(n_before, n_channels, 3, padding=1, bias=False)
        layers[f"norm{number}"] = nn.BatchNorm1d(n_channels)
        layers[f"relu{number}"] = nn.ReLU()
        layers[f"pool{number}"] = nn.MaxPool1d(2)
        n_before = n_channels
    _add_dense(layers, first=7, n_flat=_SMALL_N_FLAT, n_dense=_SMALL_N_DENSE, n_labels=n_labels)
    return nn.Sequential(layers)


def _add_dense(
    layers: "OrderedDict[str, nn.Module]", *, first: int, n_flat: int, n_dense: tuple[int, ...], n_labels: int
) -> None:
    layers["flatten"] = nn.Flatten()
    n_inputs = n_flat
    for number, n_outputs in enumerate(n_dense, start=first):
        layers[f"dense{number}"] = nn.Linear(n_inputs, n_outputs)
        layers[f"dropout{number}"] = nn.Dropout(_DROPOUT_SHARE)
        n_inputs = n_outputs
    layers[f"dense{first + len(n_dense)}"] = nn.Linear(n_inputs, n_labels)
