"""What a network answers."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from explainer.corpora.hearing import Signal
from explainer.networks.inputs import NetworkInput
from explainer.training.placing import centred_inputs
from explainer.training.repeatable import repeatable

_BATCH_SIZE = 64


def answer(network: nn.Module, *, signals: Sequence[Signal], network_input: NetworkInput, n_threads: int) -> Tensor:
    """What the network says to each signal in the middle of its window: logits, float32, (signal, label).

    Raises
    ------
    ValueError
        If there is no signal.
    """
    if not signals:
        raise ValueError("signals are empty; expected one or more")
    logits = []
    with repeatable(seed=0, n_threads=n_threads), torch.inference_mode():
        for first in range(0, len(signals), _BATCH_SIZE):
            inputs = centred_inputs(signals[first : first + _BATCH_SIZE], network_input=network_input)
            logits.append(network(inputs))
    return torch.cat(logits)
