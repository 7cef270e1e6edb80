"""A clip as a network heard it: the window of samples, its spectrum, and the part of it that will be played."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.relevance.masks import Cells, LiveCells, live_cells
from explainer.sounds.cuts import Cut, cut_around
from explainer.timefrequency import Transform


@dataclass(frozen=True)
class PlacedClip:
    """What all renditions of a stimulus start from.

    Attributes
    ----------
    signal : ndarray, float64, (sample,)
        The network's window: the clip among zeros.
    first_sample, n_samples : int
        Where the clip lies in it.
    transform : Transform
        The network's rate and window, and the STFT of every mask.
    """

    signal: NDArray[np.float64]
    first_sample: int
    n_samples: int
    transform: Transform

    @cached_property
    def spectrum(self) -> Tensor:
        """STFT of the signal: Tensor, complex128, (bin, frame)."""
        return self.transform.stft(torch.from_numpy(self.signal)[None])[0]

    @cached_property
    def magnitudes(self) -> Cells:
        """Of the spectrum, float64, (bin, frame)."""
        # numpy's absolute value is ten times as fast as torch's; and the spectrum lies frame by frame, masks bin by bin
        return np.ascontiguousarray(np.abs(self.spectrum.numpy()))

    @cached_property
    def live(self) -> LiveCells:
        """The cells that hold something to hear, bool, (bin, frame)."""
        return live_cells(self.magnitudes)

    @cached_property
    def cut(self) -> Cut:
        """The part that is played."""
        return cut_around(first_sample=self.first_sample, n_samples=self.n_samples, transform=self.transform)
