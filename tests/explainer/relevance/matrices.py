"""A second derivation of every rule: a layer as a matrix (output, input), contributions one by one."""

import copy
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from explainer.relevance.rules import AlphaBeta, Epsilon, Flat, Gamma, Rule, WSquare, ZPlus

Array = NDArray[np.float64]

STABILISER = 1e-6


def as_matrix(layer: Callable[[torch.Tensor], torch.Tensor], *, shape: tuple[int, ...]) -> Array:
    """A linear map without bias as a matrix, from what it makes of each unit vector."""
    with torch.no_grad():
        outputs = layer(torch.eye(int(np.prod(shape))).double().reshape(-1, *shape))
    matrix: Array = outputs.flatten(1).T.numpy()
    return matrix


def layer_matrices(layer: nn.Module, *, shape: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """A convolution or dense layer in float64: matrix, bias of each output, how often it meets each input."""
    ones = copy.deepcopy(layer)
    with torch.no_grad():
        ones.get_parameter("weight").fill_(1.0)
        offset: Array = layer(torch.zeros(1, *shape).double()).flatten().numpy()
    matrix = as_matrix(lambda units: layer(units) - layer(torch.zeros_like(units)), shape=shape)
    connected = as_matrix(lambda units: ones(units) - ones(torch.zeros_like(units)), shape=shape)
    return matrix, offset, np.round(connected)


def share(contributions: Array, relevance: Array, *, bias: Array | float, stabiliser: float = STABILISER) -> Array:
    """Relevance shared in proportion to contributions (output, input), of which the bias is one that keeps its part."""
    total = contributions.sum(axis=1) + bias
    shared: Array = contributions.T @ (relevance / (total + stabiliser * np.where(total >= 0, 1, -1)))
    return shared


def relevance_by_matrix(rule: Rule, *, layer: nn.Module, inputs: Array, relevance: Array) -> Array:
    """Relevance of a layer's inputs, (input,), from that of its outputs, (output,)."""
    matrix, offset, connected = layer_matrices(layer, shape=inputs.shape)
    contributions = matrix * inputs.ravel()
    rising, falling = np.maximum(contributions, 0), np.minimum(contributions, 0)
    bias = offset if getattr(rule, "bias", False) else np.zeros_like(offset)
    match rule:
        case Epsilon():
            return share(contributions, relevance, bias=bias, stabiliser=rule.epsilon)
        case ZPlus():
            return share(rising, relevance, bias=np.maximum(bias, 0))
        case AlphaBeta():
            up = share(rising, relevance, bias=np.maximum(bias, 0))
            return rule.alpha * up - rule.beta * share(falling, relevance, bias=np.minimum(bias, 0))
        case Gamma():
            output = contributions.sum(axis=1) + offset
            up, down = contributions + rule.gamma * rising, contributions + rule.gamma * falling
            bias_up, bias_down = (bias + rule.gamma * part(bias, 0) for part in (np.maximum, np.minimum))
            return share(up, relevance * (output > 0), bias=bias_up) + share(
                down, relevance * (output < 0), bias=bias_down
            )
        case WSquare():
            return share(matrix**2, relevance, bias=bias**2)
        case Flat():
            return share(connected, relevance, bias=0.0)
    raise ValueError(f"rule is {rule}; it weighs no inputs")
