"""Which clips become stimuli: `[selection]`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from earshot.files import Strict
from explainer.sections.common import Seed

Caliper = Annotated[float, Field(gt=0, le=100)] | Literal["off"]
Exact = Literal["speaker", "true_label"]


class CalipersSection(Strict):
    """`[selection.calipers]`: how far apart the right and the wrong stimulus of a pair may lie, or `"off"`.

    The unit is the standard deviation within right and within wrong candidates, pooled. Held-out speakers give tens of
    errors, not thousands: within .2 (austin2011, there of the logit of the propensity score) the 26 errors of one
    speaker of the spoken digits have 5 right partners of the same word, 113 errors of four synthetic voices none;
    within 1 they have 22 and 24, and the means of chosen sets of 12 pairs differ by at most .3 on average. Without the
    caliper on confidence the errors of the spoken digits are less confident by .8.
    """

    duration_sd: Caliper = 1.0
    energy_kept_sd: Caliper = 1.0
    confidence_sd: Caliper = 1.0


class SelectionSection(Strict):
    """`[selection]`: how many stimuli, from which clips that the weights never saw, and how right and wrong ones match.

    Attributes
    ----------
    n_right, n_wrong : int
        Main stimuli. As many pairs are matched as there are of the rarer kind; a surplus of the other is not.
    n_training, n_attention : int
        Items apart from the main ones.
    seed : int
        Breaks ties.
    source : {'heldout-speakers', 'heldout-takes', 'both'}
        Where errors are looked for. The takes of known speakers give few, unless the network is weak (a small
        `network.n_epochs`) or the clips are noisy.
    noise_snr_db : float, optional
        Signal-to-noise ratio at which noise is added to every clip to choose from: right and wrong ones then have the
        same by construction.
    n_per_true_label : int, optional
        How often each true label stands among the right and among the wrong main stimuli; as it comes unless given.
    exact : list of {'speaker', 'true_label'}
        What the two of a pair share; what is left out is shared where it can be.
    calipers : CalipersSection
        How far apart they may lie in duration, energy kept and confidence.
    """

    n_right: int = Field(ge=0)
    n_wrong: int = Field(ge=0)
    n_training: int = Field(ge=0)
    n_attention: int = Field(default=0, ge=0)
    seed: Seed
    source: Literal["heldout-speakers", "heldout-takes", "both"] = "heldout-speakers"
    noise_snr_db: float | None = Field(default=None, ge=-60, le=120)
    n_per_true_label: int | None = Field(default=None, ge=1)
    exact: list[Exact] = Field(default=["speaker", "true_label"])
    calipers: CalipersSection = CalipersSection()

    @model_validator(mode="after")
    def _check_exact(self) -> "SelectionSection":
        if len(set(self.exact)) < len(self.exact):
            raise ValueError(f"exact is {', '.join(self.exact)}; name each only once")
        if self.n_per_true_label is None:
            return self
        if self.n_right != self.n_wrong:
            raise ValueError(
                f"n_right is {self.n_right} and n_wrong {self.n_wrong}; give both the same number, because "
                "n_per_true_label counts right and wrong ones of a label alike"
            )
        if "true_label" not in self.exact:
            raise ValueError(
                f"exact is {', '.join(self.exact) or 'empty'}; it must name 'true_label' when n_per_true_label is given"
            )
        return self
