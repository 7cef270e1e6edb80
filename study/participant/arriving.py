"""How somebody came, read from the address that led here, and carried to the form of consent.

Opening a page stores nothing: what is known of a person travels, hashed and signed, in a hidden field of the start
page. SONA alone needs the raw code at the end; it stays in a signed cookie of the participant's own browser.
"""

import re
from dataclasses import asdict, dataclass, replace

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict

from earshot.design.participation import ArrivalWay
from study.models import Study
from study.participant.authentication import COOKIE_MAX_AGE_S, cookie_name
from study.services.arrivals import Arrived, identifier_hmac

_SALT = "earshot arrival"
_SURVEY_SALT = "earshot survey code"
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,100}")
# What each service puts into the address: the person's identifier, and its own session's.
_PARAMETERS: dict[ArrivalWay, tuple[str, str]] = {
    "prolific": ("PROLIFIC_PID", "SESSION_ID"),
    "sona": ("survey_code", ""),
    "mturk": ("workerId", "assignmentId"),
}


@dataclass(frozen=True)
class Visit:
    """How somebody came, and SONA's code of them, which only their own browser keeps.

    `lacks_identifier`: the service did not say who comes, which MTurk's workers then type.
    """

    arrived: Arrived
    survey_code: str = ""

    @property
    def lacks_identifier(self) -> bool:
        """Whether the way needs an identifier that has not come."""
        return self.arrived.way != "link" and not self.arrived.is_identified


def read_visit(query: QueryDict, *, study: Study, ways: tuple[ArrivalWay, ...]) -> Visit:
    """How somebody came by the address' query; without an identifier that is told, they lack it.

    Of a study that takes MTurk's workers and no plain link, a plain link is theirs: it is all that a task there gives.
    """
    way = next((name for name, names in _PARAMETERS.items() if any(one in query for one in names if one)), None)
    if way is None:
        by_link: ArrivalWay = "mturk" if "mturk" in ways and "link" not in ways else "link"
        return Visit(Arrived(way=by_link))
    person, session = (query.get(name, "").strip() if name else "" for name in _PARAMETERS[way])
    visit = identified(Visit(Arrived(way=way)), identifier=person, study=study)
    if visit.lacks_identifier or not _IDENTIFIER.fullmatch(session):
        return visit
    session_hmac = identifier_hmac(session, study=study, way=way)
    return replace(visit, arrived=replace(visit.arrived, panel_session_hmac=session_hmac))


def identified(visit: Visit, *, identifier: str, study: Study) -> Visit:
    """The visit of whom `identifier` tells; as it was for one that is none."""
    if not _IDENTIFIER.fullmatch(identifier):
        return visit
    way = visit.arrived.way
    hashed = identifier_hmac(identifier, study=study, way=way)
    arrived = replace(visit.arrived, external_hmac=hashed)
    return Visit(arrived=arrived, survey_code=identifier if way == "sona" else "")


def sign_visit(visit: Visit, *, study: Study) -> str:
    """The visit as the start page's form carries it."""
    return signing.dumps(asdict(visit), salt=f"{_SALT} {study.code}")


def read_signed(signed: str, *, study: Study) -> Visit | None:
    """The visit that a form brought back; None for one that this server did not sign for this study."""
    try:
        fields = signing.loads(signed, salt=f"{_SALT} {study.code}")
    except signing.BadSignature:
        return None
    return Visit(arrived=Arrived(**fields["arrived"]), survey_code=fields["survey_code"])


def set_survey_code(response: HttpResponse, *, study: Study, visit: Visit) -> None:
    """Let the participant's browser keep SONA's code, signed, for this study's addresses alone."""
    if visit.survey_code:
        response.set_signed_cookie(
            _survey_cookie(study),
            visit.survey_code,
            salt=_SURVEY_SALT,
            max_age=COOKIE_MAX_AGE_S,
            path=f"/s/{study.slug}/",
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def read_survey_code(request: HttpRequest, *, study: Study) -> str:
    """SONA's code as the participant's browser kept it; empty where it has none."""
    return request.get_signed_cookie(_survey_cookie(study), default=None, salt=_SURVEY_SALT) or ""


def _survey_cookie(study: Study) -> str:
    return f"{cookie_name(study.slug)}-sona"
