"""Layers that torch has no module for: what relevance meets must be a module, so that a rule can be hooked to it."""

import torch
from torch import Tensor, nn


class Sum(nn.Module):
    """The sum over the last dimension of a stack: one tensor enters, as rules need it (as zennit's own layer does)."""

    def forward(self, stacked: Tensor) -> Tensor:
        """(..., summand) to (...)."""
        return stacked.sum(dim=-1)


class ResidualBlock(nn.Module):
    """The sum of a main path and a shortcut, through a ReLU (he2016, section 3.3).

    Parameters
    ----------
    main, shortcut : Sequential
        Two ways from one input to outputs of one shape; an empty shortcut passes the input on.
    """

    def __init__(self, main: nn.Sequential, *, shortcut: nn.Sequential) -> None:
        super().__init__()
        self.main = main
        self.shortcut = shortcut
        self.sum = Sum()
        self.relu = nn.ReLU()

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, channel, bin, frame) to the same with the block's channels and stride."""
        stacked = torch.stack([self.main(inputs), self.shortcut(inputs)], dim=-1)
        summed: Tensor = self.relu(self.sum(stacked))
        return summed
