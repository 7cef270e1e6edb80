"""How a trial was met, in the dataset: the columns of `earshot.circumstances` and their cells."""

from collections.abc import Mapping
from typing import Final

from earshot.circumstances import Circumstances
from earshot.dataset import Column, Value

_MEANINGS: Final = {
    "original_onset_ms": "first onset of the original, since the trial began",
    "explanation_onset_ms": "first onset of the explanation, since the trial began: of a picture after it was painted, "
    "of a sound as the browser maps it; of both the later one",
    "second_onset_ms": "first onset of the second explanation or the changed clip, since the trial began",
    "opened_ms": "when answering opened, since the trial began; of two steps the last one",
    "answered_ms": "when the answer was sent off, since the trial began",
    "heard_s": "sound of the explanations that was played, all plays together",
    "n_cut": "plays, of anything, that ended before the sound did",
    "base_latency_ms": "the audio context's own latency at the explanation's last start, as the browser tells it",
    "output_latency_ms": "the audio device's latency at the explanation's last start, as the browser tells it",
    "sample_rate_hz": "of the audio context, at the explanation's last start",
    "n_device_changes": "how often the set of audio devices changed",
    "viewport_width_px": "CSS pixels, at the trial's end",
    "viewport_height_px": "CSS pixels, at the trial's end",
    "pixel_ratio": "device pixels per CSS pixel, at the trial's end",
    "n_hidden": "how often the page was hidden",
    "hidden_ms": "how long the page was hidden in all",
    "n_unfocused": "how often the page was visible without the keyboard's focus",
    "unfocused_ms": "how long the page was visible without the keyboard's focus in all",
}
_UNITS: Final = {"_ms": "ms", "_s": "s", "_hz": "Hz", "_px": "px"}


def circumstances_columns() -> tuple[Column, ...]:
    """One column for each field of `Circumstances`, in its order; concealed, because they can tell arms apart.

    Raises
    ------
    KeyError
        If a field has no meaning here.
    """
    return tuple(
        Column(
            name,
            "integer" if name.startswith("n_") or name.endswith("_px") else "number",
            _MEANINGS[name],
            unit=next((unit for suffix, unit in _UNITS.items() if name.endswith(suffix)), None),
            concealed=True,
        )
        for name in Circumstances.model_fields
    )


def circumstances_cells(stored: Mapping[str, float | None]) -> dict[str, Value]:
    """The cells of stored circumstances by column; nothing is known of answers of an older Earshot."""
    return {name: stored.get(name) for name in Circumstances.model_fields}
