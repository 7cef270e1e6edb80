"""Where a study begins: a bundle loaded, then a draft from a preset, from scratch, or from a study file."""

import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from earshot.errors import BundleError, StudyError
from study.feasibility import bundle_manifest
from study.models import Bundle
from study.presets import PRESETS, preset_fields
from study.researcher.designing.access import researcher_view
from study.researcher.designing.posted import Fields
from study.researcher.designing.scratch import scratch_fields
from study.services.bundle_archives import bundle_load_zip
from study.services.bundles import bundle_load, bundles_found
from study.services.studies import study_create

SCRATCH = "scratch"
_LONGEST_FILE = 1_000_000  # bytes of a study file; the longest texts a design may hold are far below


@researcher_view("study.add_study")
@require_http_methods(["GET", "HEAD", "POST"])
def new_study(request: HttpRequest) -> HttpResponse:
    """The first page of a new study, and the draft that it makes."""
    typed = request.POST if request.method == "POST" else {}
    if request.method != "POST":
        return _show_new(request, typed=typed, fault="")
    try:
        study = study_create(fields=_fields_of(request))
    except StudyError as fault:
        return _show_new(request, typed=typed, fault=str(fault))
    messages.success(request, _("The draft was made. Go through its pages, then check and launch it."))
    return HttpResponseRedirect(reverse("design-page", args=[study.slug, "conditions"]))


@researcher_view("study.add_study")
@require_POST
def study_import(request: HttpRequest) -> HttpResponse:
    """A draft from an uploaded study file."""
    try:
        study = study_create(fields=_read_upload(request.FILES.get("file")))
    except StudyError as fault:
        return _show_new(request, typed={}, fault="", import_fault=str(fault))
    messages.success(request, _("The study file was read."))
    return HttpResponseRedirect(reverse("study-check", args=[study.slug]))


@researcher_view("study.add_bundle")
@require_http_methods(["GET", "HEAD", "POST"])
def bundles_load(request: HttpRequest) -> HttpResponse:
    """Folders with bundles and an upload; what is chosen is checked and loaded."""
    if request.method != "POST":
        return _show_bundles(request, fault="")
    try:
        bundle, is_new = _load_chosen(request)
    except BundleError as fault:
        return _show_bundles(request, fault=str(fault))
    said = _("Bundle “%(name)s” was loaded.") if is_new else _("Bundle “%(name)s” was loaded before; nothing changed.")
    messages.success(request, said % {"name": bundle.name})
    return HttpResponseRedirect(reverse("admin:study_bundle_changelist"))


def _fields_of(request: HttpRequest) -> Fields:
    """The fields of the draft that the page asked for; StudyError names what is missing."""
    title, slug = request.POST.get("title", "").strip(), request.POST.get("slug", "").strip()
    slug = slug or slugify(title)
    start, name = request.POST.get("start", ""), request.POST.get("bundle", "")
    bundle = Bundle.objects.filter(name=name).first()
    if bundle is None:
        raise StudyError(f"bundle is '{name}', which is not loaded; choose one of the list, or load it first")
    if start == SCRATCH:
        return scratch_fields(slug=slug, title=title, manifest=bundle_manifest(bundle))
    if start not in {preset.name for preset in PRESETS}:
        raise StudyError(f"start is '{start}'; choose a preset, or 'from scratch'")
    return preset_fields(start, slug=slug, title=title, bundle=bundle.name)


def _read_upload(file: "UploadedFile[Any] | None") -> dict[str, Any]:
    """What an uploaded TOML file holds (Any: whatever TOML can say); StudyError if it is none."""
    if file is None:
        raise StudyError("no file was chosen; choose a study file (.toml)")
    if (file.size or 0) > _LONGEST_FILE:
        raise StudyError(f"{file.name} has {file.size} bytes; a study file has at most {_LONGEST_FILE}")
    try:
        return tomllib.loads(file.read().decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise StudyError(f"{file.name} is no TOML: {fault}; mend it, or dump the study anew") from fault


def _load_chosen(request: HttpRequest) -> tuple[Bundle, bool]:
    """The bundle of the chosen folder, one of those listed, or of the uploaded zip."""
    upload = request.FILES.get("file")
    if upload is not None:
        with tempfile.NamedTemporaryFile(suffix=".zip") as aside:
            for chunk in upload.chunks():
                aside.write(chunk)
            aside.flush()
            return bundle_load_zip(path=Path(aside.name))
    chosen = request.POST.get("folder", "")
    for found in bundles_found():
        if str(found.folder) == chosen:
            return bundle_load(folder=found.folder)
    raise BundleError(f"folder is '{chosen}'; choose one of the list, or a zip file to upload")


def _show_new(
    request: HttpRequest, *, typed: Mapping[str, Any], fault: str, import_fault: str = ""
) -> HttpResponse:  # Any: a posted form, or nothing
    bundles = list(Bundle.objects.order_by("name"))
    context = {
        **admin.site.each_context(request),
        "title": _("New study"),
        "subtitle": _("New study"),
        "bundles": bundles,
        "starts": [(one.name, _start_word(one.name), one.summary) for one in PRESETS],
        "chosen_start": typed.get("start") or PRESETS[0].name,
        "chosen_bundle": typed.get("bundle") or (bundles[0].name if bundles else ""),
        "typed": typed,
        "fault": fault,
        "import_fault": import_fault,
    }
    return render(request, "researcher/design/new.html", context)


def _start_word(name: str) -> str:
    return name.replace("-", " ").capitalize().replace("audiomnist", "AudioMNIST")


def _show_bundles(request: HttpRequest, *, fault: str) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Load a bundle"),
        "subtitle": _("Load a bundle"),
        "found": bundles_found(),
        "fault": fault,
    }
    return render(request, "researcher/design/bundles.html", context)
