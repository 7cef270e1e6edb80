"""What every page of a participant shares: the study's language, no cache, no search engine, a kind closed door."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Literal

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString

from earshot.design.names import Language, LocalText
from earshot.design.participation import ArrivalWay
from study.local_texts import language_of, local_text, texts_of
from study.markdown import render_text
from study.models import Stage, Study
from study.participant.authentication import find_enrolment
from study.refusals import Refusal
from study.selectors import (
    current_version,
    study_by_slug,
    study_is_open,
    study_protocol,
    version_takes_newcomers,
)

PageView = Callable[..., HttpResponse]  # takes the request, the study, and what else the address names
Reason = Literal["unknown", "not-open", "paused", "closed", "no-newcomers", "other-way"]

_STATUS_BY_REASON: dict[Reason, int] = {
    "unknown": 404,
    "not-open": 404,
    "paused": 404,
    "closed": 410,
    "no-newcomers": 410,
    "other-way": 403,
}
_REASON_BY_STAGE: dict[str, Reason] = {Stage.PAUSED: "paused", Stage.CLOSED: "closed"}


def participant_page(*, open_only: bool = True) -> Callable[[PageView], PageView]:
    """A decorator: the view gets the study of the slug and speaks one of its languages, whatever the browser's is.

    With `open_only` a study that takes nobody now is answered by the page that says so. A step that is refused, as when
    the study was closed in that very moment or another tab was faster, leads to the start page, which knows better.
    """

    def decorate(view: PageView) -> PageView:
        @wraps(view)
        def page(request: HttpRequest, slug: str, **named: str) -> HttpResponse:
            study = study_by_slug(slug)
            spoken = translation.get_language_from_request(request) if study is None else page_language(request, study)
            with translation.override(spoken):
                if study is None:
                    response = unavailable(request, reason="unknown")
                else:
                    response = _answer(view, request, study=study, open_only=open_only, named=named)
                # A page that finds out itself who asks may have changed it.
                return seal_page(response, language=translation.get_language() or spoken)

        return page

    return decorate


def _answer(
    view: PageView, request: HttpRequest, *, study: Study, open_only: bool, named: Mapping[str, str]
) -> HttpResponse:
    if not (study_is_open(study) if open_only else study.stage != Stage.DRAFT):
        return unavailable(request, reason=_REASON_BY_STAGE.get(study.stage, "not-open"), study=study)
    try:
        return view(request, study, **named)
    except Refusal as refusal:
        if refusal.code == "study-closed":
            takes_newcomers = version_takes_newcomers(current_version(study))
            return unavailable(request, reason="closed" if takes_newcomers else "no-newcomers", study=study)
        return HttpResponseRedirect(reverse("participant-start", args=[study.slug]))


def unavailable(
    request: HttpRequest,
    *,
    reason: Reason,
    study: Study | None = None,
    ways: tuple[ArrivalWay, ...] = (),
    lacking: ArrivalWay | None = None,
) -> HttpResponse:
    """The page that says why there is no study to take part in.

    With reason `other-way` it names the ways that are open, and the one whose identifier the address lacks.
    """
    context = {
        "reason": reason,
        "title": study.title if study else "",
        "contact": _contact(study) if study else "",
        "ways": ways,
        "start_url": reverse("participant-start", args=[study.slug]) if study else "",
        "lacking": lacking,
    }
    return render(request, "participant/unavailable.html", context, status=_STATUS_BY_REASON[reason])


def _contact(study: Study) -> str:
    """How to reach the researcher, as HTML of one line; of a draft nothing is known yet."""
    if study.stage == Stage.DRAFT:
        return ""
    return render_line(texts_of(study_protocol(current_version(study)).design).contact)


def page_language(request: HttpRequest, study: Study) -> str:
    """The language of a study's page: the participant's own, else the one chosen on the start page, else its first."""
    if study.stage == Stage.DRAFT:
        return study.language
    enrolment = find_enrolment(request, study=study)
    if enrolment is not None:
        return language_of(enrolment)
    chosen = request.POST.get("language") or request.GET.get("language")
    return next((known for known in study_languages(study) if known == chosen), study.language)


def study_languages(study: Study) -> tuple[Language, ...]:
    """The languages that the study speaks, its first one first."""
    return study_protocol(current_version(study)).design.study.languages


def seal_page(response: HttpResponse, *, language: str) -> HttpResponse:
    """The response with its language, kept by no cache and no search engine."""
    response["Content-Language"] = language
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def local_line(text: LocalText) -> SafeString:
    """A text in the page's language as HTML to stand in one line, as labels and legends do: no paragraphs."""
    return render_line(local_text(text))


def render_line(text: str) -> SafeString:
    """Limited Markdown as HTML without paragraphs: a new one becomes a new line."""
    line = render_text(text).strip().replace("</p>\n<p>", "<br>")
    return SafeString(line.replace("<p>", "").replace("</p>", ""))
