"""What a network takes: a waveform or a spectrogram, at its rate, of its length."""

from typing import Final, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor
from torch.nn import functional

from earshot.files import Strict
from explainer.timefrequency import AUDIOMNIST, Transform

_FULL_SCALE: Final = 2.0**15
_PERCENTILE: Final = 0.95
_SMALLEST_SCALE: Final = 1e-3
_SPECTROGRAM_FIELDS: Final = ("n_bins", "first_frame", "n_frames", "range_db")


class NetworkInput(Strict):
    """How signals become what a network takes.

    Attributes
    ----------
    kind : {'spectrogram', 'waveform'}
        (batch, 1, bin, frame) or (batch, 1, sample).
    transform : Transform
        The sample rate and length of what is heard, and the STFT of spectrogram, masks and pictures.
    scaling : {'percentile', 'peak', 'none'}
        Of a waveform: AudioNet's, divided by (95th percentile of the window's samples in steps of 16 bits + .001)
        (becker2024, the authors' code), which is near 0 where a clip fills a tenth of its window or less; divided by
        its largest size; or as it is.
    n_bins, first_frame, n_frames : int
        Of a spectrogram: which cells the network sees, from the lowest bin on; None means all there are.
    range_db : float
        Of a spectrogram: how far below its maximum it reaches.
    """

    kind: Literal["spectrogram", "waveform"]
    transform: Transform = AUDIOMNIST
    scaling: Literal["percentile", "peak", "none"] = "none"
    n_bins: int | None = Field(default=None, ge=1)
    first_frame: int = Field(default=0, ge=0)
    n_frames: int | None = Field(default=None, ge=1)
    range_db: float = Field(default=80.0, gt=0)

    def of(self, signals: Tensor) -> Tensor:
        """What the network takes of some signals.

        Parameters
        ----------
        signals : Tensor, float32 or float64, (batch, sample)
            Whole windows, full scale 1.

        Returns
        -------
        Tensor, same dtype, (batch, 1, bin, frame) or (batch, 1, sample)
            Spectrograms are magnitudes in dB relative to the maximum of each, cut at -`range_db`, then scaled to 0
            (silence) to 1 (the loudest cell): a level changes nothing, and the padding around a clip feeds nothing
            forward. All zero for a silent signal.
        """
        if self.kind == "waveform":
            return self._scaled(signals).unsqueeze(1)
        magnitudes = self._crop(self.transform.stft(signals).abs())
        loudest = magnitudes.amax(dim=(-2, -1), keepdim=True).clamp_min(torch.finfo(magnitudes.dtype).tiny)
        smallest = 10.0 ** (-self.range_db / 20)
        levels_db = 20 * torch.log10((magnitudes / loudest).clamp_min(smallest))
        return (levels_db / self.range_db + 1).clamp(0, 1).unsqueeze(1)

    def to_stft(self, cells: Tensor) -> Tensor:
        """Cells as the network sees them on the whole grid of the STFT, 0 where it sees nothing: (..., bin, frame)."""
        n_after = self.transform.n_frames - self.first_frame - cells.shape[-1]
        return functional.pad(cells, (self.first_frame, n_after, 0, self.transform.n_bins - cells.shape[-2]))

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        foreign = _SPECTROGRAM_FIELDS if self.kind == "waveform" else ("scaling",)
        for name in foreign:
            value = getattr(self, name)
            if value != type(self).model_fields[name].default:
                raise ValueError(f"{name} is {value!r}, but kind is '{self.kind}', which has none; take it out")
        return self

    @model_validator(mode="after")
    def _check_cells(self) -> Self:
        if self.n_bins is not None and self.n_bins > self.transform.n_bins:
            raise ValueError(f"n_bins is {self.n_bins}; expected at most the transform's {self.transform.n_bins}")
        n_frames = self.first_frame + (self.n_frames or 1)
        if n_frames > self.transform.n_frames:
            raise ValueError(
                f"first_frame is {self.first_frame} and n_frames {self.n_frames}; expected them to end at the "
                f"transform's {self.transform.n_frames} frames or before"
            )
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one input: (1, bin, frame) or (1, sample)."""
        if self.kind == "waveform":
            return (1, self.transform.n_samples)
        return (1, self.n_bins or self.transform.n_bins, self.n_frames or self.transform.n_frames - self.first_frame)

    def _crop(self, cells: Tensor) -> Tensor:
        _, n_bins, n_frames = self.shape
        return cells[..., :n_bins, self.first_frame : self.first_frame + n_frames]

    def _scaled(self, signals: Tensor) -> Tensor:
        if self.scaling == "none":
            return signals
        if self.scaling == "peak":
            return signals / signals.abs().amax(dim=-1, keepdim=True).clamp_min(torch.finfo(signals.dtype).tiny)
        steps = signals * _FULL_SCALE
        return steps / (torch.quantile(steps, _PERCENTILE, dim=-1, keepdim=True) + _SMALLEST_SCALE)


AUDIOMNIST_SPECTROGRAM: Final = NetworkInput(kind="spectrogram", n_bins=227, first_frame=2, n_frames=227)
"""becker2024, section 3.2: bins 0..226 and frames 2..228 of the 228 x 230 grid."""
AUDIOMNIST_WAVEFORM: Final = NetworkInput(kind="waveform", scaling="percentile")
"""becker2024, section 3.1: 8000 samples."""
PEAK_WAVEFORM: Final = NetworkInput(kind="waveform", scaling="peak")
"""8000 samples within -1 and 1: one clip too short for the percentile would spoil every batch norm behind it."""
