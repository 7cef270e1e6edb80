"""Signals by a mask and by relevance in time."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.signal
import torch
from numpy.typing import NDArray

from explainer.sounds.signals import (
    masked_signal,
    positive_signal_times_relevance,
    relevance_envelope,
    signal_times_relevance,
)
from explainer.timefrequency import AUDIOMNIST, Transform

_SMALL = Transform(sample_rate_hz=8000, n_samples=800, n_stft=128, hop=32)


def _noise(n_samples: int) -> NDArray[np.float64]:
    return np.random.default_rng(6).normal(size=n_samples)


def test_whole_mask_gives_the_signal_back() -> None:
    signal = _noise(800)
    spectrum = _SMALL.stft(torch.from_numpy(signal)[None])[0]
    mask = np.ones(tuple(spectrum.shape))
    # the inverse of an STFT is exact up to rounding
    np.testing.assert_allclose(masked_signal(spectrum, mask, transform=_SMALL), signal, atol=1e-12)


def test_masked_signal_equals_scipys_inverse() -> None:
    signal = _noise(8000)
    spectrum = AUDIOMNIST.stft(torch.from_numpy(signal)[None])[0]
    mask = np.random.default_rng(7).random(tuple(spectrum.shape))
    _, _, cells = scipy.signal.stft(signal, nperseg=455, noverlap=420)
    _, expected = scipy.signal.istft(cells * mask, nperseg=455, noverlap=420)
    np.testing.assert_allclose(masked_signal(spectrum, mask, transform=AUDIOMNIST), expected[:8000], atol=1e-9)


def test_mask_keeps_its_band() -> None:
    time_s = np.arange(8000) / 8000
    low, high = (np.sin(2 * np.pi * frequency_hz * time_s) for frequency_hz in (500, 2000))
    spectrum = AUDIOMNIST.stft(torch.from_numpy(low + high)[None])[0]
    mask = np.zeros(tuple(spectrum.shape))
    mask[: round(1250 / AUDIOMNIST.bin_hz)] = 1
    kept = masked_signal(spectrum, mask, transform=AUDIOMNIST)
    # away from the ends, where the tone is cut off and has all frequencies
    np.testing.assert_allclose(kept[500:-500], low[500:-500], atol=1e-3)


def test_envelope_is_smooth_positive_and_reaches_one() -> None:
    relevance = _noise(8000)
    envelope = relevance_envelope(relevance, sample_rate_hz=8000)
    assert envelope.shape == (8000,)
    assert 0 <= envelope.min() < envelope.max() == 1
    assert 0.009 <= (envelope == 1).mean() <= 0.011  # the 99th percentile
    np.testing.assert_allclose(relevance_envelope(1e-6 * relevance, sample_rate_hz=8000), envelope)


def test_envelope_of_a_click_is_a_window_of_25_ms_around_it() -> None:
    relevance = np.zeros(10_000)
    relevance[5000] = 1
    # a click is above the 99th percentile alone: its window of 200 samples is 2 % of the samples
    envelope = relevance_envelope(relevance, sample_rate_hz=8000)
    support = np.flatnonzero(envelope)
    assert len(support) == 200
    assert abs(support.mean() - 5000) <= 1
    assert envelope[5000] == 1


def test_envelope_without_positive_relevance_is_zero() -> None:
    assert not relevance_envelope(-np.ones(1000), sample_rate_hz=8000).any()


def test_signal_times_positive_relevance() -> None:
    samples, relevance = np.array([1.0, -1.0, 0.5, 2.0]), np.array([2.0, 4.0, -8.0, 0.0])
    assert signal_times_relevance(samples, relevance=relevance).tolist() == [0.5, -1.0, 0.0, 0.0]


def test_positive_signal_times_relevance() -> None:
    samples, relevance = np.array([1.0, -1.0, 0.5, 2.0]), np.array([2.0, 4.0, -8.0, 0.0])
    assert positive_signal_times_relevance(samples, relevance=relevance).tolist() == [0.25, 0.0, -0.5, 0.0]


@pytest.mark.parametrize("weighted", [signal_times_relevance, positive_signal_times_relevance])
def test_no_sample_grows_and_no_relevance_is_silence(weighted: Callable[..., NDArray[np.float64]]) -> None:
    samples = _noise(500)
    assert (np.abs(weighted(samples, relevance=1e6 * _noise(500)[::-1])) <= np.abs(samples)).all()
    assert not weighted(samples, relevance=np.zeros(500)).any()


@pytest.mark.parametrize("weighted", [signal_times_relevance, positive_signal_times_relevance])
def test_relevance_of_another_length_is_refused(weighted: Callable[..., NDArray[np.float64]]) -> None:
    with pytest.raises(ValueError, match=r"relevance has shape \(9,\) and the signal \(10,\); expected one value"):
        weighted(np.zeros(10), relevance=np.zeros(9))
