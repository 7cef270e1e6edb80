"""The direct engine equals zennit, on every network shape; what each of them refuses."""

import pytest
import torch
from torch import Tensor, nn

from earshot.errors import RecipeError
from explainer.networks.architectures import get_architecture, make_network
from explainer.relevance.composites import COMPOSITES, Rules, composite_rules, layer_map_rules
from explainer.relevance.direct import DirectEngine
from explainer.relevance.direct_network import find_refusal
from explainer.relevance.explanation import weigh_targets
from explainer.relevance.plain import plain_copy
from explainer.relevance.zennit_engine import ZennitEngine

_BY_RULE = [
    *("epsilon", "epsilon-without-bias", "z-plus", "z-plus-with-bias", "alpha2-beta1", "alpha2-beta1-with-bias"),
    *("gamma", "gamma-without-bias", "w-square", "w-square-with-bias", "flat"),
]
_PUBLISHED_AND_SMALL = ("audionet", "alexnet", "audionet-small", "alexnet-quarter")


def _inputs(architecture: str, *, n_inputs: int, seed: int) -> Tensor:
    """Noise between silent ends: where all is equal, the first of equal maxima counts."""
    generator = torch.Generator().manual_seed(seed)
    if get_architecture(architecture).input.kind == "waveform":
        inputs = torch.randn(n_inputs, 1, 8000, generator=generator)
    else:
        inputs = torch.rand(n_inputs, 1, 227, 227, generator=generator)
    inputs[..., :50] = 0
    return inputs


def _trained_looking(architecture: str, *, seed: int) -> nn.Module:
    """A network with batch norms, if any, that have seen data, and biases that are no accident of zero."""
    network = make_network(architecture, n_labels=4, seed=seed)
    with torch.no_grad():
        if any(isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d) for module in network.modules()):
            network.train()(_inputs(architecture, n_inputs=4, seed=seed + 50))
    return plain_copy(network)


def _largest_difference(network: nn.Module, inputs: Tensor, *, rules: Rules) -> float:
    """Of the two engines' relevance, over the maximum."""
    targets = torch.arange(len(inputs)) % 4
    found = [
        engine(network, rules=rules)(
            inputs, weigh=lambda logits: [weigh_targets(logits, targets=targets, contrast=False)]
        )
        for engine in (DirectEngine, ZennitEngine)
    ]
    assert torch.equal(found[0].logits, found[1].logits)
    direct, zennit = (answer.propagated[0].relevance for answer in found)
    return float((direct - zennit).abs().max() / zennit.abs().max())


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", COMPOSITES)
@pytest.mark.parametrize("architecture", _PUBLISHED_AND_SMALL)
def test_engines_agree_in_double_precision(architecture: str, name: str, seed: int) -> None:
    network = _trained_looking(architecture, seed=seed).double()
    inputs = _inputs(architecture, n_inputs=2, seed=seed).double()
    assert _largest_difference(network, inputs, rules=composite_rules(network, name=name)) <= 1e-10


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", COMPOSITES)
@pytest.mark.parametrize("architecture", _PUBLISHED_AND_SMALL)
def test_engines_agree_in_single_precision(architecture: str, name: str, seed: int) -> None:
    """Each is up to 1e-3 from the result in double precision (epsilon), but both round in the same order."""
    network = _trained_looking(architecture, seed=seed)
    inputs = _inputs(architecture, n_inputs=1, seed=seed + 2)
    assert _largest_difference(network, inputs, rules=composite_rules(network, name=name)) <= 1e-6


@pytest.mark.parametrize("name", ["epsilon-plus-flat", "epsilon-plus"])
def test_engines_agree_where_a_batch_goes_through_in_parts(name: str) -> None:
    network = _trained_looking("audionet-small", seed=1).double()
    inputs = _inputs("audionet-small", n_inputs=30, seed=1).double()  # 26 of them fill what goes through at once
    rules = composite_rules(network, name=name)
    assert _largest_difference(network, inputs, rules=rules) <= 1e-10
    found = DirectEngine(network, rules=rules)(inputs, weigh=lambda logits: [logits > 0]).propagated[0]
    assert (found.coefficients is None) == (name == "epsilon-plus-flat")
    if found.coefficients is not None:
        assert torch.equal(found.relevance, inputs * found.coefficients)


@pytest.mark.parametrize("rule", ["z-plus", "w-square"])
def test_engines_agree_where_whole_windows_are_inactive(rule: str) -> None:
    """The engine pools before ReLU, but not where the place of a maximum of 0 would matter."""
    torch.manual_seed(1)
    network = nn.Sequential(
        nn.Conv1d(1, 3, 3), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(3, 2, 2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 4)
    ).double()
    with torch.no_grad():
        network.get_parameter("0.bias").fill_(-0.3)
    inputs = torch.randn(3, 1, 12, dtype=torch.float64)
    inputs[0] = 0
    rules = layer_map_rules(network, layer_map=[("0", "epsilon"), ("Conv1d", rule), ("Linear", "epsilon")])
    assert _largest_difference(network, inputs, rules=rules) <= 1e-10


def _samples_network(*, bias: bool) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(1, 4, 5, stride=2, padding=2, bias=bias),
        nn.ReLU(),
        nn.MaxPool1d(3, 2, padding=1, ceil_mode=True),
        nn.Conv1d(4, 6, 3, padding=1, groups=2, bias=bias),
        nn.ReLU(),
        nn.Sequential(nn.AvgPool1d(3, 2, padding=1, ceil_mode=True), nn.Identity()),
        nn.Conv1d(6, 5, 2, dilation=2, bias=bias),  # no ReLU: the next layer's inputs have both signs
        nn.MaxPool1d(2),
        nn.Conv1d(5, 3, 2, bias=bias),
        nn.ReLU(),
        nn.AdaptiveAvgPool1d(2),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(6, 5, bias=bias),
        nn.Linear(5, 4, bias=bias),
    )


def _cells_network(*, bias: bool) -> nn.Sequential:
    return nn.Sequential(
        nn.MaxPool2d((2, 1)),
        nn.Conv2d(1, 6, (3, 2), stride=(2, 1), padding=1, bias=bias),
        nn.ReLU(),
        nn.MaxPool2d(3, (1, 2), dilation=(1, 2)),
        nn.Conv2d(6, 4, 3, padding=1, groups=2, bias=bias),
        nn.ReLU(),
        nn.AvgPool2d(2, 1, count_include_pad=False),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d((1, 2)),
        nn.Flatten(),
        nn.Linear(8, 5, bias=bias),
        nn.ReLU(),
        nn.Linear(5, 4, bias=bias),
    )


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("n_dimensions", [1, 2])
@pytest.mark.parametrize("rule", _BY_RULE)
def test_engines_agree_on_every_rule_in_every_layer(rule: str, n_dimensions: int, bias: bool, seed: int) -> None:
    torch.manual_seed(seed)
    make, shape = (_samples_network, (1, 64)) if n_dimensions == 1 else (_cells_network, (1, 18, 17))
    network = make(bias=bias).double().eval()
    inputs = torch.randn(6, *shape, dtype=torch.float64)
    inputs[..., :5] = 0
    rules = layer_map_rules(network, layer_map=[("AnyLinear", rule)])
    # sums in another order, and divisions by outputs as near 0 as 1e-5
    assert _largest_difference(network, inputs, rules=rules) <= 1e-10


def test_engines_agree_on_dense_layers_alone() -> None:
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4)).double()
    inputs = torch.randn(5, 6, dtype=torch.float64)
    assert _largest_difference(network, inputs, rules=composite_rules(network, name="epsilon")) <= 1e-10


class _Wrapped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, values: Tensor) -> Tensor:
        inner: Tensor = self.layer(values)
        return inner


@pytest.mark.parametrize(
    ("network", "layer_map", "reason"),
    [
        (_Wrapped(), [("Linear", "epsilon")], "the network is a _Wrapped, no nn.Sequential"),
        (nn.Sequential(nn.Linear(2, 2), nn.Tanh()), [("Linear", "epsilon"), ("Tanh", "pass")], r"layer '1' \(Tanh"),
        (nn.Sequential(nn.Conv3d(1, 1, 1)), [("Conv3d", "epsilon")], r"layer '0' \(Conv3d"),
        (nn.Sequential(nn.Conv1d(1, 1, 3, padding="same")), [("Conv1d", "epsilon")], r"layer '0' \(Conv1d"),
        (
            nn.Sequential(nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular")),
            [("Conv1d", "epsilon")],
            r"layer '0' \(Conv1d",
        ),
        (nn.Sequential(nn.Linear(2, 2), nn.ReLU()), [("Linear", "epsilon"), ("ReLU", "norm")], r"layer '1' \(ReLU"),
    ],
)
def test_direct_engine_says_what_it_does_not_cover(
    network: nn.Module, layer_map: list[tuple[str, str]], reason: str
) -> None:
    rules = layer_map_rules(network, layer_map=layer_map)
    assert find_refusal(network, rules=rules) is not None
    with pytest.raises(RecipeError, match=f"the direct engine cannot explain this network: {reason}.*'zennit'"):
        DirectEngine(network, rules=rules)


class _Twice(_Wrapped):
    def forward(self, values: Tensor) -> Tensor:
        inner: Tensor = self.layer(self.layer(values))
        return inner


class _Backwards(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.last, self.first = nn.Linear(2, 2), nn.Linear(2, 2)

    def forward(self, values: Tensor) -> Tensor:
        inner: Tensor = self.last(self.first(values))
        return inner


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (_Twice(), "layer 'layer' runs 2 times in one forward pass"),
        (_Backwards(), "layer 'first' runs before 'last', which stands first"),
    ],
)
def test_zennit_engine_refuses_what_rules_cannot_follow(network: nn.Module, message: str) -> None:
    engine = ZennitEngine(network, rules=composite_rules(network, name="epsilon-plus-flat"))
    with pytest.raises(RecipeError, match=message):
        engine(torch.ones(1, 2), weigh=lambda logits: [torch.ones_like(logits)])
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
