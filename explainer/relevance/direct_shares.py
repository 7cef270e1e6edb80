"""Rules as shares: what meets what in the numerator, what stands in the denominator.

Every rule that weighs inputs is a sum of shares. A share carries relevance `R` from an output back to the inputs as
`sum over terms of part(x) * W^T (R * factor / (denominator +- stabiliser))`. The denominators are known as soon as the
forward pass has been there.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from explainer.relevance.direct_maps import LinearMap
from explainer.relevance.rules import STABILISER, AlphaBeta, Epsilon, Gamma, Norm, Rule, ZPlus

Part = Literal["all", "positive", "negative"]


@dataclass(frozen=True)
class Share:
    """A part of a rule with a denominator of its own.

    Attributes
    ----------
    terms : tuple of (part of the inputs, weight that it meets)
    bias : Tensor or None
        In the denominator.
    factor : float
        Of its relevance.
    stabiliser : float
    is_output : bool
        Whether the denominator is the layer's own output, which is there already.
    sign : int
        Its outputs: 1 the positive ones, -1 the negative ones, 0 all.
    """

    terms: tuple[tuple[Part, Tensor], ...]
    bias: Tensor | None
    factor: float = 1.0
    stabiliser: float = STABILISER
    is_output: bool = False
    sign: int = 0


def find_shares(rule: Rule, *, weight: Tensor, bias: Tensor | None, signed: bool) -> tuple[Share, ...]:
    """The shares of a rule for a layer.

    Parameters
    ----------
    rule : Epsilon, ZPlus, AlphaBeta, Gamma or Norm
    weight, bias : Tensor
        The layer's.
    signed : bool
        Whether inputs may be negative; where none is, half of the terms are 0 and left out.

    Raises
    ------
    ValueError
        If the rule weighs no inputs.
    """
    if isinstance(rule, Norm):
        return (Share((("all", weight),), None, is_output=True),)
    if isinstance(rule, Epsilon):
        own = rule.bias or bias is None
        return (Share((("all", weight),), None, stabiliser=rule.epsilon, is_output=own),)
    rising, falling = weight.clamp(min=0), weight.clamp(max=0)
    taking_part = bias if isinstance(rule, ZPlus | AlphaBeta | Gamma) and rule.bias else None
    pushes = None if taking_part is None else taking_part.clamp(min=0)
    pulls = None if taking_part is None else taking_part.clamp(max=0)
    if isinstance(rule, ZPlus):
        return (Share(_terms(rising, falling, signed=signed), pushes),)
    if isinstance(rule, AlphaBeta):
        return (
            Share(_terms(rising, falling, signed=signed), pushes, factor=rule.alpha),
            Share(_terms(falling, rising, signed=signed), pulls, factor=-rule.beta),
        )
    if isinstance(rule, Gamma):
        up, down = weight + rule.gamma * rising, weight + rule.gamma * falling
        bias_up = None if taking_part is None or pushes is None else taking_part + rule.gamma * pushes
        bias_down = None if taking_part is None or pulls is None else taking_part + rule.gamma * pulls
        return (
            Share(_terms(up, down, signed=signed), bias_up, sign=1),
            Share(_terms(down, up, signed=signed), bias_down, sign=-1),
        )
    raise ValueError(f"rule is {rule}; expected one that weighs inputs")


def _terms(for_positive: Tensor, for_negative: Tensor, *, signed: bool) -> tuple[tuple[Part, Tensor], ...]:
    """Which weight positive and negative inputs meet."""
    if not signed:
        return (("all", for_positive),)
    return (("positive", for_positive), ("negative", for_negative))


def take_part(values: Tensor, *, part: Part) -> Tensor:
    """The values with the others set to 0."""
    if part == "all":
        return values
    return values.clamp(min=0) if part == "positive" else values.clamp(max=0)


def make_denominator(share: Share, *, layer: LinearMap, inputs: Tensor, outputs: Tensor) -> Tensor:
    """The denominator of a share, of the outputs' shape; it may be `outputs` itself.

    Where the share does not count it is infinite.
    """
    if share.is_output:
        return outputs
    first, *others = share.terms
    denominator = layer.apply(take_part(inputs, part=first[0]), weight=first[1], bias=share.bias)
    for part, weight in others:
        denominator += layer.apply(take_part(inputs, part=part), weight=weight, bias=None)
    if share.sign:
        denominator.masked_fill_(outputs <= 0 if share.sign > 0 else outputs >= 0, torch.inf)
    return denominator


def stabilise(share: Share, *, denominator: Tensor) -> Tensor:
    """`(denominator +- stabiliser) / factor`, a new Tensor; the stabiliser has the denominator's sign."""
    stable = torch.copysign(denominator.new_full((), share.stabiliser), denominator).add_(denominator)
    return stable if share.factor == 1 else stable.div_(share.factor)
