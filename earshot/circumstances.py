"""How one trial was met, as the browser tells it: moments, sound, window. Described, never tested across channels.

Every moment is in ms since the trial began on the page, when all its media were there (`performance.now()`); the same
zero in all arms. What a browser does not tell is None.
"""

from typing import Annotated, Final

from pydantic import Field

from earshot.files import Strict

LONGEST_MS: Final = 2**31 - 1
"""What a column holds: 24 days."""

Moment = Annotated[float, Field(ge=0.0, le=LONGEST_MS)]
Count = Annotated[int, Field(ge=0, le=10_000)]
Pixels = Annotated[int, Field(ge=1, le=100_000)]


class Circumstances(Strict):
    """How one trial was met.

    Attributes
    ----------
    original_onset_ms, explanation_onset_ms, second_onset_ms : float or None
        First onset of the original, the explanation, and the second explanation or changed clip: of a picture the frame
        after which it was painted, of a sound its start on the audio clock mapped to the page's clock.
    opened_ms : float or None
        When answering opened (of two steps, the last one).
    answered_ms : float
        When the answer was sent off.
    heard_s : float
        Seconds of the explanations' sounds that were played, all plays together.
    n_cut : int
        Plays, of anything, that ended before the sound did.
    base_latency_ms, output_latency_ms : float or None
        What the audio context said of its own and of the device's latency, at the explanation's last start.
    sample_rate_hz : float or None
        Of the audio context.
    n_device_changes : int
        How often the set of audio devices changed.
    viewport_width_px, viewport_height_px : int
        CSS pixels, at the trial's end.
    pixel_ratio : float
        Device pixels per CSS pixel, at the trial's end.
    n_hidden, hidden_ms, n_unfocused, unfocused_ms : int, float
        How often, and how long in all, the page was hidden, and was visible without the keyboard's focus.
    """

    original_onset_ms: Moment | None = None
    explanation_onset_ms: Moment | None = None
    second_onset_ms: Moment | None = None
    opened_ms: Moment | None = None
    answered_ms: Moment
    heard_s: Annotated[float, Field(ge=0.0, le=1_000_000.0)] = 0.0
    n_cut: Count = 0
    base_latency_ms: Moment | None = None
    output_latency_ms: Moment | None = None
    sample_rate_hz: Annotated[float, Field(ge=1_000.0, le=1_000_000.0)] | None = None
    n_device_changes: Count = 0
    viewport_width_px: Pixels
    viewport_height_px: Pixels
    pixel_ratio: Annotated[float, Field(gt=0.0, le=100.0)]
    n_hidden: Count = 0
    hidden_ms: Moment = 0.0
    n_unfocused: Count = 0
    unfocused_ms: Moment = 0.0
