"""The pages on which a draft is designed: one for each part, saved by the validator that reads study files."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as said
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from earshot.errors import StudyError
from study.feasibility import bundle_manifest
from study.models import Study
from study.researcher.designing.access import find_study, researcher_view
from study.researcher.designing.factorial import ROLES, Factor, build_design, find_factors
from study.researcher.designing.faults import WHOLE, find_faults, gather_faults
from study.researcher.designing.nodes import Faults, list_faults, paths_of
from study.researcher.designing.pages import PAGES, DesignPage, page_by_name, page_nodes, page_of_path, read_page
from study.researcher.designing.posted import Fields
from study.researcher.designing.row_changes import change_rows
from study.services.studies import study_draft_update, study_dump


@researcher_view("study.change_study")
@require_http_methods(["GET", "HEAD", "POST"])
def design_page(request: HttpRequest, *, slug: str, page: str) -> HttpResponse:
    """One page of the design: shown, changed by a row, or saved as a whole."""
    study, part = find_study(slug), _find_page(page)
    if study.draft is None:
        return _nothing_edited(request, study=study)
    if request.method != "POST":
        return _show(request, study=study, page=part, fields=study.draft)
    fields = read_page(part, fields=study.draft, posted=request.POST)
    deed = request.POST.get("do", "save")
    changed = change_rows(fields, deed=deed)
    if changed is not None:
        return _show(request, study=study, page=part, fields=changed, is_unsaved=True)
    faults = _save(study, fields=fields)
    if faults:
        return _show(request, study=study, page=part, fields=fields, faults=faults, is_unsaved=True)
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(_next_url(study, page=part) if deed == "next" else _url(study, page=part))


@researcher_view("study.change_study")
@require_POST
def design_faults(request: HttpRequest, *, slug: str, page: str) -> HttpResponse:
    """What is wrong with a page as it is typed, saved nowhere: sentences by path, and those of other pages."""
    study, part = find_study(slug), _find_page(page)
    if study.draft is None:
        raise Http404(f"study '{slug}' has no draft")
    fields = read_page(part, fields=study.draft, posted=request.POST)
    faults = find_faults(fields)
    nodes = page_nodes(part, fields=fields, manifest=bundle_manifest(study.bundle), faults={})
    shown = gather_faults(_of_page(faults, page=part), shown=paths_of(nodes))
    elsewhere = [sentence for _page, sentence, _url in _of_other_pages(faults, study=study, page=part)]
    return JsonResponse({"faults": shown, "elsewhere": elsewhere})


@researcher_view("study.change_study")
@require_POST
def design_factorial(request: HttpRequest, *, slug: str) -> HttpResponse:
    """Conditions, arms and the primary contrast made anew from factors."""
    study, page = find_study(slug), _find_page("conditions")
    if study.draft is None:
        return _nothing_edited(request, study=study)
    factors = find_factors(bundle_manifest(study.bundle), posted=request.POST)
    try:
        fields = build_design(study.draft, factors=factors)
        faults: Faults = _save(study, fields=fields)
    except StudyError as fault:
        faults = {WHOLE: [str(fault)]}
    if faults:
        sentences = [sentence for at_path in faults.values() for sentence in at_path]
        return _show(request, study=study, page=page, fields=study.draft, factors=factors, factor_faults=sentences)
    messages.success(
        request,
        _(
            "Conditions and arms were made from the factors. Look at the numbers of trials under Blocks and at the "
            "primary contrast under Analysis plan: both follow from them now."
        ),
    )
    return HttpResponseRedirect(_url(study, page=page))


@researcher_view("study.view_study")
@require_safe
def design_toml(request: HttpRequest, *, slug: str) -> HttpResponse:
    """The design as a study file, to look at, copy or download."""
    study = find_study(slug)
    try:
        text, fault = study_dump(study=study), ""
    except StudyError as refused:
        text, fault = "", str(refused)
    if "download" in request.GET and text:
        headers = {"Content-Disposition": f'attachment; filename="{study.slug}.toml"'}
        return HttpResponse(text, content_type="application/toml; charset=utf-8", headers=headers)
    context = page_context(request, study=study, title=_("Study file"), current="toml")
    return render(request, "researcher/design/toml.html", {**context, "text": text, "fault": fault})


def page_context(request: HttpRequest, *, study: Study, title: str, current: str) -> dict[str, Any]:
    """What every page of a study needs: the admin's own context, and the way through the pages (Any: Django's)."""
    steps = [(page.name, _(page.title), _url(study, page=page)) for page in PAGES] if study.draft is not None else []
    steps.append(("check", check_title(study), reverse("study-check", args=[study.slug])))
    return {
        **admin.site.each_context(request),
        "title": study.title,
        "subtitle": title,
        "study": study,
        "steps": [(name == current, word, url) for name, word, url in steps],
    }


def check_title(study: Study) -> str:
    """What the last page is called: while nothing is edited there is nothing to launch."""
    return _("Check and launch") if study.draft is not None else _("Stage and versions")


def _show(
    request: HttpRequest,
    *,
    study: Study,
    page: DesignPage,
    fields: Fields,
    faults: Faults | None = None,
    is_unsaved: bool = False,
    factors: list[Factor] | None = None,
    factor_faults: list[str] | None = None,
) -> HttpResponse:
    """The page with these fields; `factors` and their faults open the factorial builder."""
    manifest, found = bundle_manifest(study.bundle), faults or {}
    shown = paths_of(page_nodes(page, fields=fields, manifest=manifest, faults={}))
    at_fields = gather_faults(_of_page(found, page=page), shown=shown)
    nodes = page_nodes(page, fields=fields, manifest=manifest, faults=at_fields)
    context = {
        **page_context(request, study=study, title=_(page.title), current=page.name),
        "introduction": _(page.introduction),
        "nodes": nodes,
        "places": list_faults(nodes),
        "whole_faults": at_fields.get(WHOLE, []),
        "elsewhere": _of_other_pages(found, study=study, page=page),
        "n_faults": sum(map(len, found.values())),
        "is_unsaved": is_unsaved,
        "faults_url": reverse("design-faults", args=[study.slug, page.name]),
    }
    if page.name == "conditions":
        context |= {
            "factors": factors or find_factors(manifest),
            "factor_faults": factor_faults or [],
            "roles": [(role, _(_ROLE_WORDS[role])) for role in ROLES],
            "factorial_url": reverse("design-factorial", args=[study.slug]),
        }
    return render(request, "researcher/design/page.html", context)


_ROLE_WORDS = {
    "fixed": said("the same for all"),
    "between": said("varies between participants"),
    "within": said("varies within participants"),
}


def _save(study: Study, *, fields: Fields) -> Faults:
    """Save the draft; what stands in the way instead, by path."""
    faults = find_faults(fields)
    if not faults:
        try:
            study_draft_update(study=study, fields=fields)
        except StudyError as fault:
            return {WHOLE: [str(fault)]}
    return faults


def _of_page(faults: Faults, *, page: DesignPage) -> Faults:
    return {path: found for path, found in faults.items() if page_of_path(path) in (page, None)}


def _of_other_pages(faults: Faults, *, study: Study, page: DesignPage) -> list[tuple[str, str, str]]:
    """Title of the page, sentence and address of each fault that is mended on another page."""
    return [
        (_(other.title), f"{path}: {sentence}", _url(study, page=other))
        for path, found in faults.items()
        if (other := page_of_path(path)) is not None and other != page
        for sentence in found
    ]


def _find_page(name: str) -> DesignPage:
    page = page_by_name(name)
    if page is None:
        raise Http404(f"there is no page '{name}'")
    return page


def _url(study: Study, *, page: DesignPage) -> str:
    return reverse("design-page", args=[study.slug, page.name])


def _next_url(study: Study, *, page: DesignPage) -> str:
    following = PAGES[PAGES.index(page) + 1 :]
    return _url(study, page=following[0]) if following else reverse("study-check", args=[study.slug])


def _nothing_edited(request: HttpRequest, *, study: Study) -> HttpResponseRedirect:
    messages.warning(request, _("The design is frozen. Begin a new version to change it."))
    return HttpResponseRedirect(reverse("study-check", args=[study.slug]))
