"""Whether relevance depends on what the network has learned, and on which label is explained (adebayo2018).

Layer after layer, from the output down, the values of every tensor of weights are dealt anew among its places, and the
signs of matrices and kernels are drawn anew: sizes stay, what was learned goes. (With their signs, a layer of mostly
negative weights would stay one, and silence all that follows.) An explanation that is about the network must change.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import nn


def layers_from_output(network: nn.Module) -> list[str]:
    """Dotted names of the layers with weights of their own, the last one first."""
    names = [name for name, module in network.named_modules() if list(module.parameters(recurse=False))]
    return names[::-1]


def shuffled_copy(network: nn.Module, *, layers: Sequence[str], seed: int) -> nn.Module:
    """A copy of `network` in evaluation mode in which the weights of some layers are shuffled.

    Parameters
    ----------
    layers : sequence of str
        Of `layers_from_output`.
    seed : int
        Each layer is shuffled by this and by its place in the network, so that a longer cascade holds the shorter one.
    """
    shuffled = copy.deepcopy(network).eval()
    places = layers_from_output(network)
    with torch.no_grad():
        for name in layers:
            generator = np.random.default_rng([seed, places.index(name)])
            for parameter in shuffled.get_submodule(name).parameters(recurse=False):
                order = torch.from_numpy(generator.permutation(parameter.numel()))
                dealt = parameter.flatten()[order].reshape(parameter.shape)
                if parameter.dim() > 1:
                    dealt = dealt * torch.from_numpy(generator.choice([-1.0, 1.0], size=dealt.shape)).to(dealt.dtype)
                parameter.copy_(dealt)
    return shuffled


@dataclass(frozen=True)
class Likeness:
    """Spearman's correlation of two relevances of one stimulus: as they are, and of their sizes.

    The first is low too where the second one is high: when relevance lies in the same places with other signs.
    """

    signed: float
    of_sizes: float


def compare_relevance(before: NDArray[np.float64], after: NDArray[np.float64]) -> Likeness:
    """How alike two relevances are, float64, (cell,)."""
    return Likeness(rank_correlation(before, after), of_sizes=rank_correlation(np.abs(before), np.abs(after)))


def rank_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Spearman's correlation of two arrays, -1 to 1; 0 where one of them does not vary."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(stats.spearmanr(first, second).statistic)
