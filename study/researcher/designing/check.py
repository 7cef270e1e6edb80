"""The check page: what is missing before launch, previews, and the acts that change a study's stage."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as said
from django.views.decorators.http import require_http_methods, require_safe

from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from study.checklist import CheckItem, checklist
from study.models import Stage, Study
from study.researcher.designing.access import find_study, researcher_view
from study.researcher.designing.views import check_title, page_context
from study.selectors import shown_design, study_design
from study.services.studies import (
    study_amend_begin,
    study_amend_discard,
    study_clone,
    study_close,
    study_launch,
    study_pause,
    study_resume,
    study_start_pilot,
)


@dataclass(frozen=True)
class Act:
    """One thing that can be done to a study as a whole: at which stages, and what is asked before.

    `asks` is the field that is typed along; `permission` what the account needs.
    """

    name: str
    word: str
    warning: str
    stages: frozenset[str]
    asks: str = ""
    permission: str = "study.change_study"


_EVERY_STAGE = frozenset(map(str, Stage.values))
ACTS = (
    Act(
        "pilot",
        said("Start a pilot"),
        said("People can take part at once. What they answer is kept apart and never counts for the study."),
        frozenset({"draft", "pilot"}),
    ),
    Act(
        "launch",
        said("Launch"),
        said(
            "The design is frozen with the bundle, the texts and the analysis plan under one hash, and the allocation "
            "seed is drawn. Nothing of it can be changed afterwards; a change is a new version with a reason."
        ),
        frozenset({"draft", "pilot"}),
    ),
    Act(
        "relaunch",
        said("Launch the new version"),
        said("New participants meet the new version from now on; who is enrolled goes on under theirs."),
        frozenset({"running", "paused"}),
        asks="reason",
    ),
    Act(
        "pause",
        said("Pause"),
        said("Nobody is enrolled and no answer taken until it is resumed."),
        frozenset({"running"}),
    ),
    Act("resume", said("Resume"), said("People can take part again."), frozenset({"paused"})),
    Act(
        "amend",
        said("Begin a new version"),
        said("The frozen design becomes a draft that can be edited; the study goes on as it is until it is launched."),
        frozenset({"running", "paused"}),
    ),
    Act(
        "discard",
        said("Give up the new version"),
        said("The draft is deleted; what runs is not touched."),
        frozenset({"running", "paused"}),
    ),
    Act(
        "close",
        said("Close"),
        said("Nobody is enrolled and nothing is stored any more, for good. Outcomes and allocation can be seen then."),
        frozenset({"pilot", "running", "paused"}),
    ),
    Act(
        "clone",
        said("Clone"),
        said("A new draft with the same design; nothing of who took part comes along."),
        _EVERY_STAGE,
        asks="slug",
        permission="study.add_study",
    ),
)
_MAIN_ACTS = frozenset({"launch", "relaunch", "resume"})


@researcher_view("study.view_study")
@require_safe
def study_check(request: HttpRequest, *, slug: str) -> HttpResponse:
    """The launch checklist with links, previews, versions, and what can be done now."""
    study = find_study(slug)
    items = checklist(study) if study.draft is not None else []
    design = _design_to_show(study)
    context = {
        **page_context(request, study=study, title=check_title(study), current="check"),
        "items": [(item, _mending_url(item, study=study)) for item in items],
        "n_failing": sum(not item.ok for item in items),
        "previews": _previews(study, design=design) if design is not None else [],
        "acts": [
            (act, _(act.word), act.name in _MAIN_ACTS)
            for act in acts_of(study)
            if request.user.has_perm(act.permission)
        ],
        "versions": study.versions.defer("protocol", "allocation_seed").order_by("-number"),
        "design": design,
    }
    return render(request, "researcher/design/check.html", context)


@researcher_view("study.view_study")
@require_http_methods(["GET", "HEAD", "POST"])
def study_act(request: HttpRequest, *, slug: str, deed: str) -> HttpResponse:
    """What an act does, to be confirmed; then the act."""
    study = find_study(slug)
    act = next((one for one in acts_of(study) if one.name == deed), None)
    if act is None or not request.user.has_perm(act.permission):
        raise Http404(f"'{deed}' cannot be done to study '{slug}' now")
    fault = ""
    if request.method == "POST":
        try:
            study = _do(act, study=study, typed=request.POST.get(act.asks, "").strip() if act.asks else "")
        except StudyError as refused:
            fault = str(refused)
        else:
            messages.success(request, _("Done: %(word)s.") % {"word": _(act.word)})
            return HttpResponseRedirect(reverse("study-check", args=[study.slug]))
    context = {
        **page_context(request, study=study, title=_(act.word), current=""),
        "act": act,
        "warning": _(act.warning),
        "fault": fault,
        "typed": request.POST.get(act.asks, "") if act.asks else "",
    }
    return render(request, "researcher/design/act.html", context)


def acts_of(study: Study) -> list[Act]:
    """What can be done to a study now."""
    needs_draft, needs_none = {"relaunch", "discard"}, {"amend"}
    return [
        act
        for act in ACTS
        if study.stage in act.stages
        and not (act.name in needs_draft and study.draft is None)
        and not (act.name in needs_none and study.draft is not None)
    ]


def _do(act: Act, *, study: Study, typed: str) -> Study:
    """The study that the act leads to: the same, or its clone."""
    if act.name == "clone":
        return study_clone(study=study, slug=typed)
    if act.name == "relaunch":
        study_launch(study=study, reason=typed)
        return study
    _SERVICES[act.name](study)
    return study


_SERVICES: dict[str, Callable[[Study], object]] = {
    "pilot": lambda study: study_start_pilot(study=study),
    "launch": lambda study: study_launch(study=study),
    "pause": lambda study: study_pause(study=study),
    "resume": lambda study: study_resume(study=study),
    "amend": lambda study: study_amend_begin(study=study),
    "discard": lambda study: study_amend_discard(study=study),
    "close": lambda study: study_close(study=study),
}


def _design_to_show(study: Study) -> StudyFile | None:
    """The draft while there is one, else what was frozen last; None for a draft that does not stand any more."""
    try:
        return study_design(study) if study.draft is not None else shown_design(study)
    except StudyError:
        return None


def _previews(study: Study, *, design: StudyFile) -> list[tuple[str, str]]:
    """Name and preview of each arm."""
    return [(arm.name, reverse("study-preview", args=[study.slug, arm.name])) for arm in design.arms]


def _mending_url(item: CheckItem, *, study: Study) -> str:
    """Where an item is mended."""
    if item.link_hint == "bundles":
        return reverse("bundles-load")
    return reverse("design-page", args=[study.slug, item.link_hint])
