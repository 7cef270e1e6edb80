"""Designs to begin with: each a whole study file in `presets/`, fitted to the bundle it is used with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earshot.errors import StudyError
from earshot.files import read_toml_fields
from study.feasibility import bundle_manifest
from study.models import Bundle

_FOLDER = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class Preset:
    """A design to begin with, and in one sentence what it finds out and what its bundle has to have."""

    name: str
    summary: str


PRESETS = (
    Preset(
        "explanation-by-channel",
        "The default: what relevance adds over a control, by sound and by picture. Needs 12 right and 12 wrong stimuli "
        "and 10 for practice, with relevance and control.",
    ),
    Preset(
        "visual-vs-audible",
        "The plain comparison of seeing and hearing, which cannot tell understanding from recognising the word. Needs "
        "12 right and 12 wrong stimuli and 10 for practice, with relevance.",
    ),
    Preset(
        "after-audiomnist",
        "A study after the one of the AudioMNIST paper: audible heatmaps against relevance along the waveform. Needs a "
        "waveform network, the form 'positive-signal-times-relevance' and the picture 'waveform'.",
    ),
    Preset(
        "teach-test",
        "Whether people learn from explanations to foresee answers where none are at hand. Needs 20 right and 20 wrong "
        "stimuli and 4 for practice.",
    ),
    Preset(
        "method-by-channel",
        "A factorial design: two methods of explanation, by sound and by picture. Needs 12 right and 12 wrong stimuli "
        "and 10 for practice, with the relevance of both methods.",
    ),
    Preset(
        "error-detection",
        "Whether people notice that the computer was wrong. Needs 12 right and 12 wrong stimuli and 10 for practice, "
        "with relevance and control.",
    ),
)


def preset_fields(name: str, *, slug: str, title: str, bundle: str) -> dict[str, Any]:
    """The fields of a study file (Any: as TOML has them) for a new study on a loaded bundle.

    Words stay for the labels that the bundle has; a network is not named where the bundle has one alone.

    Raises
    ------
    StudyError
        If there is no such preset.
    """
    if name not in {preset.name for preset in PRESETS}:
        known = ", ".join(preset.name for preset in PRESETS)
        raise StudyError(f"preset is '{name}'; expected one of {known}")
    fields = read_toml_fields(_FOLDER / f"{name}.toml", error=StudyError)
    fields["study"] |= {"slug": slug, "title": title, "bundle": bundle}
    loaded = Bundle.objects.filter(name=bundle).first()
    if loaded is not None:
        _fit(fields, bundle=loaded)
    return fields


def _fit(fields: dict[str, Any], *, bundle: Bundle) -> None:
    for texts in fields["texts"].values():
        texts["labels"] = {label: word for label, word in texts["labels"].items() if label in bundle.labels}
    if len(bundle_manifest(bundle).networks) == 1:
        for condition in fields["conditions"]:
            condition.pop("network", None)
