"""Colours as eyes see them: read from a file, linear, with each kind of colour vision, and how far apart."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Colours = NDArray[np.float64]

# machado2009, table 1, severity 1.0: linear RGB as seen with each dichromacy
DICHROMACIES = {
    "none": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
# of linear RGB with the white of a screen (IEC 61966-2-1)
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def pixels(png: bytes) -> NDArray[np.uint8]:
    """Of a picture, uint8, (row, column, 3 channel), the upper row first."""
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def chunks(png: bytes) -> set[bytes]:
    """The kinds of chunk in a PNG."""
    kinds, position = set(), 8
    while position < len(png):
        kinds.add(png[position + 4 : position + 8])
        position += 12 + int.from_bytes(png[position : position + 4])
    return kinds


def seen(colours: NDArray[np.uint8], *, dichromacy: str) -> Colours:
    """Linear RGB as seen, float64, (..., 3 channel)."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    found: Colours = np.clip(linear @ np.asarray(DICHROMACIES[dichromacy]).T, 0, 1)
    return found


def lab(linear: Colours) -> Colours:
    """CIE L*a*b* of linear RGB, (..., 3): lightness, green to red, blue to yellow; a distance of 2 is just seen."""
    relative = linear @ _TO_XYZ.T / _TO_XYZ.sum(axis=1)
    roots = np.where(relative > (6 / 29) ** 3, np.cbrt(relative), relative / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(roots, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
