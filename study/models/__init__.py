"""The models, imported here because Django looks for them in this module (the one `__init__` that is not empty)."""

from study.models.arrivals import Arrival, Invitation
from study.models.design import OPEN_STAGES, OUTCOME_STAGES, Stage, Study, Version
from study.models.enrolment import Enrolment, QuestionnaireResponse, Response, Trial
from study.models.events import Event
from study.models.stimuli import Bundle, Picture, Rendition, Stimulus

__all__ = [
    "OPEN_STAGES",
    "OUTCOME_STAGES",
    "Arrival",
    "Bundle",
    "Enrolment",
    "Event",
    "Invitation",
    "Picture",
    "QuestionnaireResponse",
    "Rendition",
    "Response",
    "Stage",
    "Stimulus",
    "Study",
    "Trial",
    "Version",
]
