"""Which part of the network's window is played."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from explainer.timefrequency import Transform

Samples = NDArray[np.float64]

MARGIN_MS: Final = 50


@dataclass(frozen=True)
class Cut:
    """The part of the network's window that is played: the clip's span +- 50 ms, as far as the window reaches.

    It starts on a hop, so that frame `k` of the cut's STFT is frame `first_frame + k` of the window's.
    """

    first_sample: int
    n_samples: int
    transform: Transform

    @property
    def first_frame(self) -> int:
        """The frame of the window's STFT centred on the cut's first sample."""
        return self.first_sample // self.transform.hop

    @property
    def n_frames(self) -> int:
        """Frames of the cut's STFT."""
        return self.transform.n_frames_of(self.n_samples)

    @property
    def part(self) -> slice:
        """Of the window's samples: those that are played."""
        return slice(self.first_sample, self.first_sample + self.n_samples)

    def samples(self, signal: NDArray[np.floating]) -> Samples:
        """The cut's part of a signal."""
        return np.asarray(signal[self.part], dtype=np.float64)

    def frames(self, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """The cut's part of an array (bin, frame)."""
        return cells[:, self.first_frame : self.first_frame + self.n_frames]


def cut_around(*, first_sample: int, n_samples: int, transform: Transform) -> Cut:
    """The cut for a clip that lies at `first_sample` in the transform's window.

    Raises
    ------
    ValueError
        If the clip does not lie within the window.
    """
    stop, n_window, hop = first_sample + n_samples, transform.n_samples, transform.hop
    if first_sample < 0 or n_samples < 1 or stop > n_window:
        raise ValueError(
            f"the clip lies at samples {first_sample} to {stop}; expected a place within 0 to {n_window}: pass the"
            " offset and the length it was placed with"
        )
    margin = transform.sample_rate_hz * MARGIN_MS // 1000
    start = max(first_sample - margin, 0) // hop * hop
    n_hops = math.ceil((min(stop + margin, n_window) - start) / hop)
    return Cut(first_sample=start, n_samples=min(n_hops * hop, n_window - start), transform=transform)
