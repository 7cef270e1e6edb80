"""The other clip's control: where another clip has its relevance, laid over this clip."""

import numpy as np

from explainer.controls.matching import matched_control
from explainer.controls.scene import Control, Unfair
from explainer.relevance.masks import Cells, LiveCells


def other_clip_control(
    other: Cells, *, other_live: LiveCells, mask: Cells, magnitudes: Cells, live: LiveCells
) -> Control | Unfair:
    """Another clip's relevance mask, its live span beginning where this clip's does, matched in energy; or why not.

    Parameters
    ----------
    other : ndarray, float64, (bin, frame), range 0 to 1
        The other clip's soft mask.
    other_live : ndarray, bool, (bin, frame)
        The other clip's live cells.
    mask : ndarray, float64, (bin, frame), range 0 to 1
        This clip's relevance mask, soft or top-share; 0 on silent cells.
    magnitudes : ndarray, float64, (bin, frame)
        Of this clip's STFT.
    live : ndarray, bool, (bin, frame)
        This clip's live cells.

    Notes
    -----
    What the shift moves out of the window is lost, and what it moves in is empty.
    """
    if not live.any() or not other_live.any():
        return Unfair("a clip without live cells has no relevance to lay over another")
    aligned = _shifted(other, n_frames=_first_frame(live) - _first_frame(other_live))
    return matched_control(aligned, kind="other-clip", mask=mask, magnitudes=magnitudes, live=live)


def _first_frame(live: LiveCells) -> int:
    return int(live.any(axis=0).argmax())


def _shifted(mask: Cells, *, n_frames: int) -> Cells:
    """A mask moved to later frames by `n_frames`, which may be negative."""
    shifted = np.zeros_like(mask)
    n_kept = mask.shape[1] - abs(n_frames)
    first, from_first = max(n_frames, 0), max(-n_frames, 0)
    shifted[:, first : first + n_kept] = mask[:, from_first : from_first + n_kept]
    return shifted
