"""What an explanation holds, and what a network's output is explained."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class Explanation:
    """What a method found for a batch.

    Attributes
    ----------
    relevance : Tensor, float, (batch, bin, frame) or (batch, sample)
        Relevance of each input for the explained output, in units of it: of the inputs' shape, without a channel axis
        of 1; of an inner layer's input, where one was asked for.
    logits : Tensor, float, (batch, label)
        The network's output, from the same forward pass.
    relevance_over_logit : Tensor, float, (batch,)
        Sum of relevance over the explained output: 1 where relevance is conserved.
    engine : str
        What computed it: "direct", "zennit" or, for comparison methods, "attributor".
    coefficients : Tensor or None
        `c` where `relevance = input * c`, of the shape of `relevance`, also where the input is 0; None where the first
        layer's rule gives relevance that is no multiple of the input.
    """

    relevance: Tensor
    logits: Tensor
    relevance_over_logit: Tensor
    engine: str
    coefficients: Tensor | None = None


@dataclass(frozen=True)
class Propagated:
    """Relevance of one output, as an engine gives it.

    Attributes
    ----------
    relevance : Tensor, float, as the inputs
    coefficients : Tensor, float, as the inputs, or None
    """

    relevance: Tensor
    coefficients: Tensor | None


@dataclass(frozen=True)
class Answer:
    """A network's logits, (batch, label), and the relevance of each output that was asked for."""

    logits: Tensor
    propagated: Sequence[Propagated]


Weigh = Callable[[Tensor], Sequence[Tensor]]
"""From logits to the weights of the labels in each output to explain: each (batch, label). The explained output is the
weighted sum of the logits."""


class Engine(Protocol):
    """Something that carries the relevance of outputs back to inputs."""

    name: str

    def __call__(self, inputs: Tensor, *, weigh: Weigh) -> Answer:
        """The answer to inputs, (batch, ...), and its relevance; the inputs are left as they are."""


def weigh_targets(logits: Tensor, *, targets: Tensor, contrast: bool) -> Tensor:
    """Weights that explain one label per input, or what sets it apart from the best other one.

    Parameters
    ----------
    logits : Tensor, float, (batch, label)
    targets : Tensor, int64, (batch,)
        Index of a label.
    contrast : bool
        Whether the highest other logit is taken off: for the predicted label, top class minus runner-up.

    Returns
    -------
    Tensor, float, (batch, label), values -1, 0, 1
    """
    chosen = targets.to(logits.device)[:, None]
    weights = torch.zeros_like(logits).scatter_(1, chosen, 1.0)
    if contrast:
        others = logits.scatter(1, chosen, -torch.inf)
        weights.scatter_(1, others.argmax(dim=1, keepdim=True), -1.0)
    return weights


def weigh_all(logits: Tensor, *, contrast: bool) -> list[Tensor]:
    """Weights that explain each label in turn for every input, as `weigh_targets` gives them."""
    return [
        weigh_targets(logits, targets=torch.full((len(logits),), label), contrast=contrast)
        for label in range(logits.shape[1])
    ]


def make_explanation(
    propagated: Propagated, *, logits: Tensor, weights: Tensor, engine: str, drop_channel: bool
) -> Explanation:
    """The explanation of one weighted output; `drop_channel` drops the second axis."""
    relevance, coefficients = propagated.relevance, propagated.coefficients
    explained = (logits * weights).sum(dim=1)
    return Explanation(
        relevance=relevance[:, 0] if drop_channel else relevance,
        logits=logits,
        relevance_over_logit=relevance.flatten(1).sum(dim=1) / explained,
        engine=engine,
        coefficients=coefficients[:, 0] if drop_channel and coefficients is not None else coefficients,
    )
