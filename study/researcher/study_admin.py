"""The admin's pages of studies and versions: where each stands, and the ways to design, check and export it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from study.export.download import dataset_download
from study.models import OUTCOME_STAGES, Enrolment, Stage, Study, Version
from study.researcher.describing import describe_arms, describe_session
from study.researcher.designing.views import check_title
from study.researcher.records import RecordAdmin, preformatted_json, shows_outcomes
from study.researcher.reports import has_report
from study.researcher.spread import stimulus_spread
from study.selectors import shown_design, study_design


@admin.register(Study)
class StudyAdmin(RecordAdmin):
    """Studies: where they stand, their progress, and the ways to their pages; designs are edited there."""

    list_display = ["title", "slug", "stage", "n_enrolled", "n_allocated", "n_completed"]
    list_filter = ["stage"]
    search_fields = ["title", "slug"]
    fields = [
        *("title", "slug", "stage", "bundle", "cloned_from", "created_at", "closed_at", "progress"),
        *("arms", "session", "simulation_parameters", "texts"),
    ]
    change_form_template = "researcher/study.html"
    change_list_template = "researcher/studies.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Study]:
        """Studies with their numbers of enrolments, pilots left out once the study itself was launched."""
        counted = ~Q(versions__enrolments__stage="pilot") | Q(stage=Stage.PILOT)
        reached = {"n_allocated": "allocated_at", "n_completed": "completed_at"}
        return Study.objects.annotate(
            n_enrolled=Count("versions__enrolments", filter=counted),
            **{
                name: Count(
                    "versions__enrolments", filter=counted & Q(**{f"versions__enrolments__{at}__isnull": False})
                )
                for name, at in reached.items()
            },
        )

    def get_urls(self) -> list[URLPattern]:
        """The admin's own addresses and the export's."""
        export = path(
            "<int:study_id>/export/", self.admin_site.admin_view(require_GET(self.export)), name="study-export"
        )
        return [export, *super().get_urls()]

    @admin.display(description="enrolled", ordering="n_enrolled")
    def n_enrolled(self, study: Study) -> int:
        """How many gave consent."""
        return study.n_enrolled  # type: ignore[attr-defined, no-any-return]  # annotated in get_queryset

    @admin.display(description="allocated", ordering="n_allocated")
    def n_allocated(self, study: Study) -> int:
        """How many got a place, over all arms."""
        return study.n_allocated  # type: ignore[attr-defined, no-any-return]  # annotated in get_queryset

    @admin.display(description="completed", ordering="n_completed")
    def n_completed(self, study: Study) -> int:
        """How many answered to the end."""
        return study.n_completed  # type: ignore[attr-defined, no-any-return]  # annotated in get_queryset

    @admin.display(description="progress")
    def progress(self, study: Study) -> str | SafeString:
        """How many came how far: over all arms, and by arm once nothing can be steered any more."""
        numbers = (self.n_enrolled(study), self.n_allocated(study), self.n_completed(study))
        counts = "{} enrolled, {} allocated, {} completed".format(*numbers)
        if not shows_outcomes(study):
            return f"{counts}; by arm once the study is closed" if study.stage != Stage.DRAFT else counts
        rows = [("All arms", counts), *arm_progress(study)]
        return format_html_join("", "<p><strong>{}</strong>: {}</p>", rows)

    @admin.display(description="arms")
    def arms(self, study: Study) -> str | SafeString:
        """What each arm gets."""
        return _described(study, what=describe_arms)

    @admin.display(description="session")
    def session(self, study: Study) -> str | SafeString:
        """What a participant goes through, block by block."""
        return _described(study, what=describe_session)

    @admin.display(description="simulated with")
    def simulation_parameters(self, study: Study) -> str | SafeString:
        """The declared parameters of a simulated study."""
        return preformatted_json(study.simulation) if study.simulation else "–"

    @admin.display(description="texts")
    def texts(self, study: Study) -> str | SafeString:
        """What participants read, in the study's first language."""
        try:
            texts = shown_design(study).default_texts
        except StudyError as fault:
            return str(fault)
        parts = [("information", texts.information), ("consent", texts.consent), ("debrief", texts.debrief)]
        return format_html_join("", '<h3>{}</h3><div class="study-text">{}</div>', parts)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The study's page; adds the links to its other pages and how stimuli spread (Any: Django's own signature)."""
        study = self.get_object(request, object_id)
        links = study_links(study) if isinstance(study, Study) else []
        spread = stimulus_spread(study) if isinstance(study, Study) else []
        context = {**(extra_context or {}), "study_links": links, "spread": spread}
        return super().change_view(request, object_id, form_url, context)

    def export(self, request: HttpRequest, study_id: int) -> FileResponse | HttpResponseRedirect:
        """The study's dataset as a download; without outcomes while the study is open."""
        study = Study.objects.filter(pk=study_id).first()
        if study is None:
            raise Http404(f"no study {study_id}")
        if not self.has_view_permission(request, study):
            raise PermissionDenied
        try:
            return dataset_download(study)
        except StudyError as fault:
            messages.error(request, str(fault))
            return HttpResponseRedirect(reverse("admin:study_study_change", args=[study_id]))


@admin.register(Version)
class VersionAdmin(RecordAdmin):
    """Frozen protocols; the allocation seed is shown nowhere."""

    list_display = ["study", "number", "is_pilot", "protocol_sha256", "n_allocated", "frozen_at"]
    list_filter = ["study"]
    list_select_related = ["study"]
    fields = ["study", "number", "is_pilot", "reason", "protocol_sha256", "n_allocated", "frozen_at", "frozen_protocol"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Version]:
        """Versions without their seed, which never leaves the database here."""
        return Version.objects.defer("allocation_seed")

    @admin.display(description="protocol")
    def frozen_protocol(self, version: Version) -> SafeString:
        """The stored bytes, as they were hashed."""
        return format_html_join("", "<pre>{}</pre>", [(bytes(version.protocol).decode(),)])


def arm_progress(study: Study) -> list[tuple[str, str]]:
    """Each arm that anybody got, with how many were allocated and completed; of a study whose outcomes may be seen."""
    rows = (
        Enrolment.objects.filter(version__study=study)
        .exclude(arm="")
        .filter(version__is_pilot=False)
        .values(name=F("arm"))
        .annotate(n=Count("id"), n_completed=Count("id", filter=Q(completed_at__isnull=False)))
        .order_by("name")
    )
    return [(f"Arm {row['name']}", f"{row['n']} allocated, {row['n_completed']} completed") for row in rows]


def study_links(study: Study) -> list[tuple[str, str]]:
    """Title and address of what can be done with a study: its design, a preview per arm, the export, the report."""
    links = [(check_title(study), reverse("study-check", args=[study.slug]))]
    if study.draft is not None:
        links.insert(0, ("Design", reverse("design-page", args=[study.slug, "conditions"])))
    if study.stage not in OUTCOME_STAGES:
        links.append(("Personal links", reverse("study-invitations", args=[study.slug])))
    links += [(f"Preview {arm}", reverse("study-preview", args=[study.slug, arm])) for arm in _arm_names(study)]
    if study.stage != Stage.DRAFT:
        title = "Export" if shows_outcomes(study) else "Export (monitoring)"
        links.append((title, reverse("admin:study-export", args=[study.pk])))
    if has_report(study.slug):
        links.append(("Report", reverse("study-report", args=[study.slug])))
    return links


def _described(study: Study, *, what: Callable[[StudyFile], list[tuple[str, str]]]) -> str | SafeString:
    """Pairs of words on the study's design, a paragraph each; why there are none, if the draft does not stand."""
    try:
        pairs = what(shown_design(study))
    except StudyError as fault:
        return str(fault)
    return format_html_join("", "<p><strong>{}</strong>: {}</p>", pairs)


def _arm_names(study: Study) -> list[str]:
    try:
        design = study_design(study) if study.draft is not None else shown_design(study)
    except StudyError:
        return []
    return [arm.name for arm in design.arms]
