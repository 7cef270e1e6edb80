"""Alternative texts: what they tell, and what they must not."""

import re
from typing import get_args

import pytest

from earshot.bundle import PictureKind
from explainer.pictures.texts import alternative_text

_KINDS = get_args(PictureKind)
_TELLING = r"right|wrong|correct|error|relevan|control|predict|answer|label|network|probab|confiden|explain|important"


@pytest.mark.parametrize("kind", _KINDS)
def test_text_names_its_axes_in_a_sentence(kind: PictureKind) -> None:
    text = alternative_text(kind, duration_ms=612.5, frequency_max_hz=4000.0)
    assert "time to the right over 0.61 s" in text
    assert ("frequency upward to 4000 Hz" in text) == (kind != "waveform")
    assert text.endswith(".")


@pytest.mark.parametrize("kind", _KINDS)
def test_text_tells_nothing_of_mask_or_answer(kind: PictureKind) -> None:
    # nothing of them enters, so that only its fixed words could tell
    text = alternative_text(kind, duration_ms=612.5, frequency_max_hz=4000.0)
    assert not re.search(_TELLING, text.replace("to the right", ""), flags=re.IGNORECASE)


def test_every_kind_has_its_own_text() -> None:
    texts = {alternative_text(kind, duration_ms=500.0, frequency_max_hz=4000.0) for kind in _KINDS}
    assert len(texts) == len(_KINDS)


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind is 'photo'; expected one of matched, overlay, waveform, mask"):
        alternative_text("photo", duration_ms=500.0, frequency_max_hz=4000.0)  # type: ignore[arg-type]  # what is refused
