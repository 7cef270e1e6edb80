"""Who is asking: the enrolment whose token the study's own cookie holds; and proof that our own page asks."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from study.models import Enrolment, Study
from study.refusals import Refusal
from study.selectors import enrolment_by_token
from study.services.enrolments import enrolment_seen

# Longer than any study lets people come back; a session cookie would be gone with the browser window.
COOKIE_MAX_AGE_S = 90 * 24 * 3600


def cookie_name(slug: str) -> str:
    """The name of a study's cookie: one per study, so that two studies never share a participant."""
    return f"earshot-{slug}"


def set_cookie(response: HttpResponse, *, study: Study, token: str) -> None:
    """Give the browser its token, for this study's addresses alone and out of reach of scripts."""
    response.set_cookie(
        cookie_name(study.slug),
        token,
        max_age=COOKIE_MAX_AGE_S,
        path=f"/s/{study.slug}/",
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def find_enrolment(request: HttpRequest, *, study: Study) -> Enrolment | None:
    """The enrolment in `study` of whoever sent `request`."""
    token = request.COOKIES.get(cookie_name(study.slug))
    return enrolment_by_token(token, study=study) if token else None


class EnrolmentAuthentication(BaseAuthentication):
    """Finds the enrolment by cookie and enforces Django's CSRF check, as session authentication does.

    Every request that passes is a sign of life of the participant.

    The view sets `study` before authentication runs.
    """

    def authenticate(self, request: Request) -> tuple[Any, None]:
        """The enrolment as DRF's "user" (it is no Django user, hence Any); Refusal when there is none."""
        study: Study = request.parser_context["view"].study
        enrolment = find_enrolment(request._request, study=study)
        if enrolment is None:
            raise Refusal("no-enrolment", "no participant is known by this browser; open the study's start page")
        _enforce_csrf(request._request)
        enrolment_seen(enrolment=enrolment)
        return enrolment, None


def _enforce_csrf(request: HttpRequest) -> None:
    check = CSRFCheck(lambda _: HttpResponse())
    check.process_request(request)
    reason = check.process_view(request, None, (), {})  # type: ignore[arg-type]  # DRF calls it the same way
    if reason:
        raise Refusal("csrf-failed", f"{reason}; reload the page and allow cookies")
