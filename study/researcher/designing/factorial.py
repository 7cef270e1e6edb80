"""The factorial builder: factors between and within participants become conditions, arms and a contrast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import lcm
from typing import Any, Literal, get_args

from django.http import QueryDict
from pydantic import ValidationError

from earshot.bundle import Manifest, Mask
from earshot.design.conditions import Channel, Given, factorial
from earshot.errors import StudyError, describe_validation
from earshot.tasks.kinds import TaskName
from study.researcher.designing.posted import Fields
from study.researcher.designing.words import field_label, value_word

Role = Literal["fixed", "between", "within"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Factor:
    """One row of the builder: a field of conditions, its role, and its levels with their words and whether chosen."""

    name: str
    label: str
    role: Role
    levels: tuple[tuple[str, str, bool], ...]

    @property
    def chosen(self) -> list[str]:
        """The levels that were chosen."""
        return [level for level, _, is_chosen in self.levels if is_chosen]


def find_factors(manifest: Manifest, *, posted: QueryDict | None = None) -> list[Factor]:
    """The builder's rows: what the bundle can vary, as posted, else as in the default study."""
    renditions = [rendition for stimulus in manifest.stimuli for rendition in stimulus.renditions]
    held = {str(rendition.mask) for rendition in renditions}
    levels: Mapping[str, Sequence[str]] = {
        "channel": get_args(Channel),
        "mask": [mask for mask in get_args(Mask) if mask in held],
        "given": get_args(Given),
        "task": [task for task in get_args(TaskName) if task in _TASKS_TO_VARY],
        "method": sorted({rendition.method for rendition in renditions if rendition.method}),
        "network": [network.name for network in manifest.networks],
    }
    return [
        _factor(name, levels=values, posted=posted)
        for name, values in levels.items()
        if name not in _ONLY_IF_SEVERAL or len(values) > 1
    ]


def build_design(fields: Fields, *, factors: Sequence[Factor]) -> Fields:
    """The fields with conditions, arms, numbers of trials and the primary contrast that follow from the factors.

    Blocks take all conditions of an arm; their numbers are raised to the next that every condition can share. Secondary
    contrasts go, as they named conditions that are no more.

    Raises
    ------
    StudyError
        If a factor has too few or too many levels, nothing varies, or conditions do not fit.
    """
    between = {factor.name: factor.chosen for factor in factors if factor.role == "between"}
    within = {factor.name: factor.chosen for factor in factors if factor.role == "within"}
    fixed = {factor.name: factor.chosen[0] for factor in factors if factor.role == "fixed" and factor.chosen}
    _check_factors(factors)
    try:
        arms, conditions = factorial(between=between, within=within, **fixed)
    except ValidationError as fault:
        raise StudyError(describe_validation(fault, whole="a condition")) from fault
    n_within = lcm(*(len(arm.conditions) for arm in arms))
    blocks = [_block_with(block, n_conditions=n_within) for block in fields.get("blocks", [])]
    plan = {**fields.get("analysis", {}), "secondary": [], "primary": _contrast(between, within=within, blocks=blocks)}
    return {
        **fields,
        "conditions": [condition.model_dump(mode="json") for condition in conditions],
        "arms": [arm.model_dump(mode="json") for arm in arms],
        "blocks": blocks,
        "analysis": plan,
    }


_TASKS_TO_VARY = frozenset({"forward-simulation", "error-detection", "advice"})
_ONLY_IF_SEVERAL = frozenset({"method", "network"})
_DEFAULTS: Mapping[str, tuple[Role, tuple[str, ...]]] = {
    "channel": ("between", ("picture", "sound")),
    "mask": ("within", ("relevance", "control")),
    "given": ("fixed", ("original-and-word",)),
    "task": ("fixed", ("forward-simulation",)),
}


def _factor(name: str, *, levels: Sequence[str], posted: QueryDict | None) -> Factor:
    role, chosen = _DEFAULTS.get(name, ("fixed", ()))
    if posted is not None:
        found = posted.get(f"{name}.role")
        role = next((one for one in ROLES if one == found), "fixed")
        chosen = tuple(posted.getlist(f"{name}.levels"))
    shown = tuple((level, value_word(f"{name}.{level}"), level in chosen) for level in levels)
    return Factor(name, field_label(f"Condition.{name}"), role, shown)


def _check_factors(factors: Sequence[Factor]) -> None:
    for factor in factors:
        n_chosen = len(factor.chosen)
        if factor.role != "fixed" and n_chosen < 2:
            raise StudyError(
                f"'{factor.label}' varies {factor.role} participants and has {n_chosen} level; choose at least two, or "
                "let it be the same for all"
            )
        if factor.role == "fixed" and (n_chosen > 1 or (n_chosen == 0 and factor.name not in _ONLY_IF_SEVERAL)):
            raise StudyError(
                f"'{factor.label}' is the same for all and has {n_chosen} levels; choose one, or let it vary"
            )
    if all(factor.role == "fixed" for factor in factors):
        raise StudyError("no factor varies; let at least one vary between or within participants")


def _block_with(block: dict[str, Any], *, n_conditions: int) -> dict[str, Any]:
    """A block that all conditions share equally (Any: JSON)."""
    if block.get("kind") not in {"training", "main"}:
        return block
    numbers = {
        name: -(-block.get(name, 12) // n_conditions) * n_conditions
        for name in ("n_right", "n_wrong")
        if block.get("kind") == "main"
    }
    return {**block, "conditions": [], **numbers}


def _contrast(
    between: Mapping[str, Sequence[str]], *, within: Mapping[str, Sequence[str]], blocks: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What one factor's first level adds over its second; with a second factor, the difference of that (Any: JSON)."""
    factors = [*between.items(), *within.items()]
    inner = factors[-1]
    outer = factors[0] if len(factors) > 1 else None
    cells = {
        "-".join(levels): dict(zip((name for name, _ in factors), levels, strict=True))
        for levels in product(*(levels for _, levels in factors))
    }
    signs = {
        name: _sign(levels[inner[0]], first=inner[1][0], second=inner[1][1])
        * (_sign(levels[outer[0]], first=outer[1][1], second=outer[1][0]) if outer else 1)
        for name, levels in cells.items()
    }
    n_each = sum(sign > 0 for sign in signs.values()) // (2 if outer else 1)
    words = f"what {inner[1][0]} adds over {inner[1][1]}"
    has_wrong = any(block.get("n_wrong", 12) for block in blocks if block.get("kind") == "main")
    return {
        "name": f"{words} with {outer[1][1]}, minus with {outer[1][0]}" if outer else words,
        "weights": {name: sign / n_each for name, sign in signs.items() if sign},
        "among": "wrong" if has_wrong else "right",
    }


def _sign(level: str, *, first: str, second: str) -> int:
    return 1 if level == first else -1 if level == second else 0
