"""Masks on small arrays whose answer is known."""

import numpy as np
import pytest

from explainer.relevance.masks import (
    MaskSettings,
    energy_kept_share,
    live_cells,
    mask_share,
    overlap_share,
    soft_mask,
    top_share_mask,
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


@pytest.mark.parametrize("share", [0.01, 0.1, 0.333, 1.0])
@pytest.mark.parametrize("smoothing_cells", [0.0, 2.0])
def test_top_share_keeps_exactly_its_share_of_live_cells(share: float, smoothing_cells: float) -> None:
    generator = np.random.default_rng(4)
    relevance, live = generator.uniform(0.1, 1, size=(60, 80)), generator.random((60, 80)) < 0.4
    mask = top_share_mask(relevance, live=live, share=share, smoothing_cells=smoothing_cells)
    assert set(np.unique(mask)) == {0.0, 1.0}
    assert mask.sum() == round(share * live.sum())
    assert not mask[~live].any()


def test_top_share_keeps_the_largest() -> None:
    relevance = np.array([[5.0, 1.0, 3.0, -9.0, 7.0, 4.0]])
    live = np.array([[True, True, True, True, False, True]])  # the largest lies on a silent cell
    mask = top_share_mask(relevance, live=live, share=0.4, smoothing_cells=0.0)
    assert mask.tolist() == [[1, 0, 0, 0, 0, 1]]


def test_top_share_keeps_fewer_where_fewer_are_positive() -> None:
    relevance = np.array([[2.0, -1.0, 0.0, 1.0]])
    mask = top_share_mask(relevance, live=np.ones((1, 4), dtype=bool), share=1.0, smoothing_cells=0.0)
    assert mask.tolist() == [[1, 0, 0, 1]]
    assert not top_share_mask(-(relevance**2), live=np.ones((1, 4), dtype=bool), share=1.0, smoothing_cells=0.0).any()


def test_ties_go_to_low_frequencies_and_early_frames() -> None:
    live = np.ones((3, 4), dtype=bool)
    mask = top_share_mask(np.ones((3, 4)), live=live, share=0.5, smoothing_cells=0.0)
    assert mask.tolist() == [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1])
def test_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(
        ValueError, match=rf"share is {share}; expected a share of the live cells above 0 and at most 1"
    ):
        top_share_mask(np.ones((2, 2)), live=np.ones((2, 2), dtype=bool), share=share, smoothing_cells=0.0)
