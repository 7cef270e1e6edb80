"""Linear maps of layers, there and back, without autograd.

Lines and pictures alike lie in memory with their channels last: convolutions are up to three times as fast so, and
pooling ten times. Only a layer's own output is worked out as the layer does it, since other orders of summing end in
other last digits: relevance depends on them where outputs are near 0, and the engine's answer is to be the network's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

_FEW_CHANNELS: Final = 4


def as_picture(values: Tensor) -> Tensor:
    """The values with their channels last in memory, (batch, channel, row, column); a line is a picture of one row.

    With a single channel or row several strides mean the same; torch takes only these for channels last.
    """
    picture = values if values.dim() == 4 else values.unsqueeze(2)
    picture = picture.contiguous(memory_format=torch.channels_last)
    _, n_channels, n_rows, n_columns = picture.shape
    strides = (n_channels * n_rows * n_columns, 1, n_channels * n_columns, n_channels)
    return picture.as_strided(picture.shape, strides)


def _plain(values: Tensor) -> Tensor:
    """The values with their channels first in memory; torch looks at strides even of a single channel."""
    return values.contiguous().flatten().view(values.shape)


class LinearMap(Protocol):
    """A layer's map for any weight of its shape, and its transpose."""

    def answer(self, values: Tensor, *, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The layer's output with its own weight and bias, to the bit what the layer itself makes of the values."""

    def lay_out(self, weight: Tensor) -> Tensor:
        """A weight, as `apply` and `pull` are fastest with it; so are those worked out from it, element by element."""

    def apply(self, values: Tensor, *, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The output with any weight and bias."""

    def pull(self, values: Tensor, *, weight: Tensor, shape: Sequence[int]) -> Tensor:
        """What the transposed map makes of values on the output: (batch, ...) to (batch, *shape)."""


@dataclass(frozen=True)
class DenseMap:
    """The map of `nn.Linear`: (..., input) to (..., output), its weight (output, input)."""

    def answer(self, values: Tensor, *, weight: Tensor, bias: Tensor | None) -> Tensor:
        """See `LinearMap`."""
        return self.apply(values, weight=weight, bias=bias)

    def lay_out(self, weight: Tensor) -> Tensor:
        """See `LinearMap`."""
        return weight

    def apply(self, values: Tensor, *, weight: Tensor, bias: Tensor | None) -> Tensor:
        """See `LinearMap`."""
        return functional.linear(values, weight, bias)

    def pull(self, values: Tensor, *, weight: Tensor, shape: Sequence[int]) -> Tensor:
        """See `LinearMap`."""
        return values @ weight


@dataclass(frozen=True)
class ConvolutionMap:
    """The map of `nn.Conv1d` or `nn.Conv2d`, padded with zeros: (batch, channel, ...) to the same.

    Attributes
    ----------
    stride, padding, dilation : tuple of int
        One per dimension.
    groups : int
    sums_as_layer : bool
        Whether every map is summed in the order of torch's layer, not `answer` alone.
    """

    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int
    sums_as_layer: bool

    def answer(self, values: Tensor, *, weight: Tensor, bias: Tensor | None) -> Tensor:
        """See `LinearMap`."""
        convolution: Callable[..., Tensor]  # its arguments are those of torch's two functions below
        convolution = functional.conv1d if len(self.stride) == 1 else functional.conv2d
        outputs = convolution(_plain(values), weight, bias, self.stride, self.padding, self.dilation, self.groups)
        return as_picture(outputs).view(outputs.shape)

    def lay_out(self, weight: Tensor) -> Tensor:
        """See `LinearMap`."""
        return weight if self.sums_as_layer else as_picture(weight).view(weight.shape)

    def apply(self, values: Tensor, *, weight: Tensor, bias: Tensor | None) -> Tensor:
        """See `LinearMap`; weight is (output channel, channel in group, *kernel)."""
        if self.sums_as_layer:
            return self.answer(values, weight=weight, bias=bias)
        outputs = functional.conv2d(
            as_picture(values),
            as_picture(weight),
            bias,
            self._on_picture(self.stride, none=1),
            self._on_picture(self.padding, none=0),
            self._on_picture(self.dilation, none=1),
            self.groups,
        )
        return outputs if len(self.stride) == 2 else outputs.squeeze(2)

    def pull(self, values: Tensor, *, weight: Tensor, shape: Sequence[int]) -> Tensor:
        """See `LinearMap`; what the stride left over at the end gets 0."""
        if self.groups == 1 and weight.shape[1] <= _FEW_CHANNELS:
            return self._pull_to_few_channels(values, weight=weight, shape=shape)
        if self.sums_as_layer:
            return self._pull_as_layer(values, weight=weight, shape=shape)
        left_over = [
            size - (n_outputs - 1) * stride + 2 * padding - dilation * (kernel - 1) - 1
            for size, n_outputs, stride, padding, dilation, kernel in zip(
                shape[1:], values.shape[2:], self.stride, self.padding, self.dilation, weight.shape[2:], strict=True
            )
        ]
        pulled = functional.conv_transpose2d(
            as_picture(values),
            as_picture(weight),
            None,
            self._on_picture(self.stride, none=1),
            self._on_picture(self.padding, none=0),
            self._on_picture(left_over, none=0),
            self.groups,
            self._on_picture(self.dilation, none=1),
        )
        return pulled if len(self.stride) == 2 else pulled.squeeze(2)

    def _on_picture(self, sizes: Sequence[int], *, none: int) -> tuple[int, ...]:
        """The setting for a picture; that of a line goes along its one row."""
        return (none,) * (2 - len(sizes)) + tuple(sizes)

    def _pull_as_layer(self, values: Tensor, *, weight: Tensor, shape: Sequence[int]) -> Tensor:
        """The gradient that autograd finds."""
        pulled: Tensor
        pulled, _, _ = torch.ops.aten.convolution_backward(
            _plain(values),
            values.new_empty(len(values), *shape),
            weight,
            None,
            self.stride,
            self.padding,
            self.dilation,
            False,
            (0,) * len(self.stride),
            self.groups,
            (True, False, False),
        )
        return as_picture(pulled).view(pulled.shape)

    def _pull_to_few_channels(self, values: Tensor, *, weight: Tensor, shape: Sequence[int]) -> Tensor:
        """The same as a matrix product and an overlapping sum: four to ten times as fast for one channel."""
        summed = functional.fold(
            weight.flatten(1).T @ values.flatten(2),
            output_size=self._on_picture(shape[1:], none=1),
            kernel_size=self._on_picture(weight.shape[2:], none=1),
            dilation=self._on_picture(self.dilation, none=1),
            padding=self._on_picture(self.padding, none=0),
            stride=self._on_picture(self.stride, none=1),
        )
        return summed.view(len(values), *shape)


@dataclass(frozen=True)
class AverageMap:
    """The map of an average pooling layer; it has no weight, and passes over the one it is given."""

    layer: nn.Module

    def answer(self, values: Tensor, *, weight: Tensor, bias: Tensor | None) -> Tensor:
        """See `LinearMap`."""
        return self.apply(values.contiguous(), weight=weight, bias=bias)

    def lay_out(self, weight: Tensor) -> Tensor:
        """See `LinearMap`."""
        return weight

    def apply(self, values: Tensor, *, weight: Tensor, bias: Tensor | None) -> Tensor:
        """See `LinearMap`."""
        averages: Tensor = self.layer(values)
        return averages

    def pull(self, values: Tensor, *, weight: Tensor, shape: Sequence[int]) -> Tensor:
        """See `LinearMap`."""
        line = isinstance(self.layer, nn.AvgPool1d | nn.AdaptiveAvgPool1d)
        averages = values.unsqueeze(2) if line else values
        like = averages.new_empty(len(values), shape[0], *((1, shape[1]) if line else shape[1:]))
        if isinstance(self.layer, nn.AdaptiveAvgPool1d | nn.AdaptiveAvgPool2d):
            pulled: Tensor = torch.ops.aten._adaptive_avg_pool2d_backward(averages, like)
        else:
            pulled = _pull_average(averages, like=like, layer=self.layer)
        return pulled.view(len(values), *shape)


def _pull_average(averages: Tensor, *, like: Tensor, layer: nn.Module) -> Tensor:
    kernel, stride, padding = (_as_pair(value) for value in (layer.kernel_size, layer.stride, layer.padding))
    if isinstance(layer, nn.AvgPool1d):
        kernel, stride, padding = (1, kernel[-1]), (1, stride[-1]), (0, padding[-1])
    pulled: Tensor = torch.ops.aten.avg_pool2d_backward(
        averages,
        like,
        kernel,
        stride,
        padding,
        layer.ceil_mode,
        layer.count_include_pad,
        getattr(layer, "divisor_override", None),
    )
    return pulled


def _as_pair(value: object) -> tuple[int, int]:
    """A module's setting, which torch keeps as a number or a tuple, for two dimensions."""
    sizes = tuple(value) if isinstance(value, tuple | list) else (value,)
    return (int(sizes[0]), int(sizes[-1]))


def convolution_map(layer: nn.Conv1d | nn.Conv2d, *, sums_as_layer: bool) -> ConvolutionMap:
    """The map of a convolution padded with zeros, as `direct_network.find_refusal` makes sure."""
    padding = (0,) * len(layer.stride) if isinstance(layer.padding, str) else layer.padding
    return ConvolutionMap(layer.stride, padding, layer.dilation, layer.groups, sums_as_layer)
