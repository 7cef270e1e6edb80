"""A preview per arm: the participant's own trials page, led by a server that remembers nothing.

A trial's id is its place as a number, so that every request says by itself where it stands. Nothing is stored and the
allocation is never asked: the order shown is one that a participant of this arm could get, drawn from a public key.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe
from pydantic import ValidationError

from earshot.bundle import parse_manifest
from earshot.errors import describe_validation
from earshot.protocol import Channel, StimulusPlan, StudyFile, plan_stimuli
from earshot.sequence import PlannedTrial, participant_sequence
from earshot.shuffle import derive_key
from study.models import Arm, Stage, Stimulus, Study
from study.participant.api import AnswerForm, BeginForm
from study.participant.errors import json_error
from study.participant.pages import seal_page
from study.presentation import (
    N_TRIALS_NAMED_AHEAD,
    Feedback,
    State,
    TrialState,
    are_digits,
    media_urls,
    trial_feedback,
    trial_state,
)
from study.selectors import current_version, study_design, study_protocol

_LIST_INDEX = 0

PreviewView = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Preview:
    """One arm of a study, and the trials its preview goes through."""

    study: Study
    arm: str
    design: StudyFile
    channel: Channel
    trials: list[PlannedTrial]

    def state(self, place: int) -> State:
        """Where a preview stands that has answered `place` trials."""
        ahead = [self._trial_state(index) for index in range(place, len(self.trials))[: 1 + N_TRIALS_NAMED_AHEAD]]
        return {
            "n_trials": len(self.trials),
            "n_answered": place,
            "n_training": self.design.training.n_items,
            "complete": not ahead,
            "debrief_url": reverse("admin:study_study_change", args=[self.study.pk]),
            "trial": ahead[0] if ahead else None,
            "preload": [url for trial in ahead[1:] for url in media_urls(trial)],
        }

    def feedback(self, place: int, *, answer: str) -> Feedback | None:
        """The feedback after the trial at `place`; None outside training."""
        planned = self.trials[place]
        if planned.phase != "training":
            return None
        return trial_feedback(self._stimulus(planned.stimulus), answer=answer, design=self.design)

    def _trial_state(self, place: int) -> TrialState:
        planned = self.trials[place]
        return trial_state(
            self._stimulus(planned.stimulus),
            code=str(uuid.UUID(int=place)),
            index=place,
            phase=planned.phase,
            mask=planned.mask,
            channel=self.channel,
            design=self.design,
            labels=self.study.bundle.labels,
        )

    def _stimulus(self, name: str) -> Stimulus:
        stimuli = Stimulus.objects.filter(bundle=self.study.bundle_id).prefetch_related("renditions")
        return stimuli.get(name=name)


def preview_of(*, slug: str, arm: str) -> Preview:
    """The preview of a study's arm, drafts included; Http404 when there is none."""
    row = Arm.objects.select_related("study__bundle").filter(study__slug=slug, name=arm).first()
    if row is None:
        raise Http404(f"study '{slug}' has no arm '{arm}'")
    design, plan = _design_and_plan(row.study)
    trials = participant_sequence(
        training=plan.training,
        halves=plan.halves,
        list_index=_LIST_INDEX,
        key=derive_key(slug.encode(), purpose="preview"),
    )
    return Preview(study=row.study, arm=arm, design=design, channel=design.arm(arm).channel, trials=trials)


def _design_and_plan(study: Study) -> tuple[StudyFile, StimulusPlan]:
    """What a launch froze; for a draft what a launch would freeze now."""
    if study.stage != Stage.DRAFT:
        protocol = study_protocol(current_version(study))
        return protocol.design, protocol.plan
    design, bundle = study_design(study), study.bundle
    manifest = parse_manifest(bytes(bundle.manifest), place=f"bundle '{bundle.name}'")
    return design, plan_stimuli(design, manifest=manifest, bundle_sha256=bundle.sha256)


def staff_only(view: PreviewView) -> Callable[..., HttpResponseBase]:
    """The view, for staff who may look at studies; others are sent to log in, or told 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *, slug: str, arm: str, **place: uuid.UUID) -> HttpResponseBase:
        user = request.user
        if not (user.is_active and user.is_staff):
            if "/api/" in request.path:
                return json_error(status=403, code="forbidden", message="log in as staff and load the preview again")
            return redirect_to_login(request.get_full_path(), login_url="admin:login")
        if not user.has_perm("study.view_study"):
            raise PermissionDenied("this account may not look at studies")
        return view(request, preview=preview_of(slug=slug, arm=arm), **place)

    return guarded


@require_safe
@ensure_csrf_cookie
@staff_only
def preview_page(request: HttpRequest, *, preview: Preview) -> HttpResponse:
    """The participant's trials page under a banner."""
    context = {
        "title": preview.study.title,
        "labels_are_digits": are_digits(preview.study.bundle.labels),
        "api_base": f"{request.path}api/",
        "arm": preview.arm,
        "back_url": reverse("admin:study_study_change", args=[preview.study.pk]),
    }
    with translation.override(preview.study.language):
        return seal_page(render(request, "researcher/preview.html", context))


@require_safe
@staff_only
def preview_state(request: HttpRequest, *, preview: Preview) -> HttpResponse:
    """The state at the beginning: a reload starts over."""
    return _answer(preview.state(0))


@require_POST
@staff_only
def preview_begin(request: HttpRequest, *, preview: Preview, code: uuid.UUID) -> HttpResponse:
    """What a participant's page hears when a trial begins."""
    if code.int >= len(preview.trials):
        return _unknown_trial(code)
    try:
        BeginForm.model_validate_json(request.body or b"{}", strict=True)
    except ValidationError as fault:
        return json_error(status=400, code="malformed", message=describe_validation(fault, whole="the body"))
    return _answer({"n_reloads": 0})


@require_POST
@staff_only
def preview_response(request: HttpRequest, *, preview: Preview, code: uuid.UUID) -> HttpResponse:
    """What a participant's page hears after an answer; the answer is read and forgotten."""
    place = code.int
    if place >= len(preview.trials):
        return _unknown_trial(code)
    try:
        form = AnswerForm.model_validate_json(request.body, strict=True)
    except ValidationError as fault:
        return json_error(status=400, code="malformed", message=describe_validation(fault, whole="the body"))
    feedback = preview.feedback(place, answer=form.answer)
    return _answer({"stored": True, "feedback": feedback, "state": preview.state(place + 1)})


def _unknown_trial(code: uuid.UUID) -> JsonResponse:
    return json_error(status=404, code="unknown-trial", message=f"trial '{code}' is not in this preview")


def _answer(content: object) -> JsonResponse:
    response = JsonResponse(content)
    add_never_cache_headers(response)
    return response
