"""What is answered when a request goes wrong outside any view: a page, or JSON under the API's addresses."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from study.local_texts import texts_of
from study.models import Stage
from study.participant.errors import BUSY_RETRY_MS, is_busy, json_error
from study.participant.pages import render_line, seal_page
from study.selectors import current_version, study_by_slug, study_protocol

logger = logging.getLogger(__name__)

# Needs no template, no static file and no catalogue.
_BARE_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{status}</title>
<main><h1>Something is in the way ({status})</h1><p>Sorry: {message}.</p></main>
</html>
"""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _answer(request, status=400, reason="bad-request", message="the request cannot be read")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _answer(request, status=403, reason="forbidden", message="this is not allowed")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a form that came without its token, mostly because cookies are blocked, with whom to write to."""
    message = "the form's token is missing; allow cookies"
    return _answer(request, status=403, reason="cookies", message=message, contact=_contact(request))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _answer(request, status=404, reason="not-found", message="there is nothing at this address")


def server_error(request: HttpRequest) -> HttpResponse:
    """500; Django has logged the fault."""
    return _answer(request, status=500, reason="server-error", message="the server failed; try again")


class BusyMiddleware:
    """Answers a page's request that found the database busy with a 503 that says to try again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The response as it is."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A 503 for a busy database; other faults stay what they are."""
        if not is_busy(exception):
            return None
        response = _answer(request, status=503, reason="busy", message="the server is busy; try again")
        response["Retry-After"] = str(BUSY_RETRY_MS // 1000)
        return response


def _contact(request: HttpRequest) -> str:
    """How to reach the researcher of the study whose address was asked, as HTML of one line; empty where none is."""
    slug = request.resolver_match.kwargs.get("slug") if request.resolver_match else None
    study = study_by_slug(slug) if slug else None
    if study is None or study.stage == Stage.DRAFT:
        return ""
    return render_line(texts_of(study_protocol(current_version(study)).design).contact)


def _answer(request: HttpRequest, *, status: int, reason: str, message: str, contact: str = "") -> HttpResponse:
    """The error as JSON or page; the page is rendered without the request, so that nothing touches the database.

    It speaks the browser's language: which study it belongs to, and who asks, may be just what cannot be found out.
    """
    if "/api/" in request.path:
        return json_error(status=status, code=reason, message=message)
    content: str
    language = translation.get_language_from_request(request)
    try:
        with translation.override(language):
            context = {"status": status, "reason": reason, "contact": contact}
            content = render_to_string("participant/error.html", context)
    except Exception:
        # Whatever broke the page may break its error page too, as static files that were never collected do.
        logger.exception("the page for status %d cannot be rendered; was collectstatic run?", status)
        content, language = _BARE_PAGE.format(status=status, message=message), "en"
    return seal_page(HttpResponse(content, status=status), language=language)
