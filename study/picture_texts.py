"""What a listener to a screen reader is told of a picture."""

from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from study.models import Picture

_BUNDLES_LANGUAGE = "en"


def alternative_text(picture: Picture) -> str:
    """The picture's kind, axes and colours, in the same words for every mask and answer.

    A bundle's own text is in English, and told on English pages; other pages, and a bundle without texts, describe the
    kind alike.
    """
    if picture.alternative_text and translation.get_language() == _BUNDLES_LANGUAGE:
        return picture.alternative_text
    axes = {"seconds": number_format(picture.duration_ms / 1000, 2), "hertz": f"{picture.frequency_max_hz:.0f}"}
    return _of_kind(picture.kind) % axes


def _of_kind(kind: str) -> str:
    match kind:
        case "overlay":
            return _(
                "Spectrogram of the whole recording: time to the right over %(seconds)s s, frequency upward to"
                " %(hertz)s Hz; the lighter, the louder; parts of it are marked in orange."
            )
        case "waveform":
            return _(
                "Waveform of the whole recording: time to the right over %(seconds)s s, amplitude upward; the lighter a"
                " moment, the more of it is marked."
            )
        case "mask":
            return _(
                "Map of the marked parts of the recording: time to the right over %(seconds)s s, frequency upward to"
                " %(hertz)s Hz; the lighter, the more strongly marked."
            )
    return _(
        "Spectrogram of the sound: time to the right over %(seconds)s s, frequency upward to %(hertz)s Hz; the lighter,"
        " the louder."
    )
