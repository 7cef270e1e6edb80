"""Explanations of any network by any method: made ready once, then batch after batch."""

from collections.abc import Sequence
from typing import Final, Literal

import torch
from torch import Tensor, nn

from earshot.errors import RecipeError
from explainer.relevance.composites import (
    COMPOSITES,
    DEFAULT_COMPOSITE,
    LayerMap,
    Rules,
    composite_rules,
    describe_composite,
    describe_layer_map,
    layer_map_rules,
)
from explainer.relevance.direct import DirectEngine
from explainer.relevance.direct_network import find_refusal
from explainer.relevance.explanation import (
    Answer,
    Engine,
    Explanation,
    make_explanation,
    weigh_all,
    weigh_targets,
)
from explainer.relevance.folding import BATCH_NORMS
from explainer.relevance.methods import COMPARISON_METHODS, ComparisonEngine
from explainer.relevance.plain import evaluating_copy, plain_copy
from explainer.relevance.zennit_engine import ZennitEngine

METHODS: Final = (*COMPOSITES, *COMPARISON_METHODS)
"""What a recipe may name: composites of layer-wise relevance propagation, and methods to compare them with."""

EngineName = Literal["auto", "direct", "zennit"]


class Explainer:
    """What explains one network by one method.

    Parameters
    ----------
    network : Module
        Left as it is. After it has been trained further, make a new explainer.
    method : str
        One of `METHODS`.
    engine : {'auto', 'direct', 'zennit'}
        Of LRP: our own for sequential networks, zennit for all others, or whichever covers network and rules; both give
        the same to 1e-6 of the maximum. Comparison methods have one of their own.
    layer : str or None
        Dotted name of the layer at whose input relevance is wanted; None means the network's input.
    contrast : bool
        Whether a label's logit is explained minus the highest other one: top class minus runner-up.
    layer_map : sequence of (layer, rule), or None
        The rules of all layers with weights, in place of the composite's: see `composites.layer_map_rules`. Comparison
        methods need no rules.

    Raises
    ------
    RecipeError
        If there is no such method or layer, a layer has no rule, or the engine does not cover the network.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        method: str = DEFAULT_COMPOSITE,
        engine: EngineName = "auto",
        layer: str | None = None,
        contrast: bool = False,
        layer_map: LayerMap | None = None,
    ) -> None:
        if method not in METHODS:
            raise RecipeError(f"method is '{method}'; expected one of {', '.join(METHODS)}")
        _check_layer(network, layer=layer, method=method)
        self._layer, self._contrast = layer, contrast
        self._engine: Engine
        if method in COMPARISON_METHODS:
            self._description = f"{method}: {COMPARISON_METHODS[method]}"
            self._engine = ComparisonEngine(evaluating_copy(network), method=method)
            return
        plain = plain_copy(network)
        if layer_map is None:
            self._description, rules = describe_composite(method), composite_rules(plain, name=method)
        else:
            self._description, rules = describe_layer_map(layer_map), layer_map_rules(plain, layer_map=layer_map)
        self._engine = _make_engine(plain, rules=rules, layer=layer, name=engine)

    @property
    def description(self) -> str:
        """What a manifest records: method, rules, how batch norm was met, engine."""
        contrast = "; minus the highest other label" if self._contrast else ""
        return f"{self._description}; engine {self._engine.name}{contrast}"

    def __call__(self, inputs: Tensor, targets: Tensor) -> Explanation:
        """The explanation of one label per input.

        Parameters
        ----------
        inputs : Tensor, float, (batch, 1, bin, frame), (batch, 1, sample) or what else the network takes
        targets : Tensor, int64, (batch,)
            Index of the label to explain, per input.

        Raises
        ------
        ValueError
            If inputs are not finite, or targets are no labels, one per input.
        RecipeError
            If the engine meets a layer that it cannot explain when it runs.
        """
        _check_inputs(inputs)
        if targets.shape != inputs.shape[:1]:
            raise ValueError(
                f"targets have shape {tuple(targets.shape)}; expected one per input, {inputs.shape[0]} in all"
            )
        used: list[Tensor] = []

        def weigh(logits: Tensor) -> Sequence[Tensor]:
            _check_targets(targets, n_labels=logits.shape[1])
            used.append(weigh_targets(logits, targets=targets, contrast=self._contrast))
            return used

        answer = self._engine(inputs, weigh=weigh)
        return self._explanations(answer, weights=used, inputs=inputs)[0]

    def explain_all(self, inputs: Tensor) -> list[Explanation]:
        """The explanation of each label, over one forward pass.

        Parameters
        ----------
        inputs : Tensor
            As for a call.

        Raises
        ------
        ValueError
            If inputs are not finite.
        RecipeError
            As for a call.
        """
        _check_inputs(inputs)
        used: list[Tensor] = []

        def weigh(logits: Tensor) -> Sequence[Tensor]:
            used.extend(weigh_all(logits, contrast=self._contrast))
            return used

        answer = self._engine(inputs, weigh=weigh)
        return self._explanations(answer, weights=used, inputs=inputs)

    def _explanations(self, answer: Answer, *, weights: Sequence[Tensor], inputs: Tensor) -> list[Explanation]:
        drop_channel = self._layer is None and inputs.ndim > 2 and inputs.shape[1] == 1
        return [
            make_explanation(
                propagated, logits=answer.logits, weights=each, engine=self._engine.name, drop_channel=drop_channel
            )
            for propagated, each in zip(answer.propagated, weights, strict=True)
        ]


def describe_method(explainer: Explainer) -> str:
    """What a manifest records of an explainer: method, rules, how batch norm was met, engine."""
    return explainer.description


def explain(
    network: nn.Module,
    inputs: Tensor,
    *,
    targets: Tensor,
    method: str = DEFAULT_COMPOSITE,
    engine: EngineName = "auto",
    layer: str | None = None,
    contrast: bool = False,
    layer_map: LayerMap | None = None,
) -> Explanation:
    """The explanation of one batch; for several, make an `Explainer`, whose arguments these are."""
    explainer = Explainer(network, method=method, engine=engine, layer=layer, contrast=contrast, layer_map=layer_map)
    return explainer(inputs, targets)


def _make_engine(plain: nn.Module, *, rules: Rules, layer: str | None, name: EngineName) -> Engine:
    if name == "direct" or (name == "auto" and find_refusal(plain, rules=rules) is None):
        return DirectEngine(plain, rules=rules, layer=layer)
    return ZennitEngine(plain, rules=rules, layer=layer)


def _check_layer(network: nn.Module, *, layer: str | None, method: str) -> None:
    if layer is None:
        return
    if method in COMPARISON_METHODS:
        raise RecipeError(f"layer is '{layer}', but method '{method}' explains inputs only; take the layer out")
    modules = dict(network.named_modules(remove_duplicate=False))
    if not layer or layer not in modules:
        names = ", ".join(name for name in modules if name)
        raise RecipeError(f"layer is '{layer}'; expected one of {names}")
    if isinstance(modules[layer], BATCH_NORMS):
        raise RecipeError(
            f"layer '{layer}' is a batch norm, which is folded into the layer before it; name the layer before or after"
        )


def _check_inputs(inputs: Tensor) -> None:
    finite = inputs.isfinite().flatten(1).all(dim=1)
    if not bool(finite.all()):
        rows = ", ".join(str(int(row)) for row in torch.nonzero(~finite)[:, 0])
        raise ValueError(f"inputs {rows} of the batch hold NaN or infinite values; take them out")


def _check_targets(targets: Tensor, *, n_labels: int) -> None:
    if bool(((targets < 0) | (targets >= n_labels)).any()):
        raise ValueError(f"targets are {targets.tolist()}; expected indices of labels, 0 to {n_labels - 1}")
