"""Pixels as PNG files whose bytes depend on nothing else."""

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_COMPRESS_LEVEL: Final = 3  # 6 takes a third longer for files 1 % smaller


def write_indexed(codes: NDArray[np.uint8], *, palette: NDArray[np.uint8]) -> bytes:
    """A PNG of palette colours; row 0 is the lowest.

    Parameters
    ----------
    codes : ndarray, uint8, (row, column)
    palette : ndarray, uint8, (colour, 3 channel)
    """
    n_rows, n_columns = codes.shape
    image = Image.frombytes("P", (n_columns, n_rows), np.ascontiguousarray(codes[::-1]).tobytes())
    image.putpalette(palette.tobytes())
    return _written(image)


def write_colours(colours: NDArray[np.uint8]) -> bytes:
    """A PNG of colours, uint8, (row, column, 3 channel); row 0 is the lowest."""
    n_rows, n_columns, _ = colours.shape
    return _written(Image.frombytes("RGB", (n_columns, n_rows), np.ascontiguousarray(colours[::-1]).tobytes()))


def _written(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=False, compress_level=_COMPRESS_LEVEL)
    return file.getvalue()
