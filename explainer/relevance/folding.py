"""A network without its batch norms: each is folded into the convolution or dense layer before it."""

import copy
from collections import OrderedDict
from typing import Final

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

BATCH_NORM: Final = "folded"
"""How LRP meets batch norm: folded explicitly before any rule. zennit's canonizer differs by up to 1e-3 of the maximum,
so a bundle names the way."""

_BatchNorm = (nn.BatchNorm1d, nn.BatchNorm2d)


def fold_batch_norm(network: nn.Module) -> nn.Module:
    """A copy of `network` in evaluation mode that computes the same without batch norm.

    The copy shares nothing with `network`; its activations do not work in place, as hooks need.

    Parameters
    ----------
    network : Module
        Every batch norm must directly follow a convolution or a dense layer in the same `nn.Sequential`.

    Raises
    ------
    ValueError
        If a batch norm stands elsewhere.
    """
    folded = _fold(copy.deepcopy(network).eval())
    for name, module in folded.named_modules():
        if isinstance(module, _BatchNorm):
            raise ValueError(
                f"batch norm '{name}' does not directly follow a convolution or a dense layer in one nn.Sequential;"
                " put it there, so that it can be folded before LRP"
            )
        if getattr(module, "inplace", False):
            module.inplace = False
    return folded


def _fold(module: nn.Module) -> nn.Module:
    if isinstance(module, nn.Sequential):
        return _fold_sequence(module)
    for name, child in module.named_children():
        setattr(module, name, _fold(child))
    return module


def _fold_sequence(sequence: nn.Sequential) -> nn.Sequential:
    folded: OrderedDict[str, nn.Module] = OrderedDict()
    last = ""
    for name, child in sequence.named_children():
        before = folded.get(last)
        if isinstance(child, nn.BatchNorm2d) and isinstance(before, nn.Conv2d):
            folded[last] = fuse_conv_bn_eval(before, child)
        elif isinstance(child, nn.BatchNorm1d) and isinstance(before, nn.Linear):
            folded[last] = fuse_linear_bn_eval(before, child)
        else:
            folded[name], last = _fold(child), name
    return nn.Sequential(folded).eval()
