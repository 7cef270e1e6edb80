"""From samples to time-frequency cells and back: the one STFT that network, mask and picture share.

`AUDIOMNIST` is AudioMNIST's transform (becker2024, section 3): 8 kHz, Hann window of 455 samples, hop 35 (overlap 420),
228 bins of 17.58 Hz, a frame every 4.375 ms. Frame `k` is centred on sample `k * hop`; the signal is padded with zeros
so that the first and the last sample lie under full windows and the inverse is exact.
"""

from functools import lru_cache
from typing import Final

import torch
from pydantic import Field, model_validator
from torch import Tensor
from torch.nn import functional

from earshot.files import Strict


class Transform(Strict):
    """A short-time Fourier transform of windows of one length.

    Attributes
    ----------
    sample_rate_hz : int
        Of the signals, and of what the network hears.
    n_samples : int
        Length of a window: the clip lies in it among zeros.
    n_stft, hop : int
        Samples of the Hann window, and from one frame to the next.
    """

    sample_rate_hz: int = Field(ge=1000, le=48_000)
    n_samples: int = Field(ge=2)
    n_stft: int = Field(ge=4)
    hop: int = Field(ge=1)

    @model_validator(mode="after")
    def _check_sizes(self) -> "Transform":
        if self.hop > self.n_stft // 2:
            raise ValueError(f"hop is {self.hop}; expected at most half of n_stft = {self.n_stft}: lower it")
        if self.n_stft > self.n_samples:
            raise ValueError(f"n_stft is {self.n_stft}; expected at most n_samples = {self.n_samples}: lower it")
        return self

    @property
    def n_bins(self) -> int:
        """Frequencies from 0 Hz up to half the sample rate."""
        return self.n_stft // 2 + 1

    @property
    def n_frames(self) -> int:
        """Frames of a whole window."""
        return self.n_frames_of(self.n_samples)

    @property
    def bin_hz(self) -> float:
        """Distance of two bins."""
        return self.sample_rate_hz / self.n_stft

    @property
    def frame_ms(self) -> float:
        """Distance of two frames."""
        return 1000 * self.hop / self.sample_rate_hz

    @property
    def frequency_max_hz(self) -> float:
        """Half the sample rate."""
        return self.sample_rate_hz / 2

    def n_frames_of(self, n_samples: int) -> int:
        """Frames `stft` gives for a signal of `n_samples`."""
        return -(-(n_samples + 2 * self._half_window - self.n_stft) // self.hop) + 1

    def stft(self, signals: Tensor) -> Tensor:
        """Short-time Fourier transform.

        Parameters
        ----------
        signals : Tensor, float32 or float64, (batch, sample)
            Signals of any length of at least two samples.

        Returns
        -------
        Tensor, complex64 or complex128, (batch, bin, frame)
            `n_bins` bins, `n_frames_of(n_samples)` frames.
        """
        n_samples = signals.shape[-1]
        n_padded = (self.n_frames_of(n_samples) - 1) * self.hop + self.n_stft
        padded = functional.pad(signals, (self._half_window, n_padded - n_samples - self._half_window))
        return torch.stft(
            padded, self.n_stft, self.hop, window=self.window_like(signals), center=False, return_complex=True
        )

    def inverse(self, spectra: Tensor, *, n_samples: int | None = None, part: slice = slice(None)) -> Tensor:
        """The signals whose STFT is nearest to `spectra` in least squares (griffin1984, eq. 6); exact for an STFT.

        Parameters
        ----------
        spectra : Tensor, complex, (batch, bin, frame)
            As `stft` gives them, perhaps multiplied by a mask.
        n_samples : int, optional
            Length of the signals; a whole window unless given.
        part : slice, optional
            Of the samples, without a step: which to give back. Frames that do not reach them cost nothing.

        Returns
        -------
        Tensor, float, (batch, sample)

        Raises
        ------
        ValueError
            If the number of frames is not that of a signal of `n_samples`.
        """
        n_samples = self.n_samples if n_samples is None else n_samples
        n_frames = spectra.shape[-1]
        if n_frames != self.n_frames_of(n_samples):
            raise ValueError(
                f"spectra have {n_frames} frames; {n_samples} samples have {self.n_frames_of(n_samples)}: pass the"
                " n_samples of the signals they were made from"
            )
        start, stop, _ = part.indices(n_samples)
        first_frame = max(-((self.n_stft - 1 - self._half_window - start) // self.hop), 0)
        reaching = spectra[..., first_frame : (stop - 1 + self._half_window) // self.hop + 1]
        frames = torch.fft.irfft(reaching, n=self.n_stft, dim=-2)
        total = self._overlap_add(frames * self.window_like(frames)[:, None])
        first = start + self._half_window - first_frame * self.hop
        weights = self.window_weights(frames, n_samples=n_samples)
        return total[:, first : first + stop - start] / weights[:, start:stop]

    def window_weights(self, like: Tensor, *, n_samples: int) -> Tensor:
        """Sum of the squared windows over each sample of a signal: Tensor, `like`'s dtype, (1, sample); above 0."""
        return _window_weights(self, n_samples=n_samples, dtype=like.dtype, device=like.device)

    def window_like(self, signals: Tensor) -> Tensor:
        """The Hann window with the dtype and device of `signals`: Tensor, float, (n_stft,)."""
        return _window(self.n_stft, dtype=signals.dtype, device=signals.device)

    @property
    def _half_window(self) -> int:
        return self.n_stft // 2

    def _overlap_add(self, frames: Tensor) -> Tensor:
        """Sum of frames at their places: (batch, sample in frame, frame) to (batch, sample)."""
        n_samples = (frames.shape[-1] - 1) * self.hop + self.n_stft
        summed = functional.fold(frames, output_size=(1, n_samples), kernel_size=(1, self.n_stft), stride=(1, self.hop))
        return summed[:, 0, 0]


# Made outside of inference mode: what is kept must also do where gradients are wanted.
@lru_cache(maxsize=8)
@torch.inference_mode(mode=False)
def _window(n_stft: int, *, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.hann_window(n_stft, dtype=dtype, device=device)


@lru_cache(maxsize=8)
@torch.inference_mode(mode=False)
def _window_weights(transform: Transform, *, n_samples: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    squared = _window(transform.n_stft, dtype=dtype, device=device)[:, None] ** 2
    frames = squared.expand(1, -1, transform.n_frames_of(n_samples))
    return transform._overlap_add(frames)[:, transform._half_window : transform._half_window + n_samples]


AUDIOMNIST: Final = Transform(sample_rate_hz=8000, n_samples=8000, n_stft=455, hop=35)
"""becker2024, section 3: one second at 8 kHz, 228 bins and 230 frames."""
