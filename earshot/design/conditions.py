"""Conditions, what a trial gives and asks, and arms, the conditions one participant gets."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from earshot.bundle import Form, Mask, PictureKind
from earshot.design.names import Name
from earshot.files import Strict
from earshot.tasks.kinds import TaskName

Channel = Literal["picture", "sound", "both"]
Given = Literal["nothing", "original", "original-and-word"]
GivenChannel = Literal["sound", "picture"]


class Exposure(Strict):
    """How long and how often the explanation is met before and while answering.

    `dwell_ms` counts from the explanation's onset to the opening of answers; `max_plays` holds for each sound of a
    trial; a picture with `view_ms` is taken away after that time, else it stays; a sound counts as heard once
    `least_heard_share` of it was played without a pause.
    """

    dwell_ms: int = Field(default=4000, ge=0, le=60_000)
    max_plays: int = Field(default=3, ge=1, le=20)
    view_ms: int | None = Field(default=None, ge=500, le=600_000)
    least_heard_share: float = Field(default=0.95, ge=0.5, le=1.0)


class Condition(Strict):
    """What a trial gives beforehand, how the explanation is presented, and what is asked.

    `method`, `form` and `network` name what the bundle holds; without them the first one of the mask, and every network
    of the bundle, are meant. `against` is the other explanation of a preference, `changed` the mask of the changed clip
    of a counterfactual simulation; `exposure` is the condition's own where it differs from the study's.
    """

    name: Name
    given: Given = "original-and-word"
    given_channel: GivenChannel = "sound"
    channel: Channel
    mask: Mask
    method: str | None = None
    form: Form | None = None
    picture: PictureKind = "matched"
    network: str | None = None
    task: TaskName = "forward-simulation"
    ask_perceived_label: bool = False
    against: Name | None = None
    changed: Mask | None = None
    exposure: Exposure | None = None

    @model_validator(mode="after")
    def _check_task(self) -> "Condition":
        for task, field in (("preference", "against"), ("counterfactual-simulation", "changed")):
            if (self.task == task) != (getattr(self, field) is not None):
                raise ValueError(
                    f"condition '{self.name}' has the task '{self.task}' and {field} {getattr(self, field)!r}; "
                    f"'{field}' belongs to the task '{task}', and that task needs it"
                )
        if self.mask == "none" and (self.method is not None or self.form not in (None, "original")):
            raise ValueError(
                f"condition '{self.name}' has the mask 'none', which shows the whole clip; leave out 'method' and"
                " 'form'"
            )
        return self

    @property
    def uses_sound(self) -> bool:
        """Whether the explanation is heard."""
        return self.channel != "picture"

    @property
    def uses_picture(self) -> bool:
        """Whether the explanation is seen."""
        return self.channel != "sound"

    def compared(self, *, is_swapped: bool) -> tuple[str, str] | None:
        """Names of a preference's two conditions in the order shown, `against` first when swapped; None for others."""
        if self.against is None:
            return None
        return (self.against, self.name) if is_swapped else (self.name, self.against)


class Arm(Strict):
    """What varies between participants: the conditions one of them gets.

    `quota` is the most enrolments it takes, released ones not counted; without one the plan's number times the weight.
    """

    name: Name
    conditions: Annotated[list[Name], Field(min_length=1, max_length=20)]
    weight: int = Field(default=1, ge=1, le=20)
    quota: int | None = Field(default=None, ge=1, le=100_000)

    @model_validator(mode="after")
    def _check_conditions(self) -> "Arm":
        refuse_doubled(self.conditions, what=f"arm '{self.name}' names the condition", way_out="name it once")
        return self


def refuse_doubled(names: Sequence[str], *, what: str, way_out: str) -> None:
    """Refuse names that stand twice.

    Raises
    ------
    ValueError
        With the first of them.
    """
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ValueError(f"{what} '{doubled[0]}' twice; {way_out}")


def factorial(
    *, between: Mapping[str, Sequence[str]], within: Mapping[str, Sequence[str]], **fixed: Any
) -> tuple[list[Arm], list[Condition]]:
    """Arms and conditions of a factorial design.

    Parameters
    ----------
    between, within : mapping of a condition's field to its levels
        Every combination of `between` is an arm, and holds every combination of `within`. Names are the levels, joined
        by hyphens.
    fixed : values of `Condition`'s other fields
        Any, as each field has a type of its own; checked by `Condition`.

    Raises
    ------
    ValueError
        If a field or level is unknown to `Condition` (pydantic's ValidationError).
    """
    arms, conditions = [], []
    for outer in product(*between.values()):
        made = [
            Condition(
                name="-".join((*outer, *inner)),
                **fixed,
                **dict(zip(between, outer, strict=True)),
                **dict(zip(within, inner, strict=True)),
            )
            for inner in product(*within.values())
        ]
        conditions += made
        arms.append(Arm(name="-".join(outer) or "everyone", conditions=[condition.name for condition in made]))
    return arms, conditions
