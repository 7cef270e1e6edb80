import numpy as np
import pytest

from explainer.batches.noise import add_noise

SIGNAL = np.sin(np.arange(8000) / 7).astype(np.float32)


@pytest.mark.parametrize("snr_db", [-6.0, 0.0, 20.0])
def test_noise_has_the_stated_power(snr_db: float) -> None:
    noise = add_noise(SIGNAL, snr_db=snr_db, clip_id="a", seed=1).astype(np.float64) - SIGNAL
    found_db = 10 * np.log10(np.mean(SIGNAL.astype(np.float64) ** 2) / np.mean(noise**2))
    # the power of 8000 draws varies by 1.6 %, .07 dB
    assert found_db == pytest.approx(snr_db, abs=0.3)


def test_noise_depends_on_seed_and_clip_alone() -> None:
    once = add_noise(SIGNAL, snr_db=10, clip_id="a", seed=1)
    np.testing.assert_array_equal(once, add_noise(SIGNAL, snr_db=10, clip_id="a", seed=1))
    assert not np.array_equal(once, add_noise(SIGNAL, snr_db=10, clip_id="b", seed=1))
    assert not np.array_equal(once, add_noise(SIGNAL, snr_db=10, clip_id="a", seed=2))
    assert once.dtype == np.float32
