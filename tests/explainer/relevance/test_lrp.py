"""LRP against a second derivation in plain matrices, conservation, and hooks that leave nothing behind."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from earshot.errors import RecipeError
from explainer.networks import make_network
from explainer.relevance.lrp import COMPOSITES, describe_composite, explain

Array = NDArray[np.float64]

_SIDE = 9
_STABILISER = 1e-6  # zennit's default


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


def _inputs(n_inputs: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(7).uniform(size=(n_inputs, 1, _SIDE, _SIDE)))


def _as_matrix(layer: Callable[[torch.Tensor], torch.Tensor], *, shape: tuple[int, ...]) -> Array:
    """A linear layer without bias as a matrix (output, input), from what it makes of each unit vector."""
    with torch.no_grad():
        return layer(torch.eye(int(np.prod(shape))).double().reshape(-1, *shape)).flatten(1).T.numpy()


def _convolution_matrices(
    convolution: nn.Conv2d, norm: nn.BatchNorm2d, *, shape: tuple[int, ...]
) -> tuple[Array, Array, Array]:
    """A convolution with its batch norm as a matrix, its bias, and which input is connected to which output."""
    assert norm.running_var is not None
    assert norm.running_mean is not None
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    shift = norm.bias - norm.running_mean * scale
    if convolution.bias is not None:
        shift = shift + convolution.bias * scale
    weight = convolution.weight * scale[:, None, None, None]

    def convolve(kernel: torch.Tensor) -> Array:
        return _as_matrix(
            lambda units: nn.functional.conv2d(units, kernel, stride=convolution.stride, padding=convolution.padding),
            shape=shape,
        )

    bias = np.repeat(shift.detach().numpy(), len(convolve(weight)) // len(shift))
    return convolve(weight), bias, convolve(torch.ones_like(weight))


def _proportional(values: Array, matrix: Array, relevance: Array, *, bias: Array | float = 0.0) -> Array:
    """Relevance shared in proportion to `values * matrix` (bach2015, eq. 58, with a stabiliser)."""
    total = matrix @ values + bias
    stable = total + _STABILISER * np.where(total >= 0, 1, -1)
    return values * (matrix.T @ (relevance / stable))


def _pool_choice(values: Array) -> Array:
    """The maxima of 2 x 2 windows with hop 1 as a matrix (window, cell) of zeros and ones."""
    cells = values.reshape(3, 4, 4)
    chosen = np.zeros((3, 3, 3, 3, 4, 4))
    for channel, row, column in np.ndindex(3, 3, 3):
        window = cells[channel, row : row + 2, column : column + 2]
        down, right = np.unravel_index(window.argmax(), (2, 2))
        chosen[channel, row, column, channel, row + down, column + right] = 1
    return chosen.reshape(27, 48)


def _derived(network: nn.Sequential, image: Array, *, label: int) -> tuple[Array, Array]:
    """Relevance and logits of one image, by matrices alone."""
    layers: Sequence[nn.Module] = list(network)
    first, second = layers[0], layers[4]
    norms = layers[1], layers[5]
    dense, last = layers[8], layers[10]
    assert isinstance(first, nn.Conv2d)
    assert isinstance(second, nn.Conv2d)
    assert isinstance(norms[0], nn.BatchNorm2d)
    assert isinstance(norms[1], nn.BatchNorm2d)
    assert isinstance(dense, nn.Linear)
    assert isinstance(last, nn.Linear)
    matrix1, bias1, connected1 = _convolution_matrices(first, norms[0], shape=(1, _SIDE, _SIDE))
    matrix2, bias2, _ = _convolution_matrices(second, norms[1], shape=(3, 3, 3))
    matrix3, bias3 = dense.weight.detach().numpy(), dense.bias.detach().numpy()
    matrix4, bias4 = last.weight.detach().numpy(), last.bias.detach().numpy()

    hidden1 = np.maximum(matrix1 @ image.ravel() + bias1, 0)
    choice = _pool_choice(hidden1)
    pooled = choice @ hidden1
    hidden2 = np.maximum(matrix2 @ pooled + bias2, 0)
    hidden3 = np.maximum(matrix3 @ hidden2 + bias3, 0)
    logits = matrix4 @ hidden3 + bias4

    relevance = np.where(np.arange(3) == label, logits, 0)
    relevance = _proportional(hidden3, matrix4, relevance, bias=bias4)
    relevance = _proportional(hidden2, matrix3, relevance, bias=bias3)
    relevance = _proportional(pooled, np.maximum(matrix2, 0), relevance)  # z+, the bias left out
    relevance = choice.T @ relevance
    relevance = _proportional(np.ones(_SIDE**2), connected1, relevance)  # flat
    return relevance.reshape(_SIDE, _SIDE), logits


def test_relevance_equals_the_matrix_derivation() -> None:
    network, inputs, labels = _small_network(), _inputs(4), [0, 1, 2, 1]
    explanation = explain(network, inputs, labels=labels)
    for number, label in enumerate(labels):
        relevance, logits = _derived(network, inputs[number, 0].numpy(), label=label)
        np.testing.assert_allclose(explanation.logits[number].numpy(), logits, rtol=1e-10)
        # both sides add the same stabiliser; what is left is rounding
        np.testing.assert_allclose(
            explanation.relevance[number].numpy(), relevance, rtol=1e-8, atol=1e-8 * np.abs(relevance).max()
        )
        assert float(explanation.relevance_over_logit[number]) == pytest.approx(relevance.sum() / logits[label])


def test_relevance_of_the_real_shape_is_conserved() -> None:
    network = make_network("alexnet-quarter", n_labels=10, seed=2).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "dense" in name and name.endswith("bias"):
                parameter.zero_()  # untrained biases are as large as the logits; nothing but they may absorb relevance
        inputs = torch.rand(3, 1, 227, 227, generator=torch.Generator().manual_seed(6))
        labels = network(inputs).argmax(1)
    explanation = explain(network, inputs, labels=labels)
    assert explanation.relevance.shape == (3, 227, 227)
    assert 0.98 <= float(explanation.relevance_over_logit.median()) <= 1.02


def test_explaining_leaves_the_network_as_it_was() -> None:
    network, inputs = _small_network().train(), _inputs(2)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    explain(network, inputs, labels=[0, 1])
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_explaining_twice_gives_the_same() -> None:
    network, inputs = _small_network(), _inputs(2)
    once, twice = (explain(network, inputs, labels=[2, 1]).relevance for _ in range(2))
    assert torch.equal(once, twice)


def test_unknown_composite_is_refused() -> None:
    with pytest.raises(RecipeError, match="composite is 'deeplift'; expected one of epsilon-plus-flat"):
        explain(_small_network(), _inputs(1), labels=[0], composite="deeplift")
    with pytest.raises(RecipeError, match="composite is 'deeplift'"):
        describe_composite("deeplift")


def test_labels_must_be_one_per_input() -> None:
    with pytest.raises(ValueError, match="labels have shape \\(3,\\); expected one per input, 2 in all"):
        explain(_small_network(), _inputs(2), labels=[0, 1, 2])


def test_description_names_rules_and_batch_norm() -> None:
    for name in COMPOSITES:
        assert describe_composite(name) == f"{name}; z+ without bias; batch norm folded; zennit"
