"""Matching in energy, against sums over cells."""

import numpy as np
import pytest

from explainer.controls.matching import EXPONENTS, GAINS, matched_control, matched_to_energy
from explainer.controls.scene import Control, Unfair
from explainer.relevance.masks import live_cells
from tests.explainer.controls.scenes import Array, blob, noise, scene, whole_cells

_ELSEWHERE = (9, 14)


def _matched(candidate: Array, *, mask: Array, magnitudes: Array) -> Control | Unfair:
    return matched_control(
        candidate, kind="randomised-network", mask=mask, magnitudes=magnitudes, live=live_cells(magnitudes)
    )


@pytest.mark.parametrize("width", [3.0, 8.0])
def test_exponent_matches_the_energy(width: float) -> None:
    magnitudes, mask = noise(), blob((14, 20))
    candidate = blob((14, 20), centre=_ELSEWHERE, width=width)
    control = _matched(candidate, mask=mask, magnitudes=magnitudes)
    assert isinstance(control, Control)
    assert control.gain == 1
    assert (control.exponent < 1) == (width == 3.0)  # a narrow mask is blunted, a wide one sharpened
    np.testing.assert_allclose(control.mask, candidate**control.exponent * (candidate > 0))
    # the exponent is found to 1e-4, and energy changes about as fast
    assert ((control.mask * magnitudes) ** 2).sum() == pytest.approx(((mask * magnitudes) ** 2).sum(), rel=1e-3)


def test_mask_that_is_too_weak_at_the_least_exponent_is_strengthened() -> None:
    magnitudes, mask = noise(), blob((14, 20))
    candidate = 0.05 * blob((14, 20), centre=_ELSEWHERE)
    control = _matched(candidate, mask=mask, magnitudes=magnitudes)
    assert isinstance(control, Control)
    assert control.exponent == EXPONENTS[0]
    assert 1 < control.gain < GAINS[1]
    assert control.mask.max() <= 1
    assert abs(control.energy_difference_share) < 1e-3


def test_no_mask_is_weakened() -> None:
    magnitudes = noise()
    control = _matched(np.ones_like(magnitudes), mask=0.1 * blob((14, 20)), magnitudes=magnitudes)
    assert isinstance(control, Unfair)
    assert control.reason.startswith("the nearest control keeps +")


def test_mask_of_too_little_energy_is_unfair() -> None:
    magnitudes = noise()
    candidate = np.zeros_like(magnitudes)
    candidate[10, 15] = 1
    control = _matched(candidate, mask=blob((14, 20)), magnitudes=magnitudes)
    assert isinstance(control, Unfair)
    assert control.reason.startswith("the nearest control keeps -")


def test_mask_of_silent_cells_only_is_unfair() -> None:
    magnitudes = noise()
    magnitudes[10] = 0
    candidate = np.zeros_like(magnitudes)
    candidate[10] = 1
    found = _matched(candidate, mask=blob((14, 20)), magnitudes=magnitudes)
    assert found == Unfair("the mask 'randomised-network' holds no live cell of this clip")


def test_whole_cells_are_matched_by_counting_cells() -> None:
    magnitudes, mask = noise(), whole_cells((14, 20))
    candidate = blob((14, 20), centre=_ELSEWHERE, width=40.0)
    control = _matched(candidate, mask=mask, magnitudes=magnitudes)
    assert isinstance(control, Control)
    assert set(np.unique(control.mask)) == {0.0, 1.0}
    assert (control.exponent, control.gain) == (1, 1)
    assert candidate[control.mask == 1].min() >= candidate[control.mask == 0].max()
    wanted = ((mask * magnitudes) ** 2).sum()
    descending = np.argsort(-candidate, axis=None, kind="stable")
    best = min(abs((magnitudes.flat[descending[:n]] ** 2).sum() - wanted) for n in range(1, candidate.size))
    assert abs(control.energy_difference_share) * wanted == pytest.approx(best)


def test_bounds_of_the_exponent_are_kept() -> None:
    magnitudes, mask = noise(), blob((14, 20))
    candidate = blob((14, 20), centre=_ELSEWHERE, width=30.0)
    control = matched_to_energy(
        candidate, scene=scene(mask, magnitudes=magnitudes), kind="control", exponents=(0.8, 1.25), gains=(1.0, 1.0)
    )
    assert (control.exponent, control.gain) == (1.25, 1.0)
    assert control.energy_difference_share > 0.1
