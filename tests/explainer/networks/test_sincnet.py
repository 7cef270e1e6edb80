"""The band-passes against their own spectra, and the plain convolution they amount to."""

import numpy as np
import pytest
import torch
from torch import nn

from explainer.networks.sincnet import SincConvolution, sincnet_small

RATE_HZ = 8000


def front_end(kernel: int = 401) -> SincConvolution:
    return SincConvolution(6, kernel=kernel, stride=4, sample_rate_hz=RATE_HZ)


def gains(front: SincConvolution, *, frequencies_hz: np.ndarray) -> np.ndarray:
    """The gain of each filter at each frequency, from its samples by the definition of the Fourier transform."""
    kernels = front.kernels().detach().double().numpy()[:, 0]
    phases = np.exp(-2j * np.pi * np.outer(np.arange(kernels.shape[1]), frequencies_hz / RATE_HZ))
    return np.asarray(np.abs(kernels @ phases))


def test_filters_pass_their_band_and_nothing_else() -> None:
    front = front_end()
    low, high = (1000 * cutoff.detach().numpy() for cutoff in front.cutoffs_khz())
    for number in range(6):
        middle = (low[number] + high[number]) / 2
        assert gains(front, frequencies_hz=np.array([middle]))[number, 0] == pytest.approx(1, abs=0.02)
        # a Hamming window of 401 samples at 8 kHz falls from 1 to under .01 within 4 / 401 of the rate, 80 Hz
        outside = np.array([low[number] - 80, high[number] + 80])
        outside = outside[(outside > 0) & (outside < RATE_HZ / 2)]
        assert np.all(gains(front, frequencies_hz=outside)[number] < 0.01)


def test_first_bands_touch_and_widen_as_mel_does() -> None:
    low, high = (1000 * cutoff.detach().double().numpy() for cutoff in front_end().cutoffs_khz())
    # float32 holds 4 kHz to better than .001 Hz
    np.testing.assert_allclose(high[:-1], low[1:], atol=0.001)
    widths_mel = np.diff(2595 * np.log10(1 + np.append(low, high[-1]) / 700))
    np.testing.assert_allclose(widths_mel, widths_mel[0], rtol=1e-4)
    assert (low[0], high[-1]) == (pytest.approx(50), pytest.approx(4000))


def test_plain_convolution_answers_the_same() -> None:
    front = front_end()
    waveforms = torch.randn(3, 1, 800, generator=torch.Generator().manual_seed(2))
    plain = front.as_convolution()
    assert isinstance(plain, nn.Conv1d)
    assert torch.equal(plain(waveforms), front(waveforms))


def test_cutoffs_are_learned_and_stay_below_half_the_rate() -> None:
    front = front_end()
    front(torch.randn(1, 1, 800, generator=torch.Generator().manual_seed(2))).square().sum().backward()
    assert front.low_khz.grad is not None
    assert bool((front.low_khz.grad != 0).any())
    with torch.no_grad():
        front.low_khz.add_(9)
        front.band_khz.sub_(9)
    low, high = front.cutoffs_khz()
    assert bool((low < high).all())
    assert bool((high <= 4).all())


def test_even_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match="kernel is 128; expected an odd number of samples: add one"):
        front_end(kernel=128)


def test_network_answers_every_label() -> None:
    assert sincnet_small(3).eval()(torch.zeros(2, 1, 8000)).shape == (2, 3)
