"""What colours mean, for every kind of colour vision: lightness tells an amount, one hue against grey tells another."""

from functools import cache
from typing import Final

import matplotlib
import numpy as np
from numpy.typing import NDArray

Palette = NDArray[np.uint8]

COLOUR_MAP: Final = "magma"
"""For levels, matplotlib's perceptually uniform map from black to pale yellow: lightness alone tells every level, for
every kind of colour vision, and silence is black."""
RELEVANCE_COLOUR_MAP: Final = "cividis"
"""For what a mask keeps, matplotlib's map made for deficient colour vision, from dark blue to yellow; below its first
quarter it darkens to black, which is nothing."""
VISIBLE_SHARE: Final = 0.25
"""From here on the colours of relevance are seen on black."""
N_COLOURS: Final = 256

# Orange in linear RGB: against grey of the same lightness it is yellower to those who confuse red and green, and redder
# to those who confuse blue and yellow.
_TINT = (1.0, 0.35, 0.0)
_LUMINANCE = (0.2126, 0.7152, 0.0722)  # of linear RGB, IEC 61966-2-1
_LEAST_LIGHTNESS = 20.0  # of a level just above silence, so that it is told from black


@cache
def level_palette() -> Palette:
    """`COLOUR_MAP`, uint8, (256 colour, 3 channel)."""
    return _sampled(COLOUR_MAP, shares=np.linspace(0, 1, N_COLOURS))


@cache
def relevance_palette() -> Palette:
    """`RELEVANCE_COLOUR_MAP`, darkened to black below `VISIBLE_SHARE`: uint8, (256 colour, 3 channel)."""
    shares = np.linspace(0, 1, N_COLOURS)
    palette = _sampled(RELEVANCE_COLOUR_MAP, shares=np.maximum(shares, VISIBLE_SHARE))
    return np.rint(palette * np.minimum(shares / VISIBLE_SHARE, 1)[:, None]).astype(np.uint8)


@cache
def overlay_table(*, n_levels: int, n_strengths: int) -> NDArray[np.uint8]:
    """Colours whose lightness tells a level and whose share of orange tells a mask.

    Returns
    -------
    ndarray, uint8, (level, strength of the mask, 3 channel)
        Level 0 is black. Lightness (CIE L*) rises evenly from the level after it to the last, which is as light as the
        purest orange, and does not depend on the mask.
    """
    tint = np.array(_TINT)
    brightest = float(tint @ _LUMINANCE)
    lightness = np.linspace(_LEAST_LIGHTNESS, 116 * brightest ** (1 / 3) - 16, n_levels - 1)
    luminance = np.concatenate([[0.0], ((lightness + 16) / 116) ** 3])[:, None, None]
    strength = np.linspace(0, 1, n_strengths)[None, :, None]
    linear = luminance * (1 - strength + strength * tint / brightest)
    return np.rint(_from_linear(np.clip(linear, 0, 1)) * 255).astype(np.uint8)


def _sampled(name: str, *, shares: NDArray[np.float64]) -> Palette:
    palette: Palette = matplotlib.colormaps[name](shares, bytes=True)[:, :3]
    return np.ascontiguousarray(palette)


def _from_linear(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """SRGB of linear RGB, both 0 to 1 (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
