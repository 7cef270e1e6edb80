"""Matched pictures: which way they run, and that pixels give the levels back."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from explainer.pictures.levels import FLOOR_DB, levels_db, magnitudes_of
from explainer.pictures.spectrogram import draw_picture, read_picture
from explainer.sounds.files import write_wav
from explainer.sounds.rates import SOUND_RATE_HZ
from explainer.timefrequency import AUDIOMNIST
from tests.explainer.pictures.vision import chunks, pixels

_CEILING_DB = 9.0


def _levels() -> NDArray[np.float64]:
    return np.random.default_rng(1).uniform(-80, _CEILING_DB, size=(228, 90))


def test_pixels_give_the_levels_back() -> None:
    levels = _levels()
    read = read_picture(draw_picture(levels, ceiling_db=_CEILING_DB), ceiling_db=_CEILING_DB)
    step_db = (_CEILING_DB - FLOOR_DB) / 255
    shown = levels > FLOOR_DB + step_db
    np.testing.assert_allclose(read[shown], levels[shown], atol=step_db / 2 + 1e-9)
    assert (read[levels <= FLOOR_DB] == -np.inf).all()


def test_time_runs_right_and_frequency_up() -> None:
    levels = np.full((228, 90), -100.0)
    levels[10, 70] = _CEILING_DB  # a low frequency, late
    brightness = pixels(draw_picture(levels, ceiling_db=_CEILING_DB)).sum(axis=2)
    assert brightness.shape == (228, 90)
    assert np.unravel_index(brightness.argmax(), brightness.shape) == (227 - 10, 70)


def test_picture_of_a_tone_is_bright_at_its_frequency() -> None:
    sound = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(24000) / SOUND_RATE_HZ)
    cells = magnitudes_of(write_wav(sound, gain_db=0.0), transform=AUDIOMNIST)
    levels = levels_db(cells, loudest=float(cells.max()))
    assert levels.max() == 0
    assert levels[:, 50].argmax() == round(1000 / AUDIOMNIST.bin_hz)


def test_png_holds_pixels_only_and_the_same_bytes_each_time() -> None:
    png = draw_picture(_levels(), ceiling_db=_CEILING_DB)
    assert png == draw_picture(_levels(), ceiling_db=_CEILING_DB)
    assert chunks(png) == {b"IHDR", b"PLTE", b"IDAT", b"IEND"}


def test_colour_outside_the_map_is_refused() -> None:
    file = io.BytesIO()
    Image.new("RGB", (3, 3), (0, 255, 0)).save(file, format="PNG")
    with pytest.raises(ValueError, match="the picture has colours outside the map 'magma'"):
        read_picture(file.getvalue(), ceiling_db=0.0)
