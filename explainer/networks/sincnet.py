"""A front end of learned band-passes on a waveform, and a small network behind it (ravanelli2018)."""

from collections import OrderedDict
from typing import Final

import torch
from torch import Tensor, nn

_HZ_A_KHZ: Final = 1000.0
_LOWEST_CUTOFF_KHZ: Final = 0.05  # the authors' code: below it, and narrower, a filter this short hears nothing apart
_NARROWEST_BAND_KHZ: Final = 0.05


class SincConvolution(nn.Module):
    """A convolution whose kernels are band-passes with learned cut-offs (ravanelli2018, eq. 4 to 6).

    Parameters
    ----------
    n_filters : int
        Band-passes; their first bands touch each other and are equally wide in mel.
    kernel : int
        Samples of a kernel; odd, so that it is symmetric and delays nothing.
    stride : int
        Samples from one output to the next.
    sample_rate_hz : int
        Of the waveforms.

    Attributes
    ----------
    low_khz, band_khz : Parameter, float32, (filter,)
        What is added in size to the smallest lower cut-off and width, both 0.05 kHz. In kHz, so that one step of a
        learning rate made for weights near 0.1 moves a cut-off by some Hz.

    Raises
    ------
    ValueError
        If `kernel` is even.
    """

    def __init__(self, n_filters: int, *, kernel: int, stride: int, sample_rate_hz: int) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"kernel is {kernel}; expected an odd number of samples: add one")
        self.kernel, self.stride, self.sample_rate_hz = kernel, stride, sample_rate_hz
        edges_khz = _mel_spaced_khz(n_filters + 1, highest_khz=sample_rate_hz / 2 / _HZ_A_KHZ)
        self.low_khz = nn.Parameter((edges_khz[:-1] - _LOWEST_CUTOFF_KHZ).clamp_min(0))
        self.band_khz = nn.Parameter((edges_khz.diff() - _NARROWEST_BAND_KHZ).clamp_min(0))

    def forward(self, waveforms: Tensor) -> Tensor:
        """(batch, 1, sample) to (batch, filter, sample / stride)."""
        return nn.functional.conv1d(waveforms, self.kernels(), stride=self.stride, padding=self.kernel // 2)

    def cutoffs_khz(self) -> tuple[Tensor, Tensor]:
        """Lower and upper cut-off of each band-pass: two Tensors, float32, (filter,), in kHz."""
        highest_khz = self.sample_rate_hz / 2 / _HZ_A_KHZ
        low = (_LOWEST_CUTOFF_KHZ + self.low_khz.abs()).clamp_max(highest_khz - _NARROWEST_BAND_KHZ)
        return low, (low + _NARROWEST_BAND_KHZ + self.band_khz.abs()).clamp_max(highest_khz)

    def kernels(self) -> Tensor:
        """The present kernels: Tensor, float32, (filter, 1, sample): band-passes of gain 1 under a Hamming window."""
        low, high = (2 * cutoff[:, None] * _HZ_A_KHZ / self.sample_rate_hz for cutoff in self.cutoffs_khz())
        times = torch.arange(self.kernel, dtype=low.dtype, device=low.device) - self.kernel // 2
        band_passes = high * torch.sinc(high * times) - low * torch.sinc(low * times)
        window = torch.hamming_window(self.kernel, periodic=False, dtype=low.dtype, device=low.device)
        return (band_passes * window)[:, None]

    def as_convolution(self) -> nn.Conv1d:
        """The plain convolution that has the present kernels and answers the same."""
        kernels = self.kernels().detach()
        convolution = nn.Conv1d(
            1, len(kernels), self.kernel, stride=self.stride, padding=self.kernel // 2, bias=False, dtype=kernels.dtype
        )
        convolution.weight = nn.Parameter(kernels.clone())
        return convolution


def _mel_spaced_khz(n_edges: int, *, highest_khz: float) -> Tensor:
    """Edges from the lowest cut-off to `highest_khz`, equally spaced in mel (ravanelli2018, section 2)."""
    ends_mel = 2595 * torch.log10(1 + torch.tensor([_LOWEST_CUTOFF_KHZ, highest_khz]) * _HZ_A_KHZ / 700)
    edges_mel = torch.linspace(float(ends_mel[0]), float(ends_mel[1]), n_edges)
    return torch.as_tensor(700 * (10 ** (edges_mel / 2595) - 1) / _HZ_A_KHZ)


_N_FILTERS: Final = 40
_KERNEL: Final = 129  # 16 ms at 8 kHz, as ravanelli2018's 251 samples at 16 kHz
_STRIDE: Final = 4
_SAMPLE_RATE_HZ: Final = 8000
_N_CHANNELS: Final = (48, 64, 64, 64)
_DROPOUT_SHARE: Final = 0.5
_N_DENSE: Final = 256
_N_FLAT: Final = 64 * 31


def sincnet_small(n_labels: int) -> nn.Sequential:
    """Band-passes, four convolutions with batch norm, two dense layers: (batch, 1, 8000) to logits (batch, label)."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["sinc"] = SincConvolution(_N_FILTERS, kernel=_KERNEL, stride=_STRIDE, sample_rate_hz=_SAMPLE_RATE_HZ)
    layers["norm1"] = nn.BatchNorm1d(_N_FILTERS)
    layers["relu1"] = nn.ReLU()
    layers["pool1"] = nn.MaxPool1d(4)
    n_before = _N_FILTERS
    for number, n_channels in enumerate(_N_CHANNELS, start=2):
        layers[f"convolution{number}"] = nn.Conv1d(n_before, n_channels, 5, padding=2, bias=False)
        layers[f"norm{number}"] = nn.BatchNorm1d(n_channels)
        layers[f"relu{number}"] = nn.ReLU()
        layers[f"pool{number}"] = nn.MaxPool1d(2)
        n_before = n_channels
    layers["flatten"] = nn.Flatten()
    layers["dropout6"] = nn.Dropout(_DROPOUT_SHARE)
    layers["dense6"] = nn.Linear(_N_FLAT, _N_DENSE)
    layers["relu6"] = nn.ReLU()
    layers["dense7"] = nn.Linear(_N_DENSE, n_labels)
    return nn.Sequential(layers)
