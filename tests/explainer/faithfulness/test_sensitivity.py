"""Max-sensitivity of quantus, against its formula."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from explainer.faithfulness.sensitivity import N_PERTURBED, RADIUS_SHARE, max_sensitivity
from explainer.relevance.explanation import Explanation


def explain(inputs: Tensor, targets: Tensor) -> Explanation:
    """The square of the input, times the number of the label."""
    relevance = inputs[:, 0] ** 2 * targets[:, None, None]
    nothing = torch.zeros((len(inputs), 2))
    return Explanation(relevance, logits=nothing, relevance_over_logit=nothing[:, 0], engine="test")


def test_sensitivity_is_the_largest_change_over_the_size_of_relevance() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).eval()
    inputs = torch.linspace(0.1, 2.0, 12).reshape(1, 1, 3, 4)
    relevance = explain(inputs, torch.tensor([1])).relevance
    found = max_sensitivity(network, inputs, relevance=relevance, explained=1, explain=explain, seed=9)
    generator = np.random.RandomState(9)
    changes = []
    for _ in range(N_PERTURBED):
        radius = RADIUS_SHARE * 2.0
        noisy = inputs.numpy() + generator.uniform(-radius, radius, size=(1, 12)).reshape(1, 1, 3, 4)
        changes.append(np.linalg.norm(noisy**2 - inputs.numpy() ** 2) / np.linalg.norm(inputs.numpy() ** 2))
    # relevance is computed in float32
    assert found == pytest.approx(max(changes), rel=1e-4)


def test_numpys_own_generator_goes_on_as_if_nothing_had_happened() -> None:
    np.random.seed(3)
    expected = np.random.uniform(size=2)
    np.random.seed(3)
    first = np.random.uniform()
    inputs = torch.linspace(0.1, 2.0, 12).reshape(1, 1, 3, 4)
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).eval()
    relevance = explain(inputs, torch.tensor([1])).relevance
    max_sensitivity(network, inputs, relevance=relevance, explained=1, explain=explain, seed=9)
    assert [first, np.random.uniform()] == expected.tolist()


def test_relevance_that_is_nowhere_has_no_sensitivity() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).eval()
    inputs = torch.ones((1, 1, 3, 4))
    nowhere = torch.zeros((1, 3, 4))
    assert max_sensitivity(network, inputs, relevance=nowhere, explained=0, explain=explain, seed=9) is None
