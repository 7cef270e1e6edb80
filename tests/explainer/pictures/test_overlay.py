"""Overlays and masks: size, direction, and that a picture holds nothing else."""

import numpy as np
import pytest
from numpy.typing import NDArray

from explainer.pictures.overlay import draw_mask, draw_overlay
from explainer.pictures.spectrogram import draw_picture
from tests.explainer.pictures.vision import chunks, pixels

_SHAPE = (228, 90)


def _levels() -> NDArray[np.float64]:
    return np.random.default_rng(1).uniform(-80, 0, size=_SHAPE)


def _mask() -> NDArray[np.float64]:
    return np.random.default_rng(2).random(_SHAPE)


def test_pictures_of_a_clip_have_one_size() -> None:
    pictures = (draw_picture(_levels(), ceiling_db=0.0), draw_overlay(_levels(), mask=_mask()), draw_mask(_mask()))
    assert {pixels(png).shape for png in pictures} == {(*_SHAPE, 3)}


def test_overlay_is_orange_where_the_mask_keeps_and_grey_elsewhere() -> None:
    mask = np.zeros(_SHAPE)
    mask[10, 70] = 1  # a low frequency, late
    colours = pixels(draw_overlay(np.full(_SHAPE, -20.0), mask=mask)).astype(int)
    orange = colours[227 - 10, 70]
    assert orange[0] > orange[1] > orange[2] == 0
    colours[227 - 10, 70] = 0
    assert (colours == colours[..., :1]).all()


def test_mask_is_black_at_nothing_and_brightest_at_all() -> None:
    mask = np.zeros(_SHAPE)
    mask[10, 70], mask[200, 5] = 1, 0.5
    brightness = pixels(draw_mask(mask)).sum(axis=2, dtype=int)
    assert np.unravel_index(brightness.argmax(), _SHAPE) == (227 - 10, 70)
    assert 0 < brightness[227 - 200, 5] < brightness.max()
    assert np.count_nonzero(brightness) == 2


@pytest.mark.parametrize("kind", ["overlay", "mask"])
def test_png_holds_pixels_only_and_the_same_bytes_each_time(kind: str) -> None:
    first, again = (
        draw_overlay(_levels(), mask=_mask()) if kind == "overlay" else draw_mask(_mask()) for _ in range(2)
    )
    assert first == again
    assert chunks(first) <= {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
