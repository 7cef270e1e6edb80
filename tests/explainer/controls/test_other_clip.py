"""Another clip's mask: aligned at the beginning of what is to be heard, and matched."""

import numpy as np
import pytest

from explainer.controls.other_clip import other_clip_control
from explainer.controls.scene import Control, Unfair
from explainer.relevance.masks import live_cells
from tests.explainer.controls.scenes import Array, blob, noise


def _clip(*, first_frame: int) -> Array:
    """Magnitudes of a clip of 20 frames in a window of 40."""
    magnitudes = np.zeros((14, 40))
    magnitudes[:, first_frame : first_frame + 20] = noise(seed=first_frame)
    return magnitudes


def _placed(mask: Array, *, first_frame: int) -> Array:
    return np.pad(mask, ((0, 0), (first_frame, 40 - first_frame - mask.shape[1])))


@pytest.mark.parametrize(("first", "other_first"), [(5, 12), (12, 5), (8, 8), (0, 20), (20, 0)])
def test_mask_begins_where_the_clip_does(first: int, other_first: int) -> None:
    magnitudes = _clip(first_frame=first)
    lent = blob((14, 20), centre=(9, 13))
    control = other_clip_control(
        _placed(lent, first_frame=other_first),
        other_live=live_cells(_clip(first_frame=other_first)),
        mask=_placed(blob((14, 20)), first_frame=first),
        magnitudes=magnitudes,
        live=live_cells(magnitudes),
    )
    assert isinstance(control, Control)
    assert control.kind == "other-clip"
    np.testing.assert_array_equal(control.mask > 0, _placed(lent, first_frame=first) > 0)
    assert abs(control.energy_difference_share) < 1e-3


def test_mask_of_a_longer_clip_ends_with_this_one() -> None:
    magnitudes = _clip(first_frame=15)
    longer = np.zeros((14, 40))
    longer[:, 2:] = noise(n_frames=38)
    control = other_clip_control(
        np.where(longer > 0, 0.5, 0),
        other_live=live_cells(longer),
        mask=_placed(blob((14, 20)), first_frame=15),
        magnitudes=magnitudes,
        live=live_cells(magnitudes),
    )
    assert isinstance(control, Control)
    assert not control.mask[:, :15].any()
    assert not control.mask[:, 35:].any()


def test_mask_of_silence_here_is_unfair() -> None:
    magnitudes = _clip(first_frame=10)
    magnitudes[9] = 0
    lent = np.zeros((14, 20))
    lent[9] = 1
    found = other_clip_control(
        _placed(lent, first_frame=10),
        other_live=live_cells(_clip(first_frame=10)),
        mask=_placed(blob((14, 20)), first_frame=10),
        magnitudes=magnitudes,
        live=live_cells(magnitudes),
    )
    assert found == Unfair("the mask 'other-clip' holds no live cell of this clip")


def test_silent_clip_lends_nothing() -> None:
    magnitudes = _clip(first_frame=10)
    found = other_clip_control(
        np.zeros((14, 40)),
        other_live=np.zeros((14, 40), dtype=bool),
        mask=_placed(blob((14, 20)), first_frame=10),
        magnitudes=magnitudes,
        live=live_cells(magnitudes),
    )
    assert found == Unfair("a clip without live cells has no relevance to lay over another")
