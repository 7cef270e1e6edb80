"""What networks take, against numpy; and declarations that do not fit."""

from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from explainer.networks.inputs import AUDIOMNIST_SPECTROGRAM, AUDIOMNIST_WAVEFORM, PEAK_WAVEFORM, NetworkInput


def signals() -> torch.Tensor:
    draws = np.random.default_rng(3)
    window = np.zeros((2, 8000), dtype=np.float32)
    window[:, 2000:6000] = draws.standard_normal((2, 4000)) * [[0.1], [0.01]]
    return torch.from_numpy(window)


def test_waveform_is_divided_by_the_95th_percentile_of_its_16_bit_steps() -> None:
    steps = signals().double().numpy() * 32768
    expected = steps / (np.percentile(steps, 95, axis=1, keepdims=True) + 0.001)
    found = AUDIOMNIST_WAVEFORM.of(signals())
    assert found.shape == (2, *AUDIOMNIST_WAVEFORM.shape) == (2, 1, 8000)
    np.testing.assert_allclose(found[:, 0].numpy(), expected, rtol=1e-5, atol=1e-6)  # float32 against float64


def test_waveform_is_divided_by_its_peak_and_silence_stays_silent() -> None:
    scaled = PEAK_WAVEFORM.of(signals())
    assert torch.equal(scaled.abs().amax(dim=-1), torch.ones(2, 1))
    assert torch.equal(PEAK_WAVEFORM.of(torch.zeros(1, 8000)), torch.zeros(1, 1, 8000))


def test_waveform_without_scaling_is_what_it_was() -> None:
    assert torch.equal(NetworkInput(kind="waveform").of(signals())[:, 0], signals())


def test_spectrogram_ignores_the_level_and_reaches_from_0_to_1() -> None:
    cells = AUDIOMNIST_SPECTROGRAM.of(signals())
    assert cells.shape == (2, *AUDIOMNIST_SPECTROGRAM.shape) == (2, 1, 227, 227)
    assert torch.equal(cells.amax(dim=(1, 2, 3)), torch.ones(2))
    assert float(cells.min()) == 0
    # float32 sums keep 7 digits of the loudest cell, so 3 of one 80 dB below it: 1e-3 dB of 80
    torch.testing.assert_close(AUDIOMNIST_SPECTROGRAM.of(signals() * 0.3), cells, atol=1e-5, rtol=0)


def test_cells_of_the_network_lie_where_they_were_on_the_whole_grid() -> None:
    grid = AUDIOMNIST_SPECTROGRAM.to_stft(torch.ones(2, 227, 227))
    assert grid.shape == (2, 228, 230)
    assert bool((grid[:, :227, 2:229] == 1).all())
    assert float(grid.sum()) == 2 * 227 * 227


def test_input_survives_being_written_and_read() -> None:
    for network_input in (AUDIOMNIST_SPECTROGRAM, AUDIOMNIST_WAVEFORM, PEAK_WAVEFORM):
        assert NetworkInput.model_validate_json(network_input.model_dump_json()) == network_input


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "waveform", "n_bins": 100}, "n_bins is 100, but kind is 'waveform'"),
        ({"kind": "spectrogram", "scaling": "peak"}, "scaling is 'peak', but kind is 'spectrogram'"),
        ({"kind": "spectrogram", "n_bins": 229}, "n_bins is 229; expected at most the transform's 228"),
        ({"kind": "spectrogram", "first_frame": 230}, "first_frame is 230 and n_frames None"),
        ({"kind": "spectrogram", "first_frame": 4, "n_frames": 227}, "to end at the transform's 230 frames"),
    ],
)
def test_declaration_that_does_not_fit_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        NetworkInput.model_validate(fields)
