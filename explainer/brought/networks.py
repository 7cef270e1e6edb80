"""A network that was brought: its factory's shape with its own weights, checked against what the recipe declares."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from earshot.errors import RecipeError
from explainer.brought.factories import call_factory
from explainer.brought.sources import brought_factory, brought_hashes, weights_path
from explainer.networks.declared import declared_input
from explainer.networks.description import Factory
from explainer.networks.inputs import NetworkInput
from explainer.sections.network import NetworkSection

_N_TRIED: Final = 2  # one more than one, to tell the batch from the labels


def describe_brought(section: NetworkSection, *, recipe_folder: Path) -> Factory:
    """Where the network that a recipe brings comes from, with the hashes of its factory's source and of its weights.

    Raises
    ------
    RecipeError
        If one of the two files is missing.
    """
    hashes = brought_hashes(section, recipe_folder=recipe_folder)
    return Factory(name=brought_factory(section, recipe_folder=recipe_folder).name, **hashes)


def bring_network(section: NetworkSection, *, recipe_folder: Path) -> nn.Module:
    """The network that a recipe brings, with its weights, in evaluation mode.

    Raises
    ------
    RecipeError
        If the factory gives no network, the weights cannot be loaded or do not fit it, or its output for the declared
        input is not one number per declared label.
    """
    network = make_brought(section, recipe_folder=recipe_folder)
    path = weights_path(section, recipe_folder=recipe_folder)
    weights = _read_weights(path)
    _check_fit(weights, network=network, path=path)
    network.load_state_dict(weights)
    network.eval()
    _check_output(network, name=str(section.factory), n_labels=len(section.labels or ()), takes=declared_input(section))
    return network


def make_brought(section: NetworkSection, *, recipe_folder: Path) -> nn.Module:
    """The network as its factory gives it, without its weights.

    Raises
    ------
    RecipeError
        If the factory cannot be run or gives no network.
    """
    factory = brought_factory(section, recipe_folder=recipe_folder)
    network = call_factory(factory)
    if not isinstance(network, nn.Module):
        raise RecipeError(
            f"network.factory '{factory.name}' gives {type(network).__name__}; expected a torch.nn.Module: return the "
            "network itself"
        )
    return network


def _read_weights(path: Path) -> dict[str, Tensor]:
    """The state dict in a file, read so that nothing in it is run."""
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as fault:  # torch raises whatever a damaged or foreign file leads it to
        reason = str(fault).strip().partition("\n")[0]
        raise RecipeError(
            f"{path} cannot be loaded with weights_only=True ({type(fault).__name__}: {reason}); save "
            "network.state_dict() with torch.save, not the network itself"
        ) from fault
    if not isinstance(weights, Mapping):
        raise RecipeError(f"{path} holds {type(weights).__name__}; expected a state dict: save network.state_dict()")
    for name, tensor in weights.items():
        if not isinstance(tensor, Tensor):
            raise RecipeError(
                f"{path} holds {type(tensor).__name__} under '{name}'; expected tensors only: save network.state_dict()"
            )
        if not torch.isfinite(tensor).all():
            raise RecipeError(
                f"{path}: '{name}' holds numbers that are not finite; save the weights of a sound training"
            )
    return dict(weights)


def _check_fit(weights: Mapping[str, Tensor], *, network: nn.Module, path: Path) -> None:
    """Raise RecipeError naming the first tensor that is wrong, missing or too many, in the network's order."""
    expected = network.state_dict()
    for name, tensor in expected.items():
        if name not in weights:
            raise RecipeError(f"{path} lacks '{name}', which the network has; its tensors are {_list(weights)}")
        if weights[name].shape != tensor.shape:
            raise RecipeError(
                f"{path}: '{name}' has shape {tuple(weights[name].shape)}, in the network {tuple(tensor.shape)}; make "
                "the network as it was trained"
            )
    for name in weights:
        if name not in expected:
            raise RecipeError(f"{path} holds '{name}', which the network lacks; its tensors are {_list(expected)}")


def _list(names: Mapping[str, Tensor], n_shown: int = 8) -> str:
    shown = ", ".join(list(names)[:n_shown])
    return f"{shown}, … ({len(names)} in all)" if len(names) > n_shown else shown


def _check_output(network: nn.Module, *, name: str, n_labels: int, takes: NetworkInput) -> None:
    """Raise RecipeError unless the network gives (batch, label) for inputs of the declared shape."""
    shape = (_N_TRIED, *takes.shape)
    try:
        with torch.no_grad():
            outputs = network(torch.zeros(shape))
    except Exception as fault:  # whatever a stranger's network raises
        reason = str(fault).strip().partition("\n")[0]
        raise RecipeError(
            f"the network of '{name}' does not take the declared input {shape} ({type(fault).__name__}: {reason}); "
            "mend network.input, or the factory"
        ) from fault
    found = tuple(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
    if found != (_N_TRIED, n_labels):
        raise RecipeError(
            f"the network of '{name}' gives {found} for {_N_TRIED} inputs; expected {(_N_TRIED, n_labels)}, one number "
            "for each of network.labels"
        )
