"""Stated noise: what makes clips hard where held-out speakers are not."""

import numpy as np

from earshot.files import sha256_bytes
from explainer.corpora.hearing import Signal


def add_noise(signal: Signal, *, snr_db: float, clip_id: str, seed: int) -> Signal:
    """The signal in white noise, drawn from the seed and the clip's id alone.

    Parameters
    ----------
    signal : ndarray, float32, (sample,)
    snr_db : float
        Mean power of the signal over that of the noise.

    Returns
    -------
    ndarray, float32, (sample,)
        Noise lies under the clip only: the zeros around it stay silent, as they are for every other clip.
    """
    draws = np.random.default_rng(int(sha256_bytes(f"{seed} {clip_id}".encode())[:16], 16))
    noise = draws.standard_normal(len(signal))
    power_ratio = float(np.mean(signal.astype(np.float64) ** 2)) / 10 ** (snr_db / 10)
    noisy: Signal = (signal + np.sqrt(power_ratio) * noise).astype(np.float32)
    return noisy
