"""What `simulate` and power assume of people."""

from typing import Annotated

from pydantic import Field

from earshot.files import Strict

StandardDeviation = Annotated[float, Field(ge=0.0, le=10.0)]


class Betas(Strict):
    """Log-odds of the primary model that `--effect` does not set; every factor is coded -.5/+.5.

    Sound counts as +.5, picture as -.5, both as 0; relevance as +.5, a control as -.5, the whole clip as 0.
    """

    intercept: float = 0.0
    channel: float = 0.0
    mask: float = 0.3
    model_correct: float = 1.0
    channel_model_correct: float = 0.0
    mask_model_correct: float = 0.0


class Simulation(Strict):
    """Coefficients and standard deviations, all in log-odds; `true_label_share` is of answers that are not right."""

    betas: Betas = Field(default_factory=Betas)
    participant_sd: StandardDeviation = 0.7
    stimulus_sd: StandardDeviation = 0.7
    slope_sd: StandardDeviation = 0.3
    true_label_share: float = Field(default=0.6, ge=0.0, le=1.0)
