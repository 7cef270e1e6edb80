"""What every control is held against: the relevance mask and the clip's energy; and what a fair one must keep."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np

from explainer.relevance.masks import Cells, LiveCells, overlap_share

MOST_OVERLAP_SHARE: Final = 0.5
LEAST_AREA_SHARE: Final = 0.8
MOST_ENERGY_DIFFERENCE_SHARE: Final = 0.1

ControlKind = Literal["control", "blobs", "other-clip", "randomised-network"]
"""The names of `earshot.bundle.Mask`: rolled, random blobs, another clip's, a network's with weights drawn anew."""


@dataclass(frozen=True)
class Control:
    """A mask that compares with the relevance mask.

    Attributes
    ----------
    mask : ndarray, float64, (bin, frame), range 0 to 1
        0 on silent cells.
    kind : {'control', 'blobs', 'other-clip', 'randomised-network'}
    overlap_share : float
        Intersection over union with the relevance mask.
    area_share : float
        Its area over the relevance mask's.
    energy_difference_share : float
        (its kept energy - the relevance mask's) / the relevance mask's, at most `MOST_ENERGY_DIFFERENCE_SHARE` in size.
    exponent, gain : float
        What matched its energy: the mask it was made from was raised to `exponent`, then multiplied by `gain` and cut
        at 1. Both 1 where cells were counted instead, as for a top-share mask.
    rolled_frames, rolled_bins : int, optional
        Of a rolled mask: how far, to later frames and to higher bins; circular.
    """

    mask: Cells
    kind: ControlKind
    overlap_share: float
    area_share: float
    energy_difference_share: float
    exponent: float = 1.0
    gain: float = 1.0
    rolled_frames: int | None = None
    rolled_bins: int | None = None


@dataclass(frozen=True)
class Unfair:
    """Why a stimulus can have no fair control, as a reader says it."""

    reason: str


@dataclass(frozen=True)
class Scene:
    """The relevance mask, the energy and the live cells of one clip, cut to its live span.

    Attributes
    ----------
    mask, energy : ndarray, float64, (bin, frame of the span)
        The relevance mask and squared magnitudes.
    live : ndarray, bool, (bin, frame of the span)
    first_frame, n_frames : int
        Where the span begins in the window, and how many frames the window has.
    """

    mask: Cells
    energy: Cells
    live: LiveCells
    first_frame: int
    n_frames: int

    @cached_property
    def wanted(self) -> float:
        """Energy that the relevance mask keeps."""
        return self.kept(self.mask)

    @cached_property
    def is_binary(self) -> bool:
        """Whether the relevance mask keeps or drops whole cells: then no exponent changes what it keeps."""
        return bool(((self.mask == 0) | (self.mask == 1)).all())

    def kept(self, mask: Cells) -> float:
        """Energy that a mask keeps."""
        return float((mask * mask * self.energy).sum())

    def cut(self, mask: Cells) -> Cells:
        """The span's part of a mask over the window, on live cells."""
        part: Cells = mask[:, self.first_frame : self.first_frame + self.mask.shape[1]] * self.live
        return part

    def rolled(self, mask: Cells, *, offset: tuple[int, int]) -> Cells:
        """A mask of the span after a circular roll by (bins, frames), on live cells."""
        rolled: Cells = np.roll(mask, offset, axis=(0, 1)) * self.live
        return rolled

    def control(self, mask: Cells, *, kind: ControlKind, exponent: float = 1.0, gain: float = 1.0) -> Control:
        """A mask of the span as a control over the window; whether it is fair is for the caller to say."""
        widened = np.zeros((mask.shape[0], self.n_frames))
        widened[:, self.first_frame : self.first_frame + mask.shape[1]] = mask
        return Control(
            mask=widened,
            kind=kind,
            overlap_share=overlap_share(mask, self.mask),
            area_share=float(mask.sum() / self.mask.sum()),
            energy_difference_share=self.kept(mask) / self.wanted - 1,
            exponent=exponent,
            gain=gain,
        )


def scene_of(mask: Cells, *, magnitudes: Cells, live: LiveCells) -> Scene | Unfair:
    """The scene of a clip, or why no control can be made of it.

    Parameters
    ----------
    mask : ndarray, float64, (bin, frame), range 0 to 1
        The relevance mask; 0 on silent cells.
    magnitudes : ndarray, float64, (bin, frame)
        Of the original's STFT.
    live : ndarray, bool, (bin, frame)
        As `masks.live_cells` gives it.
    """
    if not mask.any():
        return Unfair("the relevance mask is empty")
    frames = np.flatnonzero(live.any(axis=0))
    span = slice(int(frames[0]), int(frames[-1]) + 1)
    return Scene(
        mask=mask[:, span],
        energy=magnitudes[:, span] ** 2,
        live=live[:, span],
        first_frame=span.start,
        n_frames=mask.shape[1],
    )


def fair_in_energy(control: Control) -> Control | Unfair:
    """The control itself where its energy is within `MOST_ENERGY_DIFFERENCE_SHARE`, else why it is unfair."""
    if abs(control.energy_difference_share) <= MOST_ENERGY_DIFFERENCE_SHARE:
        return control
    return Unfair(
        f"the nearest control keeps {control.energy_difference_share:+.0%} energy; at most 10 % either way is fair"
    )
