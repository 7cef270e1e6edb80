"""Waveforms: how high, where, and in which colour."""

import numpy as np
import pytest
from numpy.typing import NDArray

from explainer.pictures.colours import relevance_palette
from explainer.pictures.waveform import draw_waveform, kept_of_frames
from explainer.timefrequency import Transform
from tests.explainer.pictures.vision import chunks, pixels

_TRANSFORM = Transform(sample_rate_hz=8000, n_samples=2000, n_stft=200, hop=50)  # 101 bins
_N_SAMPLES = 1000
_N_FRAMES = _TRANSFORM.n_frames_of(_N_SAMPLES)


def _shares(value: float = 1.0) -> NDArray[np.float64]:
    return np.full(_N_FRAMES, value)


def _drawn(samples: NDArray[np.float64], *, shares: NDArray[np.float64], peak: float = 1.0) -> NDArray[np.uint8]:
    return pixels(draw_waveform(samples, shares=shares, peak=peak, transform=_TRANSFORM))


def test_picture_is_as_large_as_the_spectrogram() -> None:
    assert _drawn(np.zeros(_N_SAMPLES), shares=_shares()).shape == (101, _N_FRAMES, 3)


def test_silence_is_a_line_in_the_middle() -> None:
    rows = _drawn(np.zeros(_N_SAMPLES), shares=_shares()).any(axis=(1, 2))
    assert np.flatnonzero(rows).tolist() == [50]


def test_columns_reach_from_the_least_to_the_greatest_sample_around_their_frame() -> None:
    samples = np.zeros(_N_SAMPLES)
    samples[374], samples[375], samples[425] = 1.0, 0.5, -0.2  # frame 7, then frame 8 (375 to 424), then frame 9
    lit = _drawn(samples, shares=_shares()).max(axis=2)
    assert np.flatnonzero(lit[:, 7]).tolist() == list(range(51))
    assert np.flatnonzero(lit[:, 8]).tolist() == list(range(25, 51))
    assert np.flatnonzero(lit[:, 9]).tolist() == list(range(50, 61))


def test_peak_is_the_edge_and_what_exceeds_it_is_cut_off() -> None:
    samples = 0.1 * np.sin(2 * np.pi * 300 * np.arange(_N_SAMPLES) / 8000)
    half, whole, cut = (_drawn(samples, shares=_shares(), peak=peak).any(axis=(1, 2)) for peak in (0.2, 0.1, 0.05))
    assert half.sum() == pytest.approx(51, abs=2)
    assert whole.all()
    assert cut.all()


def test_colour_of_a_column_is_its_share() -> None:
    shares = np.linspace(0, 1, _N_FRAMES)
    line = _drawn(np.zeros(_N_SAMPLES), shares=shares)[50]
    expected = relevance_palette()[np.rint((0.25 + 0.75 * shares) * 255).astype(int)]
    np.testing.assert_array_equal(line, expected)
    assert line.sum(axis=1, dtype=int).min() > 150  # even a moment that is not kept is seen on black


def test_png_holds_pixels_only_and_the_same_bytes_each_time() -> None:
    samples = np.random.default_rng(3).normal(size=_N_SAMPLES)
    first, again = (draw_waveform(samples, shares=_shares(0.3), peak=4.0, transform=_TRANSFORM) for _ in range(2))
    assert first == again
    assert chunks(first) == {b"IHDR", b"PLTE", b"IDAT", b"IEND"}


def test_shares_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match=rf"shares have shape \(3,\); expected \({_N_FRAMES},\)"):
        draw_waveform(np.zeros(_N_SAMPLES), shares=np.ones(3), peak=1.0, transform=_TRANSFORM)


def test_kept_of_frames_is_the_share_of_energy() -> None:
    magnitudes = np.array([[3.0, 1.0, 0.0], [4.0, 1.0, 0.0]])
    mask = np.array([[1.0, 0.5, 1.0], [0.0, 0.5, 1.0]])
    assert kept_of_frames(mask, magnitudes=magnitudes).tolist() == [9 / 25, 0.25, 0.0]
