"""Our own engine for sequential networks: layer-wise relevance propagation without autograd or hooks (bach2015).

One forward pass finds, beside the network's answer, the denominators by which relevance is divided on its way back (see
`direct_shares`). The way back is linear and the same for every output, so several outputs share all denominators. With
z+ in convolutions a layer takes two convolutions and one transposed convolution.
"""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn

from earshot.errors import RecipeError
from explainer.relevance.composites import Rules
from explainer.relevance.direct_network import Layers, find_refusal, flatten_layers, make_steps
from explainer.relevance.direct_steps import PassingStep, Step, Trace
from explainer.relevance.explanation import Answer, Propagated, Weigh
from explainer.relevance.rules import Epsilon, Pass, Rule, Winner

_BYTES_AT_ONCE: Final = 13 * 2**20
"""How large one layer's outputs may get before the first dense layer: clips go through in as few parts as that allows,
all of one size if possible.

Beyond a certain size (32 MiB) the C library gives memory back and fetches it anew, which can cost six times the
convolution that fills it, and before that caches overflow: of 1 to 16 clips, 3 or 4 were fastest with AudioNet and 8
with AlexNet, both about this size. Dense layers take the whole batch: their weights are the larger part.
"""


class DirectEngine:
    """Layer-wise relevance propagation of one sequential network; made once, used for any number of batches.

    Parameters
    ----------
    network : Module
        As `plain.plain_copy` gives it.
    rules : mapping of layer to rule
        As `composites` gives it.
    layer : str or None
        Dotted name of the layer at whose input relevance is wanted; None means the network's input.

    Raises
    ------
    RecipeError
        If the network is not sequential, or has a layer or a rule that this engine does not know.
    """

    name = "direct"

    def __init__(self, network: nn.Module, *, rules: Rules, layer: str | None = None) -> None:
        refusal, layers = find_refusal(network, rules=rules), flatten_layers(network)
        if refusal is not None or layers is None:
            raise RecipeError(f"the direct engine cannot explain this network: {refusal}; use engine 'zennit'")
        first = 0 if layer is None else _find_layer(layers, name=layer)
        steps = make_steps(layers[first:], rules=rules)
        n_lower = next((n for n, (_, each) in enumerate(layers[first:]) if isinstance(each, nn.Linear)), len(steps))
        self._before = nn.Sequential(*(each for _, each in layers[:first]))
        # a network of dense layers alone has no lower part: all of it is the lower part
        self._multiplies = layer is None and isinstance(_first_rule(layers, rules=rules), Epsilon)
        self._lower = steps[: n_lower or len(steps)]
        self._upper = steps[n_lower or len(steps) :]
        self._n_at_once: dict[tuple[int, ...], int] = {}

    @torch.no_grad()
    def __call__(self, inputs: Tensor, *, weigh: Weigh) -> Answer:
        """See `explanation.Engine`."""
        values = self._before(inputs.detach())
        n_parts = max(1, -(-len(values) // self._count_at_once(values)))
        lower = [_walk(self._lower, values=clips) for clips in torch.tensor_split(values, n_parts)]
        logits, upper = _walk(self._upper, values=torch.cat([outputs for outputs, _ in lower]))
        propagated = []
        for weights in weigh(logits):
            above = torch.tensor_split(_walk_back(upper, relevance=logits * weights).relevance, n_parts)
            parts = [_walk_back(traces, relevance=part) for (_, traces), part in zip(lower, above, strict=True)]
            propagated.append(_join(parts, with_coefficients=self._multiplies))
        return Answer(logits=logits, propagated=propagated)

    def _count_at_once(self, values: Tensor) -> int:
        """How many inputs of this shape may go through the lower layers together: found by the first one, once."""
        shape = tuple(values.shape[1:])
        if shape not in self._n_at_once:
            self._n_at_once[shape] = max(1, _BYTES_AT_ONCE // _largest_output(self._lower, values=values[:1]))
        return self._n_at_once[shape]


def _largest_output(steps: Sequence[Step], *, values: Tensor) -> int:
    """Bytes of the largest output of some steps, and at least of their input."""
    largest = values.nbytes
    for step in steps:
        if isinstance(step, PassingStep):
            values = step.forward(values, trace=Trace(_only))
        else:
            values, _ = step.forward(values)
        largest = max(largest, values.nbytes)
    return largest


def _find_layer(layers: Layers, *, name: str) -> int:
    """Where the layer, or the first layer of the container, of this name stands."""
    return next(number for number, (layer, _) in enumerate(layers) if layer == name or layer.startswith(f"{name}."))


def _walk(steps: Sequence[Step], *, values: Tensor) -> tuple[Tensor, list[Trace]]:
    """The outputs of some steps and the traces they left; the first trace is that of the inputs themselves."""
    traces = [Trace(_only)]
    for step in steps:
        if isinstance(step, PassingStep):
            values = step.forward(values, trace=traces[-1])
            continue
        outputs, trace = step.forward(values)
        traces[-1].settle(inputs=values if trace.shares_inputs else None)
        traces.append(trace)
        values = outputs
    traces[-1].settle(inputs=None)
    return values, traces


def _walk_back(traces: Sequence[Trace], *, relevance: Tensor) -> Propagated:
    """Relevance at the inputs of some steps, from that at their outputs."""
    for trace in reversed(traces[1:]):
        relevance = trace.back(relevance)
    is_coefficient = traces[0].inputs is not None and not traces[0].undo
    return Propagated(relevance=traces[0].back(relevance), coefficients=relevance if is_coefficient else None)


def _only(relevances: Sequence[Tensor]) -> Tensor:
    (relevance,) = relevances
    return relevance


def _first_rule(layers: Layers, *, rules: Rules) -> Rule:
    """The rule of the first layer that shares relevance among inputs."""
    return next((rules[name] for name, _ in layers if not isinstance(rules[name], Pass | Winner)), Pass())


def _join(parts: Sequence[Propagated], *, with_coefficients: bool) -> Propagated:
    """The batch of its parts; z+ has coefficients too where no input is negative, but only epsilon has them always."""
    coefficients = [part.coefficients for part in parts if with_coefficients and part.coefficients is not None]
    return Propagated(
        relevance=torch.cat([part.relevance for part in parts]),
        coefficients=torch.cat(coefficients) if coefficients else None,
    )
