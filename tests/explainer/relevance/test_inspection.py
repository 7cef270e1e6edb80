"""The virtual inspection layer against the whole matrix of the inverse transform, and its conservation."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.relevance.inspection import relevance_in_cells, relevance_in_frequency
from explainer.timefrequency import AUDIOMNIST, Transform

_TRANSFORMS = {
    "odd": Transform(sample_rate_hz=1000, n_samples=31, n_stft=9, hop=4),
    "even": Transform(sample_rate_hz=1000, n_samples=24, n_stft=8, hop=2),
}


def _signals(n_samples: int, *, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    signals = torch.randn(3, n_samples, dtype=dtype, generator=generator)
    signals[:, : n_samples // 4] = 0
    return signals, torch.randn(3, n_samples, dtype=dtype, generator=generator)


def _inverse_matrix(transform: Transform) -> NDArray[np.float64]:
    """(sample, part, bin, frame): what each real and imaginary part of a cell adds to each sample."""
    shape = (2, transform.n_bins, transform.n_frames)
    units = torch.eye(int(np.prod(shape)), dtype=torch.float64).reshape(-1, *shape)
    columns = transform.inverse(torch.complex(units[:, 0], units[:, 1]))
    matrix: NDArray[np.float64] = columns.T.numpy().reshape(-1, *shape)
    return matrix


@pytest.mark.parametrize("kind", _TRANSFORMS)
def test_cells_equal_the_epsilon_rule_on_the_whole_matrix(kind: str) -> None:
    transform = _TRANSFORMS[kind]
    signals, coefficients = _signals(transform.n_samples)
    found = relevance_in_cells(signals, coefficients, transform=transform)
    matrix = _inverse_matrix(transform)
    for row in range(3):
        spectrum = transform.stft(signals[row : row + 1])[0].numpy()
        parts = np.stack([spectrum.real, spectrum.imag])
        # the rule's denominators are the samples themselves: x * c / x leaves c, and parts share a cell
        expected = np.einsum("spbf,pbf,s->bf", matrix, parts, coefficients[row].numpy())
        np.testing.assert_allclose(found[row].numpy(), expected, atol=1e-12)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.float64, 1e-10)])
@pytest.mark.parametrize("transform", [*_TRANSFORMS.values(), AUDIOMNIST], ids=[*_TRANSFORMS, "audiomnist"])
def test_cells_and_bins_keep_the_sum(transform: Transform, dtype: torch.dtype, tolerance: float) -> None:
    signals, coefficients = _signals(transform.n_samples, dtype=dtype)
    coefficients += 3 * signals  # relevance that mostly agrees, as for a predicted label
    whole = (signals.double() * coefficients.double()).sum(dim=1)
    cells = relevance_in_cells(signals, coefficients, transform=transform).double().sum(dim=(1, 2))
    bins = relevance_in_frequency(signals, coefficients).double().sum(dim=1)
    torch.testing.assert_close(cells, whole, rtol=tolerance, atol=0)
    torch.testing.assert_close(bins, whole, rtol=tolerance, atol=0)


@pytest.mark.parametrize("n_samples", [16, 17])
def test_bins_equal_the_epsilon_rule_on_the_whole_matrix(n_samples: int) -> None:
    signals, coefficients = _signals(n_samples)
    n_bins = n_samples // 2 + 1
    units = torch.eye(2 * n_bins, dtype=torch.float64)
    matrix = torch.fft.irfft(torch.complex(units[:, :n_bins], units[:, n_bins:]), n=n_samples).T
    spectra = torch.fft.rfft(signals)
    parts = torch.stack([spectra.real, spectra.imag], dim=1)
    expected = torch.einsum("spb,rpb,rs->rb", matrix.reshape(n_samples, 2, n_bins), parts, coefficients)
    torch.testing.assert_close(relevance_in_frequency(signals, coefficients), expected)


def test_channel_axis_is_refused() -> None:
    signals, coefficients = _signals(31)
    with pytest.raises(
        ValueError, match=r"signals have shape \(3, 1, 31\) and coefficients \(3, 31\); expected \(batch"
    ):
        relevance_in_cells(signals[:, None], coefficients, transform=_TRANSFORMS["odd"])
    with pytest.raises(ValueError, match="drop the channel axis"):
        relevance_in_frequency(signals[:, None], coefficients[:, None])
