"""The last pages: the debrief with the completion code, and a kind word to whoever goes no further."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from study.markdown import render_text
from study.models import Study
from study.participant.authentication import find_enrolment
from study.participant.entry import contact_line
from study.participant.pages import participant_page, texts_of
from study.participant.steps import go_on, to_start
from study.selectors import enrolment_next_step, study_protocol


@require_safe
@participant_page(open_only=False)
def debrief(request: HttpRequest, study: Study) -> HttpResponse:
    """The debrief with the completion code, which stays readable after the study was closed."""
    enrolment = find_enrolment(request, study=study)
    if enrolment is None:
        return to_start(study)
    if enrolment.completed_at is None:
        return go_on(enrolment)
    context = {
        "title": study.title,
        "debrief": render_text(texts_of(study_protocol(enrolment.version).design).debrief),
        "contact": contact_line(enrolment),
        "completion_code": enrolment.completion_code,
    }
    return render(request, "participant/debrief.html", context)


@require_safe
@participant_page(open_only=False)
def ended(request: HttpRequest, study: Study) -> HttpResponse:
    """Why somebody goes no further; without a completion code, because nothing was completed."""
    enrolment = find_enrolment(request, study=study)
    if enrolment is None:
        return to_start(study)
    step = enrolment_next_step(enrolment)
    if step.kind != "screened-out":
        return go_on(enrolment)
    screens = study_protocol(enrolment.version).design.screens
    context = {
        "title": study.title,
        "contact": contact_line(enrolment),
        "reason": step.name,
        "least_width_px": screens.least_width_px,
    }
    return render(request, "participant/screened_out.html", context)
