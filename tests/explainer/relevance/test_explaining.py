"""Explainers: a whole network against matrices, a planted one, conservation, contrasts, inner layers, refusals."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from earshot.errors import RecipeError
from explainer.networks.architectures import make_network
from explainer.relevance.explaining import METHODS, EngineName, Explainer, describe_method, explain
from explainer.relevance.rules import AlphaBeta, Epsilon, Flat, Rule, ZPlus
from tests.explainer.relevance.matrices import Array, relevance_by_matrix

_SIDE = 9
_ENGINES: Sequence[EngineName] = ("direct", "zennit")


def _small_network() -> nn.Sequential:
    """Every kind of layer of the real one, in float64, with batch norms that have seen data."""
    torch.manual_seed(11)
    network = nn.Sequential(
        nn.Conv2d(1, 3, 3, stride=2),
        nn.BatchNorm2d(3),
        nn.ReLU(),
        nn.MaxPool2d(2, 1),
        nn.Conv2d(3, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(36, 5),
        nn.ReLU(),
        nn.Linear(5, 3),
    ).double()
    network(_inputs(32))
    return network.eval()


def _inputs(n_inputs: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(7).uniform(size=(n_inputs, 1, _SIDE, _SIDE)))


def _targets(*labels: int) -> Tensor:
    return torch.tensor(labels)


def _folded(convolution: nn.Module, norm: nn.Module) -> nn.Conv2d:
    """A convolution and its batch norm as one convolution."""
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_var is not None
    assert norm.running_mean is not None
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    before = torch.zeros_like(norm.bias) if convolution.bias is None else convolution.bias
    folded = nn.Conv2d(
        convolution.in_channels,
        convolution.out_channels,
        3,
        stride=convolution.stride[0],
        padding=int(convolution.padding[0]),
    ).double()
    with torch.no_grad():
        folded.weight.copy_(convolution.weight * scale[:, None, None, None])
        assert folded.bias is not None
        folded.bias.copy_(norm.bias + (before - norm.running_mean) * scale)
    return folded


def _pool_choice(values: Array) -> Array:
    """The maxima of 2 x 2 windows with hop 1 as a matrix (window, cell) of zeros and ones."""
    cells = values.reshape(3, 4, 4)
    chosen = np.zeros((3, 3, 3, 3, 4, 4))
    for channel, row, column in np.ndindex(3, 3, 3):
        window = cells[channel, row : row + 2, column : column + 2]
        down, right = np.unravel_index(window.argmax(), (2, 2))
        chosen[channel, row, column, channel, row + down, column + right] = 1
    return chosen.reshape(27, 48)


def _derived(network: nn.Sequential, image: Array, *, label: int, rules: tuple[Rule, Rule, Rule]) -> Array:
    """Relevance of one image, (cell,), by matrices alone."""
    first, second = _folded(network[0], network[1]), _folded(network[4], network[5])
    with torch.no_grad():
        hidden1 = first(torch.from_numpy(image)[None]).relu().numpy()
        choice = _pool_choice(hidden1)
        pooled = (choice @ hidden1.ravel()).reshape(3, 3, 3)
        hidden2 = second(torch.from_numpy(pooled)[None]).relu().numpy().ravel()
        hidden3 = network[8](torch.from_numpy(hidden2)).relu().numpy()
        logits = network[10](torch.from_numpy(hidden3)).numpy()
    relevance = np.where(np.arange(3) == label, logits, 0)
    relevance = relevance_by_matrix(rules[2], layer=network[10], inputs=hidden3, relevance=relevance)
    relevance = relevance_by_matrix(rules[2], layer=network[8], inputs=hidden2, relevance=relevance)
    relevance = choice.T @ relevance_by_matrix(rules[1], layer=second, inputs=pooled, relevance=relevance)
    return relevance_by_matrix(rules[0], layer=first, inputs=image, relevance=relevance)


@pytest.mark.parametrize("engine", _ENGINES)
@pytest.mark.parametrize(
    ("method", "rules"),
    [
        ("epsilon-plus-flat", (Flat(), ZPlus(), Epsilon())),
        ("epsilon-plus", (Epsilon(), ZPlus(), Epsilon())),
        ("epsilon-alpha2-beta1", (AlphaBeta(), AlphaBeta(), Epsilon())),
    ],
)
def test_network_equals_the_matrix_derivation(method: str, rules: tuple[Rule, Rule, Rule], engine: EngineName) -> None:
    network, inputs, labels = _small_network(), _inputs(4), (0, 1, 2, 1)
    explanation = explain(network, inputs, targets=_targets(*labels), method=method, engine=engine)
    assert explanation.engine == engine
    torch.testing.assert_close(explanation.logits, network(inputs).detach(), atol=1e-12, rtol=1e-12)
    for number, label in enumerate(labels):
        expected = _derived(network, inputs[number].numpy(), label=label, rules=rules)
        found = explanation.relevance[number].flatten().numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max())
        ratio = expected.sum() / float(explanation.logits[number, label])
        assert float(explanation.relevance_over_logit[number]) == pytest.approx(ratio, rel=1e-9)


@pytest.mark.parametrize("engine", _ENGINES)
def test_planted_relevance_is_found_exactly(engine: EngineName) -> None:
    """A detector of steps: each filter sees one kind, the dense layer weighs each place; no stabiliser, no bias."""
    network = nn.Sequential(
        nn.Conv1d(1, 2, 2, bias=False), nn.ReLU(), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(4, 2, bias=False)
    ).double()
    with torch.no_grad():
        network.get_parameter("0.weight").copy_(torch.tensor([[[0.0, 1.0]], [[-1.0, 0.0]]]))  # louder, and below zero
        network.get_parameter("4.weight").copy_(torch.tensor([[1.0, 2.0, 0.0, 0.0], [0.0, 0.0, 4.0, -1.0]]))
    samples = torch.tensor([[[9.0, 3.0, 5.0, -2.0, -7.0]]], dtype=torch.float64)
    layer_map = [("AnyLinear", "epsilon")]
    explainer = Explainer(network, method="epsilon", engine=engine, layer_map=layer_map)
    louder, below = (explainer(samples, _targets(label)) for label in (0, 1))
    # label 0: max(3, 5) * 1 + max(0, 0) * 2; label 1: max(0, 0) * 4 - max(0, 2) * 1, its sample being -2
    np.testing.assert_allclose(louder.relevance.numpy(), [[0, 0, 5, 0, 0]], atol=5e-6)  # three stabilisers of 1e-6
    np.testing.assert_allclose(below.relevance.numpy(), [[0, 0, 0, -2, 0]], atol=5e-6)
    assert louder.coefficients is not None
    np.testing.assert_allclose(louder.coefficients.numpy(), [[0, 0, 1, 0, 0]], atol=1e-6)


@pytest.mark.parametrize(
    ("architecture", "shape"),
    [
        ("alexnet-quarter", (227, 227)),
        ("audionet-small", (8000,)),
        ("resnet-small", (65, 65)),
        ("sincnet-small", (8000,)),
    ],
)
def test_relevance_of_the_default_composites_is_conserved(architecture: str, shape: tuple[int, ...]) -> None:
    network = make_network(architecture, n_labels=4, seed=2)
    generator = torch.Generator().manual_seed(6)
    inputs = torch.rand(5, 1, *shape, generator=generator)
    with torch.no_grad():
        network.train()(inputs)
        for name, parameter in network.named_parameters():
            if "dense" in name and name.endswith("bias"):
                parameter.zero_()  # untrained biases are as large as the logits; nothing but they may absorb relevance
    network.eval()
    with torch.no_grad():
        labels = network(inputs).argmax(dim=1)
    explanation = explain(network, inputs, targets=labels, method="epsilon-plus-flat")
    assert explanation.relevance.shape == (5, *shape)
    assert 0.98 <= float(explanation.relevance_over_logit.median()) <= 1.02


@pytest.mark.parametrize("engine", _ENGINES)
@pytest.mark.parametrize("method", ["epsilon-plus-flat", "epsilon-plus", "gradient-x-input", "occlusion"])
def test_explaining_leaves_the_network_and_its_inputs_as_they_were(method: str, engine: EngineName) -> None:
    network, inputs = _small_network().train(), _inputs(2)
    before, heard = {name: tensor.clone() for name, tensor in network.state_dict().items()}, inputs.clone()
    explain(network, inputs, targets=_targets(0, 1), method=method, engine=engine)
    assert network.training
    assert torch.equal(inputs, heard)
    assert not inputs.requires_grad
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


@pytest.mark.parametrize("method", METHODS)
def test_explaining_twice_gives_the_same(method: str) -> None:
    explainer = Explainer(_small_network(), method=method)
    once, twice = (explainer(_inputs(2), _targets(2, 1)).relevance for _ in range(2))
    assert torch.equal(once, twice)


@pytest.mark.parametrize("engine", _ENGINES)
@pytest.mark.parametrize("contrast", [False, True])
def test_all_labels_are_explained_over_one_forward_pass(engine: EngineName, contrast: bool) -> None:
    explainer = Explainer(_small_network(), method="epsilon-plus", engine=engine, contrast=contrast)
    together = explainer.explain_all(_inputs(6))
    for label, explanation in enumerate(together):
        alone = explainer(_inputs(6), torch.full((6,), label))
        assert torch.equal(explanation.relevance, alone.relevance)
        assert torch.equal(explanation.relevance_over_logit, alone.relevance_over_logit)
        assert explanation.coefficients is not None
        assert alone.coefficients is not None
        assert torch.equal(explanation.coefficients, alone.coefficients)


@pytest.mark.parametrize("engine", _ENGINES)
def test_contrast_takes_the_best_other_label_off(engine: EngineName) -> None:
    network, inputs = _small_network(), _inputs(6)
    explained = [
        Explainer(network, method="epsilon-plus", engine=engine)(inputs, torch.full((6,), label)) for label in range(3)
    ]
    logits = explained[0].logits
    ranking = logits.argsort(dim=1, descending=True)
    for place, best_other in ((0, 1), (2, 0)):
        targets, others = ranking[:, place], ranking[:, best_other]
        found = explain(network, inputs, targets=targets, method="epsilon-plus", engine=engine, contrast=True)
        for row, (target, other) in enumerate(zip(targets.tolist(), others.tolist(), strict=True)):
            expected = explained[target].relevance[row] - explained[other].relevance[row]
            torch.testing.assert_close(found.relevance[row], expected, atol=1e-9, rtol=1e-9)
            difference = logits[row, target] - logits[row, other]
            torch.testing.assert_close(
                found.relevance_over_logit[row], expected.sum() / difference, atol=1e-9, rtol=1e-9
            )


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("0", (1, 9, 9)),
        ("2", (3, 4, 4)),
        ("3", (3, 4, 4)),
        ("4", (3, 3, 3)),
        ("7", (4, 3, 3)),
        ("8", (36,)),
        ("10", (5,)),
    ],
)
def test_inner_layers_agree_and_keep_the_sum(layer: str, shape: tuple[int, ...]) -> None:
    network, inputs = _small_network(), _inputs(5)
    targets = network(inputs).argmax(dim=1)
    direct, zennit = (explain(network, inputs, targets=targets, engine=engine, layer=layer) for engine in _ENGINES)
    assert direct.relevance.shape == (5, *shape)
    assert direct.coefficients is None
    torch.testing.assert_close(direct.relevance, zennit.relevance, atol=1e-10, rtol=1e-10)
    if layer not in ("8", "10"):  # below the dense layers, whose biases absorb relevance, nothing does
        whole = explain(network, inputs, targets=targets).relevance_over_logit
        torch.testing.assert_close(direct.relevance_over_logit, whole, atol=1e-4, rtol=1e-4)  # stabilisers


def test_inner_layer_may_be_a_container() -> None:
    network, inputs = nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 2))), torch.rand(2, 4)
    found = [explain(network, inputs, targets=_targets(0, 1), engine=engine, layer="1") for engine in _ENGINES]
    torch.testing.assert_close(found[0].relevance, found[1].relevance)
    assert found[0].relevance.shape == (2, 3)


def test_engine_is_chosen_by_what_it_covers() -> None:
    flat, residual = (
        make_network("audionet-small", n_labels=2, seed=1),
        make_network("resnet-small", n_labels=2, seed=1),
    )
    assert describe_method(Explainer(flat)).endswith("batch norm folded; engine direct")
    assert describe_method(Explainer(residual)).endswith("batch norm folded; engine zennit")
    assert describe_method(Explainer(residual, method="occlusion", contrast=True)).endswith(
        "engine attributor; minus the highest other label"
    )
    with pytest.raises(RecipeError, match="the direct engine cannot explain this network: layer 'stage1block1'"):
        Explainer(residual, engine="direct")


def test_zennit_gives_coefficients_of_residual_networks() -> None:
    network = make_network("resnet-small", n_labels=2, seed=1)
    inputs = torch.rand(2, 1, 65, 65, generator=torch.Generator().manual_seed(1))
    inputs[:, :, :10] = 0
    found = explain(network, inputs, targets=_targets(0, 1), method="epsilon-plus")
    assert found.coefficients is not None
    assert found.coefficients[:, :10].abs().max() > 0
    assert torch.equal(found.relevance, inputs[:, 0] * found.coefficients)


@pytest.mark.parametrize(
    "method", ["epsilon-plus-flat", "epsilon-alpha2-beta1", "epsilon-alpha2-beta1-flat", "epsilon-gamma", "w-square"]
)
@pytest.mark.parametrize("engine", _ENGINES)
def test_other_first_layers_give_no_coefficients(method: str, engine: EngineName) -> None:
    assert explain(_small_network(), _inputs(1), targets=_targets(0), method=method, engine=engine).coefficients is None


def test_layer_map_replaces_the_composite() -> None:
    layer_map = [("0", "flat"), ("Conv2d", "z-plus"), ("Linear", "epsilon")]
    mapped = Explainer(_small_network(), method="epsilon", layer_map=layer_map)
    named = explain(_small_network(), _inputs(2), targets=_targets(0, 1), method="epsilon-plus-flat")
    assert torch.equal(mapped(_inputs(2), _targets(0, 1)).relevance, named.relevance)
    assert describe_method(mapped).startswith("layer map: 0 flat, Conv2d z-plus, Linear epsilon; batch norm folded")


@pytest.mark.parametrize(
    ("layer", "method", "message"),
    [
        ("conv9", "epsilon", "layer is 'conv9'; expected one of 0, 1, 2"),
        ("", "epsilon", "layer is ''; expected one of 0"),
        ("1", "epsilon", "layer '1' is a batch norm, which is folded into the layer before it"),
        ("0", "smoothgrad", "layer is '0', but method 'smoothgrad' explains inputs only"),
        (None, "deeplift", "method is 'deeplift'; expected one of epsilon-plus-flat, epsilon-plus"),
    ],
)
def test_unknown_layers_and_methods_are_refused(layer: str | None, method: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Explainer(_small_network(), method=method, layer=layer)


def test_targets_must_be_one_label_per_input() -> None:
    explainer = Explainer(_small_network())
    with pytest.raises(ValueError, match=r"targets have shape \(3,\); expected one per input, 2 in all"):
        explainer(_inputs(2), _targets(0, 1, 2))
    with pytest.raises(ValueError, match=r"targets are \[0, 3\]; expected indices of labels, 0 to 2"):
        explainer(_inputs(2), _targets(0, 3))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_inputs_must_be_finite(value: float) -> None:
    inputs = _inputs(3)
    inputs[2, 0, 4, 4] = value
    with pytest.raises(ValueError, match="inputs 2 of the batch hold NaN or infinite values"):
        Explainer(_small_network()).explain_all(inputs)
