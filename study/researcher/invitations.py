"""The page where personal links are made: they are shown once, as a CSV, and kept as hashes alone."""

import csv
import io

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from earshot.errors import StudyError
from study.models import Arrival, Study
from study.participant.pages import seal_page
from study.researcher.designing.access import find_study, researcher_view
from study.selectors import shown_design
from study.services.arrivals import MOST_INVITATIONS, invitations_make


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_view("study.change_study")
def study_invitations(request: HttpRequest, *, slug: str) -> HttpResponse:
    """How many personal links there are; posted, new ones as a CSV that is made this once."""
    study = find_study(slug)
    if request.method == "POST":
        try:
            links = invitations_make(study=study, n_links=_read_number(request.POST.get("n_links", "")))
        except StudyError as fault:
            messages.error(request, str(fault))
        else:
            return _links_csv(request, study=study, links=links)
    context = {
        **admin.site.each_context(request),
        "study": study,
        "title": _("Personal links"),
        "subtitle": _("Personal links"),
        "n_links": study.invitations.count(),
        "n_used": Arrival.objects.filter(study=study, invitation__isnull=False).count(),
        "most": MOST_INVITATIONS,
        "takes_them": _takes_them(study),
    }
    return render(request, "researcher/invitations.html", context)


def _links_csv(request: HttpRequest, *, study: Study, links: list[tuple[int, str]]) -> HttpResponse:
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(["number", "link"])
    for number, token in links:
        writer.writerow([number, request.build_absolute_uri(reverse("participant-personal", args=[study.slug, token]))])
    response = HttpResponse(content.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"{study.slug}-links-{links[0][0]}-to-{links[-1][0]}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return seal_page(response, language="en")


def _takes_them(study: Study) -> bool:
    """Whether the design lets people come by personal links; one that does not stand yet takes nobody."""
    try:
        return "personal" in shown_design(study).participation.arrivals
    except StudyError:
        return False


def _read_number(text: str) -> int:
    """A number of links; one that is none is as wrong as no link at all."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(MOST_INVITATIONS)) + 1 else 0
