"""The steps of a sequential network: forward, and what each leaves behind for the way back of relevance."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from explainer.relevance.direct_maps import ConvolutionMap, LinearMap, as_picture
from explainer.relevance.direct_shares import Share, find_shares, make_denominator, stabilise, take_part
from explainer.relevance.rules import STABILISER, Flat, Rule, WSquare


@dataclass
class Trace:
    """What the forward pass through one weighing layer, and the layers after it, left for the way back.

    What the next weighing layer pulled is multiplied by `inputs`, if it is to be, which makes it relevance at that
    layer's inputs; divided by each denominator; taken back through the layers between by `undo`; and carried to this
    layer's inputs by `pull`. Autograd's order of rounding, so that the last digits are zennit's as well.

    Attributes
    ----------
    pull : callable
        From one relevance per share, at the layer's outputs, to what `shares_inputs` says, at its inputs.
    shares : tuple of Share
    denominators : list of Tensor
        One per share, at the present end of the way; stabilised by `settle`.
    shares_inputs : bool
        Whether `pull` gives `c` where relevance is `input * c`; the trace before then has these inputs.
    inputs : Tensor or None
    undo : list of callables
    """

    pull: Callable[[Sequence[Tensor]], Tensor]
    shares: tuple[Share, ...] = ()
    denominators: list[Tensor] = field(default_factory=list)
    shares_inputs: bool = False
    inputs: Tensor | None = None
    undo: list[Callable[[Tensor], Tensor]] = field(default_factory=list)

    def settle(self, *, inputs: Tensor | None) -> None:
        """End the way before the next layer, with its inputs if that shares them.

        So late because pooling leaves fewer denominators to stabilise.
        """
        self.inputs = inputs
        self.denominators = [
            stabilise(share, denominator=denominator)
            for share, denominator in zip(self.shares, self.denominators, strict=True)
        ]

    def back(self, pulled: Tensor) -> Tensor:
        """From what the next layer pulled to what this one pulls."""
        relevance = pulled if self.inputs is None else pulled * self.inputs
        at_outputs = [relevance]
        if self.shares:
            *others, last = self.denominators
            spare = None if relevance is pulled else relevance
            at_outputs = [*(relevance / each for each in others), torch.div(relevance, last, out=spare)]
        for undo in reversed(self.undo):
            at_outputs = [undo(each) for each in at_outputs]
        return self.pull(at_outputs)


class WeighingStep(Protocol):
    """A layer that shares relevance among inputs by weight."""

    def forward(self, values: Tensor) -> tuple[Tensor, Trace]:
        """The layer's output and its trace."""


class PassingStep(ABC):
    """A layer that passes relevance on, or to where its output came from."""

    @abstractmethod
    def forward(self, values: Tensor, *, trace: Trace) -> Tensor:
        """The layer's output; the trace's denominators now lie at this output."""


Step = WeighingStep | PassingStep


class ProportionalStep:
    """A layer whose rule weighs its inputs.

    Parameters
    ----------
    layer : LinearMap
    weight, bias : Tensor
    rule : Epsilon, ZPlus, AlphaBeta, Gamma or Norm
    non_negative : bool
        Whether the layers before let no negative input through; otherwise every batch is looked at.
    """

    def __init__(
        self, layer: LinearMap, *, weight: Tensor, bias: Tensor | None, rule: Rule, non_negative: bool
    ) -> None:
        self._layer, self._weight, self._bias, self._rule = layer, weight, bias, rule
        self._non_negative = non_negative
        self._shares: dict[bool, tuple[Share, ...]] = {}

    def forward(self, values: Tensor) -> tuple[Tensor, Trace]:
        """See `WeighingStep`."""
        signed = not self._non_negative and bool((values < 0).any())
        if signed not in self._shares:
            weight = self._layer.lay_out(self._weight)
            self._shares[signed] = find_shares(self._rule, weight=weight, bias=self._bias, signed=signed)
        shares = self._shares[signed]
        outputs = self._layer.answer(values, weight=self._weight, bias=self._bias)
        whole = all(part == "all" for share in shares for part, _ in share.terms)
        pull = partial(self._pull, shares=shares, inputs=None if whole else values, shape=values.shape[1:])
        denominators = [make_denominator(share, layer=self._layer, inputs=values, outputs=outputs) for share in shares]
        return outputs, Trace(pull, shares=shares, denominators=denominators, shares_inputs=whole)

    def _pull(
        self, relevances: Sequence[Tensor], *, shares: Sequence[Share], inputs: Tensor | None, shape: Sequence[int]
    ) -> Tensor:
        total: Tensor | None = None
        for share, relevance in zip(shares, relevances, strict=True):
            for part, weight in share.terms:
                pulled = self._layer.pull(relevance, weight=weight, shape=shape)
                if inputs is not None:
                    pulled *= take_part(inputs, part=part)
                total = pulled if total is None else total.add_(pulled)
        if total is None:
            raise ValueError("the rule has no shares")
        return total


class SquaredStep:
    """A layer with the w-square rule: what it shares does not depend on its inputs."""

    def __init__(self, layer: LinearMap, *, weight: Tensor, bias: Tensor | None, rule: WSquare) -> None:
        self._layer, self._weight, self._bias = layer, weight, bias
        self._squared = layer.lay_out(weight).square()
        self._squared_bias = None if bias is None or not rule.bias else bias.square()

    def forward(self, values: Tensor) -> tuple[Tensor, Trace]:
        """See `WeighingStep`."""
        outputs = self._layer.answer(values, weight=self._weight, bias=self._bias)
        return outputs, Trace(partial(self._pull, shape=values.shape[1:]))

    def _pull(self, relevances: Sequence[Tensor], *, shape: Sequence[int]) -> Tensor:
        (relevance,) = relevances
        ones = relevance.new_ones(1, *shape)
        denominator = self._layer.apply(ones, weight=self._squared, bias=self._squared_bias).add_(STABILISER)
        return self._layer.pull(relevance / denominator, weight=self._squared, shape=shape)


class FlatStep:
    """A layer with the flat rule: through one channel a group, since all weights are alike."""

    def __init__(self, layer: LinearMap, *, weight: Tensor, bias: Tensor | None) -> None:
        self._layer, self._weight, self._bias = layer, weight, bias
        self._n_groups = layer.groups if isinstance(layer, ConvolutionMap) else 1
        self._box = torch.ones_like(weight[: self._n_groups, :1])

    def forward(self, values: Tensor) -> tuple[Tensor, Trace]:
        """See `WeighingStep`."""
        outputs = self._layer.answer(values, weight=self._weight, bias=self._bias)
        return outputs, Trace(partial(self._pull, shape=values.shape[1:]))

    def _pull(self, relevances: Sequence[Tensor], *, shape: Sequence[int]) -> Tensor:
        (relevance,) = relevances
        if not isinstance(self._layer, ConvolutionMap):
            return (relevance.sum(dim=-1, keepdim=True) / (shape[-1] + STABILISER)).expand(
                *relevance.shape[:-1], shape[-1]
            )
        n_channels = shape[0] // self._n_groups
        narrow = (self._n_groups, *shape[1:])
        ones = relevance.new_ones(1, *narrow)
        n_connected = self._layer.apply(ones, weight=self._box, bias=None).mul_(n_channels).add_(STABILISER)
        summed = relevance.view(len(relevance), self._n_groups, -1, *relevance.shape[2:]).sum(dim=2) / n_connected
        return self._layer.pull(summed, weight=self._box, shape=narrow).repeat_interleave(n_channels, dim=1)


class ReluStep(PassingStep):
    """`nn.ReLU`."""

    def forward(self, values: Tensor, *, trace: Trace) -> Tensor:
        """See `PassingStep`."""
        return values.relu()


class SameStep(PassingStep):
    """Dropout and identity: nothing happens."""

    def forward(self, values: Tensor, *, trace: Trace) -> Tensor:
        """See `PassingStep`."""
        return values


class FlattenStep(PassingStep):
    """`nn.Flatten`."""

    def __init__(self, layer: nn.Flatten) -> None:
        self._layer = layer

    def forward(self, values: Tensor, *, trace: Trace) -> Tensor:
        """See `PassingStep`."""
        trace.denominators = [self._layer(each) for each in trace.denominators]
        trace.undo.append(lambda relevance: relevance.reshape(values.shape))
        flat: Tensor = self._layer(values)
        return flat


class MaxPoolStep(PassingStep):
    """`nn.MaxPool1d` or `nn.MaxPool2d`: relevance goes to the maximum, the first of equal ones."""

    def __init__(self, layer: nn.MaxPool1d | nn.MaxPool2d) -> None:
        self._line = isinstance(layer, nn.MaxPool1d)
        self._kernel, self._stride, self._padding, self._dilation = (
            self._for_picture(value, default=default)
            for value, default in (
                (layer.kernel_size, 1),
                (layer.stride, 1),
                (layer.padding, 0),
                (layer.dilation, 1),
            )
        )
        self._rounds_up = layer.ceil_mode

    def forward(self, values: Tensor, *, trace: Trace) -> Tensor:
        """See `PassingStep`."""
        picture = as_picture(values)
        pooled, places = functional.max_pool2d(
            picture,
            self._kernel,
            self._stride,
            self._padding,
            self._dilation,
            self._rounds_up,
            return_indices=True,
        )
        outputs = pooled.squeeze(2) if self._line else pooled
        trace.denominators = [
            outputs if each is values else self._at_maxima(each, places=places) for each in trace.denominators
        ]
        trace.undo.append(partial(self._to_maxima, places=places, picture=picture.shape, shape=values.shape))
        return outputs

    def _at_maxima(self, values: Tensor, *, places: Tensor) -> Tensor:
        """The values at the places: a place is a number within the picture."""
        rows, at = (each.permute(0, 2, 3, 1).flatten(1, 2) for each in (as_picture(values), places))
        found = rows.gather(1, at).view(*places.shape[:1], *places.shape[2:], -1).permute(0, 3, 1, 2)
        return found.squeeze(2) if self._line else found

    def _to_maxima(self, relevance: Tensor, *, places: Tensor, picture: Sequence[int], shape: Sequence[int]) -> Tensor:
        spread: Tensor = torch.ops.aten.max_pool2d_with_indices_backward(
            as_picture(relevance),
            torch.empty(picture, dtype=relevance.dtype, device=relevance.device, memory_format=torch.channels_last),
            self._kernel,
            self._stride,
            self._padding,
            self._dilation,
            self._rounds_up,
            places,
        )
        return spread.view(shape)

    def _for_picture(self, value: int | tuple[int, ...], *, default: int) -> tuple[int, int]:
        sizes = value if isinstance(value, tuple) else (value,)
        return (default, sizes[0]) if self._line else (sizes[0], sizes[-1])


def make_weighing_step(
    layer: LinearMap, *, weight: Tensor, bias: Tensor | None, rule: Rule, non_negative: bool
) -> WeighingStep:
    """The step of a layer that shares relevance by weight."""
    if isinstance(rule, Flat):
        return FlatStep(layer, weight=weight, bias=bias)
    if isinstance(rule, WSquare):
        return SquaredStep(layer, weight=weight, bias=bias, rule=rule)
    return ProportionalStep(layer, weight=weight, bias=bias, rule=rule, non_negative=non_negative)
