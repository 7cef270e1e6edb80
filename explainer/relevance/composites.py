"""Composites: which rule each layer of a network gets, as data that both engines read."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from torch import nn

from earshot.errors import RecipeError
from explainer.relevance.folding import BATCH_NORM
from explainer.relevance.rules import (
    RULES,
    AlphaBeta,
    Epsilon,
    Flat,
    Gamma,
    Norm,
    Pass,
    Rule,
    Winner,
    WSquare,
    ZPlus,
    rule_name,
)

LayerMap = Sequence[tuple[str, str]]
"""Pairs of a layer (dotted module name, torch class name or a key of `FAMILIES`) and a key of `RULES`; the first that
names a layer counts."""

Rules = Mapping[str, Rule]
"""The rule of each layer by its dotted name."""


@dataclass(frozen=True)
class Composite:
    """The rules of a network with convolutions and dense layers.

    Attributes
    ----------
    first : Rule
        Of the first layer with weights.
    convolution, dense : Rule
        Of the other layers with weights.
    """

    first: Rule
    convolution: Rule
    dense: Rule


DEFAULT_COMPOSITE: Final = "epsilon-plus-flat"

COMPOSITES: Final[Mapping[str, Composite]] = MappingProxyType(
    {
        # for spectrograms, whose silent cells may be relevant too (lapuschkin2019)
        "epsilon-plus-flat": Composite(first=Flat(), convolution=ZPlus(), dense=Epsilon()),
        # for waveforms: relevance is a multiple of the sample, as the way to time-frequency needs it (vielhaben2024)
        "epsilon-plus": Composite(first=Epsilon(), convolution=ZPlus(), dense=Epsilon()),
        "epsilon-alpha2-beta1": Composite(first=AlphaBeta(), convolution=AlphaBeta(), dense=Epsilon()),
        "epsilon-alpha2-beta1-flat": Composite(first=Flat(), convolution=AlphaBeta(), dense=Epsilon()),
        # flat, where zennit has the z-box rule: that one needs the bounds of the input, which a waveform has not
        "epsilon-gamma": Composite(first=Flat(), convolution=Gamma(), dense=Epsilon()),
        "epsilon": Composite(first=Epsilon(), convolution=Epsilon(), dense=Epsilon()),
        "w-square": Composite(first=WSquare(), convolution=ZPlus(), dense=Epsilon()),
    }
)
"""The composites that a recipe may name."""

_CONVOLUTIONS: Final = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_MAX_POOLING: Final = (
    *(nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d),
    *(nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d),
)
_AVERAGE_POOLING: Final = (
    *(nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d),
    *(nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d),
)
_DROPOUTS: Final = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
SHAPERS: Final = (nn.Flatten, nn.Unflatten, nn.Identity, *_DROPOUTS)
"""Layers that change no value in evaluation mode."""

FAMILIES: Final[Mapping[str, tuple[type[nn.Module], ...]]] = MappingProxyType(
    {"AnyConvolution": _CONVOLUTIONS, "AnyLinear": (*_CONVOLUTIONS, nn.Linear)}
)
"""What a layer map may name besides layers and classes."""


def get_composite(name: str) -> Composite:
    """The composite of this name.

    Raises
    ------
    RecipeError
        If there is none.
    """
    if name not in COMPOSITES:
        raise RecipeError(f"composite is '{name}'; expected one of {', '.join(sorted(COMPOSITES))}")
    return COMPOSITES[name]


def describe_composite(name: str) -> str:
    """The composite as a manifest records it: its rules and how batch norm was met.

    Raises
    ------
    RecipeError
        If no composite has this name.
    """
    composite = get_composite(name)
    return (
        f"{name}: {rule_name(composite.first)} in the first layer, {rule_name(composite.convolution)} in convolutions,"
        f" {rule_name(composite.dense)} in dense layers; batch norm {BATCH_NORM}"
    )


def describe_layer_map(layer_map: LayerMap) -> str:
    """A layer map as a manifest records it."""
    return f"layer map: {', '.join(f'{layer} {rule}' for layer, rule in layer_map)}; batch norm {BATCH_NORM}"


def composite_rules(network: nn.Module, *, name: str) -> Rules:
    """The rule of each layer of `network` by a composite.

    Parameters
    ----------
    network : Module
        As `plain.plain_copy` gives it. Its first layer is the first with weights in the order of its modules.
    name : str
        A key of `COMPOSITES`.

    Raises
    ------
    RecipeError
        If there is no such composite, or it has no rule for a layer.
    """
    composite = get_composite(name)
    rules: dict[str, Rule] = {}
    first_found = False
    for layer, module in _layers(network):
        rule = _structural_rule(module)
        if isinstance(module, (*_CONVOLUTIONS, nn.Linear)):
            rule = composite.dense if isinstance(module, nn.Linear) else composite.convolution
            rule, first_found = (rule if first_found else composite.first), True
        if rule is None:
            raise RecipeError(
                f"composite '{name}' has no rule for layer '{layer}' ({type(module).__name__}); give the network a"
                " layer map that names it"
            )
        rules[layer] = rule
    return rules


def layer_map_rules(network: nn.Module, *, layer_map: LayerMap) -> Rules:
    """The rule of each layer of `network` by a layer map; pooling, ReLU, dropout and the like need no entry.

    Parameters
    ----------
    network : Module
        As `plain.plain_copy` gives it.

    Raises
    ------
    RecipeError
        If an entry names an unknown rule, one that does not fit its layer, or no layer at all; if an entry swallows
        a layer that a later one names; or if a layer is left without a rule.
    """
    for entry, rule_of_entry in layer_map:
        if rule_of_entry not in RULES:
            raise RecipeError(
                f"layer map gives '{entry}' the rule '{rule_of_entry}'; expected one of {', '.join(RULES)}"
            )
    rules: dict[str, Rule] = {}
    used: set[str] = set()
    for layer, module in _layers(network):
        matching = [entry for entry in layer_map if _breadth(entry[0], layer=layer, module=module) is not None]
        _refuse_swallowing(matching, layer=layer, module=module)
        used.update(entry for entry, _ in matching)
        rule = RULES[matching[0][1]] if matching else _structural_rule(module)
        if rule is None:
            raise RecipeError(
                f"layer map has no rule for layer '{layer}' ({type(module).__name__}); add an entry that names it"
            )
        if isinstance(rule, Pass | Winner) and isinstance(module, FAMILIES["AnyLinear"]):
            raise RecipeError(
                f"layer map gives layer '{layer}' ({type(module).__name__}) the rule '{rule_name(rule)}', which shares"
                " nothing among a layer's inputs; name another rule"
            )
        rules[layer] = rule
    for entry, _ in layer_map:
        if entry not in used:
            raise RecipeError(
                f"layer map names '{entry}', which is no layer, class or family ({', '.join(FAMILIES)}) in the network;"
                " take it out or mend its spelling"
            )
    return rules


def _layers(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """What needs a rule: modules with parameters of their own, and those without children; by dotted name."""
    return [
        (name, module)
        for name, module in network.named_modules(remove_duplicate=False)
        if list(module.parameters(recurse=False)) or not (list(module.children()) or isinstance(module, nn.Sequential))
    ]


def _structural_rule(module: nn.Module) -> Rule | None:
    """The rule of a layer without weights, which follows from what it does; None where that is not known."""
    if isinstance(module, (nn.ReLU, *SHAPERS)):
        return Pass()
    if isinstance(module, _MAX_POOLING):
        return Winner()
    # a sum of stacked tensors, ours or zennit's: by name, so that a user's own network needs neither
    if isinstance(module, _AVERAGE_POOLING) or type(module).__name__ == "Sum":
        return Norm()
    return None


def _breadth(entry: str, *, layer: str, module: nn.Module) -> int | None:
    """How much more than this layer an entry names: 0 for its name, more for wider classes; None if not this layer."""
    if entry == layer:
        return 0
    if entry in FAMILIES:
        return len(type(module).__mro__) if isinstance(module, FAMILIES[entry]) else None
    classes = [each.__name__ for each in type(module).__mro__]
    return 1 + classes.index(entry) if entry in classes else None


def _refuse_swallowing(matching: LayerMap, *, layer: str, module: nn.Module) -> None:
    """Raise RecipeError if an entry stands before one that names this layer more narrowly, or as narrowly."""
    for (earlier, _), (later, _) in itertools.pairwise(matching):
        # every entry here names the layer, so both have a breadth
        if (_breadth(earlier, layer=layer, module=module) or 0) >= (_breadth(later, layer=layer, module=module) or 0):
            raise RecipeError(
                f"layer map entry '{earlier}' swallows layer '{layer}' ({type(module).__name__}), which the later entry"
                f" '{later}' names; put '{later}' first"
            )
