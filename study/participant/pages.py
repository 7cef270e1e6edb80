"""What every page of a participant shares: the study's language, no cache, no search engine, a kind closed door."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Literal, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString

from earshot.design.names import Language, LocalText
from earshot.design.study_file import StudyFile
from earshot.design.whole import Texts
from study.markdown import render_text
from study.models import Stage, Study
from study.refusals import Refusal
from study.selectors import current_version, study_by_slug, study_is_open, version_takes_newcomers

PageView = Callable[..., HttpResponse]  # takes the request, the study, and what else the address names
Written = TypeVar("Written")
Reason = Literal["unknown", "not-open", "paused", "closed", "no-newcomers"]

_STATUS_BY_REASON: dict[Reason, int] = {
    "unknown": 404,
    "not-open": 404,
    "paused": 404,
    "closed": 410,
    "no-newcomers": 410,
}
_REASON_BY_STAGE: dict[str, Reason] = {Stage.PAUSED: "paused", Stage.CLOSED: "closed"}


def participant_page(*, open_only: bool = True) -> Callable[[PageView], PageView]:
    """A decorator: the view gets the study of the slug and speaks its language, whatever the browser's is.

    With `open_only` a study that takes nobody now is answered by the page that says so. A step that is refused, as when
    the study was closed in that very moment or another tab was faster, leads to the start page, which knows better.
    """

    def decorate(view: PageView) -> PageView:
        @wraps(view)
        def page(request: HttpRequest, slug: str, **named: str) -> HttpResponse:
            study = study_by_slug(slug)
            if study is None:
                return seal_page(unavailable(request, reason="unknown"))
            with translation.override(study.language):
                response = _answer(view, request, study=study, open_only=open_only, named=named)
                response["Content-Language"] = study.language
            return seal_page(response)

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


def unavailable(request: HttpRequest, *, reason: Reason, study: Study | None = None) -> HttpResponse:
    """The page that says why there is no study to take part in."""
    context = {"reason": reason, "title": study.title if study else ""}
    return render(request, "participant/unavailable.html", context, status=_STATUS_BY_REASON[reason])


def seal_page(response: HttpResponse) -> HttpResponse:
    """The response, kept by no cache and no search engine."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def texts_of(design: StudyFile) -> Texts:
    """The study's texts in the page's language, else in the study's first one."""
    return _in_language(design.texts, default=design.default_texts)


def local_line(text: LocalText) -> SafeString:
    """A text in the page's language as HTML to stand in one line, as labels and legends do: no paragraphs."""
    return render_line(_in_language(text, default=next(iter(text.values()))))


def render_line(text: str) -> SafeString:
    """Limited Markdown as HTML without paragraphs: a new one becomes a new line."""
    line = render_text(text).strip().replace("</p>\n<p>", "<br>")
    return SafeString(line.replace("<p>", "").replace("</p>", ""))


def _in_language(texts: Mapping[Language, Written], *, default: Written) -> Written:
    spoken = translation.get_language()
    return next((text for language, text in texts.items() if language == spoken), default)
