"""What every page of a participant shares: the study's language, no cache, no search engine, a kind closed door."""

from collections.abc import Callable
from functools import wraps
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from study.models import Stage, Study
from study.selectors import study_by_slug, study_is_open

PageView = Callable[[HttpRequest, Study], HttpResponse]
Reason = Literal["unknown", "not-open", "closed"]

_STATUS_BY_REASON: dict[Reason, int] = {"unknown": 404, "not-open": 404, "closed": 410}


def participant_page(*, open_only: bool = True) -> Callable[[PageView], Callable[[HttpRequest, str], HttpResponse]]:
    """A decorator: the view gets the study of the slug and speaks its language, whatever the browser's is.

    With `open_only` a study that takes nobody now is answered by the page that says so.
    """

    def decorate(view: PageView) -> Callable[[HttpRequest, str], HttpResponse]:
        @wraps(view)
        def page(request: HttpRequest, slug: str) -> HttpResponse:
            study = study_by_slug(slug)
            if study is None:
                return seal_page(unavailable(request, reason="unknown"))
            with translation.override(study.language):
                allowed = study_is_open(study) if open_only else study.stage != Stage.DRAFT
                response = view(request, study) if allowed else unavailable(request, reason=_reason(study), study=study)
                response["Content-Language"] = study.language
            return seal_page(response)

        return page

    return decorate


def unavailable(request: HttpRequest, *, reason: Reason, study: Study | None = None) -> HttpResponse:
    """The page that says why there is no study to take part in."""
    context = {"reason": reason, "title": study.title if study else ""}
    return render(request, "participant/unavailable.html", context, status=_STATUS_BY_REASON[reason])


def seal_page(response: HttpResponse) -> HttpResponse:
    """The response, kept by no cache and no search engine."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a study file's text, which empty lines separate."""
    return [part.strip() for part in text.split("\n\n") if part.strip()]


def _reason(study: Study) -> Reason:
    return "closed" if study.stage == Stage.CLOSED else "not-open"
