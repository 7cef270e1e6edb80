from typing import Any

import pytest
from pydantic import ValidationError

from explainer.sections.selection import SelectionSection

LEAST: dict[str, Any] = {"n_right": 4, "n_wrong": 4, "n_training": 2, "seed": 1}  # as TOML gives it


def test_speaker_and_word_must_match_unless_the_recipe_says_otherwise() -> None:
    section = SelectionSection.model_validate(LEAST)
    assert section.exact == ["speaker", "true_label"]
    assert section.source == "heldout-speakers"
    assert (section.n_attention, section.noise_snr_db, section.n_per_true_label) == (0, None, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": "training"}, "'heldout-speakers', 'heldout-takes' or 'both'"),
        ({"exact": ["word"]}, "'speaker' or 'true_label'"),
        ({"exact": ["speaker", "speaker"]}, "exact is speaker, speaker; name each only once"),
        ({"calipers": {"duration_sd": 0}}, "greater than 0"),
        ({"calipers": {"duration_ms": 3}}, "Extra inputs are not permitted"),
        ({"n_per_true_label": 2, "n_right": 6}, "n_right is 6 and n_wrong 4; give both the same number"),
        ({"n_per_true_label": 2, "exact": ["speaker"]}, "exact is speaker; it must name 'true_label'"),
        ({"n_per_true_label": 2, "exact": []}, "exact is empty; it must name 'true_label'"),
        ({"n_attention": -1}, "greater than or equal to 0"),
    ],
)
def test_what_a_recipe_may_not_ask_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SelectionSection.model_validate(LEAST | changes)
