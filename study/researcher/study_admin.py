"""The admin's pages of studies and versions: a draft's arms can be edited, everything launched only looked at."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Model, Q, QuerySet
from django.forms import BaseInlineFormSet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from earshot.errors import StudyError
from earshot.protocol import StudyFile
from study.export.download import dataset_download
from study.models import Arm, Stage, Study, Version
from study.researcher.records import RecordAdmin, preformatted_json, shows_outcomes
from study.researcher.reports import has_report
from study.selectors import study_design
from study.services.studies import study_arms_check

if TYPE_CHECKING:
    ArmBaseFormSet = BaseInlineFormSet[Arm, Study, Any]  # Any: the form class is made by the admin
    ArmTabularInline = admin.TabularInline[Arm, Study]
else:
    ArmBaseFormSet = BaseInlineFormSet
    ArmTabularInline = admin.TabularInline


class ArmFormSet(ArmBaseFormSet):
    """The arms of a draft, held to the validator that reads study files."""

    def clean(self) -> None:
        """Refuse arms that no study file could have."""
        super().clean()
        if any(self.errors):
            return
        arms = [
            {name: form.cleaned_data[name] for name in ("name", "channel", "weight")}
            for form in self.forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        try:
            study_arms_check(study=self.instance, arms=arms)
        except StudyError as fault:
            raise ValidationError(str(fault)) from fault


class ArmInline(ArmTabularInline):
    """The arms of a study; editable in a draft alone."""

    model = Arm
    formset = ArmFormSet
    fields = ["name", "channel", "weight"]
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """In a draft, for who may change studies."""
        return _is_draft(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """In a draft, for who may change studies."""
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """In a draft, for who may change studies."""
        return _is_draft(obj) and super().has_delete_permission(request, obj)


@admin.register(Study)
class StudyAdmin(RecordAdmin):
    """Studies: where they stand, their arms, previews and the export."""

    list_display = ["title", "slug", "stage", "n_enrolled", "n_completed"]
    list_filter = ["stage"]
    search_fields = ["title", "slug"]
    fields = [
        *("title", "slug", "stage", "language", "bundle", "cloned_from", "created_at", "closed_at"),
        *("trials", "simulation_parameters", "texts"),
    ]
    inlines = [ArmInline]
    change_form_template = "researcher/study.html"

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """For drafts, whose arms alone can be edited."""
        return _is_draft(obj) and super(RecordAdmin, self).has_change_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Study]:
        """Studies with their numbers of enrolments and completions."""
        return Study.objects.annotate(
            n_enrolled=Count("versions__enrolments"),
            n_completed=Count("versions__enrolments", filter=Q(versions__enrolments__completed_at__isnull=False)),
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

    @admin.display(description="completed", ordering="n_completed")
    def n_completed(self, study: Study) -> int:
        """How many stored every trial."""
        return study.n_completed  # type: ignore[attr-defined, no-any-return]  # annotated in get_queryset

    @admin.display(description="each participant meets")
    def trials(self, study: Study) -> str:
        """The trials of the design in one sentence."""
        return describe_trials(study_design(study))

    @admin.display(description="simulated with")
    def simulation_parameters(self, study: Study) -> str | SafeString:
        """The declared parameters of a simulated study."""
        return preformatted_json(study.simulation) if study.simulation else "–"

    @admin.display(description="texts")
    def texts(self, study: Study) -> SafeString:
        """What participants read."""
        texts = study_design(study).texts
        parts = [("information", texts.information), ("consent", texts.consent), ("debrief", texts.debrief)]
        return format_html_join("", '<h3>{}</h3><div class="study-text">{}</div>', parts)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The study's page; adds the links to previews, the export and the report."""
        study = self.get_object(request, object_id)
        links = study_links(study) if isinstance(study, Study) else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "study_links": links})

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

    list_display = ["study", "number", "protocol_sha256", "n_allocated", "frozen_at"]
    list_filter = ["study"]
    list_select_related = ["study"]
    fields = ["study", "number", "protocol_sha256", "n_allocated", "frozen_at", "frozen_protocol"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Version]:
        """Versions without their seed, which never leaves the database here."""
        return Version.objects.defer("allocation_seed")

    @admin.display(description="protocol")
    def frozen_protocol(self, version: Version) -> SafeString:
        """The stored bytes, as they were hashed."""
        return format_html_join("", "<pre>{}</pre>", [(bytes(version.protocol).decode(),)])


def describe_trials(design: StudyFile) -> str:
    """How many trials of what kind, with the exposure rules."""
    main, exposure = design.main, design.exposure
    return (
        f"{design.training.n_items} training trials with feedback, then {main.n_right + main.n_wrong} "
        f"({main.n_right} right and {main.n_wrong} wrong predictions, half of each with relevance and half with the "
        f"control); answering opens {exposure.dwell_ms} ms after the onset, each sound plays up to "
        f"{exposure.max_plays} times"
    )


def study_links(study: Study) -> list[tuple[str, str]]:
    """Title and address of what can be done with a study: a preview per arm, the export, the report."""
    links = [(f"Preview {arm.name}", reverse("study-preview", args=[study.slug, arm.name])) for arm in study.arms.all()]
    if study.stage != Stage.DRAFT:
        title = "Export" if shows_outcomes(study) else "Export (monitoring)"
        links.append((title, reverse("admin:study-export", args=[study.pk])))
    if has_report(study.slug):
        links.append(("Report", reverse("study-report", args=[study.slug])))
    return links


def _is_draft(study: Model | None) -> bool:
    return isinstance(study, Study) and study.stage == Stage.DRAFT
