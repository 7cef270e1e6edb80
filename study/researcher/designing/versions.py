"""What changed between two versions of a study, as lines of their study files."""

import difflib
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from study.models import Study, Version
from study.researcher.designing.access import find_study, researcher_view
from study.researcher.designing.views import page_context
from study.selectors import study_design, study_protocol
from study.study_files import dump_design

DRAFT = "draft"
_LINES_AROUND = 4


@dataclass(frozen=True)
class DiffLine:
    """One line: whether it was taken out, added or stayed, or heads a new place; its sign and its text."""

    kind: str
    sign: str
    text: str


@researcher_view("study.view_study")
@require_safe
def study_versions(request: HttpRequest, *, slug: str) -> HttpResponse:
    """The versions of a study and what changed from one to another, the last two unless others are asked for."""
    study = find_study(slug)
    versions = list(study.versions.defer("allocation_seed").order_by("number"))
    names = [str(version.number) for version in versions] + ([DRAFT] if study.draft is not None else [])
    before = request.GET.get("from", names[-2] if len(names) > 1 else "")
    after = request.GET.get("to", names[-1] if names else "")
    lines = diff_lines(study, before=before, after=after, versions=versions) if before and after else []
    context = {
        **page_context(request, study=study, title=_("Versions"), current="versions"),
        "versions": versions,
        "names": [(name, _name_word(name)) for name in names],
        "before": before,
        "after": after,
        "lines": lines,
    }
    return render(request, "researcher/design/versions.html", context)


def diff_lines(study: Study, *, before: str, after: str, versions: list[Version]) -> list[DiffLine]:
    """The lines that differ between two designs, each with some around it; empty where nothing does.

    Raises
    ------
    Http404
        If the study has no such version.
    """
    old, new = (_text(study, name=name, versions=versions).splitlines() for name in (before, after))
    unified = difflib.unified_diff(old, new, lineterm="", n=_LINES_AROUND)
    return [_line(line) for line in list(unified)[2:]]


def _line(line: str) -> DiffLine:
    kind = {"+": "added", "-": "removed", "@": "place"}.get(line[:1], "same")
    return DiffLine(kind, "" if kind == "place" else line[:1], "…" if kind == "place" else line[1:])


def _text(study: Study, *, name: str, versions: list[Version]) -> str:
    design = _design(study, name=name, versions=versions)
    try:
        return dump_design(design)
    except StudyError as fault:
        return f"# {fault}\n"


def _design(study: Study, *, name: str, versions: list[Version]) -> StudyFile:
    if name == DRAFT and study.draft is not None:
        return study_design(study)
    version = next((one for one in versions if str(one.number) == name), None)
    if version is None:
        raise Http404(f"study '{study.slug}' has no version '{name}'")
    return study_protocol(version).design


def _name_word(name: str) -> str:
    return _("the draft") if name == DRAFT else _("version %(number)s") % {"number": name}
