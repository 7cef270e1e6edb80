"""The engine for every other network: zennit's hooks (anders2021), set up from the rules that both engines read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from earshot.errors import RecipeError
from explainer.relevance.composites import SHAPERS, Rules
from explainer.relevance.explanation import Answer, Propagated, Weigh
from explainer.relevance.rules import (
    STABILISER,
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
)
from explainer.relevance.zennit_import import zennit


@dataclass
class _Watch:
    """What one forward and backward pass showed: the layers in their order, a layer's input, the first coefficients."""

    order: list[str] = field(default_factory=list)
    inputs: Tensor | None = None
    coefficients: Tensor | None = None


class ZennitEngine:
    """Layer-wise relevance propagation of any network whose layers are modules; made once, used for any batches.

    Parameters
    ----------
    network : Module
        As `plain.plain_copy` gives it.
    rules : mapping of layer to rule
        As `composites` gives it.
    layer : str or None
        Dotted name of the layer at whose input relevance is wanted: what flows back through this layer, where several
        share the input. None means the network's input.
    """

    name = "zennit"

    def __init__(self, network: nn.Module, *, rules: Rules, layer: str | None = None) -> None:
        self._network, self._rules, self._layer = network, rules, layer
        self._weighing = [name for name, rule in rules.items() if not isinstance(rule, Pass | Winner)]

    def __call__(self, inputs: Tensor, *, weigh: Weigh) -> Answer:
        """See `explanation.Engine`.

        Raises
        ------
        RecipeError
            If a layer runs twice in one forward pass, or another layer than the network's first runs first.
        """
        heard = inputs.detach().clone().requires_grad_(True)
        with self._watched() as watch, self._composite(watch).context(self._network) as hooked:
            logits = hooked(heard)
            self._check_order(watch.order)
            at = heard if self._layer is None else watch.inputs
            if at is None:
                raise RecipeError(f"layer '{self._layer}' did not run when the network answered; name one that does")
            weighted = [logits.detach() * weights for weights in weigh(logits.detach())]
            propagated = [
                self._propagate(logits, at=at, seed=seed, watch=watch, again=number < len(weighted))
                for number, seed in enumerate(weighted, start=1)
            ]
        return Answer(logits=logits.detach(), propagated=propagated)

    def _propagate(self, logits: Tensor, *, at: Tensor, seed: Tensor, watch: _Watch, again: bool) -> Propagated:
        (relevance,) = torch.autograd.grad(logits, at, grad_outputs=seed, retain_graph=again)
        found, watch.coefficients = watch.coefficients, None
        if found is None or self._layer is not None or found.shape != at.shape:
            return Propagated(relevance=relevance, coefficients=None)
        # they are the network's only where its first layer alone takes the input
        whole = torch.equal(at.detach() * found, relevance)
        return Propagated(relevance=relevance, coefficients=found if whole else None)

    def _composite(self, watch: _Watch) -> Any:  # zennit is untyped: a zennit.core.Composite
        hooks = {name: _make_hook(rule) for name, rule in self._rules.items()}
        first = self._weighing[0]
        if isinstance(self._rules[first], Epsilon):
            hooks[first].reducer = _keeping_coefficients(watch)
        shapers = {name for name, module in self._network.named_modules() if isinstance(module, SHAPERS)}
        return zennit.core.Composite(
            module_map=lambda _context, name, _module: None if name in shapers else hooks.get(name)
        )

    @contextmanager
    def _watched(self) -> Iterator[_Watch]:
        """Hooks that note which layers run; taken off again at the end."""
        watch, handles = _Watch(), list[RemovableHandle]()

        def note(name: str) -> None:
            handles.append(
                self._network.get_submodule(name).register_forward_pre_hook(
                    lambda _module, _inputs: watch.order.append(name)
                )
            )

        def keep(_module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            watch.inputs = inputs[0].view_as(inputs[0])  # a tensor of its own: others may use the input as well
            return (watch.inputs, *inputs[1:])

        try:
            for name in self._weighing:
                note(name)
            if self._layer is not None:
                handles.append(self._network.get_submodule(self._layer).register_forward_pre_hook(keep))
            yield watch
        finally:
            for handle in handles:
                handle.remove()

    def _check_order(self, order: Sequence[str]) -> None:
        for name in order:
            if order.count(name) > 1:
                raise RecipeError(
                    f"layer '{name}' runs {order.count(name)} times in one forward pass; a rule can follow one only:"
                    " give the network a module for each"
                )
        if order and order[0] != self._weighing[0]:
            raise RecipeError(
                f"layer '{order[0]}' runs before '{self._weighing[0]}', which stands first among the network's modules;"
                " define the modules in the order in which they run: the first one has a rule of its own"
            )


def _keeping_coefficients(watch: _Watch) -> Any:  # a zennit reducer
    def reduce(inputs: Sequence[Tensor], gradients: Sequence[Tensor]) -> Tensor:
        watch.coefficients = gradients[0].detach()
        return inputs[0] * gradients[0]

    return reduce


def _make_hook(rule: Rule) -> Any:  # a zennit.core.Hook, or None where torch's own gradient is the rule
    rules = zennit.rules
    match rule:
        case Epsilon():
            return rules.Epsilon(epsilon=rule.epsilon, zero_params=_zeroed(rule.bias))
        case ZPlus():
            return rules.ZPlus(stabilizer=STABILISER, zero_params=_zeroed(rule.bias))
        case AlphaBeta():
            return rules.AlphaBeta(rule.alpha, rule.beta, stabilizer=STABILISER, zero_params=_zeroed(rule.bias))
        case Gamma():
            return rules.Gamma(rule.gamma, stabilizer=STABILISER, zero_params=_zeroed(rule.bias))
        case WSquare():
            return rules.WSquare(stabilizer=STABILISER, zero_params=_zeroed(rule.bias))
        case Flat():
            return rules.Flat(stabilizer=STABILISER)
        case Norm():
            return rules.Norm(stabilizer=STABILISER)
        case Pass():
            return rules.Pass()
        case Winner():
            return None


def _zeroed(bias: bool) -> list[str] | None:
    """The parameters that zennit sets to 0: the bias unless it takes part."""
    return None if bias else ["bias"]
