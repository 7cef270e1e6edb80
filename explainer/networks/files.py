"""How a network is written and read."""

from collections.abc import Callable
from pathlib import Path

import safetensors.torch
from pydantic import ValidationError
from torch import nn

from earshot.bundle import NETWORK_DESCRIPTION_NAME
from earshot.errors import RecipeError, describe_validation
from earshot.files import Strict, canonical_json, sha256_bytes
from explainer.networks.architectures import make_network
from explainer.networks.description import NetworkDescription

WEIGHTS_NAME = "weights.safetensors"
DESCRIPTION_NAME = NETWORK_DESCRIPTION_NAME


class _Written(Strict):
    """`network.json`: the description, and the hash of the weights beside it."""

    description: NetworkDescription
    weights_sha256: str


def count_parameters(network: nn.Module) -> int:
    """The number of trained parameters; running means and variances are none."""
    return sum(parameter.numel() for parameter in network.parameters())


def write_network(folder: Path, *, network: nn.Module, description: NetworkDescription) -> None:
    """Write weights and description; equal ones give equal bytes."""
    weights = {name: tensor.detach().contiguous().clone() for name, tensor in network.state_dict().items()}
    content = safetensors.torch.save(weights)
    (folder / WEIGHTS_NAME).write_bytes(content)
    written = _Written(description=description, weights_sha256=sha256_bytes(content))
    (folder / DESCRIPTION_NAME).write_bytes(canonical_json(written.model_dump(mode="json")))


def read_network(
    folder: Path, *, factory: Callable[[], nn.Module] | None = None
) -> tuple[nn.Module, NetworkDescription]:
    """The network in `folder`, ready to answer (evaluation mode), and its description.

    Parameters
    ----------
    factory : callable, optional
        Makes a network that was brought, whose code is not in the folder.

    Raises
    ------
    RecipeError
        If a file is missing or damaged, or the network was brought and there is no factory.
    """
    try:
        written = _Written.model_validate_json((folder / DESCRIPTION_NAME).read_bytes())
        content = (folder / WEIGHTS_NAME).read_bytes()
        if sha256_bytes(content) != written.weights_sha256:
            raise ValueError(f"{WEIGHTS_NAME} is not the one that {DESCRIPTION_NAME} names")
        network = _make(written.description, folder=folder, factory=factory)
        network.load_state_dict(safetensors.torch.load(content))
    except ValidationError as fault:
        raise _unreadable(folder, reason=describe_validation(fault, whole=DESCRIPTION_NAME)) from fault
    except (OSError, ValueError, RuntimeError, safetensors.SafetensorError) as fault:
        raise _unreadable(folder, reason=str(fault)) from fault
    return network.eval(), written.description


def _make(description: NetworkDescription, *, folder: Path, factory: Callable[[], nn.Module] | None) -> nn.Module:
    if factory is not None:
        return factory()
    if description.architecture is None or description.seed is None:
        raise RecipeError(f"the network in {folder} is made by {description.name}, whose code is not there; pass it")
    return make_network(description.architecture, n_labels=len(description.labels), seed=description.seed)


def _unreadable(folder: Path, *, reason: str) -> RecipeError:
    return RecipeError(f"the network in {folder} cannot be read ({reason}); remove the folder to retrain")
