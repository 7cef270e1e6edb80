"""A network without its batch norms: each is folded into the convolution or dense layer before it."""

import itertools
from typing import Final

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from earshot.errors import RecipeError

BATCH_NORM: Final = "folded"
"""How LRP meets batch norm: folded explicitly before any rule. zennit's canonizer differs by up to 1e-3 of the maximum,
so a bundle names the way."""

BATCH_NORMS: Final = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_PAIRS: Final = ((nn.Conv1d, nn.BatchNorm1d), (nn.Conv2d, nn.BatchNorm2d), (nn.Conv3d, nn.BatchNorm3d))
_BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d


def fold_batch_norm(network: nn.Module) -> None:
    """Fold every batch norm of `network` in place; an identity takes its place, so that names stay as they are.

    Parameters
    ----------
    network : Module
        In evaluation mode, and nobody else's: its layers are replaced. Every batch norm must directly follow a
        convolution of its own dimension or a dense layer in the same `nn.Sequential`.

    Raises
    ------
    RecipeError
        If a batch norm stands elsewhere, or keeps no running statistics.
    """
    for module in list(network.modules()):
        if type(module).forward is nn.Sequential.forward:
            _fold_sequence(module)
    for name, module in network.named_modules():
        if isinstance(module, BATCH_NORMS):
            raise RecipeError(
                f"batch norm '{name}' does not directly follow a convolution or a dense layer in one nn.Sequential;"
                " put it there, so that it can be folded before LRP"
            )


def _fold_sequence(sequence: nn.Module) -> None:
    children = list(sequence.named_children())
    for (name_before, before), (name, norm) in itertools.pairwise(children):
        if isinstance(norm, BATCH_NORMS):
            folded = _fold_pair(before, norm, name=name)
            if folded is not None:
                setattr(sequence, name_before, folded)
                setattr(sequence, name, nn.Identity())


def _fold_pair(before: nn.Module, norm: _BatchNorm, *, name: str) -> nn.Module | None:
    """Both layers as one; None where `before` is no layer that this batch norm can be folded into."""
    if norm.running_var is None:
        raise RecipeError(
            f"batch norm '{name}' keeps no running statistics, so its answer depends on the batch;"
            " train it with track_running_stats=True"
        )
    if isinstance(norm, nn.BatchNorm1d) and isinstance(before, nn.Linear):
        return fuse_linear_bn_eval(before, norm)
    for convolution, wanted in _PAIRS:
        if isinstance(before, convolution) and isinstance(norm, wanted):
            return fuse_conv_bn_eval(before, norm)
    return None
