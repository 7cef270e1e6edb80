"""Comparison methods on networks whose answer is known, and against zennit's own products."""

import numpy as np
import pytest
import torch
from torch import nn

from explainer.relevance.explaining import explain
from explainer.relevance.methods import N_STEPS, WINDOW_SAMPLES
from explainer.relevance.zennit_import import zennit

_N_SAMPLES = 2 * WINDOW_SAMPLES + 30  # the last window hangs over the end


def _linear() -> nn.Sequential:
    torch.manual_seed(2)
    return nn.Sequential(nn.Flatten(), nn.Linear(_N_SAMPLES, 3, bias=False)).double()


def _curved() -> nn.Sequential:
    torch.manual_seed(2)
    return nn.Sequential(nn.Conv1d(1, 4, 5), nn.GELU(), nn.Flatten(), nn.Linear(4 * (_N_SAMPLES - 4), 3)).double()


def _inputs() -> torch.Tensor:
    inputs = torch.randn(2, 1, _N_SAMPLES, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    inputs[0, 0, :7] = 0
    return inputs


@pytest.mark.parametrize("method", ["gradient-x-input", "integrated-gradients", "smoothgrad"])
def test_gradients_of_a_linear_network_are_its_weights(method: str) -> None:
    network, inputs = _linear(), _inputs()
    found = explain(network, inputs, targets=torch.tensor([1, 2]), method=method)
    weights = network.get_parameter("1.weight").detach()[[1, 2]]
    assert found.coefficients is not None
    torch.testing.assert_close(found.coefficients, weights)
    torch.testing.assert_close(found.relevance, weights * inputs[:, 0])
    torch.testing.assert_close(found.relevance_over_logit, torch.ones(2, dtype=torch.float64))
    assert found.engine == "attributor"


def test_integrated_gradients_are_those_of_zennit() -> None:
    network, inputs = _curved(), _inputs()
    found = explain(network, inputs, targets=torch.tensor([0, 1]), method="integrated-gradients")
    weights = torch.eye(3, dtype=torch.float64)[:2]
    _, expected = zennit.attribution.IntegratedGradients(network, n_iter=N_STEPS)(inputs, weights)
    torch.testing.assert_close(found.relevance, expected[:, 0])


def test_smoothgrad_leaves_the_random_numbers_of_others_alone() -> None:
    network = _curved()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    explain(network, _inputs(), targets=torch.tensor([0, 1]), method="smoothgrad")
    assert torch.equal(torch.rand(3), expected)


def test_occlusion_of_samples_is_the_loss_of_each_stretch() -> None:
    network, inputs = _curved(), _inputs()
    found = explain(network, inputs, targets=torch.tensor([0, 1]), method="occlusion", contrast=True)
    with torch.no_grad():
        logits = network(inputs)
        others = [
            int(np.delete(np.arange(3), target)[row.argmax()])
            for target, row in ((0, logits[0, 1:]), (1, logits[1, [0, 2]]))
        ]
        for start in range(0, _N_SAMPLES, WINDOW_SAMPLES):
            silenced = inputs.clone()
            silenced[..., start : start + WINDOW_SAMPLES] = 0
            lost = logits - network(silenced)
            for row, (target, other) in enumerate(zip((0, 1), others, strict=True)):
                stretch = found.relevance[row, start : start + WINDOW_SAMPLES]
                torch.testing.assert_close(stretch.sum(), lost[row, target] - lost[row, other])
                assert float(stretch.std()) == pytest.approx(0, abs=1e-12)
    assert found.coefficients is None


def test_occlusion_of_cells_adds_up_in_a_linear_network() -> None:
    torch.manual_seed(2)
    network = nn.Sequential(nn.Flatten(), nn.Linear(20 * 37, 2, bias=False)).double()
    inputs = torch.randn(3, 1, 20, 37, dtype=torch.float64)
    found = explain(network, inputs, targets=torch.tensor([0, 1, 0]), method="occlusion")
    assert found.relevance.shape == (3, 20, 37)
    torch.testing.assert_close(found.relevance_over_logit, torch.ones(3, dtype=torch.float64))
