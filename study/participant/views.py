"""The front page, the one page of all trials, and the media that pages show and play."""

import logging
import re
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from earshot.design.conduct import HeadphoneCheckName
from study.headphones import make_sound
from study.models import Picture, Rendition, Study
from study.participant.authentication import find_enrolment
from study.participant.footer import footer_of
from study.participant.pages import participant_page, seal_page
from study.participant.steps import go_on, page_url, to_start
from study.presentation import are_digits
from study.researcher.reports import has_report, may_read_reports
from study.selectors import enrolment_next_step, studies_running, studies_simulated

logger = logging.getLogger(__name__)

_MEDIA_TYPES = {"wav": "audio/wav", "png": "image/png"}
_MEDIA_NAME = re.compile(r"[0-9a-f]{64}\.(?P<kind>wav|png)")


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """The front page: the studies that run, and the reports of the simulated ones for those who may read them."""
    studies = [
        {"slug": study.slug, "title": study.title, "stage": study.stage, "url": page_url("participant-start", study)}
        for study in studies_running()
    ]
    reports = [
        {"slug": study.slug, "title": study.title, "url": reverse("study-report", args=[study.slug])}
        for study in (studies_simulated() if settings.PUBLIC_REPORTS or may_read_reports(request) else ())
        if has_report(study.slug)
    ]
    language = translation.get_language_from_request(request)
    with translation.override(language):
        return seal_page(render(request, "front.html", {"studies": studies, "reports": reports}), language=language)


@require_safe
@ensure_csrf_cookie
@participant_page()
def trials(request: HttpRequest, study: Study) -> HttpResponse:
    """The one page of all trials."""
    enrolment = find_enrolment(request, study=study)
    if enrolment is None:
        return to_start(study)
    if enrolment_next_step(enrolment).kind != "trials":
        return go_on(enrolment)
    context = {
        "title": study.title,
        **footer_of(enrolment),
        "labels_are_digits": are_digits(study.bundle.labels),
        "api_base": f"{page_url('participant-start', study)}api/",
    }
    return render(request, "participant/trials.html", context)


@require_safe
def media(request: HttpRequest, name: str) -> HttpResponseBase:
    """A sound or picture of a rendition; its name is its content's hash, so browsers may keep it for good."""
    match = _MEDIA_NAME.fullmatch(name)
    if match is None or not _is_shown(name):
        raise Http404("no rendition has this file")
    path = Path(settings.MEDIA_ROOT) / name
    if not path.is_file():
        logger.error("medium %s is missing in MEDIA_ROOT; load its bundle again", name)
        raise Http404("this file is missing")
    response = FileResponse(path.open("rb"), content_type=_MEDIA_TYPES[match["kind"]])
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["ETag"] = f'"{name[:64]}"'
    return response


@require_safe
def headphones(request: HttpRequest, check: HeadphoneCheckName, number: str) -> HttpResponse:
    """A sound of a headphone check; the same for ever, so browsers may keep it."""
    content = make_sound(check, number=int(number))
    response = HttpResponse(content, content_type=_MEDIA_TYPES["wav"])
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _is_shown(name: str) -> bool:
    sounds = Rendition.objects.filter(sound_file=name)
    return sounds.exists() or Picture.objects.filter(file=name).exists()
