"""The start page, and what its form leads to: consent, or a kind word to whoever declines."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_POST, require_safe

from earshot.design.blocks import TrainingBlock
from earshot.design.study_file import StudyFile
from study.local_texts import texts_of
from study.markdown import render_text
from study.models import Study
from study.participant.arriving import Visit, identified, read_signed, read_visit, set_survey_code, sign_visit
from study.participant.authentication import find_enrolment, set_cookie
from study.participant.outcomes import way_back
from study.participant.pages import participant_page, render_line, study_languages, unavailable
from study.participant.steps import go_on, page_url
from study.selectors import (
    current_version,
    enrolments_with_study,
    study_minutes,
    study_protocol,
    version_takes_newcomers,
)
from study.services.arrivals import Arrived, arrival_find, arrival_token, invitation_find
from study.services.consents import LARGEST_UTC_OFFSET_MIN, Consent, consent_sha256, decline_record, enrolment_create

_HOURS_PER_DAY = 24
_LEAST_DAYS = 2  # less is told in hours


@dataclass(frozen=True)
class Faults:
    """What a form of consent lacks; `words`: the study's words are others by now."""

    consent: bool = False
    worker_id: bool = False
    words: bool = False

    @property
    def are_there(self) -> bool:
        """Whether anything is amiss."""
        return self.consent or self.worker_id or self.words


@require_safe
@participant_page()
def start(request: HttpRequest, study: Study) -> HttpResponse:
    """Information and consent; whoever is enrolled goes on where they stand."""
    signed = read_signed(request.GET.get("visit", ""), study=study)
    return _welcome(request, study=study, visit=signed or _visit_of(request.GET, study=study))


@require_safe
@participant_page()
def personal(request: HttpRequest, study: Study, token: str) -> HttpResponse:
    """The start page of a personal link; on any device it leads back to where its participant stands."""
    invitation = invitation_find(token, study=study)
    if invitation is None:
        return unavailable(request, reason="unknown", study=study)
    return _welcome(request, study=study, visit=Visit(Arrived(way="personal", invitation_id=invitation.pk)))


@require_POST
@participant_page()
def consent(request: HttpRequest, study: Study) -> HttpResponse:
    """Consent given: enrolled, once per person or browser, however often the form is sent."""
    visit = _posted_visit(request, study=study)
    known = _led_back(request, study=study, visit=visit)
    if known is not None:
        return known
    if not _is_taken(visit, study=study):
        return _other_way(request, study=study, visit=visit)
    consent_id = _read_uuid(request.POST.get("consent_id", ""))
    version, language = current_version(study), translation.get_language() or ""
    faults = Faults(
        consent=not request.POST.get("consent"),
        worker_id=visit.lacks_identifier,
        words=request.POST.get("words", "") not in ("", consent_sha256(version, language=language)),
    )
    if consent_id is None or faults.are_there:
        return _render_start(request, study=study, visit=visit, faults=faults)
    agreed = Consent(
        language=language,
        utc_offset_min=_read_offset(request.POST.get("utc_offset_min", "")),
        is_automated=request.POST.get("is_automated") == "true",
    )
    enrolment, token = enrolment_create(study=study, consent_id=consent_id, consent=agreed, arrived=visit.arrived)
    response = go_on(enrolments_with_study().get(pk=enrolment.pk))
    set_cookie(response, study=study, token=token)
    set_survey_code(response, study=study, visit=visit)
    return response


@require_POST
@participant_page()
def decline(request: HttpRequest, study: Study) -> HttpResponse:
    """A kind word to whoever does not wish to take part; they are counted, and nothing is known of them."""
    visit = _posted_visit(request, study=study)
    known = _led_back(request, study=study, visit=visit)
    if known is not None:
        return known
    consent_id = _read_uuid(request.POST.get("consent_id", ""))
    if consent_id is None:
        return _welcome(request, study=study, visit=visit)
    decline_record(study=study, consent_id=consent_id)
    design = study_protocol(current_version(study)).design
    context = {
        "title": study.title,
        "contact": render_line(texts_of(design).contact),
        "start_url": page_url("participant-start", study),
        "way_back": way_back(visit.arrived.way, outcome="declined", participation=design.participation),
    }
    return render(request, "participant/declined.html", context)


def _welcome(request: HttpRequest, *, study: Study, visit: Visit) -> HttpResponse:
    known = _led_back(request, study=study, visit=visit)
    if known is not None:
        return known
    if not version_takes_newcomers(current_version(study)):
        return unavailable(request, reason="no-newcomers", study=study)
    if not _is_taken(visit, study=study):
        return _other_way(request, study=study, visit=visit)
    return _render_start(request, study=study, visit=visit, faults=Faults())


def _led_back(request: HttpRequest, *, study: Study, visit: Visit) -> HttpResponse | None:
    """To where somebody stands who came before; None for somebody new.

    An identifier or a personal link goes before the cookie, which may be of somebody else at the same computer.
    """
    arrival = arrival_find(visit.arrived, study=study)
    if arrival is not None:
        response = go_on(enrolments_with_study().get(pk=arrival.enrolment_id))
        set_cookie(response, study=study, token=arrival_token(arrival, study=study))
        set_survey_code(response, study=study, visit=visit)
        return response
    enrolment = None if visit.arrived.is_identified else find_enrolment(request, study=study)
    return go_on(enrolment) if enrolment is not None else None


def _is_taken(visit: Visit, *, study: Study) -> bool:
    """Whether the study takes people who come this way, of whom is known what must be; MTurk's workers may type it."""
    ways = study_protocol(current_version(study)).design.participation.arrivals
    return visit.arrived.way in ways and (visit.arrived.way == "mturk" or not visit.lacks_identifier)


def _other_way(request: HttpRequest, *, study: Study, visit: Visit) -> HttpResponse:
    participation = study_protocol(current_version(study)).design.participation
    lacking = visit.arrived.way if visit.lacks_identifier and visit.arrived.way in participation.arrivals else None
    return unavailable(request, reason="other-way", study=study, ways=participation.arrivals, lacking=lacking)


def _visit_of(query: QueryDict, *, study: Study) -> Visit:
    ways = study_protocol(current_version(study)).design.participation.arrivals
    return read_visit(query, study=study, ways=ways)


def _posted_visit(request: HttpRequest, *, study: Study) -> Visit:
    """How the sender of the form came; a form that says nothing readable came by the plain link."""
    visit = read_signed(request.POST.get("visit", ""), study=study) or _visit_of(QueryDict(), study=study)
    if visit.arrived.way == "mturk" and visit.lacks_identifier:
        return identified(visit, identifier=request.POST.get("worker_id", "").strip(), study=study)
    return visit


def _render_start(request: HttpRequest, *, study: Study, visit: Visit, faults: Faults) -> HttpResponse:
    version = current_version(study)
    design = study_protocol(version).design
    texts = texts_of(design)
    hours = design.participation.resume_hours
    signed = sign_visit(visit, study=study)
    in_days = hours % _HOURS_PER_DAY == 0 and hours >= _LEAST_DAYS * _HOURS_PER_DAY
    context = {
        "title": study.title,
        "information": render_text(texts.information),
        "consent": render_line(texts.consent),
        "contact": render_line(texts.contact),
        "n_trials": max(design.n_trials(arm) for arm in design.arms),
        "minutes": study_minutes(design),
        "has_training": any(isinstance(block, TrainingBlock) for block in design.blocks),
        "has_questions": _has_questions(design),
        "needs_headphones": design.screens.headphones != "none",
        "resume_days": hours // _HOURS_PER_DAY if in_days else None,
        "resume_hours": hours,
        "withdrawal": design.participation.withdrawal,
        "way": visit.arrived.way,
        "language": translation.get_language(),
        "other_languages": _other_languages(study, visit=signed),
        "action": page_url("participant-consent", study),
        "decline_url": page_url("participant-decline", study),
        "faults": faults,
        "consent_id": uuid4(),
        "visit": signed,
        "asks_worker_id": visit.lacks_identifier,
        "typed_worker_id": request.POST.get("worker_id", ""),
        "words": consent_sha256(version, language=translation.get_language() or ""),
    }
    return render(request, "participant/start.html", context, status=400 if request.method == "POST" else 200)


def _other_languages(study: Study, *, visit: str) -> list[dict[str, str]]:
    """The languages to change to, each with its address: how somebody came goes with it, signed as in the form."""
    names, start_url = dict(settings.LANGUAGES), page_url("participant-start", study)
    return [
        {"code": code, "name": names[code], "url": f"{start_url}?{urlencode({'language': code, 'visit': visit})}"}
        for code in study_languages(study)
        if code != translation.get_language()
    ]


def _has_questions(design: StudyFile) -> bool:
    return bool(design.every_questionnaire) or design.screens.speaks is not None or design.screens.hears_well


def _read_offset(text: str) -> int | None:
    """Minutes that local time is ahead of UTC; None for what no place on Earth has."""
    try:
        offset_min = int(text) if text.isascii() else None
    except ValueError:
        return None
    return offset_min if offset_min is not None and abs(offset_min) <= LARGEST_UTC_OFFSET_MIN else None


def _read_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
