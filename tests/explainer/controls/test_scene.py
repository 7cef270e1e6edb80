"""What controls are held against."""

import numpy as np
import pytest

from explainer.controls.scene import Control, Unfair, fair_in_energy, scene_of
from explainer.relevance.masks import energy_kept_share, live_cells, overlap_share
from tests.explainer.controls.scenes import blob, noise, scene, whole_cells


def test_scene_is_the_live_span() -> None:
    magnitudes = np.zeros((14, 40))
    magnitudes[:, 10:30] = noise()
    mask = np.zeros_like(magnitudes)
    mask[:, 10:30] = blob((14, 20))
    found = scene(mask, magnitudes=magnitudes)
    assert (found.first_frame, found.n_frames, found.mask.shape) == (10, 40, (14, 20))
    np.testing.assert_allclose(found.wanted / (magnitudes**2).sum(), energy_kept_share(mask, magnitudes=magnitudes))


def test_control_is_put_back_into_the_window_with_its_numbers() -> None:
    magnitudes = np.zeros((14, 40))
    magnitudes[:, 10:30] = noise()
    mask, other = (np.pad(blob((14, 20), centre=(4, at)), ((0, 0), (10, 10))) for at in (6, 8))
    control = scene(mask, magnitudes=magnitudes).control(other[:, 10:30], kind="control")
    np.testing.assert_array_equal(control.mask, other)
    assert control.overlap_share == pytest.approx(overlap_share(mask, other))
    assert control.area_share == pytest.approx(other.sum() / mask.sum())
    kept, wanted = (energy_kept_share(one, magnitudes=magnitudes) for one in (other, mask))
    assert control.energy_difference_share == pytest.approx(kept / wanted - 1)


def test_whole_cells_are_told_from_a_soft_mask() -> None:
    assert scene(whole_cells((14, 20)), magnitudes=noise()).is_binary
    assert not scene(blob((14, 20)), magnitudes=noise()).is_binary


def test_empty_mask_has_no_scene() -> None:
    magnitudes = noise()
    found = scene_of(np.zeros_like(magnitudes), magnitudes=magnitudes, live=live_cells(magnitudes))
    assert found == Unfair("the relevance mask is empty")


@pytest.mark.parametrize(("difference", "is_fair"), [(-0.1, True), (0.1, True), (0.11, False), (-0.11, False)])
def test_ten_per_cent_of_energy_is_fair(difference: float, is_fair: bool) -> None:
    control = Control(np.zeros((1, 1)), "blobs", overlap_share=0, area_share=1, energy_difference_share=difference)
    found = fair_in_energy(control)
    if is_fair:
        assert found is control
    else:
        assert found == Unfair(f"the nearest control keeps {difference:+.0%} energy; at most 10 % either way is fair")
