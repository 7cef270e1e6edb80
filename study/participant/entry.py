"""The pages between consent and allocation: screens, sound check, headphone check."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_safe

from earshot.design.conduct import HEADPHONE_CHECKS, Screens
from study.headphones import MOST_ATTEMPTS, attempt_order
from study.models import Enrolment, Study
from study.participant.authentication import find_enrolment
from study.participant.footer import footer_of
from study.participant.pages import local_line, participant_page
from study.participant.steps import go_on, page_url, to_start
from study.presentation import are_digits
from study.selectors import (
    enrolment_labels,
    enrolment_next_step,
    enrolments_with_study,
    sound_check_stimulus,
    study_protocol,
)
from study.services.headphones import enrolment_without_headphones
from study.services.screening import Screening, enrolment_screen

_MOST_PX_DIGITS = 5


@require_http_methods(["GET", "HEAD", "POST"])
@participant_page()
def screens(request: HttpRequest, study: Study) -> HttpResponse:
    """The screens, the same for everyone: who says no, or has too narrow a window, goes no further."""
    enrolment = find_enrolment(request, study=study)
    if enrolment is None:
        return to_start(study)
    if enrolment_next_step(enrolment).kind != "screens":
        return go_on(enrolment)
    asked = study_protocol(enrolment.version).design.screens
    if request.method != "POST":
        return _render_screens(request, enrolment=enrolment, asked=asked, screening=None)
    screening = _read_screening(request)
    if _missing(screening, asked=asked):
        return _render_screens(request, enrolment=enrolment, asked=asked, screening=screening)
    enrolment_screen(enrolment=enrolment, screening=screening)
    return go_on(enrolments_with_study().get(pk=enrolment.pk))


@require_safe
@ensure_csrf_cookie
@participant_page()
def sound(request: HttpRequest, study: Study) -> HttpResponse:
    """The sound check, the same for everyone."""
    enrolment = find_enrolment(request, study=study)
    if enrolment is None:
        return to_start(study)
    if enrolment_next_step(enrolment).kind != "sound":
        return go_on(enrolment)
    original = sound_check_stimulus(enrolment.version).renditions.filter(mask="none").order_by("number")[:1].get()
    context = {
        "title": study.title,
        **footer_of(enrolment),
        "sound_url": reverse("media", args=[original.sound_file]),
        "labels": enrolment_labels(enrolment),
        "labels_are_digits": are_digits(study.bundle.labels),
        "needs_headphones": study_protocol(enrolment.version).design.screens.headphones != "none",
        "api_base": f"{page_url('participant-start', study)}api/",
        # The start page sends on to whatever comes next.
        "next_url": page_url("participant-start", study),
    }
    return render(request, "participant/sound.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@ensure_csrf_cookie
@participant_page()
def headphones(request: HttpRequest, study: Study) -> HttpResponse:
    """The headphone check; a form sent from it says that there are no headphones, and ends here."""
    enrolment = find_enrolment(request, study=study)
    if enrolment is None:
        return to_start(study)
    check = study_protocol(enrolment.version).design.screens.headphones
    if enrolment_next_step(enrolment).kind != "headphones" or check == "none":
        return go_on(enrolment)
    if request.method == "POST":
        enrolment_without_headphones(enrolment=enrolment)
        return go_on(enrolments_with_study().get(pk=enrolment.pk))
    orders = [attempt_order(check, code=enrolment.code, attempt=attempt) for attempt in range(MOST_ATTEMPTS)]
    context = {
        "title": study.title,
        **footer_of(enrolment),
        "check": check,
        "n_trials": HEADPHONE_CHECKS[check].n_trials,
        "attempt": len(enrolment.headphones_answers),
        "attempts": [[reverse("headphones", args=[check, number]) for number in order] for order in orders],
        "api_base": f"{page_url('participant-start', study)}api/",
        "next_url": page_url("participant-start", study),
    }
    return render(request, "participant/headphones.html", context)


def _render_screens(
    request: HttpRequest, *, enrolment: Enrolment, asked: Screens, screening: Screening | None
) -> HttpResponse:
    missing = _missing(screening, asked=asked) if screening else []
    context = {
        "title": enrolment.version.study.title,
        **footer_of(enrolment),
        "least_width_px": asked.least_width_px,
        "speaks": local_line(asked.speaks) if asked.speaks is not None else "",
        "hears_well": asked.hears_well,
        "given": screening,
        "missing": missing,
    }
    return render(request, "participant/screens.html", context, status=400 if missing else 200)


def _read_screening(request: HttpRequest) -> Screening:
    width = request.POST.get("width_px", "")
    is_width = width.isascii() and width.isdigit() and len(width) <= _MOST_PX_DIGITS
    answers = {"yes": True, "no": False}
    return Screening(
        width_px=int(width) if is_width else None,
        speaks=answers.get(request.POST.get("speaks", "")),
        hears_well=answers.get(request.POST.get("hears_well", "")),
    )


def _missing(screening: Screening, *, asked: Screens) -> list[str]:
    """The names of the fields that were asked and not answered, in the order of the page."""
    needed = {
        "width_px": asked.least_width_px is not None,
        "speaks": asked.speaks is not None,
        "hears_well": asked.hears_well,
    }
    return [name for name, is_asked in needed.items() if is_asked and getattr(screening, name) is None]
