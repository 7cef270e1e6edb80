"""Pictures: which way they run, what their colours mean, and that pixels give the levels back."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from explainer.pictures import FLOOR_DB, draw_picture, levels_db, magnitudes_of, read_picture
from explainer.sounds import SOUND_RATE_HZ, write_wav

_CEILING_DB = 9.0


def _pixels(png: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


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
    brightness = _pixels(draw_picture(levels, ceiling_db=_CEILING_DB)).sum(axis=2)
    assert brightness.shape == (228, 90)
    assert np.unravel_index(brightness.argmax(), brightness.shape) == (227 - 10, 70)


def test_picture_of_a_tone_is_bright_at_its_frequency() -> None:
    sound = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(24000) / SOUND_RATE_HZ)
    cells = magnitudes_of(write_wav(sound, gain_db=0.0))
    levels = levels_db(cells, loudest=float(cells.max()))
    assert levels.max() == 0
    assert levels[:, 50].argmax() == round(1000 / (8000 / 455))


def test_png_holds_pixels_only_and_the_same_bytes_each_time() -> None:
    png = draw_picture(_levels(), ceiling_db=_CEILING_DB)
    assert png == draw_picture(_levels(), ceiling_db=_CEILING_DB)
    kinds, position = [], 8
    while position < len(png):
        kinds.append(png[position + 4 : position + 8])
        position += 12 + int.from_bytes(png[position : position + 4])
    assert set(kinds) == {b"IHDR", b"PLTE", b"IDAT", b"IEND"}


# machado2009, table 1, severity 1.0: linear RGB as seen with each dichromacy
_DICHROMACIES = {
    "none": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("dichromacy", _DICHROMACIES)
def test_lightness_rises_with_the_level_for_every_kind_of_colour_vision(dichromacy: str) -> None:
    n_colours = 256
    ramp = np.linspace(FLOOR_DB, 0, n_colours)[None]
    colours = _pixels(draw_picture(ramp, ceiling_db=0.0))[0] / 255
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.asarray(_DICHROMACIES[dichromacy]).T, 0, 1)
    lightness = seen @ [0.2126, 0.7152, 0.0722]
    # eight colours apart (2 dB), so that rounding to 8 bits does not decide
    assert (lightness[8:] > lightness[:-8]).all()
    assert len({tuple(colour) for colour in colours.tolist()}) == n_colours


def test_colour_outside_the_map_is_refused() -> None:
    file = io.BytesIO()
    Image.new("RGB", (3, 3), (0, 255, 0)).save(file, format="PNG")
    with pytest.raises(ValueError, match="the picture has colours outside the map 'magma'"):
        read_picture(file.getvalue(), ceiling_db=0.0)
