"""Rolled controls against a search of every offset, and every way to be unfair."""

from collections.abc import Callable

import numpy as np
import pytest

from explainer.controls.rolled import ENERGY_WEIGHT, EXPONENTS, LIKENESS_WEIGHT, rolled_control
from explainer.controls.scene import Control, Unfair
from explainer.relevance.masks import energy_kept_share, live_cells, overlap_share
from tests.explainer.controls.scenes import Array, blob, noise, whole_cells


def _control_of(magnitudes: Array, *, mask: Array) -> Control | Unfair:
    live = live_cells(magnitudes)
    return rolled_control(mask * live, magnitudes=magnitudes, live=live)


def _kept(mask: Array, magnitudes: Array) -> float:
    return float(((mask * magnitudes) ** 2).sum())


def _centroid(mask: Array, magnitudes: Array) -> float:
    energy = (mask * magnitudes) ** 2
    return float((energy.sum(axis=1) * np.arange(1, len(mask) + 1)).sum() / energy.sum())


def _drawn(mask: Array) -> Array:
    """The mask as a picture shows it: in dB, from -60 to 0."""
    return np.asarray(20 * np.log10(np.maximum(mask, 1e-3)))


@pytest.mark.parametrize("make_mask", [blob, whole_cells])
def test_offset_costs_least_of_all(make_mask: Callable[[tuple[int, ...]], Array]) -> None:
    magnitudes = noise()
    mask = make_mask(magnitudes.shape)
    control = _control_of(magnitudes, mask=mask)
    assert isinstance(control, Control)

    def cost(offset: tuple[int, int]) -> float:
        rolled = np.roll(mask, offset, axis=(0, 1))
        octaves = abs(np.log2(_centroid(rolled, magnitudes) / _centroid(mask, magnitudes)))
        likeness = max(np.corrcoef(_drawn(rolled).ravel(), _drawn(mask).ravel())[0, 1], 0)
        difference = abs(_kept(rolled, magnitudes) / _kept(mask, magnitudes) - 1)
        return float(octaves + LIKENESS_WEIGHT * likeness + ENERGY_WEIGHT * difference)

    admissible = [
        offset
        for offset in np.ndindex(magnitudes.shape)
        if overlap_share(np.roll(mask, offset, axis=(0, 1)), mask) < 0.5
        and abs(_kept(np.roll(mask, offset, axis=(0, 1)), magnitudes) / _kept(mask, magnitudes) - 1) < 0.1
    ]
    found = control.rolled_bins or 0, control.rolled_frames or 0
    # single precision decides between offsets that cost the same
    assert cost(found) == pytest.approx(min(cost(offset) for offset in admissible), abs=1e-4)


def test_numbers_are_those_of_the_mask() -> None:
    magnitudes = noise()
    mask = blob((14, 20))
    control = _control_of(magnitudes, mask=mask)
    assert isinstance(control, Control)
    assert control.rolled_bins is not None
    assert control.rolled_frames is not None
    rolled = np.roll(mask, (control.rolled_bins, control.rolled_frames), axis=(0, 1))
    np.testing.assert_allclose(control.mask, rolled**control.exponent)
    assert control.kind == "control"
    assert control.overlap_share == pytest.approx(overlap_share(mask, control.mask))
    assert control.overlap_share <= 0.5
    assert control.area_share >= 0.8
    expected = energy_kept_share(control.mask, magnitudes=magnitudes) / energy_kept_share(mask, magnitudes=magnitudes)
    assert control.energy_difference_share == pytest.approx(expected - 1, abs=1e-9)
    assert EXPONENTS[0] <= control.exponent <= EXPONENTS[1]
    assert abs(control.energy_difference_share) < 1e-3  # the exponent closed the gap


def test_whole_cells_are_rolled_as_they_are() -> None:
    magnitudes = noise()
    mask = whole_cells((14, 20))
    control = _control_of(magnitudes, mask=mask)
    assert isinstance(control, Control)
    assert control.exponent == 1
    assert control.mask.sum() == mask.sum()
    assert set(np.unique(control.mask)) == {0.0, 1.0}


def test_control_stays_near_the_masks_centroid() -> None:
    # a spectrum that falls by 12 dB from bottom to top: energy alone could be matched at other frequencies
    magnitudes = noise(n_bins=40, n_frames=60) * 10 ** (-12 / 20 * np.linspace(0, 1, 40))[:, None]
    mask = blob((40, 60), centre=(20, 20), width=12.0)
    control = _control_of(magnitudes, mask=mask)
    assert isinstance(control, Control)
    octaves = np.log2(_centroid(control.mask, magnitudes) / _centroid(mask, magnitudes))
    assert abs(octaves) < 0.1
    assert control.overlap_share < 0.1


def test_control_stays_within_the_live_span() -> None:
    magnitudes = np.zeros((14, 40))
    magnitudes[:, 10:30] = noise()
    mask = np.zeros_like(magnitudes)
    mask[:, 10:30] = blob((14, 20))
    control = _control_of(magnitudes, mask=mask)
    assert isinstance(control, Control)
    assert control.mask.shape == magnitudes.shape
    assert not control.mask[:, :10].any()
    assert not control.mask[:, 30:].any()


def test_control_is_zero_on_silent_cells() -> None:
    magnitudes = noise()
    magnitudes[7, :] = 0
    control = _control_of(magnitudes, mask=blob((14, 20)))
    assert isinstance(control, Control)
    assert not control.mask[7, :].any()


def test_empty_mask_has_no_control() -> None:
    magnitudes = noise()
    assert _control_of(magnitudes, mask=np.zeros_like(magnitudes)) == Unfair("the relevance mask is empty")


def test_mask_of_the_only_loud_place_has_no_control() -> None:
    magnitudes = np.full((14, 20), 0.01)
    mask = np.zeros_like(magnitudes)
    mask[2:6, 3:8] = 1
    magnitudes[2:6, 3:8] = 1
    found = _control_of(magnitudes, mask=mask)
    assert isinstance(found, Unfair)
    assert found.reason.startswith("the nearest control keeps -")
    assert found.reason.endswith("at most 10 % either way is fair")


def test_mask_of_everything_has_no_control() -> None:
    magnitudes = noise()
    found = _control_of(magnitudes, mask=np.ones_like(magnitudes))
    assert found == Unfair("no offset overlaps the relevance mask by less than half and keeps .8 of its area")
