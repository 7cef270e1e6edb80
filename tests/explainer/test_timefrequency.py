"""The shared STFT against scipy and librosa, and its inverse."""

import numpy as np
import pytest
import scipy.signal
import torch
from pydantic import ValidationError

from explainer.timefrequency import AUDIOMNIST, Transform

EVEN = Transform(sample_rate_hz=16_000, n_samples=8000, n_stft=512, hop=128)


def _noise(*, n_samples: int = 8000, n_signals: int = 2) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(3).normal(size=(n_signals, n_samples)))


def test_cells_have_audiomnists_size() -> None:
    assert AUDIOMNIST.stft(_noise()).shape == (2, 228, 230)
    assert (AUDIOMNIST.n_bins, AUDIOMNIST.n_frames) == (228, 230)
    assert AUDIOMNIST.bin_hz == pytest.approx(17.58, abs=0.005)
    assert AUDIOMNIST.frame_ms == 4.375
    assert AUDIOMNIST.frequency_max_hz == 4000


def test_stft_equals_scipys() -> None:
    signals = _noise()
    _, _, expected = scipy.signal.stft(
        signals.numpy(), AUDIOMNIST.sample_rate_hz, nperseg=455, noverlap=AUDIOMNIST.n_stft - AUDIOMNIST.hop
    )
    # scipy scales by the sum of the window
    np.testing.assert_allclose(AUDIOMNIST.stft(signals).numpy() / (455 / 2), expected, atol=1e-12)


@pytest.mark.parametrize("transform", [AUDIOMNIST, EVEN])
def test_frame_is_centred_on_its_hop(transform: Transform) -> None:
    signal = torch.zeros(1, 8000, dtype=torch.float64)
    signal[0, 40 * transform.hop] = 1
    assert transform.stft(signal).abs()[0].sum(0).argmax() == 40


@pytest.mark.parametrize("transform", [AUDIOMNIST, EVEN])
@pytest.mark.parametrize("n_samples", [455, 2100, 3501, 8000])
def test_inverse_is_exact(n_samples: int, transform: Transform) -> None:
    signals = _noise(n_samples=n_samples)
    spectra = transform.stft(signals)
    assert spectra.shape[-1] == transform.n_frames_of(n_samples)
    torch.testing.assert_close(transform.inverse(spectra, n_samples=n_samples), signals, atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    "transform", [AUDIOMNIST, EVEN, Transform(sample_rate_hz=8000, n_samples=106, n_stft=7, hop=3)]
)
def test_part_of_an_inverse_is_that_of_the_whole(transform: Transform) -> None:
    spectra = transform.stft(_noise(n_samples=transform.n_samples))
    spectra = spectra * torch.rand(spectra.shape, generator=torch.Generator().manual_seed(1))
    whole = transform.inverse(spectra)
    bounds = np.random.default_rng(4).choice(transform.n_samples + 1, size=(50, 2))
    for start, stop in [(0, 1), (0, transform.n_samples), *np.sort(bounds[bounds[:, 0] != bounds[:, 1]])]:
        part = transform.inverse(spectra, part=slice(int(start), int(stop)))
        # the same frames are summed, but perhaps in another order
        torch.testing.assert_close(part, whole[:, start:stop], atol=1e-13, rtol=0)


def test_inverse_made_for_inference_also_does_for_gradients() -> None:
    transform = Transform(sample_rate_hz=8000, n_samples=100, n_stft=10, hop=5)
    signals = _noise(n_samples=100)
    with torch.inference_mode():
        transform.inverse(transform.stft(signals))
    signals.requires_grad_()
    (gradient,) = torch.autograd.grad(transform.inverse(transform.stft(signals)).sum(), signals)
    # the inverse gives back the signal, so each sample counts once
    torch.testing.assert_close(gradient, torch.ones_like(signals), atol=1e-12, rtol=0)


def test_inverse_of_masked_cells_is_nearest_in_least_squares() -> None:
    mask = torch.rand(228, 230, generator=torch.Generator().manual_seed(1))
    spectra = AUDIOMNIST.stft(_noise(n_signals=1)) * mask
    signal = AUDIOMNIST.inverse(spectra)

    def distance(candidate: torch.Tensor) -> float:
        # both halves of the spectrum count, the constant bin once
        difference = (AUDIOMNIST.stft(candidate) - spectra).abs() ** 2
        return float(2 * difference.sum() - difference[:, 0].sum())

    steps = np.random.default_rng(5).normal(size=(4, 1, 8000)) * 1e-3
    assert all(distance(signal + torch.from_numpy(step)) > distance(signal) for step in steps)


def test_inverse_refuses_frames_of_another_length() -> None:
    with pytest.raises(ValueError, match=r"spectra have 230 frames; 4000 samples have 116"):
        AUDIOMNIST.inverse(AUDIOMNIST.stft(_noise()), n_samples=4000)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hop": 300}, "hop is 300; expected at most half of n_stft = 455"),
        ({"n_stft": 9000, "hop": 35}, "n_stft is 9000; expected at most n_samples = 8000"),
        ({"sample_rate_hz": 100}, "greater than or equal to 1000"),
    ],
)
def test_transform_that_has_no_inverse_is_refused(change: dict[str, int], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Transform.model_validate(AUDIOMNIST.model_dump() | change)
