"""The page of a questionnaire: one form, rendered and checked by the server."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from earshot.design.questionnaire_item_answers import AnswerFault
from earshot.design.questionnaires import Questionnaire
from study.models import Enrolment, Study
from study.participant.authentication import find_enrolment
from study.participant.footer import footer_of
from study.participant.pages import local_line, participant_page
from study.participant.questionnaire_fields import item_fields, read_form
from study.participant.steps import go_on, to_start
from study.selectors import NextStep, enrolment_next_step, enrolments_with_study, study_protocol
from study.services.questionnaires import questionnaire_record


@require_http_methods(["GET", "HEAD", "POST"])
@participant_page()
def questionnaire(request: HttpRequest, study: Study, name: str) -> HttpResponse:
    """The questionnaire that is due; every other one sends on to where the participant stands."""
    enrolment = find_enrolment(request, study=study)
    if enrolment is None:
        return to_start(study)
    if enrolment_next_step(enrolment) != NextStep("questionnaire", name):
        return go_on(enrolment)
    asked = study_protocol(enrolment.version).design.questionnaire(name)
    if request.method != "POST":
        return _render(request, enrolment=enrolment, asked=asked, faults={})
    posted = read_form(asked, posted=request.POST)
    if posted.faults:
        return _render(request, enrolment=enrolment, asked=asked, faults=posted.faults)
    questionnaire_record(enrolment=enrolment, name=name, answers=posted.answers)
    return go_on(enrolments_with_study().get(pk=enrolment.pk))


def _render(
    request: HttpRequest, *, enrolment: Enrolment, asked: Questionnaire, faults: Mapping[str, AnswerFault]
) -> HttpResponse:
    context = {
        "title": enrolment.version.study.title,
        **footer_of(enrolment),
        "heading": local_line(asked.title),
        "fields": item_fields(asked, posted=request.POST, faults=faults),
        "n_faults": len(faults),
    }
    return render(request, "participant/questionnaire.html", context, status=400 if faults else 200)
