"""The design that "from scratch" begins with: the smallest one that stands, on what the bundle has."""

from collections.abc import Sequence
from typing import Any, get_args

from earshot.bundle import Manifest, Mask, Role
from earshot.errors import StudyError
from study.researcher.designing.posted import Fields

_MOST_EACH = 12
_MOST_PRACTICE = 4


def scratch_fields(*, slug: str, title: str, manifest: Manifest) -> Fields:
    """One arm that hears two masks of the bundle, and texts to be written anew.

    Raises
    ------
    StudyError
        If the bundle has no two masks to compare, or no main stimuli.
    """
    first, second = _two_masks(manifest)
    n_right, n_wrong = (_n_even(manifest, role="main", right=right, most=_MOST_EACH) for right in (True, False))
    if n_right + n_wrong == 0:
        raise StudyError(f"bundle '{manifest.name}' has no two main stimuli; build a bundle with more")
    names = [f"sound-{mask}" for mask in (first, second)]
    return {
        "format_version": 2,
        "study": {"slug": slug, "title": title, "bundle": manifest.name},
        "texts": {"en": {**_TEXTS, "labels": {label: label for label in manifest.labels}}},
        "conditions": [
            {"name": name, "channel": "sound", "mask": mask} for name, mask in zip(names, (first, second), strict=True)
        ],
        "arms": [{"name": "everyone", "conditions": names}],
        "blocks": [*_training(manifest), {"kind": "main", "name": "main", "n_right": n_right, "n_wrong": n_wrong}],
        "analysis": {
            "estimand": f"How much more often {first} lets people say what the computer answered than {second} does.",
            "primary": {
                "name": f"what {first} adds over {second}",
                "weights": {names[0]: 1.0, names[1]: -1.0},
                "among": "wrong" if n_wrong else "right",
            },
        },
    }


_TEXTS = {
    "information": (
        "You will hear short recordings and be asked what a computer answered to them.\n\n"
        "Write here who runs the study, what it is for, how long it takes, and what happens with the answers."
    ),
    "consent": "I have read the information, and I take part of my own free will.",
    "debrief": "Thank you. Write here what the study was about.",
    "contact": "Write here whom participants can ask.",
}


def _two_masks(manifest: Manifest) -> tuple[str, str]:
    """The first two masks, in the format's order, that every stimulus has; the whole clip comes last."""
    held = [{rendition.mask for rendition in stimulus.renditions} for stimulus in manifest.stimuli]
    shared = set.intersection(*held) if held else set()
    masks = sorted((mask for mask in get_args(Mask) if mask in shared), key=lambda mask: mask == "none")
    if len(masks) < 2:
        raise StudyError(
            f"bundle '{manifest.name}' has {len(masks)} masks of every stimulus; a study compares two: build more"
        )
    return masks[0], masks[1]


def _training(manifest: Manifest) -> Sequence[dict[str, Any]]:
    """Practice where the bundle has stimuli for it (Any: JSON)."""
    n_items = _n_even(manifest, role="training", right=None, most=_MOST_PRACTICE)
    return [{"kind": "training", "name": "practice", "n_items": n_items}] if n_items else []


def _n_even(manifest: Manifest, *, role: Role, right: bool | None, most: int) -> int:
    """An even number of stimuli, up to `most`, so that two conditions get as many each."""
    n_held = sum(one.role == role and right in (None, one.model_correct) for one in manifest.stimuli)
    return min(n_held, most) // 2 * 2
