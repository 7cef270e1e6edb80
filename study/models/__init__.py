"""The models, imported here because Django looks for them in this module (the one `__init__` that is not empty)."""

from study.models.design import OPEN_STAGES, OUTCOME_STAGES, Arm, Stage, Study, Version
from study.models.enrolment import Enrolment, Response, Trial
from study.models.stimuli import Bundle, Rendition, Stimulus

__all__ = [
    "OPEN_STAGES",
    "OUTCOME_STAGES",
    "Arm",
    "Bundle",
    "Enrolment",
    "Rendition",
    "Response",
    "Stage",
    "Stimulus",
    "Study",
    "Trial",
    "Version",
]
