"""Batch norm folded away: the same answers, no batch norm left, names as they were."""

import copy

import pytest
import torch
from torch import nn

from earshot.errors import RecipeError
from explainer.relevance.folding import BATCH_NORMS, fold_batch_norm


def _cells_network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, bias=False),
        nn.BatchNorm2d(3),
        nn.ReLU(),
        nn.Sequential(nn.Conv2d(3, 2, 2), nn.BatchNorm2d(2, affine=False)),
        nn.Flatten(),
        nn.Linear(18, 4),
        nn.BatchNorm1d(4),
    )


def _samples_network() -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(1, 3, 3, bias=False), nn.BatchNorm1d(3), nn.ReLU(), nn.Conv1d(3, 2, 2), nn.Flatten())


@pytest.mark.parametrize(("make", "shape"), [(_cells_network, (1, 6, 6)), (_samples_network, (1, 9))])
def test_folded_network_answers_the_same(make: type[nn.Sequential], shape: tuple[int, ...]) -> None:
    torch.manual_seed(4)
    network = make().double()
    network(torch.randn(64, *shape, dtype=torch.float64) * 2 + 1)  # running means and variances of real data
    inputs = torch.randn(5, *shape, dtype=torch.float64)
    folded = copy.deepcopy(network.eval())
    fold_batch_norm(folded)
    torch.testing.assert_close(folded(inputs), network(inputs), atol=1e-12, rtol=0)
    assert not any(isinstance(module, BATCH_NORMS) for module in folded.modules())
    assert dict(folded.named_modules()).keys() == dict(network.named_modules()).keys()


class _Turned(nn.Sequential):
    """A sequence that does not run in sequence."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        for layer in reversed(self):
            values = layer(values)
        return values


@pytest.mark.parametrize(
    ("network", "name"),
    [
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.BatchNorm2d(2)), "2"),
        (nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm2d(2)), "1"),
        (_Turned(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2)), "1"),
        (nn.Sequential(nn.BatchNorm1d(1), nn.Conv1d(1, 2, 3)), "0"),
    ],
)
def test_batch_norm_elsewhere_is_refused(network: nn.Module, name: str) -> None:
    with pytest.raises(RecipeError, match=f"batch norm '{name}' does not directly follow a convolution or a dense"):
        fold_batch_norm(network.eval())


def test_batch_norm_without_running_statistics_is_refused() -> None:
    network = nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2, track_running_stats=False))
    with pytest.raises(RecipeError, match="batch norm '1' keeps no running statistics"):
        fold_batch_norm(network.eval())
