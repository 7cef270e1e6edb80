"""Layer-wise relevance propagation through zennit (bach2015; anders2021)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import Tensor, nn

from earshot.errors import RecipeError
from explainer.relevance.folding import BATCH_NORM, fold_batch_norm
from explainer.relevance.zennit_import import zennit

DEFAULT_COMPOSITE: Final = "epsilon-plus-flat"


@dataclass(frozen=True)
class Explanation:
    """What LRP found for a batch.

    Attributes
    ----------
    relevance : Tensor, float, (batch, 227 bin, 227 frame)
        Relevance of each input cell for the explained label's logit, in units of that logit.
    logits : Tensor, float, (batch, label)
        The network's output, from the same forward pass.
    relevance_over_logit : Tensor, float, (batch,)
        Sum of relevance over the explained logit: 1 where relevance is conserved.
    """

    relevance: Tensor
    logits: Tensor
    relevance_over_logit: Tensor


def epsilon_plus_flat() -> Any:  # zennit is untyped: a zennit.core.Composite
    """Flat first layer (lapuschkin2019), z+ in convolutions without bias (montavon2017), epsilon in dense layers.

    With the bias in the denominator of z+ the median of sum(R) / logit fell to .62-.91; without it, it is 1.
    `zennit.types.Linear` would match convolutions as well, therefore dense layers are named as torch's own class.
    Max pooling keeps its gradient: relevance goes to the maximum.
    """
    rules, types = zennit.rules, zennit.types
    return zennit.composites.SpecialFirstLayerMapComposite(
        layer_map=[
            (types.Activation, rules.Pass()),
            (types.Convolution, rules.ZPlus(zero_params=["bias"])),
            (nn.Linear, rules.Epsilon()),
        ],
        first_map=[((types.Convolution, nn.Linear), rules.Flat())],
    )


COMPOSITES: Final[Mapping[str, Callable[[], Any]]] = MappingProxyType({DEFAULT_COMPOSITE: epsilon_plus_flat})
"""The rules a recipe may name."""


def describe_composite(name: str) -> str:
    """The composite as a manifest records it: its rules and how batch norm was met.

    Raises
    ------
    RecipeError
        If no composite has this name.
    """
    _composite(name)
    return f"{name}; z+ without bias; batch norm {BATCH_NORM}; zennit"


def explain(
    network: nn.Module, inputs: Tensor, *, labels: Sequence[int] | Tensor, composite: str = DEFAULT_COMPOSITE
) -> Explanation:
    """Relevance of each input cell for one label per input.

    Parameters
    ----------
    network : Module
        Left as it is: the rules are hooked to a copy with folded batch norm, and taken off it again.
    inputs : Tensor, float, (batch, 1, 227 bin, 227 frame)
        As `timefrequency.network_input` gives them.
    labels : sequence of int, or Tensor, int64, (batch,)
        Index of the label to explain, per input.
    composite : str
        A key of `COMPOSITES`.

    Raises
    ------
    RecipeError
        If no composite has this name.
    ValueError
        If there is not one label per input.
    """
    wanted = torch.as_tensor(labels, dtype=torch.int64)
    if wanted.shape != inputs.shape[:1]:
        raise ValueError(f"labels have shape {tuple(wanted.shape)}; expected one per input, {inputs.shape[0]} in all")
    rules = _composite(composite)
    heard = inputs.detach().clone().requires_grad_(True)
    with rules.context(fold_batch_norm(network)) as hooked:
        logits = hooked(heard)
        explained = torch.zeros_like(logits).scatter(1, wanted[:, None], logits.detach().gather(1, wanted[:, None]))
        (relevance,) = torch.autograd.grad(logits, heard, grad_outputs=explained)
    return Explanation(
        relevance=relevance[:, 0],
        logits=logits.detach(),
        relevance_over_logit=relevance.flatten(1).sum(1) / explained.sum(1),
    )


def _composite(name: str) -> Any:
    if name not in COMPOSITES:
        raise RecipeError(f"composite is '{name}'; expected one of {', '.join(sorted(COMPOSITES))}")
    return COMPOSITES[name]()
