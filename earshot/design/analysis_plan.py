"""The analysis plan: the one primary contrast, its scale, and what is secondary."""

import math
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from earshot.design.names import Name
from earshot.files import Strict

Among = Literal["wrong", "right", "all"]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Weight = Annotated[float, Field(ge=-100.0, le=100.0)]


class Contrast(Strict):
    """A weighted sum of conditions, of right answers or of ratings; the weights sum to 0.

    `among` says which predictions it is taken of. Right and wrong ones are never pooled: `all` is the mean of both
    contrasts, the right ones' with `right_weight`.
    """

    name: Title
    weights: dict[Name, Weight] = Field(min_length=2)
    among: Among = "wrong"
    right_weight: float | None = Field(default=None, ge=0.0, le=1.0)

    @model_validator(mode="after")
    def _check_weights(self) -> "Contrast":
        total = math.fsum(self.weights.values())
        if abs(total) > 1e-9 or not any(self.weights.values()):
            raise ValueError(
                f"the weights of contrast '{self.name}' sum to {total:g}; a contrast compares conditions: give weights "
                "that sum to 0 and are not all 0"
            )
        if (self.among == "all") != (self.right_weight is not None):
            raise ValueError(
                f"contrast '{self.name}' is among {self.among} predictions with right_weight {self.right_weight}; "
                "right_weight belongs to 'all', which needs it"
            )
        return self


class SmallestEffect(Strict):
    """The smallest effect of interest and the scale it is on."""

    value: float = Field(gt=0.0, le=20.0)
    scale: Literal["risk", "log-odds"] = "risk"


class Family(Strict):
    """Secondary contrasts that share one level by Holm's correction."""

    name: Title
    contrasts: list[Contrast] = Field(min_length=1, max_length=50)


class Looks(Strict):
    """Interim looks at shares of the planned information, and the function that spends alpha on them."""

    information: list[Annotated[float, Field(gt=0.0, lt=1.0)]] = Field(min_length=1, max_length=9)
    spending: Literal["obrien-fleming", "pocock"] = "obrien-fleming"

    @model_validator(mode="after")
    def _check_order(self) -> "Looks":
        if self.information != sorted(set(self.information)):
            raise ValueError(f"information is {self.information}; give rising shares, each once")
        return self


class AnalysisPlan(Strict):
    """What will be tested, how, and what is beside it."""

    primary: Contrast
    estimand: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    scale: Literal["risk"] = "risk"
    alpha: float = Field(default=0.05, gt=0.0, le=0.05)
    smallest_effect: SmallestEffect | None = None
    secondary: list[Family] = Field(default_factory=list)
    looks: Looks | None = None

    @property
    def contrasts(self) -> list[Contrast]:
        """The primary contrast and all secondary ones."""
        return [self.primary, *(contrast for family in self.secondary for contrast in family.contrasts)]
