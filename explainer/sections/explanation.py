"""How networks are explained, and what is made of it: `[relevance]`, `[mask]`, `[renditions]`, `[gate]`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from earshot.bundle import LevelPolicy
from earshot.files import Strict
from explainer.sections.common import Seed

MethodName = Literal[
    "epsilon-plus-flat",
    "epsilon-plus",
    "epsilon-alpha2-beta1",
    "epsilon-alpha2-beta1-flat",
    "epsilon-gamma",
    "epsilon",
    "w-square",
    "gradient-x-input",
    "integrated-gradients",
    "smoothgrad",
    "occlusion",
]


class RelevanceSection(Strict):
    """`[relevance]`: which methods explain which class.

    `method` is the one that studies show (None: the default of the network's kind of input), `also` are further ones to
    compare with; `explained` is the class whose relevance is taken: the predicted, the true, or a label by name;
    `contrast` explains that class minus the strongest other; `batch_size` fixes which clips are explained together,
    because sums depend on it.
    """

    method: MethodName | None = None
    also: list[MethodName] = Field(default_factory=list)
    explained: str = "predicted"
    contrast: bool = False
    engine: Literal["auto", "direct", "zennit"] = "auto"
    batch_size: int = Field(default=16, ge=1, le=1024)


class MaskSection(Strict):
    """`[mask]`: how relevance becomes a mask: `exponent` of soft ones, `top_shares` of the live cells of others."""

    exponent: float = Field(default=2.0, gt=0, le=16)
    top_shares: list[Annotated[float, Field(gt=0, lt=1)]] = Field(default_factory=list)


MadeForm = Literal["soft-mask", "top-share", "envelope", "signal-times-relevance", "positive-signal-times-relevance"]
ControlMask = Literal["blobs", "other-clip", "randomised-network"]


class RenditionsSection(Strict):
    """`[renditions]`: what is made of every stimulus, the first form being the one that studies show.

    The original, the relevance and its rolled control are always there; `controls` are further ones, `pictures` further
    kinds of picture. `level` is one policy for sound and picture: all at one loudness, or one gain for all.
    """

    forms: list[MadeForm] = Field(default=["soft-mask"], min_length=1)
    controls: list[ControlMask] = Field(default_factory=list)
    pictures: list[Literal["overlay", "waveform", "mask"]] = Field(default_factory=list)
    level: LevelPolicy = "normalised"
    seed: Seed = 1

    @model_validator(mode="after")
    def _check_first_form(self) -> "RenditionsSection":
        if self.forms[0] not in ("soft-mask", "top-share"):
            raise ValueError(
                f"forms begins with '{self.forms[0]}'; studies show the first one, which must be a time-frequency mask "
                "with a fair control: put 'soft-mask' or 'top-share' first"
            )
        return self


class GateSection(Strict):
    """`[gate]`: how good a network must be on clean clips that its weights never saw before it is explained.

    Below about 90 % masks of relevance lose to their controls. `override` is the reason for going on all the same, and
    recorded in the bundle.
    """

    least_accuracy: float = Field(default=0.9, ge=0, le=1)
    override: str | None = Field(default=None, min_length=3)
