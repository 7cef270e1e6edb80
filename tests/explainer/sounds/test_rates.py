"""From the network's rate to 48 kHz and back."""

import numpy as np
import pytest

from explainer.sounds.rates import to_network_rate, to_sound
from explainer.timefrequency import AUDIOMNIST, Transform


def test_sound_has_six_times_the_samples_and_fades_from_silence() -> None:
    sound = to_sound(np.ones(4000), transform=AUDIOMNIST)
    assert len(sound) == 24000
    assert sound[0] == 0
    assert sound[-1] == 0
    assert sound[240] == pytest.approx(0.5, abs=0.05)  # half way through 10 ms
    assert sound[12000] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("rate_hz", [8000, 48_000])
def test_samples_are_not_faded_themselves(rate_hz: int) -> None:
    samples = np.ones(4000)
    to_sound(samples, transform=Transform(sample_rate_hz=rate_hz, n_samples=8000, n_stft=512, hop=128))
    assert (samples == 1).all()


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("n_samples", [4000, 4001, 4037])
def test_sound_at_the_networks_rate_is_what_it_was(rate_hz: int, n_samples: int) -> None:
    transform = Transform(sample_rate_hz=rate_hz, n_samples=8000, n_stft=512, hop=128)
    samples = np.sin(2 * np.pi * 440 * np.arange(n_samples) / rate_hz)
    heard = to_network_rate(to_sound(samples, transform=transform), transform=transform)
    assert len(heard) == n_samples
    inside = slice(rate_hz // 40, -rate_hz // 40)  # beyond the fades
    np.testing.assert_allclose(heard[inside], samples[inside], atol=1e-4)
