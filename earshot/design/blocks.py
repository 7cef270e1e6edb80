"""Blocks: the parts of a session in their order."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from earshot.design.names import LocalText, Name
from earshot.files import Strict
from earshot.sequence.order import OrderRules

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class TrainingBlock(Strict):
    """Practice with feedback, never analysed, of the same length in all arms.

    `conditions` are those of the arm that are practised; all of them when empty. `exemplars` shows beforehand one right
    answer of the computer for each label. A `pass_mark` (share of right answers) is recorded for each participant: who
    misses it goes on all the same, because leaving after allocation would tell arms apart.
    """

    kind: Literal["training"] = "training"
    name: Name
    conditions: list[Name] = Field(default_factory=list)
    n_items: int = Field(default=10, ge=2, le=50)
    exemplars: bool = False
    pass_mark: Share | None = None


class MainBlock(Strict):
    """Trials that are analysed.

    `n_right` and `n_wrong` are right and wrong predictions per participant, `pool_right` and `pool_wrong` how many
    stimuli they are taken from in turn (as many as they are, unless given). Conditions come `mixed`, or one after the
    other (`blocked`) in the orders of a Latin or a Williams square. `repeats` names an earlier block whose stimuli are
    met again. `feedback` tells the computer's answer after each trial.
    """

    kind: Literal["main"] = "main"
    name: Name
    conditions: list[Name] = Field(default_factory=list)
    n_right: int = Field(default=12, ge=0, le=200)
    n_wrong: int = Field(default=12, ge=0, le=200)
    pool_right: int | None = Field(default=None, ge=1, le=2000)
    pool_wrong: int | None = Field(default=None, ge=1, le=2000)
    arrangement: Literal["mixed", "blocked"] = "mixed"
    square: Literal["latin", "williams"] = "williams"
    order: OrderRules = Field(default_factory=OrderRules)
    n_attention: int = Field(default=0, ge=0, le=10)
    feedback: bool = False
    repeats: Name | None = None

    @model_validator(mode="after")
    def _check_numbers(self) -> "MainBlock":
        if self.n_right + self.n_wrong == 0:
            raise ValueError(f"block '{self.name}' has n_right 0 and n_wrong 0; give it stimuli, or take it out")
        for kind, n, pool in (("right", self.n_right, self.pool_right), ("wrong", self.n_wrong, self.pool_wrong)):
            if pool is not None and (n == 0 or pool % n):
                raise ValueError(
                    f"block '{self.name}' has pool_{kind} {pool} and n_{kind} {n}; a pool is a multiple of what one "
                    "participant gets, so that all stimuli are met equally often"
                )
        return self

    @property
    def n_items(self) -> int:
        """How many stimuli each participant meets."""
        return self.n_right + self.n_wrong


class BreakBlock(Strict):
    """A pause; the participant goes on by a click, after `least_s` seconds at the earliest."""

    kind: Literal["break"] = "break"
    name: Name
    text: LocalText
    least_s: int = Field(default=0, ge=0, le=600)


class QuestionnaireBlock(Strict):
    """A questionnaire between other blocks."""

    kind: Literal["questionnaire"] = "questionnaire"
    name: Name
    questionnaire: Name


Block = Annotated[TrainingBlock | MainBlock | BreakBlock | QuestionnaireBlock, Field(discriminator="kind")]
TrialBlock = TrainingBlock | MainBlock
