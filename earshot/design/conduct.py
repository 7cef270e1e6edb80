"""How a study is conducted: screens, recruitment, exclusions, and when a place is given to somebody else."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator, model_validator

from earshot.design.names import LocalText, Name, Text
from earshot.files import Strict

NEVER = "never"
"""What a file says for no time at all: TOML has no word for nothing."""


HeadphoneCheckName = Literal["antiphase", "huggins"]


@dataclass(frozen=True)
class HeadphoneCheck:
    """A published headphone check: so many trials of three intervals, and how many must be right."""

    n_trials: int
    least_right: int


HEADPHONE_CHECKS: Final[Mapping[HeadphoneCheckName, HeadphoneCheck]] = MappingProxyType(
    {
        # woods2017: which of three tones is the quietest.
        "antiphase": HeadphoneCheck(n_trials=6, least_right=5),
        # milne2021: which of three noises holds a tone. With all six right they found 80 % of headphones, and took
        # 20 % of loudspeakers for headphones.
        "huggins": HeadphoneCheck(n_trials=6, least_right=6),
    }
)


class Screens(Strict):
    """What everyone passes before allocation, whatever arm follows; sound and level are always checked.

    `headphones` names a headphone check, which comes after the sound check; `least_width_px` is the least width of the
    window, `speaks` asks whether the participant understands this language well, `hears_well` whether hearing is
    unimpaired. Who fails or says no is thanked and goes no further.
    """

    headphones: Literal["none", "antiphase", "huggins"] = "none"
    least_width_px: int | None = Field(default=None, ge=200, le=4000)
    speaks: LocalText | None = None
    hears_well: bool = False


class Power(Strict):
    """The power of the primary contrast at the planned number, or why there is no figure.

    `effect` is in log-odds of the primary contrast; `basis` says how the figure was found.
    """

    power: float | None = Field(default=None, gt=0.0, lt=1.0)
    effect_log_odds: float | None = Field(default=None, gt=0.0, le=20.0)
    basis: Text | None = None
    missing_because: Text | None = None

    @model_validator(mode="after")
    def _check_whole(self) -> "Power":
        figure = (self.power, self.effect_log_odds, self.basis)
        if (None in figure) == (self.missing_because is None) or (self.missing_because and figure != (None,) * 3):
            raise ValueError("give power, effect_log_odds and basis, or missing_because alone")
        return self


class Recruitment(Strict):
    """How many are planned per unit of an arm's weight, when recruiting ends, and with what power."""

    power: Power | None = None
    n_per_arm: int = Field(default=30, ge=1, le=10_000)
    stopping_rule: Text = "Recruiting ends when the planned number of participants have completed the study."


class Release(Strict):
    """When the place of somebody who was allocated is given to somebody else.

    `idle_minutes`: so long after the last sign of life, nobody having completed; None (in a file "never") means never.
    """

    idle_minutes: int | None = Field(default=120, ge=10, le=100_000)
    on_withdrawal: bool = True
    on_return: bool = True
    on_timeout: bool = True

    @field_validator("idle_minutes", mode="before")
    @classmethod
    def _read_never(cls, minutes: object) -> object:
        return None if minutes == NEVER else minutes


class IncompleteRule(Strict):
    """Leaves out who did not answer all main trials."""

    rule: Literal["incomplete"] = "incomplete"


class AttentionRule(Strict):
    """Leaves out who failed more than `most_failed` attention trials."""

    rule: Literal["attention"] = "attention"
    most_failed: int = Field(default=0, ge=0, le=10)


class FastRule(Strict):
    """Leaves out who answered more than `most_share` of the main trials within `least_ms` of their opening."""

    rule: Literal["fast"] = "fast"
    least_ms: int = Field(default=300, ge=0, le=10_000)
    most_share: float = Field(default=0.1, ge=0.0, le=1.0)


class TrainingRule(Strict):
    """Leaves out who missed the pass mark of a training block."""

    rule: Literal["training"] = "training"
    block: Name


ExclusionRule = Annotated[IncompleteRule | AttentionRule | FastRule | TrainingRule, Field(discriminator="rule")]
"""Rules of the per-protocol analysis; the primary one keeps everybody who was allocated and answered."""
