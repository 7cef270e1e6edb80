"""What came of somebody's visit, and the way back to the recruiting service that sent them."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from earshot.design.participation import PROLIFIC_COMPLETE, ArrivalWay, Outcome, Participation
from study.models import Enrolment
from study.selectors import NextStep


@dataclass(frozen=True)
class WayBack:
    """The service, the address that tells it the outcome, and the code in it, for whoever copies it by hand."""

    service: Literal["Prolific", "SONA"]
    url: str
    code: str = ""


def outcome_of(enrolment: Enrolment, *, step: NextStep) -> Outcome | None:
    """What came of a participation so far; None while it goes on, or once the time ran out.

    A complete set that the server has counted stays one, whatever comes after it.
    """
    if enrolment.completed_at is not None:
        return "completed"
    if step.kind == "withdrawn":
        return "withdrawn"
    if step.kind == "screened-out":
        return "failed-checks" if step.name == "headphones" else "screened-out"
    return None


def way_back(
    way: str | ArrivalWay, *, outcome: Outcome | None, participation: Participation, survey_code: str = ""
) -> WayBack | None:
    """How to go back with an outcome; None where the service has no code for it, or nobody sent the participant.

    SONA grants a credit for a completed participation alone, and to whom `survey_code` tells.
    """
    if outcome is None:
        return None
    if way == "prolific" and participation.prolific is not None:
        code = participation.prolific.code(outcome)
        return WayBack("Prolific", url=f"{PROLIFIC_COMPLETE}?{urlencode({'cc': code})}", code=code) if code else None
    if way == "sona" and participation.sona is not None and outcome == "completed" and survey_code:
        return WayBack("SONA", url=participation.sona.address(survey_code))
    return None
