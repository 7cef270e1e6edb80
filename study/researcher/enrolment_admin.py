"""The admin's pages of enrolments, answers and events: to look at, never to change.

What the dataset calls concealed (arm, place, sequence, how many trials were answered, and when) is withheld until the
study is closed, and answers are not even listed: who sees how it goes could steer it, who sees arms could foresee the
next one.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from study.models import OUTCOME_STAGES, Enrolment, Event, QuestionnaireResponse, Response
from study.researcher.records import RecordAdmin, preformatted_json, shows_outcomes

WITHHELD = "withheld"


def _withheld_until_closed(name: str, *, description: str) -> Callable[["EnrolmentAdmin", Enrolment], object]:
    """A column or line with a value of the enrolment, once it may be seen; not sorted by, which would tell it."""

    @admin.display(description=description)
    def shown(_admin: "EnrolmentAdmin", enrolment: Enrolment) -> object:
        if not shows_outcomes(enrolment.version.study):
            return WITHHELD
        value = getattr(enrolment, name)
        return None if value == "" else value

    return shown


@admin.register(Enrolment)
class EnrolmentAdmin(RecordAdmin):
    """Who took part, how far they came; the cookie's hash is nobody's business."""

    list_display = ["code", "study_slug", "stage", "shown_arm", "shown_n_answered", "completed_at"]
    list_filter = ["version__study", "stage"]
    search_fields = ["code", "completion_code"]
    list_select_related = ["version__study"]
    fields = [
        *("code", "version", "stage", "shown_arm", "shown_place", "shown_sequence", "shown_n_answered", "consented_at"),
        *("screened_at", "screened_out", "sound_checked_at", "headphones_checked_at", "headphones_right"),
        *("shown_allocated_at", "shown_training_completed_at", "completed_at", "shown_last_seen_at"),
        *("released_at", "release_reason", "completion_code", "arrival", "language", "expires_at"),
        *("withdrawn_at", "withdrawal", "shown_n_deleted"),
    ]
    ordering = ["-id"]
    empty_value_display = "–"

    shown_arm = _withheld_until_closed("arm", description="arm")
    shown_place = _withheld_until_closed("place", description="place")
    shown_sequence = _withheld_until_closed("sequence", description="sequence")
    shown_n_answered = _withheld_until_closed("n_responses", description="answered")
    shown_allocated_at = _withheld_until_closed("allocated_at", description="allocated at")
    shown_training_completed_at = _withheld_until_closed("training_completed_at", description="training completed at")
    shown_n_deleted = _withheld_until_closed("n_deleted", description="answers deleted")
    # It is the time of the last answer.
    shown_last_seen_at = _withheld_until_closed("last_seen_at", description="last sign of life")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enrolment]:
        """Enrolments with their number of answers."""
        return Enrolment.objects.annotate(n_responses=Count("trials__response"))

    @admin.display(description="study")
    def study_slug(self, enrolment: Enrolment) -> str:
        """The study's short name."""
        return enrolment.version.study.slug


class AnswerAdmin(RecordAdmin):
    """Answers of studies whose outcomes may be seen; how many there are of somebody else would tell arms apart."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, which says why answers may be missing (Any: Django's own signature)."""
        subtitle = _("Answers are listed once their study is closed.")
        return super().changelist_view(request, {**(extra_context or {}), "subtitle": subtitle})


@admin.register(Response)
class ResponseAdmin(AnswerAdmin):
    """Recorded answers."""

    # What matters first: at 1280 px the last columns are reached by scrolling.
    list_display = [
        *("subject", "block", "kind", "place", "condition", "answered", "stimulus", "rt_ms", "plays", "answered_at"),
        "study_slug",
    ]
    list_filter = ["trial__enrolment__version__study", "trial__kind"]
    list_select_related = ["trial__enrolment__version__study", "trial__stimulus"]
    search_fields = ["trial__enrolment__code"]
    fields = [
        *("subject", "study_slug", "block", "kind", "place", "stimulus", "condition", "answered", "rt_ms"),
        *("onset_to_response_ms", "plays", "second_plays", "original_plays", "heard_share", "answered_at"),
    ]
    ordering = ["-id"]
    list_per_page = 68
    empty_value_display = "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Response]:
        """Answers that may be seen."""
        return Response.objects.filter(trial__enrolment__version__study__stage__in=OUTCOME_STAGES)

    @admin.display(description="subject")
    def subject(self, response: Response) -> str:
        """The participant's code."""
        return response.trial.enrolment.code

    @admin.display(description="study")
    def study_slug(self, response: Response) -> str:
        """The study's short name."""
        return response.trial.enrolment.version.study.slug

    @admin.display(description="block")
    def block(self, response: Response) -> str:
        """The block."""
        return response.trial.block

    @admin.display(description="kind")
    def kind(self, response: Response) -> str:
        """Exemplar, training, main or attention."""
        return response.trial.kind

    @admin.display(description="place")
    def place(self, response: Response) -> int:
        """The trial's place in the participant's sequence, from 0."""
        return response.trial.index

    @admin.display(description="stimulus")
    def stimulus(self, response: Response) -> str | None:
        """The stimulus' id; an attention trial has none."""
        return response.trial.stimulus.name if response.trial.stimulus is not None else None

    @admin.display(description="condition")
    def condition(self, response: Response) -> str | None:
        """The condition; an attention trial has none."""
        return response.trial.condition or None

    @admin.display(description="answers")
    def answered(self, response: Response) -> str | None:
        """What was answered, field by field."""
        return _in_words(response.answers)


@admin.register(QuestionnaireResponse)
class QuestionnaireResponseAdmin(AnswerAdmin):
    """Answered questionnaires."""

    list_display = ["enrolment", "questionnaire", "answered", "answered_at", "study_slug"]
    list_filter = ["enrolment__version__study"]
    list_select_related = ["enrolment__version__study"]
    search_fields = ["enrolment__code"]
    fields = ["enrolment", "questionnaire", "answered", "answered_at"]
    ordering = ["-id"]
    empty_value_display = "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuestionnaireResponse]:
        """Answers that may be seen."""
        return QuestionnaireResponse.objects.filter(enrolment__version__study__stage__in=OUTCOME_STAGES)

    @admin.display(description="answers")
    def answered(self, response: QuestionnaireResponse) -> str | None:
        """What was answered, item by item."""
        return _in_words(response.answers)

    @admin.display(description="study")
    def study_slug(self, response: QuestionnaireResponse) -> str:
        """The study's short name."""
        return response.enrolment.version.study.slug


@admin.register(Event)
class EventAdmin(RecordAdmin):
    """What happened, in order; what an event holds is hidden until the study is closed, as it tells arms."""

    list_display = ["at", "study", "kind", "enrolment"]
    list_filter = ["study", "kind"]
    list_select_related = ["study"]
    search_fields = ["enrolment"]
    fields = ["at", "study", "version", "kind", "enrolment", "shown_data"]
    ordering = ["-id"]

    @admin.display(description="data")
    def shown_data(self, event: Event) -> str | SafeString:
        """What the event holds, once it may be seen."""
        return preformatted_json(event.data) if shows_outcomes(event.study) else WITHHELD


def _in_words(answers: dict[str, object]) -> str | None:
    return "; ".join(f"{name}: {value}" for name, value in answers.items()) or None
