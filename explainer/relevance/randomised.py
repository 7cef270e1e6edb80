"""A network that has learned nothing: the same shape, its weights drawn anew (adebayo2018)."""

import copy

import torch
from torch import nn

from earshot.errors import RecipeError


def randomised_copy(network: nn.Module, *, seed: int) -> nn.Module:
    """A copy of `network` in evaluation mode whose weights are as its layers draw them when they are made.

    Raises
    ------
    RecipeError
        If a layer holds weights and has no way to draw them anew (`reset_parameters`).
    """
    drawn = copy.deepcopy(network).eval()
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for name, module in drawn.named_modules():
            _redraw(module, name=name)
    return drawn


def _redraw(module: nn.Module, *, name: str) -> None:
    reset = getattr(module, "reset_parameters", None)
    if reset is not None:
        reset()
    elif next(module.parameters(recurse=False), None) is not None:
        raise RecipeError(
            f"layer '{name}' is {type(module).__name__}, whose weights cannot be drawn anew: give it a method "
            "reset_parameters, or take 'randomised-network' out of renditions.controls"
        )
