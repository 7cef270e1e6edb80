"""The admin's pages of enrolments and responses: to look at, never to change."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from study.models import Enrolment, Response
from study.researcher.records import RecordAdmin, shows_outcomes

# Until the study is closed; the study's own page says so in full.
_WITHHELD = "withheld"


@admin.register(Enrolment)
class EnrolmentAdmin(RecordAdmin):
    """Who took part, how far they came; the cookie's hash is nobody's business."""

    list_display = ["code", "study_slug", "stage", "arm", "n_answered", "completed_at"]
    list_filter = ["version__study", "stage"]
    search_fields = ["code", "completion_code"]
    list_select_related = ["version__study", "arm"]
    fields = [
        *("code", "version", "stage", "arm", "list_index", "n_answered", "consented_at", "sound_checked_at"),
        *("allocated_at", "training_completed_at", "completed_at", "completion_code"),
    ]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enrolment]:
        """Enrolments with their numbers of trials and of answers."""
        return Enrolment.objects.annotate(n_trials=Count("trials"), n_responses=Count("trials__response"))

    @admin.display(description="study")
    def study_slug(self, enrolment: Enrolment) -> str:
        """The study's short name."""
        return enrolment.version.study.slug

    @admin.display(description="answered")
    def n_answered(self, enrolment: Enrolment) -> str:
        """How many of the planned trials were answered."""
        n_trials: int = enrolment.n_trials  # type: ignore[attr-defined]  # annotated in get_queryset
        n_responses: int = enrolment.n_responses  # type: ignore[attr-defined]  # as well
        return f"{n_responses} of {n_trials}" if n_trials else "–"


@admin.register(Response)
class ResponseAdmin(RecordAdmin):
    """Recorded answers; what was answered stays hidden until the study is closed or simulated."""

    # What matters first: at 1280 px the last columns are reached by scrolling.
    list_display = [
        *("subject", "phase", "place", "mask", "shown_answer", "shown_confidence", "stimulus"),
        *("rt_ms", "plays", "answered_at", "study_slug"),
    ]
    list_filter = ["trial__enrolment__version__study", "trial__phase", "trial__mask"]
    list_select_related = ["trial__enrolment__version__study", "trial__stimulus"]
    search_fields = ["trial__enrolment__code"]
    fields = [
        *("subject", "study_slug", "phase", "place", "stimulus", "mask", "shown_answer", "shown_confidence"),
        *("rt_ms", "onset_to_response_ms", "plays", "original_plays", "heard_share", "answered_at"),
    ]
    ordering = ["-id"]
    list_per_page = 68

    @admin.display(description="subject")
    def subject(self, response: Response) -> str:
        """The participant's code."""
        return response.trial.enrolment.code

    @admin.display(description="study")
    def study_slug(self, response: Response) -> str:
        """The study's short name."""
        return response.trial.enrolment.version.study.slug

    @admin.display(description="phase")
    def phase(self, response: Response) -> str:
        """Training or main."""
        return response.trial.phase

    @admin.display(description="place")
    def place(self, response: Response) -> int:
        """The trial's place in the participant's sequence, from 0."""
        return response.trial.index

    @admin.display(description="stimulus")
    def stimulus(self, response: Response) -> str:
        """The stimulus' id."""
        return response.trial.stimulus.name

    @admin.display(description="mask")
    def mask(self, response: Response) -> str:
        """Relevance or control."""
        return response.trial.mask

    @admin.display(description="answer")
    def shown_answer(self, response: Response) -> str:
        """The answer, once it may be seen."""
        return response.answer if _may_be_seen(response) else _WITHHELD

    @admin.display(description="confidence")
    def shown_confidence(self, response: Response) -> str:
        """The confidence in percent, once it may be seen."""
        return f"{response.confidence} %" if _may_be_seen(response) else _WITHHELD


def _may_be_seen(response: Response) -> bool:
    return shows_outcomes(response.trial.enrolment.version.study)
