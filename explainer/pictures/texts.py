"""What a listener to a screen reader is told of a picture."""

from collections.abc import Mapping
from typing import Final

from earshot.bundle import PictureKind

_WORDS: Final[Mapping[PictureKind, tuple[str, str]]] = {
    "matched": ("Spectrogram of the sound", "the lighter, the louder"),
    "overlay": ("Spectrogram of the whole recording", "the lighter, the louder; parts of it are marked in orange"),
    "waveform": ("Waveform of the whole recording", "the lighter a moment, the more of it is marked"),
    "mask": ("Map of the marked parts of the recording", "the lighter, the more strongly marked"),
}


def alternative_text(kind: PictureKind, *, duration_ms: float, frequency_max_hz: float) -> str:
    """The alternative text of a picture: its kind, axes and colours, in the same words for every mask and answer.

    Parameters
    ----------
    kind : {'matched', 'overlay', 'waveform', 'mask'}
    duration_ms, frequency_max_hz : float
        The ends of the axes; all pictures of a clip share them.

    Raises
    ------
    ValueError
        If there is no such kind.
    """
    if kind not in _WORDS:
        raise ValueError(f"kind is '{kind}'; expected one of {', '.join(_WORDS)}")
    what, colours = _WORDS[kind]
    upward = "amplitude upward" if kind == "waveform" else f"frequency upward to {frequency_max_hz:.0f} Hz"
    return f"{what}: time to the right over {duration_ms / 1000:.2f} s, {upward}; {colours}."
