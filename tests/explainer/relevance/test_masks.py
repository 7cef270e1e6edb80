"""Soft masks on small arrays whose answer is known."""

import numpy as np
import pytest

from explainer.relevance.masks import (
    MaskSettings,
    energy_kept_share,
    live_cells,
    mask_share,
    overlap_share,
    soft_mask,
)

_UNSMOOTHED = MaskSettings(exponent=2.0, percentile=100.0, smoothing_cells=0.0)


def test_live_cells_lie_above_minus_sixty_decibels() -> None:
    magnitudes = np.array([[2.0, 2.1e-3, 1.9e-3, 0.0]])
    assert live_cells(magnitudes).tolist() == [[True, True, False, False]]
    assert not live_cells(np.zeros((2, 2))).any()


def test_mask_is_the_square_of_scaled_positive_relevance() -> None:
    relevance = np.array([[4.0, 2.0, -4.0, 1.0]])
    mask = soft_mask(relevance, live=np.array([[True, True, True, False]]), settings=_UNSMOOTHED)
    np.testing.assert_allclose(mask, [[1.0, 0.25, 0.0, 0.0]])


def test_mask_is_clipped_at_the_percentile_and_knows_no_unit() -> None:
    relevance = np.random.default_rng(1).normal(size=(228, 230))
    live = np.ones_like(relevance, dtype=bool)
    mask = soft_mask(relevance, live=live, settings=MaskSettings())
    assert 0.009 <= (mask == 1).mean() <= 0.011  # the 99th percentile
    assert mask.min() >= 0
    np.testing.assert_allclose(soft_mask(relevance * 1e-3, live=live, settings=MaskSettings()), mask)


def test_mask_without_positive_relevance_is_empty() -> None:
    live = np.ones((20, 20), dtype=bool)
    assert not soft_mask(-np.ones((20, 20)), live=live, settings=MaskSettings()).any()


def test_shares_count_live_cells_and_all_energy() -> None:
    mask = np.array([[1.0, 0.5, 0.0]])
    magnitudes = np.array([[3.0, 4.0, 0.0]])
    assert mask_share(mask, live=np.array([[True, True, False]])) == 0.75
    assert energy_kept_share(mask, magnitudes=magnitudes) == pytest.approx((9 + 4) / 25)
    assert mask_share(mask, live=np.zeros((1, 3), dtype=bool)) == 0
    assert energy_kept_share(mask, magnitudes=np.zeros((1, 3))) == 0


def test_overlap_is_intersection_over_union() -> None:
    first, second = np.array([1.0, 0.5, 0.0]), np.array([0.5, 0.5, 1.0])
    assert overlap_share(first, second) == pytest.approx(1.0 / 2.5)
    assert overlap_share(first, first) == 1
    assert overlap_share(first * 0, second * 0) == 0
