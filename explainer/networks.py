"""Networks: their shapes, and how a trained one is written and read."""

import json
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import nn

from earshot.errors import RecipeError
from earshot.files import canonical_json, sha256_bytes

WEIGHTS_NAME = "weights.safetensors"
DESCRIPTION_NAME = "network.json"
ARCHITECTURES = ("alexnet-quarter",)

# becker2024, section 3.2: AlexNet for one channel of 227 x 227. Here at a quarter of its channels, with batch norm in
# place of nothing and of grouped convolutions: it trains in minutes on two cores, and small networks err enough.
_CONVOLUTIONS = (  # channels, kernel, stride, padding, pooled afterwards
    (24, 11, 4, 0, True),
    (64, 5, 1, 2, True),
    (96, 3, 1, 1, False),
    (96, 3, 1, 1, False),
    (64, 3, 1, 1, True),
)
_N_DENSE = 256
_N_FLAT = 64 * 6 * 6
_DROPOUT_SHARE = 0.5


def make_network(architecture: str, *, n_labels: int, seed: int) -> nn.Sequential:
    """A fresh network: (batch, 1, 227, 227) float32 to logits (batch, label); its weights are drawn from `seed`.

    Raises
    ------
    ValueError
        If `architecture` is not one of `ARCHITECTURES`.
    """
    if architecture not in ARCHITECTURES:
        raise ValueError(f"architecture is '{architecture}'; expected one of {', '.join(ARCHITECTURES)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(_alexnet_layers(n_labels))


def _alexnet_layers(n_labels: int) -> "OrderedDict[str, nn.Module]":
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    n_before = 1
    for number, (n_channels, kernel, stride, padding, pooled) in enumerate(_CONVOLUTIONS, start=1):
        # the batch norm's shift stands for the convolution's bias
        layers[f"convolution{number}"] = nn.Conv2d(n_before, n_channels, kernel, stride, padding, bias=False)
        layers[f"norm{number}"] = nn.BatchNorm2d(n_channels)
        layers[f"relu{number}"] = nn.ReLU()
        if pooled:
            layers[f"pool{number}"] = nn.MaxPool2d(3, 2)
        n_before = n_channels
    layers["flatten"] = nn.Flatten()
    for number, n_inputs in ((6, _N_FLAT), (7, _N_DENSE)):
        layers[f"dropout{number}"] = nn.Dropout(_DROPOUT_SHARE)
        layers[f"dense{number}"] = nn.Linear(n_inputs, _N_DENSE)
        layers[f"relu{number}"] = nn.ReLU()
    layers["dense8"] = nn.Linear(_N_DENSE, n_labels)
    return layers


def count_parameters(network: nn.Module) -> int:
    """The number of trained parameters; running means and variances are none."""
    return sum(parameter.numel() for parameter in network.parameters())


def write_network(folder: Path, *, network: nn.Module, description: Mapping[str, Any]) -> None:
    """Write weights and description, which gets `weights_sha256`; equal ones give equal bytes."""
    weights = {name: tensor.detach().contiguous() for name, tensor in network.state_dict().items()}
    content = safetensors.torch.save(weights)
    (folder / WEIGHTS_NAME).write_bytes(content)
    described = dict(description) | {"weights_sha256": sha256_bytes(content)}
    (folder / DESCRIPTION_NAME).write_bytes(canonical_json(described))


def read_network(folder: Path) -> tuple[nn.Sequential, dict[str, Any]]:
    """The network in `folder`, ready to answer (evaluation mode), and its description.

    Raises
    ------
    RecipeError
        If a file is missing or damaged.
    """
    try:
        description = json.loads((folder / DESCRIPTION_NAME).read_bytes())
        labels, seed = description["labels"], description["seed"]
        network = make_network(description["architecture"], n_labels=len(labels), seed=seed)
        network.load_state_dict(safetensors.torch.load_file(folder / WEIGHTS_NAME))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, safetensors.SafetensorError) as fault:
        raise RecipeError(f"the network in {folder} cannot be read ({fault}); remove the folder to retrain") from fault
    return network.eval(), description
