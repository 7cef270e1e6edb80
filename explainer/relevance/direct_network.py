"""Which networks the direct engine covers, and their steps."""

import itertools
from collections.abc import Sequence
from typing import Final

from torch import Tensor, nn

from explainer.relevance.composites import SHAPERS, Rules
from explainer.relevance.direct_maps import AverageMap, DenseMap, convolution_map
from explainer.relevance.direct_steps import (
    FlattenStep,
    MaxPoolStep,
    PassingStep,
    ReluStep,
    SameStep,
    Step,
    make_weighing_step,
)
from explainer.relevance.rules import AlphaBeta, Epsilon, Flat, Gamma, Norm, Pass, Rule, Winner, WSquare

_AVERAGES: Final = (nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d)
_MAXIMA: Final = (nn.MaxPool1d, nn.MaxPool2d)
_CONVOLUTIONS: Final = (nn.Conv1d, nn.Conv2d)
_CANCELLING: Final = (Epsilon, AlphaBeta, Gamma)
"""Rules where contributions of both signs meet: what is left of them holds the rounding of all."""
_PASSING: Final = (nn.ReLU, *(shaper for shaper in SHAPERS if shaper is not nn.Unflatten))

Layers = Sequence[tuple[str, nn.Module]]


def flatten_layers(network: nn.Module, *, prefix: str = "") -> Layers | None:
    """The layers of a sequential network in their order, by dotted name; None if it is not sequential."""
    if type(network).forward is not nn.Sequential.forward:
        return None
    layers: list[tuple[str, nn.Module]] = []
    for name, child in network.named_children():
        inner = flatten_layers(child, prefix=f"{prefix}{name}.")
        layers += [(prefix + name, child)] if inner is None else inner
    return layers


def find_refusal(network: nn.Module, *, rules: Rules) -> str | None:
    """Why the direct engine does not cover a network with these rules; None if it does."""
    layers = flatten_layers(network)
    if layers is None:
        return f"the network is a {type(network).__name__}, no nn.Sequential"
    for name, layer in layers:
        if not _covers(layer, rule=rules.get(name)):
            return f"layer '{name}' ({layer}) or its rule is none that it knows"
    return None


def _covers(layer: nn.Module, *, rule: Rule | None) -> bool:
    kind = type(layer)
    if isinstance(layer, _CONVOLUTIONS) and kind in _CONVOLUTIONS:
        padded = layer.padding_mode == "zeros" and layer.padding != "same"
        return padded and not isinstance(rule, Norm | Pass | Winner)
    if kind is nn.Linear:
        return not isinstance(rule, Norm | Pass | Winner)
    if isinstance(layer, _MAXIMA) and kind in _MAXIMA:
        return not layer.return_indices and isinstance(rule, Winner)
    if kind in _AVERAGES:
        return isinstance(rule, Norm)
    return kind in _PASSING and isinstance(rule, Pass)


def make_steps(layers: Layers, *, rules: Rules) -> list[Step]:
    """The steps of layers that `find_refusal` lets through."""
    steps: list[Step] = []
    non_negative = False
    for name, layer in _with_pooling_first(layers, rules=rules):
        steps.append(_make_step(layer, rule=rules[name], non_negative=non_negative))
        if isinstance(layer, nn.ReLU):
            non_negative = True
        elif isinstance(layer, (*_CONVOLUTIONS, nn.Linear)):
            non_negative = False
    return steps


def _with_pooling_first(layers: Layers, *, rules: Rules) -> Layers:
    """The layers with each max pooling before the ReLU that it follows: half of the values are left for ReLU.

    The maxima are the same. Where all of a window is 0 after ReLU its place differs, but carries no relevance: unless
    the next layer shares relevance whatever its inputs are, and there the order stays.
    """
    ordered = list(layers)
    for number, ((_, layer), (_, following)) in enumerate(itertools.pairwise(layers)):
        above = (rules[name] for name, _ in layers[number + 2 :] if not isinstance(rules[name], Pass | Winner))
        is_pair = isinstance(layer, nn.ReLU) and isinstance(following, _MAXIMA)
        if is_pair and not isinstance(next(above, Flat()), Flat | WSquare):
            ordered[number : number + 2] = reversed(ordered[number : number + 2])
    return ordered


def _make_step(layer: nn.Module, *, rule: Rule, non_negative: bool) -> Step:
    if isinstance(layer, nn.Conv1d | nn.Conv2d):
        linear, bias = convolution_map(layer, sums_as_layer=isinstance(rule, _CANCELLING)), _detached(layer.bias)
        return make_weighing_step(linear, weight=layer.weight.detach(), bias=bias, rule=rule, non_negative=non_negative)
    if isinstance(layer, nn.Linear):
        bias = _detached(layer.bias)
        return make_weighing_step(
            DenseMap(), weight=layer.weight.detach(), bias=bias, rule=rule, non_negative=non_negative
        )
    if isinstance(layer, _AVERAGES):
        return make_weighing_step(AverageMap(layer), weight=Tensor(), bias=None, rule=rule, non_negative=non_negative)
    return _make_passing_step(layer)


def _make_passing_step(layer: nn.Module) -> PassingStep:
    if isinstance(layer, nn.MaxPool1d | nn.MaxPool2d):
        return MaxPoolStep(layer)
    if isinstance(layer, nn.Flatten):
        return FlattenStep(layer)
    return ReluStep() if isinstance(layer, nn.ReLU) else SameStep()


def _detached(bias: Tensor | None) -> Tensor | None:
    return None if bias is None else bias.detach()
