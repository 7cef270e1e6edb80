"""The last pages: the debrief with its code, a kind word to whoever goes no further, and the way to withdraw."""

from typing import get_args

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_safe

from study.local_texts import language_of, texts_of
from study.markdown import render_text
from study.models import Enrolment, Study
from study.participant.arriving import read_survey_code
from study.participant.authentication import find_enrolment
from study.participant.footer import deadline_of, footer_of
from study.participant.outcomes import outcome_of, way_back
from study.participant.pages import participant_page
from study.participant.steps import go_on, page_url, to_start
from study.selectors import NextStep, enrolment_next_step, study_protocol
from study.services.withdrawals import (
    Withdrawal,
    enrolment_by_receipt,
    enrolment_withdraw,
    withdrawals_allowed,
    withdrawals_left,
)

_ENDS = ("screened-out", "withdrawn", "expired")


@require_safe
@participant_page(open_only=False)
def debrief(request: HttpRequest, study: Study) -> HttpResponse:
    """The debrief with the completion code, which stays readable after the study was closed."""
    enrolment = find_enrolment(request, study=study)
    if enrolment is None:
        return to_start(study)
    step = enrolment_next_step(enrolment)
    if enrolment.completed_at is None or step.kind != "complete":
        return go_on(enrolment)
    context = {
        "title": study.title,
        "debrief": render_text(texts_of(study_protocol(enrolment.version).design).debrief),
        **footer_of(enrolment),
        **_result(request, enrolment=enrolment, step=step),
    }
    return render(request, "participant/debrief.html", context)


@require_safe
@participant_page(open_only=False)
def ended(request: HttpRequest, study: Study) -> HttpResponse:
    """Why somebody goes no further; with a code for whoever sent them, where there is one for that outcome."""
    enrolment = find_enrolment(request, study=study)
    if enrolment is None:
        return to_start(study)
    step = enrolment_next_step(enrolment)
    if step.kind not in _ENDS:
        return go_on(enrolment)
    context = {
        "title": study.title,
        "step": step,
        "least_width_px": study_protocol(enrolment.version).design.screens.least_width_px,
        "expired": deadline_of(enrolment),
        **footer_of(enrolment),
        **_result(request, enrolment=enrolment, step=step),
    }
    template = "participant/screened_out.html" if step.kind == "screened-out" else "participant/ended.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@participant_page(open_only=False)
def withdraw(request: HttpRequest, study: Study) -> HttpResponse:
    """The way to withdraw: for whom the browser knows, and for anybody with a receipt code, for ever."""
    receipt = request.POST.get("receipt", "")
    enrolment = enrolment_by_receipt(receipt, study=study) if receipt else find_enrolment(request, study=study)
    if enrolment is not None:
        translation.activate(language_of(enrolment))  # whom a receipt tells, the decorator does not know
    chosen = _read_withdrawal(request.POST.get("withdrawal", ""))
    if enrolment is None:
        fault = "unknown" if receipt else "missing" if request.method == "POST" else ""
        return _render_withdraw(request, study=study, enrolment=None, fault=fault)
    if request.method == "POST" and chosen in withdrawals_allowed(enrolment):
        return _render_withdrawn(request, enrolment=enrolment_withdraw(enrolment=enrolment, withdrawal=chosen))
    if not withdrawals_left(enrolment):
        return _render_withdrawn(request, enrolment=enrolment)
    # Who comes with a receipt alone is told first what can be chosen: that is their version's to say.
    is_unchosen = request.method == "POST" and (not receipt or "withdrawal" in request.POST)
    return _render_withdraw(request, study=study, enrolment=enrolment, fault="unchosen" if is_unchosen else "")


def _render_withdraw(request: HttpRequest, *, study: Study, enrolment: Enrolment | None, fault: str) -> HttpResponse:
    """The page as it is asked for, or with what was wrong in its form."""
    context: dict[str, object] = {
        "title": study.title,
        "is_known": enrolment is not None,
        "typed": request.POST.get("receipt", ""),
        "fault": fault,
        "back_url": page_url("participant-start", study),
    }
    if enrolment is not None:
        context |= footer_of(enrolment) | {"withdraw_url": "", "deadline": None}  # this page is that way
        context |= _remains(enrolment)
        context |= {
            "choices": withdrawals_left(enrolment),
            "has_withdrawn": enrolment.withdrawn_at is not None,
            "is_complete": enrolment.completed_at is not None,
        }
    return render(request, "participant/withdraw.html", context, status=400 if fault else 200)


def _render_withdrawn(request: HttpRequest, *, enrolment: Enrolment) -> HttpResponse:
    step = enrolment_next_step(enrolment)
    context = {
        "title": enrolment.version.study.title,
        "step": step,
        **footer_of(enrolment),
        **_result(request, enrolment=enrolment, step=step),
    }
    return render(request, "participant/ended.html", context)


def _result(request: HttpRequest, *, enrolment: Enrolment, step: NextStep) -> dict[str, object]:
    """What came of it, the participant's code, and the way back to who sent them."""
    participation = study_protocol(enrolment.version).design.participation
    back = way_back(
        enrolment.arrival,
        outcome=outcome_of(enrolment, step=step),
        participation=participation,
        survey_code=read_survey_code(request, study=enrolment.version.study),
    )
    return {
        "completion_code": back.code if back is not None and back.code else enrolment.completion_code,
        "way_back": back,
        "n_deleted": enrolment.n_deleted,
        "came_by_sona": enrolment.arrival == "sona",
        **_remains(enrolment),
    }


def _remains(enrolment: Enrolment) -> dict[str, bool]:
    """What of somebody stays after a deletion, for the sentence that says so."""
    return {"has_factors": bool(enrolment.factors), "is_sent": enrolment.arrival != "link"}


def _read_withdrawal(text: str) -> Withdrawal | None:
    return next((choice for choice in get_args(Withdrawal) if choice == text), None)
