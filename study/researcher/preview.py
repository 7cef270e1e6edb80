"""A preview per arm: the participant's own trials page, led by a server that remembers nothing.

A trial's id is its place as a number, so that every request says by itself where it stands. Nothing is stored and the
allocation is never asked: the order shown is one that a participant of this arm could get, drawn from a public key.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe
from pydantic import ValidationError

from earshot.bundle import parse_manifest
from earshot.errors import StudyError, describe_validation
from earshot.protocol import Protocol, freeze, parse_protocol
from earshot.sequence.plan import PlannedTrial
from earshot.shuffle import derive_key
from study.models import Stage, Stimulus, Study
from study.participant.api import AnswerForm, BeginForm, FirstAnswerForm, FormModel
from study.participant.errors import json_error
from study.participant.pages import seal_page
from study.participant_plans import sequence_trials
from study.participant_state import N_TRIALS_AHEAD, Place, State, session_state
from study.presentation import Feedback, ShownTrial, are_digits, trial_feedback
from study.selectors import current_version, study_design, study_protocol
from study.task_forms import label_word

_SEQUENCE = 0
# A public key in place of a seed: it allocates nobody.
_PREVIEW_SEED = bytes(32)

PreviewView = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Preview:
    """One arm of a study, the trials its preview goes through, and the place it begins at."""

    study: Study
    arm: str
    protocol: Protocol
    trials: list[PlannedTrial]
    start: int = 0

    def state(self, place: int) -> State:
        """Where a preview stands that has answered `place` trials."""
        ahead = range(place, len(self.trials))[: 1 + N_TRIALS_AHEAD]
        return session_state(
            [Place(trial.block, trial.kind, trial.condition or "") for trial in self.trials],
            n_answered=place,
            shown=[self.shown(each) for each in ahead],
            design=self.protocol.design,
            labels=self.study.bundle.labels,
            next_url=reverse("admin:study_study_change", args=[self.study.pk]),
        )

    def shown(self, place: int) -> ShownTrial:
        """The trial at a place."""
        planned = self.trials[place]
        return ShownTrial(
            code=uuid.UUID(int=place),
            index=place,
            kind=planned.kind,
            block=planned.block,
            stimulus=self._stimulus(planned.stimulus) if planned.stimulus is not None else None,
            condition=planned.condition or "",
            instructed_label=planned.instructed_label or "",
            is_swapped=planned.is_swapped,
        )

    def feedback(self, place: int, *, answers: Mapping[str, str | int]) -> Feedback | None:
        """The feedback after the trial at `place`; None where the block gives none."""
        design, labels = self.protocol.design, self.study.bundle.labels
        return trial_feedback(self.shown(place), answers=answers, design=design, labels=labels)

    def _stimulus(self, name: str) -> Stimulus:
        stimuli = Stimulus.objects.filter(bundle=self.study.bundle_id).prefetch_related("renditions__pictures")
        return stimuli.get(name=name)


def preview_of(*, slug: str, arm: str, start: int = 0) -> Preview:
    """The preview of a study's arm, drafts included; Http404 when there is none, or no trial at `start`."""
    study = Study.objects.select_related("bundle").filter(slug=slug).first()
    if study is None:
        raise Http404(f"there is no study '{slug}'")
    try:
        protocol = _protocol(study)
        protocol.design.arm(arm)
        key = derive_key(slug.encode(), purpose="preview")
        trials = sequence_trials(protocol, bundle=study.bundle, arm=arm, sequence=_SEQUENCE, key=key)
    except StudyError as error:
        raise Http404(str(error)) from error
    if start >= len(trials):
        raise Http404(f"the preview has {len(trials)} trials, and none at {start}")
    return Preview(study=study, arm=arm, protocol=protocol, trials=trials, start=start)


def _protocol(study: Study) -> Protocol:
    """What a launch froze; for a draft what a launch would freeze now, but for the seed."""
    if study.stage != Stage.DRAFT:
        return study_protocol(current_version(study))
    manifest = parse_manifest(bytes(study.bundle.manifest), place=f"bundle '{study.bundle.name}'")
    content, _ = freeze(
        study_design(study),
        version=1,
        manifest=manifest,
        bundle_sha256=study.bundle.sha256,
        allocation_seed=_PREVIEW_SEED,
    )
    return parse_protocol(content)


def staff_only(view: PreviewView) -> Callable[..., HttpResponseBase]:
    """The view, for staff who may look at studies; others are sent to log in, or told 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *, slug: str, arm: str, start: int = 0, **place: uuid.UUID) -> HttpResponseBase:
        user = request.user
        if not (user.is_active and user.is_staff):
            if "/api/" in request.path:
                return json_error(status=403, code="forbidden", message="log in as staff and load the preview again")
            return redirect_to_login(request.get_full_path(), login_url="admin:login")
        if not user.has_perm("study.view_study"):
            raise PermissionDenied("this account may not look at studies")
        preview = preview_of(slug=slug, arm=arm, start=start)
        with translation.override(preview.study.language):
            return view(request, preview=preview, **place)

    return guarded


@require_safe
@ensure_csrf_cookie
@staff_only
def preview_page(request: HttpRequest, *, preview: Preview) -> HttpResponse:
    """The participant's trials page under a banner, which leads to every other trial and arm."""
    base = reverse("study-preview", args=[preview.study.slug, preview.arm])
    if "trial" in request.GET:
        return HttpResponseRedirect(f"{base}{request.GET['trial']}/" if request.GET["trial"].isdecimal() else base)
    context = {
        "title": preview.study.title,
        "labels_are_digits": are_digits(preview.study.bundle.labels),
        "api_base": f"{base}{preview.start}/api/",
        "arm": preview.arm,
        "arms": [
            {"name": arm.name, "url": reverse("study-preview", args=[preview.study.slug, arm.name])}
            for arm in preview.protocol.design.arms
        ],
        "start": preview.start,
        "page_url": base,
        "trials": [
            {"place": place, "block": trial.block, "kind": trial.kind, "condition": trial.condition or ""}
            for place, trial in enumerate(preview.trials)
        ],
        "back_url": reverse("admin:study_study_change", args=[preview.study.pk]),
    }
    return seal_page(render(request, "researcher/preview.html", context), language=preview.study.language)


@require_safe
@staff_only
def preview_state(request: HttpRequest, *, preview: Preview) -> HttpResponse:
    """The state at the beginning: a reload starts over."""
    return _answer(preview.state(preview.start))


@require_POST
@staff_only
def preview_window(request: HttpRequest, *, preview: Preview) -> HttpResponse:
    """What a participant's page hears when it leads: any number of previews may."""
    return _answer({"leads": True})


@require_POST
@staff_only
def preview_begin(request: HttpRequest, *, preview: Preview, code: uuid.UUID) -> HttpResponse:
    """What a participant's page hears when a trial begins."""
    read = _read(request, preview=preview, code=code, form=BeginForm)
    return read if isinstance(read, JsonResponse) else _answer({"n_reloads": 0})


@require_POST
@staff_only
def preview_first_answer(request: HttpRequest, *, preview: Preview, code: uuid.UUID) -> HttpResponse:
    """What a participant's page hears after the first of two steps; the answers are read and forgotten."""
    read = _read(request, preview=preview, code=code, form=FirstAnswerForm)
    if isinstance(read, JsonResponse):
        return read
    stimulus = preview.shown(code.int).stimulus
    predicted = stimulus.predicted_label if stimulus is not None else ""
    told = label_word(predicted, design=preview.protocol.design)
    return _answer({"told": told, "first_answers": read.answers})


@require_POST
@staff_only
def preview_response(request: HttpRequest, *, preview: Preview, code: uuid.UUID) -> HttpResponse:
    """What a participant's page hears after an answer; the answer is read and forgotten."""
    read = _read(request, preview=preview, code=code, form=AnswerForm)
    if isinstance(read, JsonResponse):
        return read
    try:
        feedback = preview.feedback(code.int, answers=read.answers)
    except KeyError as missing:
        return json_error(status=400, code="malformed", message=f"answers lacks {missing}")
    return _answer({"stored": True, "feedback": feedback, "state": preview.state(code.int + 1)})


def _read(
    request: HttpRequest, *, preview: Preview, code: uuid.UUID, form: type[FormModel]
) -> FormModel | JsonResponse:
    """The body as `form`, or the error to answer with."""
    if code.int >= len(preview.trials):
        return json_error(status=404, code="unknown-trial", message=f"trial '{code}' is not in this preview")
    try:
        return form.model_validate_json(request.body or b"{}", strict=True)
    except ValidationError as fault:
        return json_error(status=400, code="malformed", message=describe_validation(fault, whole="the body"))


def _answer(content: object) -> JsonResponse:
    response = JsonResponse(content)
    add_never_cache_headers(response)
    return response
