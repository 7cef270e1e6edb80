"""The pages a participant meets, in the order they are met, and the media they play."""

import logging
import re
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from study.models import Enrolment, Rendition, Study
from study.participant.authentication import find_enrolment, set_cookie
from study.participant.pages import paragraphs, participant_page
from study.presentation import are_digits, find_rendition, n_trials, sound_medium
from study.researcher.reports import has_report, may_read_reports
from study.selectors import (
    current_version,
    enrolment_labels,
    sound_check_stimulus,
    studies_running,
    studies_simulated,
    study_minutes,
    study_protocol,
)
from study.services.enrolments import enrolment_create

logger = logging.getLogger(__name__)

_MEDIA_TYPES = {"wav": "audio/wav", "png": "image/png"}
_MEDIA_NAME = re.compile(r"[0-9a-f]{64}\.(?P<kind>wav|png)")


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """The front page: the studies that run, and the reports of the simulated ones for those who may read them."""
    studies = [
        {"slug": study.slug, "title": study.title, "stage": study.stage, "url": _page("participant-start", study)}
        for study in studies_running()
    ]
    reports = [
        {"slug": study.slug, "title": study.title, "url": reverse("study-report", args=[study.slug])}
        for study in (studies_simulated() if settings.PUBLIC_REPORTS or may_read_reports(request) else ())
        if has_report(study.slug)
    ]
    response = render(request, "front.html", {"studies": studies, "reports": reports})
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@participant_page()
def start(request: HttpRequest, study: Study) -> HttpResponse:
    """Information and consent; whoever is enrolled goes on where they stand."""
    enrolment = find_enrolment(request, study=study)
    return _go_on(enrolment) if enrolment else _render_start(request, study=study)


@require_POST
@participant_page()
def consent(request: HttpRequest, study: Study) -> HttpResponse:
    """Consent given: enrolled, once per browser, however often the form is sent."""
    enrolment = find_enrolment(request, study=study)
    if enrolment is not None:
        return _go_on(enrolment)
    consent_id = _read_uuid(request.POST.get("consent_id", ""))
    if consent_id is None or not request.POST.get("consent"):
        return _render_start(request, study=study, consent_missing=True)
    enrolment, token = enrolment_create(study=study, consent_id=consent_id)
    response = _go_on(enrolment)
    set_cookie(response, study=study, token=token)
    return response


@require_safe
@ensure_csrf_cookie
@participant_page()
def sound(request: HttpRequest, study: Study) -> HttpResponse:
    """The sound check, the same for everyone."""
    enrolment = find_enrolment(request, study=study)
    if enrolment is None:
        return _redirect("participant-start", study)
    if enrolment.sound_checked_at is not None:
        return _go_on(enrolment)
    heard = sound_medium(find_rendition(sound_check_stimulus(enrolment.version), mask="none"))
    context = {
        "title": study.title,
        "contact": _contact(enrolment),
        "sound_url": heard["url"],
        "sound_duration_ms": heard["duration_ms"],
        "labels": enrolment_labels(enrolment),
        "labels_are_digits": are_digits(study.bundle.labels),
        "api_base": _api_base(study),
        "trials_url": _page("participant-trials", study),
    }
    return render(request, "participant/sound.html", context)


@require_safe
@ensure_csrf_cookie
@participant_page()
def trials(request: HttpRequest, study: Study) -> HttpResponse:
    """The one page of all trials."""
    enrolment = find_enrolment(request, study=study)
    if enrolment is None:
        return _redirect("participant-start", study)
    if enrolment.sound_checked_at is None or enrolment.completed_at is not None:
        return _go_on(enrolment)
    context = {
        "title": study.title,
        "contact": _contact(enrolment),
        "labels_are_digits": are_digits(study.bundle.labels),
        "api_base": _api_base(study),
    }
    return render(request, "participant/trials.html", context)


@require_safe
@participant_page(open_only=False)
def debrief(request: HttpRequest, study: Study) -> HttpResponse:
    """The debrief with the completion code, which stays readable after the study was closed."""
    enrolment = find_enrolment(request, study=study)
    if enrolment is None:
        return _redirect("participant-start", study)
    if enrolment.completed_at is None:
        return _go_on(enrolment)
    texts = study_protocol(enrolment.version).design.texts
    context = {
        "title": study.title,
        "debrief": paragraphs(texts.debrief),
        "contact": paragraphs(texts.contact),
        "completion_code": enrolment.completion_code,
    }
    return render(request, "participant/debrief.html", context)


@require_safe
def media(request: HttpRequest, name: str) -> HttpResponseBase:
    """A rendition's file; its name is its content's hash, so browsers may keep it for good."""
    match = _MEDIA_NAME.fullmatch(name)
    if match is None or not Rendition.objects.filter(Q(sound_file=name) | Q(picture_file=name)).exists():
        raise Http404("no rendition has this file")
    path = Path(settings.MEDIA_ROOT) / name
    if not path.is_file():
        logger.error("medium %s is missing in MEDIA_ROOT; load its bundle again", name)
        raise Http404("this file is missing")
    response = FileResponse(path.open("rb"), content_type=_MEDIA_TYPES[match["kind"]])
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["ETag"] = f'"{name[:64]}"'
    return response


def _render_start(request: HttpRequest, *, study: Study, consent_missing: bool = False) -> HttpResponse:
    design = study_protocol(current_version(study)).design
    context = {
        "title": study.title,
        "information": paragraphs(design.texts.information),
        "consent": paragraphs(design.texts.consent),
        "contact": paragraphs(design.texts.contact),
        "n_trials": n_trials(design),
        "minutes": study_minutes(design),
        "action": _page("participant-consent", study),
        "consent_missing": consent_missing,
        "consent_id": uuid4(),
    }
    return render(request, "participant/start.html", context, status=400 if consent_missing else 200)


def _read_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _go_on(enrolment: Enrolment) -> HttpResponseRedirect:
    """To the page where the participant stands."""
    study = enrolment.version.study
    if enrolment.completed_at is not None:
        return _redirect("participant-debrief", study)
    if enrolment.sound_checked_at is not None:
        return _redirect("participant-trials", study)
    return _redirect("participant-sound", study)


def _contact(enrolment: Enrolment) -> list[str]:
    """How to reach the researcher, in paragraphs."""
    return paragraphs(study_protocol(enrolment.version).design.texts.contact)


def _page(name: str, study: Study) -> str:
    return reverse(name, args=[study.slug])


def _redirect(name: str, study: Study) -> HttpResponseRedirect:
    return HttpResponseRedirect(_page(name, study))


def _api_base(study: Study) -> str:
    return f"{_page('participant-start', study)}api/"
