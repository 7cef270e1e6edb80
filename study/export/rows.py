"""The rows of an export: one dict per row, keyed by the columns of `earshot.dataset_tables`."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Q

from earshot.bundle import Manifest, Stimulus
from earshot.dataset import Value
from earshot.dataset_circumstances import circumstances_cells
from earshot.dataset_tables import factor_column
from earshot.dataset_trials import MetTrial
from earshot.design.questionnaire_columns import flat_row
from earshot.design.questionnaires import Questionnaire
from earshot.protocol import Protocol
from study.models import Enrolment, Event, QuestionnaireResponse, Response, Study, Trial, Version

# Rows fetched at a time: memory stays flat however many there are.
_CHUNK_ROWS = 2000

Row = dict[str, Value]


@dataclass(frozen=True)
class ExportedVersion:
    """A version with what its rows are described by; `stimuli` are its bundle's, by name."""

    version: Version
    protocol: Protocol
    manifest: Manifest
    stimuli: dict[str, Stimulus]


def participant_rows(exported: ExportedVersion) -> Iterator[Row]:
    """One row per enrolment of the version, by subject_id."""
    answered = Count("trials", filter=Q(trials__kind="main", trials__response__isnull=False))
    enrolments = exported.version.enrolments.annotate(n_main_answered=answered).order_by("code")
    for enrolment in enrolments.iterator(chunk_size=_CHUNK_ROWS):
        factors: Row = {factor_column(name): level for name, level in enrolment.factors.items()}
        yield (
            _describe_subject(enrolment, exported=exported)
            | factors
            | {
                "place": enrolment.place,
                "sequence": enrolment.sequence,
                "consent_sha256": enrolment.consent_sha256,
                "language": enrolment.language,
                "utc_offset_min": enrolment.utc_offset_min,
                "arrival": enrolment.arrival,
                "is_automated": enrolment.is_automated,
                "n_windows": enrolment.n_windows,
                "consented_at": enrolment.consented_at,
                "screened_at": enrolment.screened_at,
                "screened_out": enrolment.screened_out,
                "sound_checked_at": enrolment.sound_checked_at,
                "headphones_checked_at": enrolment.headphones_checked_at,
                "headphones_right": enrolment.headphones_right,
                "allocated_at": enrolment.allocated_at,
                "training_completed_at": enrolment.training_completed_at,
                "completed_at": enrolment.completed_at,
                "released_at": enrolment.released_at,
                "release_reason": enrolment.release_reason,
                "n_main_answered": enrolment.n_main_answered,
                "withdrawn_at": enrolment.withdrawn_at,
                "withdrawal": enrolment.withdrawal,
                "n_deleted": enrolment.n_deleted,
            }
        )


def trial_rows(exported: ExportedVersion) -> Iterator[Row]:
    """One row per trial planned for an allocated enrolment of the version, answered or not, by subject_id and place."""
    trials = (
        Trial.objects.filter(enrolment__version=exported.version)
        .select_related("enrolment", "stimulus", "response")
        .order_by("enrolment__code", "index")
    )
    for trial in trials.iterator(chunk_size=_CHUNK_ROWS):
        met = describe_trial(trial, exported=exported)
        yield (
            _describe_subject(trial.enrolment, exported=exported)
            | met.cells()
            | {"trial_index": trial.index, "n_reloads": max(trial.n_begun - 1, 0)}
            | _describe_response(trial, met=met)
        )


def questionnaire_rows(exported: ExportedVersion, *, questionnaire: Questionnaire) -> Iterator[Row]:
    """One row per participant of the version who answered the questionnaire, by subject_id."""
    responses = (
        QuestionnaireResponse.objects.filter(enrolment__version=exported.version, questionnaire=questionnaire.name)
        .select_related("enrolment")
        .order_by("enrolment__code")
    )
    for response in responses.iterator(chunk_size=_CHUNK_ROWS):
        yield (
            _describe_subject(response.enrolment, exported=exported)
            | flat_row(questionnaire, answers=response.answers)
            | {"answered_at": response.answered_at}
        )


def event_rows(study: Study) -> Iterator[Row]:
    """One row per event of the study, in their order; exports are left out, since each would change the next."""
    events = Event.objects.filter(study=study).exclude(kind="exported").order_by("id")
    numbers = dict(study.versions.values_list("pk", "number"))
    for number, event in enumerate(events.iterator(chunk_size=_CHUNK_ROWS)):
        told = {name: event.data.get(name) for name in ("place", "arm", "sequence", "refills", "reason", "is_released")}
        yield {
            "event_id": number,
            "at": event.at,
            "event": event.kind,
            "version": numbers[event.version_id] if event.version_id else None,
            "subject_id": event.enrolment,
            **told,
        }


def describe_trial(trial: Trial, *, exported: ExportedVersion) -> MetTrial:
    """The trial as the dataset describes it."""
    design = exported.protocol.design
    condition = design.condition(trial.condition) if trial.condition else None
    return MetTrial(
        design=design,
        labels=tuple(exported.manifest.labels),
        block=trial.block,
        kind=trial.kind,
        condition=condition,
        stimulus=exported.stimuli[trial.stimulus.name] if trial.stimulus else None,
        instructed_label=trial.instructed_label or None,
        is_swapped=trial.is_swapped,
    )


def _describe_subject(enrolment: Enrolment, *, exported: ExportedVersion) -> Row:
    return {
        "subject_id": enrolment.code,
        "version": exported.version.number,
        "stage": enrolment.stage,
        "arm": enrolment.arm,
    }


def _describe_response(trial: Trial, *, met: MetTrial) -> Row:
    """The answer's columns; nothing when the trial was not answered."""
    response: Response | None = getattr(trial, "response", None)
    if response is None:
        return {}
    return {
        **met.answer_cells(response.answers),
        "rt": response.rt_ms,
        "onset_to_response_ms": response.onset_to_response_ms,
        "plays": response.plays,
        "second_plays": response.second_plays,
        "original_plays": response.original_plays,
        "heard_share": response.heard_share,
        "answered_at": response.answered_at,
        "received_at": response.received_at,
        **circumstances_cells(response.circumstances),
    }
