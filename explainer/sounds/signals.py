"""From a clip and its relevance to a signal at the network's rate: by a mask of cells, or by relevance in time.

The paper's audible heatmap is the signal weighted by positive relevance (becker2024). Two readings are at hand: its
sense suggests `ReLU(R) * x` (`signal_times_relevance`), a demonstration page of its authors prints `ReLU(x) * R`
(`positive_signal_times_relevance`). Both multiply sample by sample, which roughens the sound; `relevance_envelope` is
the smooth form. A random envelope keeps the network's answer as well as this one does, so that it proves nothing alone.
"""

from typing import Final

import numpy as np
import torch
from torch import Tensor

from explainer.relevance.masks import Cells
from explainer.sounds.cuts import Samples
from explainer.timefrequency import Transform

ENVELOPE_MS: Final = 25
ENVELOPE_PERCENTILE: Final = 99.0
"""Where an envelope reaches 1: one sample cannot set the scale."""


def masked_signal(spectrum: Tensor, mask: Cells, *, transform: Transform, part: slice = slice(None)) -> Samples:
    """The signal nearest to the masked cells with the original's phase: float64, (sample,).

    Parameters
    ----------
    spectrum : Tensor, complex128, (bin, frame)
        The original's STFT.
    mask : ndarray, float64, (bin, frame), range 0 to 1
    part : slice, optional
        Of the window's samples: which to give back; all unless given.

    Notes
    -----
    A masked STFT is not the STFT of any signal: analysed again, the signal has another mask than the one asked for.
    """
    masked = spectrum * torch.from_numpy(mask)
    signal: Samples = transform.inverse(masked[None], part=part)[0].numpy()
    return signal


def relevance_envelope(relevance: Samples, *, sample_rate_hz: int) -> Samples:
    """Positive relevance in time, smoothed by a Hann window of 25 ms, over its 99th percentile, cut at 1.

    Parameters
    ----------
    relevance : ndarray, float64, (sample,)
        Relevance of the samples that will be played: the percentile counts each of them.

    Returns
    -------
    ndarray, float64, (sample,), range 0 to 1
        All zero when no relevance is positive. The signal under it is their product.
    """
    n_window = max(sample_rate_hz * ENVELOPE_MS // 1000, 1)
    window = np.hanning(n_window + 2)[1:-1]  # without its two zeros
    padded = np.pad(np.maximum(relevance, 0.0), (n_window // 2, (n_window - 1) // 2))
    smoothed = np.convolve(padded, window / window.sum(), mode="valid")
    scale = np.percentile(smoothed, ENVELOPE_PERCENTILE)
    return np.clip(smoothed / scale, 0.0, 1.0) if scale > 0 else np.zeros_like(smoothed)


def signal_times_relevance(samples: Samples, *, relevance: Samples) -> Samples:
    """`ReLU(R) * x` over the largest relevance, so that no sample grows (becker2024): float64, (sample,).

    Parameters
    ----------
    samples, relevance : ndarray, float64, (sample,)

    Returns
    -------
    ndarray, float64, (sample,)
        All zero when no relevance is positive.
    """
    _check_lengths(samples, relevance=relevance)
    return samples * _scaled(np.maximum(relevance, 0.0))


def positive_signal_times_relevance(samples: Samples, *, relevance: Samples) -> Samples:
    """`ReLU(x) * R` over the largest size of relevance: the other reading, as the demonstration prints it.

    Parameters
    ----------
    samples, relevance : ndarray, float64, (sample,)

    Returns
    -------
    ndarray, float64, (sample,)
        Negative where relevance is: it takes its sign from relevance, and half of the waveform is lost.
    """
    _check_lengths(samples, relevance=relevance)
    return np.maximum(samples, 0.0) * _scaled(relevance)


def _scaled(relevance: Samples) -> Samples:
    """Relevance over its largest size; zero stays zero."""
    largest = float(np.abs(relevance).max(initial=0.0))
    return relevance / largest if largest > 0 else relevance


def _check_lengths(samples: Samples, *, relevance: Samples) -> None:
    if samples.shape != relevance.shape:
        raise ValueError(
            f"relevance has shape {relevance.shape} and the signal {samples.shape}; expected one value for each sample:"
            " cut both alike"
        )
