"""Study files and protocols of older formats, one upgrade function each: from fields as they were to the next ones."""

from typing import Any, TypeVar

from pydantic import ValidationError

from earshot.design.format_1 import Protocol1, StudyFile1
from earshot.errors import StudyError, describe_validation
from earshot.files import Strict

_MASKS = ("relevance", "control")
_ESTIMAND = (
    "What relevance adds over its rolled control to the share of wrong predictions named rightly by sound, minus what"
    " it adds by picture; for the people, clips and network of this study."
)
_NO_POWER = "The study was written when study files could not hold a power figure."

Older = TypeVar("Older", bound=Strict)


def to_newest(fields: dict[str, Any], *, place: str) -> dict[str, Any]:
    """The fields of a study file as the newest format has them; a file without `format_version` is of format 1.

    Raises
    ------
    StudyError
        If a file of an older format does not fit that format.
    """
    if fields.get("format_version", 1) != 1:
        return fields
    without = {name: value for name, value in fields.items() if name not in ("format", "format_version")}
    return from_1(_validated(without, StudyFile1, place=f"{place} (study file format 1)"))


def protocol_to_newest(fields: Any, *, place: str) -> Any:
    """The fields of a frozen protocol as the newest format has them; its stored bytes and their hash stay as they are.

    Raises
    ------
    StudyError
        As `to_newest`.
    """
    if not isinstance(fields, dict) or fields.get("format_version", 1) != 1:
        return fields
    older = _validated(fields, Protocol1, place=place)
    plan = older.plan
    return {
        "format_version": 2,
        "upgraded_from": 1,
        "version": older.version,
        "design": from_1(older.design),
        "bundle_sha256": older.bundle_sha256,
        "allocation_seed_sha256": older.allocation_seed_sha256,
        "plan": [
            {"block": "practice", "right": [], "wrong": [], "practice": plan.training, "exemplars": []},
            {"block": "main", "right": plan.right, "wrong": plan.wrong, "practice": [], "exemplars": []},
        ],
        "model": older.model,
    }


def from_1(older: StudyFile1) -> dict[str, Any]:
    """Format 1 as format 2: a condition for each channel and mask, an arm for each channel, two blocks.

    Format 1 planned no number of participants and released no place: the newest format's greatest number and no
    release stand for that.
    """
    study = older.study.model_dump(exclude={"language"})
    channels = sorted({arm.channel for arm in older.arms})
    return {
        "format_version": 2,
        "study": study | {"languages": [older.study.language]},
        "texts": {older.study.language: older.texts.model_dump()},
        "conditions": [
            {"name": f"{channel}-{one.mask}", "channel": channel, **one.model_dump()}
            for channel in channels
            for one in older.conditions
        ],
        "arms": [
            {
                "name": arm.name,
                "weight": arm.weight,
                "conditions": [f"{arm.channel}-{condition.mask}" for condition in older.conditions],
            }
            for arm in older.arms
        ],
        "blocks": [
            {"kind": "training", "name": "practice", "n_items": older.training.n_items},
            {"kind": "main", "name": "main", **older.main.model_dump(), "order": {"labels": "shuffled"}},
        ],
        "exposure": older.exposure.model_dump(),
        "expertise": False,
        "allocation": {"method": "permuted-blocks", "block_repeats": [2 * older.allocation.n_repeats]},
        "release": {"idle_minutes": None, "on_withdrawal": False, "on_return": False, "on_timeout": False},
        "recruitment": {"n_per_arm": 10_000, "power": {"missing_because": _NO_POWER}},
        "analysis": {"alpha": older.analysis.alpha, "estimand": _ESTIMAND, "primary": difference_of_differences()},
        "simulation": older.simulation.model_dump(),
    }


def difference_of_differences() -> dict[str, Any]:
    """Format 1's primary contrast: what relevance adds over its control by sound, minus what it adds by picture."""
    signs = {"sound": 1.0, "picture": -1.0}
    weights = {
        f"{channel}-{mask}": sign * (1.0 if mask == "relevance" else -1.0)
        for channel, sign in signs.items()
        for mask in _MASKS
    }
    return {"name": "channel:mask among wrong predictions", "weights": weights, "among": "wrong"}


def _validated(fields: dict[str, Any], model: type[Older], *, place: str) -> Older:
    try:
        return model.model_validate(fields)
    except ValidationError as fault:
        raise StudyError(f"{place}: {describe_validation(fault)}") from fault
