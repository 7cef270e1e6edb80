"""The virtual inspection layer: relevance of samples carried to frequency, and to time and frequency (vielhaben2024).

A signal is the inverse transform of its spectrum. Put this linear map before the network's first layer, explain the
spectrum with the epsilon rule: relevance of a sample, `x * c`, becomes that of a bin, and its sum stays the same. No
matrix is needed: the transpose of an inverse transform is a transform of `c`.
"""

import torch
from torch import Tensor

from explainer.timefrequency import Transform


def relevance_in_cells(signals: Tensor, coefficients: Tensor, *, transform: Transform) -> Tensor:
    """Relevance of each cell of the STFT; its sum is that of `signals * coefficients`.

    With `x = sum over frames of window * irfft(X) / w`, `w` being the sum of squared windows (`Transform.inverse`), the
    relevance of a cell is `Re(X * conj(G)) / n_stft`, `G` being the STFT of `coefficients / w`; bins that stand for two
    conjugate ones count twice.

    Parameters
    ----------
    signals : Tensor, float32 or float64, (batch, sample)
        What the network heard.
    coefficients : Tensor, same dtype, (batch, sample)
        `c` where relevance is `signals * c`: `Explanation.coefficients`.
    transform : Transform

    Returns
    -------
    Tensor, same dtype, (batch, bin, frame)

    Raises
    ------
    ValueError
        If the two differ in shape.
    """
    _check_shapes(signals, coefficients)
    weights = transform.window_weights(signals, n_samples=signals.shape[-1])
    spectra, carried = transform.stft(signals), transform.stft(coefficients / weights)
    counts = _conjugates_counted(spectra, n_samples=transform.n_stft)[:, None]
    return (spectra * carried.conj()).real * counts / transform.n_stft


def relevance_in_frequency(signals: Tensor, coefficients: Tensor) -> Tensor:
    """Relevance of each bin of the Fourier transform of whole signals; its sum is that of `signals * coefficients`.

    Parameters
    ----------
    signals, coefficients : Tensor, float32 or float64, (batch, sample)
        As for `relevance_in_cells`.

    Returns
    -------
    Tensor, same dtype, (batch, bin)
        Bin `k` is `k * sample rate / n_samples`; up to half the sample rate.

    Raises
    ------
    ValueError
        If the two differ in shape.
    """
    _check_shapes(signals, coefficients)
    n_samples = signals.shape[-1]
    spectra, carried = torch.fft.rfft(signals), torch.fft.rfft(coefficients)
    counts = _conjugates_counted(spectra, n_samples=n_samples, dim=-1)
    relevance: Tensor = (spectra * carried.conj()).real * counts / n_samples
    return relevance


def _check_shapes(signals: Tensor, coefficients: Tensor) -> None:
    if signals.shape != coefficients.shape or signals.ndim != 2:
        raise ValueError(
            f"signals have shape {tuple(signals.shape)} and coefficients {tuple(coefficients.shape)}; expected (batch,"
            " sample) for both: drop the channel axis"
        )


def _conjugates_counted(spectra: Tensor, *, n_samples: int, dim: int = -2) -> Tensor:
    """How many bins of the whole spectrum each of its lower half stands for: 2, but 1 at 0 Hz and at its middle."""
    counts = torch.full((spectra.shape[dim],), 2.0, dtype=spectra.real.dtype, device=spectra.device)
    counts[0] = 1
    if n_samples % 2 == 0:
        counts[-1] = 1
    return counts
