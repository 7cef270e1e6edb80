"""Relevance on cells and over time, whatever the network takes."""

import pytest
import torch

from earshot.errors import RecipeError
from explainer.networks.inputs import AUDIOMNIST_SPECTROGRAM, AUDIOMNIST_WAVEFORM
from explainer.relevance.cells import relevance_on_cells
from explainer.relevance.explanation import Explanation


def explanation(relevance: torch.Tensor, *, coefficients: torch.Tensor | None = None) -> Explanation:
    ones = torch.ones(len(relevance))
    return Explanation(relevance, ones[:, None], ones, engine="direct", coefficients=coefficients)


def test_a_spectrograms_relevance_is_laid_on_the_whole_grid_and_over_samples() -> None:
    relevance = torch.zeros(1, 227, 227)
    relevance[0, 5, 98] = 3.0  # frame 100 of the grid, centred on sample 3500
    found = relevance_on_cells(
        explanation(relevance), inputs=torch.zeros(1, 1, 227, 227), network_input=AUDIOMNIST_SPECTROGRAM, method="any"
    )
    assert found.cells.shape == (1, 228, 230)
    assert found.cells[0, 5, 100] == found.cells.sum() == 3
    assert found.in_time.shape == (1, 8000)
    assert found.in_time[0, 3500] == 3
    assert found.in_time[0, 3500 - 35 // 5] == pytest.approx(3 * 0.8)
    assert not found.in_time[0, 3535:].any()


def test_a_waveforms_relevance_reaches_the_cells_without_loss() -> None:
    draws = torch.Generator().manual_seed(1)
    signals, coefficients = torch.randn(2, 2, 8000, generator=draws)
    found = relevance_on_cells(
        explanation(signals * coefficients, coefficients=coefficients),
        inputs=signals[:, None],
        network_input=AUDIOMNIST_WAVEFORM,
        method="epsilon-plus",
    )
    assert found.cells.shape == (2, 228, 230)
    # single precision, 8000 terms of either sign
    torch.testing.assert_close(found.cells.sum(dim=(1, 2)), (signals * coefficients).sum(dim=1), atol=0.01, rtol=1e-4)


def test_a_method_without_coefficients_is_refused_for_waveforms() -> None:
    with pytest.raises(RecipeError, match=r"relevance\.method 'epsilon-plus-flat' gives a waveform's samples"):
        relevance_on_cells(
            explanation(torch.ones(1, 8000)),
            inputs=torch.ones(1, 1, 8000),
            network_input=AUDIOMNIST_WAVEFORM,
            method="epsilon-plus-flat",
        )
