"""What the bench runs on one network and one batch: forward, input gradient, and engines with the same rules."""

import copy
import importlib
import importlib.util
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor, nn

from explainer.networks.architectures import get_architecture, make_network
from explainer.relevance.explaining import EngineName, Explainer

FLOOR: Final = "floor"

CONTENDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "forward": "forward",
        FLOOR: "floor",
        "direct": "direct",
        "direct_all": "direct, all ten labels",
        "zennit": "zennit",
        "captum": "captum",
    }
)
"""Names, and what tables call them. captum's rules are the nearest it has: epsilon and alpha1-beta0, in all layers."""

_N_LABELS: Final = 10

Contender = Callable[[], None]


@dataclass(frozen=True)
class Load:
    """A network with random weights, in evaluation mode, and a batch of noise: time does not depend on what is in it.

    Attributes
    ----------
    inputs : Tensor, float32, (batch, 1, 8000) or (batch, 1, 227, 227)
    targets : Tensor, int64, (batch,)
    method : str
        The default one for its inputs.
    """

    network: nn.Module
    inputs: Tensor
    targets: Tensor
    method: str


def load(network: str, *, batch_size: int, device: str = "cpu") -> Load:
    """A network of `networks.architectures`, by name, and a batch for it."""
    architecture = get_architecture(network)
    waveform = architecture.input.kind == "waveform"
    generator = torch.Generator().manual_seed(0)
    shape = (8000,) if waveform else (227, 227)
    return Load(
        network=make_network(network, n_labels=_N_LABELS, seed=0).eval().to(device),
        inputs=torch.rand(batch_size, 1, *shape, generator=generator).sub_(0.5 if waveform else 0).to(device),
        targets=torch.arange(batch_size, device=device) % _N_LABELS,
        method=architecture.method,
    )


def make_contender(name: str, loaded: Load) -> Contender | None:
    """One run of a contender; what can be prepared for many batches is. None where its library is not installed.

    Raises
    ------
    ValueError
        If there is no such contender.
    """
    if name == "forward":
        return lambda: _forward(loaded)
    if name == FLOOR:
        return lambda: _differentiate(loaded)
    if name == "captum":
        return _make_captum(loaded) if importlib.util.find_spec("captum") else None
    if name not in CONTENDERS:
        raise ValueError(f"contender is '{name}'; expected one of {', '.join(CONTENDERS)}")
    engine: EngineName = "zennit" if name == "zennit" else "direct"
    explainer = Explainer(loaded.network, method=loaded.method, engine=engine)
    if name == "direct_all":
        return lambda: _discard(explainer.explain_all(loaded.inputs))
    return lambda: _discard(explainer(loaded.inputs, loaded.targets))


@torch.no_grad()
def _forward(loaded: Load) -> None:
    loaded.network(loaded.inputs)


def _differentiate(loaded: Load) -> None:
    heard = loaded.inputs.detach().clone().requires_grad_(True)
    logits = loaded.network(heard)
    torch.autograd.grad(logits.gather(1, loaded.targets[:, None]).sum(), heard)


def _discard(_found: object) -> None:
    """An explanation is not wanted here."""


def _make_captum(loaded: Load) -> Contender:
    attribution = importlib.import_module("captum.attr")
    rules = importlib.import_module("captum.attr._utils.lrp_rules")
    network = copy.deepcopy(loaded.network)

    def run() -> None:
        for module in network.modules():  # captum takes its rules off at the end
            if isinstance(module, nn.Conv1d | nn.Conv2d):
                module.rule = rules.Alpha1_Beta0_Rule()
            elif isinstance(module, nn.Linear | nn.Flatten):
                module.rule = rules.EpsilonRule()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on hooks, which it sets itself
            attribution.LRP(network).attribute(loaded.inputs, target=loaded.targets)

    return run
