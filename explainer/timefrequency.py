"""From samples to time-frequency cells and back: the one STFT that network, mask and picture share.

The transform is AudioMNIST's (becker2024, section 3): Hann window of 455 samples, hop 35 (overlap 420), 228 bins of
17.58 Hz, a frame every 4.375 ms. Frame `k` is centred on sample `35 k`; the signal is padded with zeros so that the
first and the last sample lie under full windows and the inverse is exact.
"""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

SAMPLE_RATE_HZ: Final = 8000
N_WINDOW_SAMPLES: Final = 8000
"""Samples the network hears: one second, the clip placed in zeros."""

N_STFT_SAMPLES: Final = 455
HOP_SAMPLES: Final = 35
N_BINS: Final = N_STFT_SAMPLES // 2 + 1
N_FRAMES: Final = 230
"""Frames of a signal of `N_WINDOW_SAMPLES`."""

BIN_HZ: Final = SAMPLE_RATE_HZ / N_STFT_SAMPLES
FRAME_MS: Final = 1000 * HOP_SAMPLES / SAMPLE_RATE_HZ

NETWORK_SIDE: Final = 227
"""The network sees bins 0..226 and frames 2..228 of the 228 x 230 grid."""
FIRST_NETWORK_FRAME: Final = 2

INPUT_RANGE_DB: Final = 80.0
_HALF_WINDOW = N_STFT_SAMPLES // 2


def n_frames_of(n_samples: int) -> int:
    """Frames `stft` gives for a signal of `n_samples`."""
    return -(-(n_samples + 2 * _HALF_WINDOW - N_STFT_SAMPLES) // HOP_SAMPLES) + 1


def stft(signals: Tensor) -> Tensor:
    """Short-time Fourier transform.

    Parameters
    ----------
    signals : Tensor, float32 or float64, (batch, sample)
        Signals at 8 kHz, of any length of at least two samples.

    Returns
    -------
    Tensor, complex64 or complex128, (batch, bin, frame)
        228 bins; 230 frames for 8000 samples, else `n_frames_of(n_samples)`.
    """
    n_samples = signals.shape[-1]
    n_padded = (n_frames_of(n_samples) - 1) * HOP_SAMPLES + N_STFT_SAMPLES
    padded = functional.pad(signals, (_HALF_WINDOW, n_padded - n_samples - _HALF_WINDOW))
    return torch.stft(
        padded, N_STFT_SAMPLES, HOP_SAMPLES, window=_window_like(signals), center=False, return_complex=True
    )


def inverse_stft(spectra: Tensor, *, n_samples: int = N_WINDOW_SAMPLES) -> Tensor:
    """The signals whose STFT is nearest to `spectra` in least squares (griffin1984, eq. 6); exact for an STFT.

    Parameters
    ----------
    spectra : Tensor, complex, (batch, bin, frame)
        As `stft` gives them, perhaps multiplied by a mask.
    n_samples : int
        Length of the signals.

    Returns
    -------
    Tensor, float, (batch, sample)

    Raises
    ------
    ValueError
        If the number of frames is not that of a signal of `n_samples`.
    """
    n_frames = spectra.shape[-1]
    if n_frames != n_frames_of(n_samples):
        raise ValueError(
            f"spectra have {n_frames} frames; {n_samples} samples have {n_frames_of(n_samples)}: pass the n_samples"
            " of the signals they were made from"
        )
    frames = torch.fft.irfft(spectra, n=N_STFT_SAMPLES, dim=-2)
    window = _window_like(frames)[:, None]
    total = _overlap_add(frames * window)
    weight = _overlap_add((window**2).expand(1, -1, n_frames))
    inside = slice(_HALF_WINDOW, _HALF_WINDOW + n_samples)
    return total[:, inside] / weight[:, inside]


def network_input(signals: Tensor) -> Tensor:
    """The spectrograms a network sees.

    Magnitudes in dB relative to the maximum of each spectrogram, cut at -80 dB, then scaled to (dB + 80) / 80: silence
    is 0 and the loudest cell 1, so that a level changes nothing and the padding around a clip feeds nothing forward.

    Parameters
    ----------
    signals : Tensor, float32, (batch, 8000)

    Returns
    -------
    Tensor, float32, (batch, 1, 227 bin, 227 frame), range 0 to 1
        Bins 0..226 and frames 2..228 of `stft`; all zero for a silent signal.
    """
    magnitudes = crop_to_network(stft(signals).abs())
    loudest = magnitudes.amax(dim=(-2, -1), keepdim=True).clamp_min(torch.finfo(magnitudes.dtype).tiny)
    smallest = 10.0 ** (-INPUT_RANGE_DB / 20)
    levels_db = 20 * torch.log10((magnitudes / loudest).clamp_min(smallest))
    return (levels_db / INPUT_RANGE_DB + 1).clamp(0, 1).unsqueeze(1)


def crop_to_network(cells: Tensor) -> Tensor:
    """The cells the network sees: (..., 228, 230) to (..., 227, 227)."""
    return cells[..., :NETWORK_SIDE, FIRST_NETWORK_FRAME : FIRST_NETWORK_FRAME + NETWORK_SIDE]


def pad_to_stft(cells: Tensor) -> Tensor:
    """Cells as the network sees them, with zeros where it sees nothing: (..., 227, 227) to (..., 228, 230)."""
    after = N_FRAMES - NETWORK_SIDE - FIRST_NETWORK_FRAME
    return functional.pad(cells, (FIRST_NETWORK_FRAME, after, 0, N_BINS - NETWORK_SIDE))


def _window_like(signals: Tensor) -> Tensor:
    return torch.hann_window(N_STFT_SAMPLES, dtype=signals.dtype, device=signals.device)


def _overlap_add(frames: Tensor) -> Tensor:
    """Sum of frames at their places: (batch, sample in frame, frame) to (batch, sample)."""
    n_samples = (frames.shape[-1] - 1) * HOP_SAMPLES + N_STFT_SAMPLES
    summed = functional.fold(
        frames, output_size=(1, n_samples), kernel_size=(1, N_STFT_SAMPLES), stride=(1, HOP_SAMPLES)
    )
    return summed[:, 0, 0]
