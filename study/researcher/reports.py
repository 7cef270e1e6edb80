"""Serves the HTML report that `python -m analysis report` wrote for a study."""

from pathlib import Path

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from study.models import Stage, Study

REPORT_FILE = "report.html"

# A report is one file: its style and its figure stand in it. It runs no script and asks for nothing.
_REPORT_POLICY = {
    "default-src": [NONE],
    "script-src": [NONE],
    "connect-src": [NONE],
    "media-src": [NONE],
    "font-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["data:"],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
}


def report_folder(slug: str) -> Path:
    """Where the report of a study lies."""
    return Path(settings.VAR_DIR) / "reports" / slug


def has_report(slug: str) -> bool:
    """Whether a report was written for this study."""
    return (report_folder(slug) / REPORT_FILE).is_file()


def is_staff(request: HttpRequest) -> bool:
    """Whether somebody of the staff is logged in."""
    return request.user.is_active and request.user.is_staff


def may_read_reports(request: HttpRequest) -> bool:
    """Whether this account may look at studies: the permission that previews need as well."""
    return is_staff(request) and request.user.has_perm("study.view_study")


@require_safe
def report_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The report of a study: for staff who may look at studies; of a simulated one for everybody if settings say so."""
    study = Study.objects.filter(slug=slug).only("slug", "stage").first()
    public = settings.PUBLIC_REPORTS and study is not None and study.stage == Stage.SIMULATED
    if not public and not may_read_reports(request):
        if is_staff(request):
            raise PermissionDenied("this account may not look at studies")
        return redirect_to_login(request.get_full_path(), login_url="admin:login")
    if study is None:
        raise Http404(f"there is no study '{slug}'")
    if not has_report(slug):
        return _no_report(request, slug)
    path = report_folder(slug) / REPORT_FILE
    answer = csp_replace(_REPORT_POLICY)(
        lambda _: FileResponse(path.open("rb"), content_type="text/html; charset=utf-8")
    )
    return answer(request)


def _no_report(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The page that tells how to write the report."""
    context = {**admin.site.each_context(request), "title": "No report yet", "slug": slug}
    return render(request, "researcher/no_report.html", context, status=404)
