"""Colour maps as seen with every kind of colour vision."""

import numpy as np
import pytest
from numpy.typing import NDArray

from explainer.pictures.colours import level_palette, overlay_table, relevance_palette
from explainer.pictures.levels import FLOOR_DB
from explainer.pictures.overlay import draw_overlay
from tests.explainer.pictures.vision import DICHROMACIES, lab, pixels, seen


@pytest.mark.parametrize("dichromacy", DICHROMACIES)
@pytest.mark.parametrize("palette", [level_palette(), relevance_palette()], ids=["level", "relevance"])
def test_lightness_rises_with_the_amount(palette: NDArray[np.uint8], dichromacy: str) -> None:
    lightness = lab(seen(palette, dichromacy=dichromacy))[:, 0]
    # eight colours apart (2 dB of level), so that rounding to 8 bits does not decide
    assert (lightness[8:] > lightness[:-8]).all()
    assert lightness[0] < 0.5  # black
    assert lightness[-1] > 85  # nearly white: the whole range is used


def test_levels_have_a_colour_each() -> None:
    assert len({tuple(colour) for colour in level_palette().tolist()}) == 256


@pytest.mark.parametrize("dichromacy", DICHROMACIES)
def test_orange_is_told_from_grey_of_the_same_level(dichromacy: str) -> None:
    colours = lab(seen(overlay_table(n_levels=31, n_strengths=5), dichromacy=dichromacy))
    # from 20 dB above the floor on; below, cells are nearly black
    distance = np.linalg.norm(colours[10:, 1:] - colours[10:, :1], axis=-1)
    assert (np.diff(distance, axis=1) > 0).all()  # the more is kept, the farther from grey
    assert distance[:, -1].min() > 20  # ten times what is just seen
    assert distance[:, 1].min() > 4  # a quarter of the mask is seen as well


@pytest.mark.parametrize("dichromacy", DICHROMACIES)
def test_lightness_of_an_overlay_tells_the_level_whatever_the_mask(dichromacy: str) -> None:
    lightness = lab(seen(overlay_table(n_levels=31, n_strengths=5), dichromacy=dichromacy))[..., 0]
    # 4 dB apart: with any mask, lighter is louder
    assert (lightness[2:] > lightness[:-2]).all()
    if dichromacy == "none":
        np.testing.assert_allclose(lightness, lightness[:, :1].repeat(5, axis=1), atol=0.5)  # 8 bits


def test_overlay_begins_at_black_and_is_told_from_it_at_once() -> None:
    levels = np.array([[FLOOR_DB - 10, FLOOR_DB, FLOOR_DB + 1, 0.0]])
    colours = pixels(draw_overlay(levels, mask=np.zeros((1, 4))))[0]
    assert not colours[:2].any()
    assert colours[2].min() > 40
    assert (colours == colours[:, :1]).all()  # greys
