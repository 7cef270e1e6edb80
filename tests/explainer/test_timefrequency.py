"""The shared STFT against scipy and librosa, its inverse, and the network's view."""

import librosa
import numpy as np
import pytest
import scipy.signal
import torch

from explainer.timefrequency import (
    BIN_HZ,
    FRAME_MS,
    HOP_SAMPLES,
    N_STFT_SAMPLES,
    SAMPLE_RATE_HZ,
    crop_to_network,
    inverse_stft,
    n_frames_of,
    network_input,
    pad_to_stft,
    stft,
)


def _noise(*, n_samples: int = 8000, n_signals: int = 2) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(3).normal(size=(n_signals, n_samples)))


def test_cells_have_audiomnists_size() -> None:
    assert stft(_noise()).shape == (2, 228, 230)
    assert pytest.approx(17.58, abs=0.005) == BIN_HZ
    assert FRAME_MS == 4.375


def test_stft_equals_scipys() -> None:
    signals = _noise()
    _, _, expected = scipy.signal.stft(
        signals.numpy(), SAMPLE_RATE_HZ, nperseg=N_STFT_SAMPLES, noverlap=N_STFT_SAMPLES - HOP_SAMPLES
    )
    # scipy scales by the sum of the window
    np.testing.assert_allclose(stft(signals).numpy() / (N_STFT_SAMPLES / 2), expected, atol=1e-12)


def test_frame_is_centred_on_its_hop() -> None:
    signal = torch.zeros(1, 8000, dtype=torch.float64)
    signal[0, 40 * HOP_SAMPLES] = 1
    assert stft(signal).abs()[0].sum(0).argmax() == 40


@pytest.mark.parametrize("n_samples", [455, 2100, 3501, 8000])
def test_inverse_is_exact(n_samples: int) -> None:
    signals = _noise(n_samples=n_samples)
    spectra = stft(signals)
    assert spectra.shape[-1] == n_frames_of(n_samples)
    torch.testing.assert_close(inverse_stft(spectra, n_samples=n_samples), signals, atol=1e-12, rtol=0)


def test_inverse_of_masked_cells_is_nearest_in_least_squares() -> None:
    spectra = stft(_noise(n_signals=1)) * torch.rand(228, 230, generator=torch.Generator().manual_seed(1))
    signal = inverse_stft(spectra)

    def distance(candidate: torch.Tensor) -> float:
        # both halves of the spectrum count, the constant bin once
        difference = (stft(candidate) - spectra).abs() ** 2
        return float(2 * difference.sum() - difference[:, 0].sum())

    steps = np.random.default_rng(5).normal(size=(4, 1, 8000)) * 1e-3
    assert all(distance(signal + torch.from_numpy(step)) > distance(signal) for step in steps)


def test_inverse_refuses_frames_of_another_length() -> None:
    with pytest.raises(ValueError, match=r"spectra have 230 frames; 4000 samples have 116"):
        inverse_stft(stft(_noise()), n_samples=4000)


def test_network_input_equals_librosas_decibels() -> None:
    signals = _noise().float()
    magnitudes = crop_to_network(stft(signals).abs()).numpy()
    for cells, heard in zip(magnitudes, network_input(signals), strict=True):
        expected = librosa.amplitude_to_db(cells, ref=np.max, top_db=80) / 80 + 1
        np.testing.assert_allclose(heard[0].numpy(), expected, atol=1e-5)


def test_network_input_knows_no_level() -> None:
    signals = _noise().float()
    torch.testing.assert_close(network_input(signals), network_input(signals * 0.01), atol=1e-4, rtol=0)


def test_network_input_of_silence_is_zero() -> None:
    heard = network_input(torch.zeros(1, 8000))
    assert heard.shape == (1, 1, 227, 227)
    assert not heard.any()


def test_padding_undoes_the_crop() -> None:
    cells = torch.rand(228, 230, generator=torch.Generator().manual_seed(2))
    padded = pad_to_stft(crop_to_network(cells))
    assert torch.equal(padded[:227, 2:229], cells[:227, 2:229])
    assert not padded[227].any()
    assert not padded[:, [0, 1, 229]].any()
