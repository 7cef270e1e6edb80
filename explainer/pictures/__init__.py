"""Pictures a participant sees: pixels only, one pixel per cell of the STFT, time to the right, frequency upward.

All pictures of a cut have the same size and hold no metadata; the page scales them and draws the axes.
"""

from explainer.pictures.colours import COLOUR_MAP, RELEVANCE_COLOUR_MAP
from explainer.pictures.levels import FLOOR_DB, levels_db, magnitudes, magnitudes_of
from explainer.pictures.overlay import draw_mask, draw_overlay
from explainer.pictures.spectrogram import draw_picture, read_picture
from explainer.pictures.texts import alternative_text
from explainer.pictures.waveform import draw_waveform, kept_of_frames

__all__ = [
    "COLOUR_MAP",
    "FLOOR_DB",
    "RELEVANCE_COLOUR_MAP",
    "alternative_text",
    "draw_mask",
    "draw_overlay",
    "draw_picture",
    "draw_waveform",
    "kept_of_frames",
    "levels_db",
    "magnitudes",
    "magnitudes_of",
    "read_picture",
]
