"""A network as the engines want it: a copy that answers the same from convolutions, dense layers and little else."""

import copy
from collections.abc import Callable

from torch import nn
from torch.nn.utils import parametrize

from earshot.errors import RecipeError
from explainer.relevance.folding import fold_batch_norm


def plain_copy(network: nn.Module) -> nn.Module:
    """A copy of `network` in evaluation mode without batch norms, computed kernels and in-place layers.

    Parameters
    ----------
    network : Module
        Left as it is. A layer with a method `as_convolution` (a front end whose kernels are computed) is replaced by
        the plain convolution this gives.

    Raises
    ------
    RecipeError
        If a layer carries hooks, or a batch norm cannot be folded.

    Notes
    -----
    Parameters that need no change are shared, not copied: a network's dense layers can be larger than all that
    explaining takes. A network that is trained further needs a new copy.
    """
    for name, module in network.named_modules():
        if module._forward_hooks or module._forward_pre_hooks:
            raise RecipeError(
                f"layer '{name}' ({type(module).__name__}) carries forward hooks, which a rule would not know of;"
                " remove them (weight norm of the old kind: torch.nn.utils.remove_weight_norm)"
            )
    plain = _without_computed_kernels(evaluating_copy(network))
    for module in list(plain.modules()):
        if parametrize.is_parametrized(module):
            _make_plain_parameters(module)
        if getattr(module, "inplace", False):
            module.inplace = False  # type: ignore[assignment]  # torch types attributes of modules as tensors
    fold_batch_norm(plain)
    return plain


def evaluating_copy(network: nn.Module) -> nn.Module:
    """A copy of `network` in evaluation mode that shares its parameters; nobody is to change them."""
    shared: dict[int, object] = {id(parameter): parameter for parameter in network.parameters()}
    return copy.deepcopy(network, shared).eval()


def _make_plain_parameters(module: nn.Module) -> None:
    """Parameters as they are, in place of their parametrisation.

    torch's own `remove_parametrizations` would take them off the class, which the network that was copied shares.
    """
    names = [name for name, _ in module.get_submodule("parametrizations").named_children()]
    values = [getattr(module, name).detach().clone() for name in names]
    module.__class__ = parametrize.type_before_parametrizations(module)
    del module.parametrizations
    for name, value in zip(names, values, strict=True):
        module.register_parameter(name, nn.Parameter(value))


def _without_computed_kernels(module: nn.Module) -> nn.Module:
    as_convolution: Callable[[], nn.Module] | None = getattr(module, "as_convolution", None)
    if callable(as_convolution):
        return as_convolution().eval()
    for name, child in module.named_children():
        setattr(module, name, _without_computed_kernels(child))
    return module
