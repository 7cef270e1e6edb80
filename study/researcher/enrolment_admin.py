"""The admin's pages of enrolments, answers and events: to look at, never to change.

What tells allocation (arm, place, sequence, condition, stimulus, how often a sound was played) or an outcome is
withheld until the study is closed: who sees how it goes could steer it, who sees arms could foresee the next one.
"""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from study.models import Enrolment, Event, QuestionnaireResponse, Response, Study
from study.researcher.records import RecordAdmin, preformatted_json, shows_outcomes

# Until the study is closed; the study's own page says so in full.
_WITHHELD = "withheld"


@admin.register(Enrolment)
class EnrolmentAdmin(RecordAdmin):
    """Who took part, how far they came; the cookie's hash is nobody's business."""

    list_display = ["code", "study_slug", "stage", "shown_arm", "n_answered", "completed_at"]
    list_filter = ["version__study", "stage"]
    search_fields = ["code", "completion_code"]
    list_select_related = ["version__study"]
    fields = [
        *("code", "version", "stage", "shown_arm", "shown_place", "shown_sequence", "n_answered", "consented_at"),
        *("screened_at", "screened_out", "sound_checked_at", "allocated_at", "training_completed_at", "completed_at"),
        *("last_seen_at", "released_at", "release_reason", "completion_code"),
    ]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enrolment]:
        """Enrolments with their number of answers."""
        return Enrolment.objects.annotate(n_responses=Count("trials__response"))

    @admin.display(description="study")
    def study_slug(self, enrolment: Enrolment) -> str:
        """The study's short name."""
        return enrolment.version.study.slug

    @admin.display(description="answered")
    def n_answered(self, enrolment: Enrolment) -> int:
        """How many trials were answered; not of how many, for arms may differ in it."""
        return enrolment.n_responses  # type: ignore[attr-defined, no-any-return]  # annotated in get_queryset

    @admin.display(description="arm")
    def shown_arm(self, enrolment: Enrolment) -> str:
        """The arm, once it may be seen."""
        return _shown(enrolment.arm, study=enrolment.version.study)

    @admin.display(description="place")
    def shown_place(self, enrolment: Enrolment) -> str:
        """The number of the allocation, once it may be seen."""
        return _shown(enrolment.place, study=enrolment.version.study)

    @admin.display(description="sequence")
    def shown_sequence(self, enrolment: Enrolment) -> str:
        """The number within the arm, once it may be seen."""
        return _shown(enrolment.sequence, study=enrolment.version.study)


@admin.register(Response)
class ResponseAdmin(RecordAdmin):
    """Recorded answers; what was answered, and under which condition, stays hidden until the study is closed."""

    # What matters first: at 1280 px the last columns are reached by scrolling.
    list_display = [
        *("subject", "block", "kind", "place", "condition", "shown_answers", "stimulus", "rt_ms", "shown_plays"),
        *("answered_at", "study_slug"),
    ]
    list_filter = ["trial__enrolment__version__study", "trial__kind"]
    list_select_related = ["trial__enrolment__version__study", "trial__stimulus"]
    search_fields = ["trial__enrolment__code"]
    fields = [
        *("subject", "study_slug", "block", "kind", "place", "stimulus", "condition", "shown_answers", "rt_ms"),
        *(
            "onset_to_response_ms",
            "shown_plays",
            "shown_second_plays",
            "shown_original_plays",
            "shown_heard_share",
            "answered_at",
        ),
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
        return _study_of(response).slug

    @admin.display(description="block")
    def block(self, response: Response) -> str:
        """The block, once it may be seen: blocks may be of some arms alone."""
        return _shown(response.trial.block, study=_study_of(response))

    @admin.display(description="kind")
    def kind(self, response: Response) -> str:
        """Exemplar, training, main or attention."""
        return response.trial.kind

    @admin.display(description="place")
    def place(self, response: Response) -> int:
        """The trial's place in the participant's sequence, from 0."""
        return response.trial.index

    @admin.display(description="stimulus")
    def stimulus(self, response: Response) -> str:
        """The stimulus' id, once it may be seen."""
        return _shown(response.trial.stimulus, study=_study_of(response))

    @admin.display(description="condition")
    def condition(self, response: Response) -> str:
        """The condition, once it may be seen."""
        return _shown(response.trial.condition, study=_study_of(response))

    @admin.display(description="answers")
    def shown_answers(self, response: Response) -> str:
        """What was answered, field by field, once it may be seen."""
        answers = "; ".join(f"{name}: {value}" for name, value in response.answers.items())
        return _shown(answers, study=_study_of(response))

    @admin.display(description="plays")
    def shown_plays(self, response: Response) -> str:
        """How often the explanation was played, which tells its channel."""
        return _shown(response.plays, study=_study_of(response))

    @admin.display(description="plays of the second")
    def shown_second_plays(self, response: Response) -> str:
        """How often the second explanation of a preference was played."""
        return _shown(response.second_plays, study=_study_of(response))

    @admin.display(description="plays of the original")
    def shown_original_plays(self, response: Response) -> str:
        """How often the original was played, which may tell the condition."""
        return _shown(response.original_plays, study=_study_of(response))

    @admin.display(description="heard share")
    def shown_heard_share(self, response: Response) -> str:
        """How much of the explanation was heard, which tells its channel."""
        return _shown(response.heard_share, study=_study_of(response))


@admin.register(QuestionnaireResponse)
class QuestionnaireResponseAdmin(RecordAdmin):
    """Answered questionnaires; answers stay hidden until the study is closed."""

    list_display = ["enrolment", "questionnaire", "shown_answers", "answered_at", "study_slug"]
    list_filter = ["enrolment__version__study"]
    list_select_related = ["enrolment__version__study"]
    search_fields = ["enrolment__code"]
    fields = ["enrolment", "questionnaire", "shown_answers", "answered_at"]
    ordering = ["-id"]

    @admin.display(description="answers")
    def shown_answers(self, response: QuestionnaireResponse) -> str:
        """What was answered, item by item, once it may be seen."""
        answers = "; ".join(f"{name}: {value}" for name, value in response.answers.items())
        return _shown(answers, study=response.enrolment.version.study)

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
        return preformatted_json(event.data) if shows_outcomes(event.study) else _WITHHELD


def _study_of(response: Response) -> Study:
    return response.trial.enrolment.version.study


def _shown(value: object, *, study: Study) -> str:
    """A value as it is shown, once it may be seen; a dash for none."""
    if not shows_outcomes(study):
        return _WITHHELD
    return "–" if value is None or value == "" else str(value)
