"""Rolled controls against a search of every offset, and every way to be unfair."""

import numpy as np
import pytest
from numpy.typing import NDArray

from explainer.relevance.controls import Control, Unfair, fair_control
from explainer.relevance.masks import energy_kept_share, live_cells, overlap_share

Array = NDArray[np.float64]


def _noise(*, n_bins: int = 14, n_frames: int = 20) -> Array:
    return np.random.default_rng(8).uniform(0.1, 1, size=(n_bins, n_frames))


def _blob(shape: tuple[int, int]) -> Array:
    """A soft mask around one place."""
    bins, frames = np.indices(shape)
    blob: Array = np.exp(-((bins - 4) ** 2 + (frames - 6) ** 2) / 4)
    return np.where(blob > 0.01, blob, 0)


def _control_of(magnitudes: Array, *, mask: Array) -> Control | Unfair:
    live = live_cells(magnitudes)
    return fair_control(mask * live, magnitudes=magnitudes, live=live)


def _kept(mask: Array, magnitudes: Array) -> float:
    return energy_kept_share(mask, magnitudes=magnitudes)


def test_offset_is_the_nearest_in_energy_of_all() -> None:
    magnitudes = _noise()
    mask = _blob(magnitudes.shape)
    control = _control_of(magnitudes, mask=mask)
    assert isinstance(control, Control)

    def difference(offset: tuple[int, int]) -> float:
        return abs(_kept(np.roll(mask, offset, axis=(0, 1)), magnitudes) - _kept(mask, magnitudes))

    admissible = [
        offset
        for offset in np.ndindex(magnitudes.shape)
        if overlap_share(np.roll(mask, offset, axis=(0, 1)), mask) < 0.5
    ]
    best = min(admissible, key=difference)
    found = control.rolled_bins % magnitudes.shape[0], control.rolled_frames % magnitudes.shape[1]
    assert found == best


def test_numbers_are_those_of_the_mask() -> None:
    magnitudes = _noise()
    mask = _blob(magnitudes.shape)
    control = _control_of(magnitudes, mask=mask)
    assert isinstance(control, Control)
    rolled = np.roll(mask, (control.rolled_bins, control.rolled_frames), axis=(0, 1))
    np.testing.assert_allclose(control.mask, rolled**control.exponent)
    assert control.overlap_share == pytest.approx(overlap_share(mask, control.mask))
    assert control.overlap_share <= 0.5
    expected = _kept(control.mask, magnitudes) / _kept(mask, magnitudes) - 1
    assert control.energy_difference_share == pytest.approx(expected, abs=1e-9)
    assert abs(control.energy_difference_share) < 1e-3  # the exponent closed the gap


def test_control_stays_within_the_live_span() -> None:
    magnitudes = np.zeros((14, 40))
    magnitudes[:, 10:30] = _noise()
    mask = np.zeros_like(magnitudes)
    mask[:, 10:30] = _blob((14, 20))
    control = _control_of(magnitudes, mask=mask)
    assert isinstance(control, Control)
    assert control.mask.shape == magnitudes.shape
    assert not control.mask[:, :10].any()
    assert not control.mask[:, 30:].any()


def test_control_is_zero_on_silent_cells() -> None:
    magnitudes = _noise()
    magnitudes[7, :] = 0
    control = _control_of(magnitudes, mask=_blob(magnitudes.shape))
    assert isinstance(control, Control)
    assert not control.mask[7].any()


def test_empty_mask_has_no_control() -> None:
    magnitudes = _noise()
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
    magnitudes = _noise()
    found = _control_of(magnitudes, mask=np.ones_like(magnitudes))
    assert found == Unfair("no offset overlaps the relevance mask by less than half and keeps .8 of its area")
