"""Who may walk into the researcher's own pages, and which study they are about."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from study.models import Study

View = Callable[..., HttpResponse]


def researcher_view(permission: str) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """A decorator: the view for staff with a permission on studies; others log in first, or are told 403."""

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:  # Any: the address' own parts
            if not request.user.has_perm(permission):
                raise PermissionDenied(f"this account lacks the permission {permission}")
            return view(request, **arguments)

        return admin.site.admin_view(guarded)

    return decorate


def find_study(slug: str) -> Study:
    """The study with this slug and its bundle; Http404 when there is none."""
    study = Study.objects.select_related("bundle").filter(slug=slug).first()
    if study is None:
        raise Http404(f"there is no study '{slug}'")
    return study
