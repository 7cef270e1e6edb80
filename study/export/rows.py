"""The rows of an export: one dict per row, keyed by the columns of `earshot.dataset`."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db.models import Count, Q

from study.models import Enrolment, Response, Trial, Version

# Rows fetched at a time: memory stays flat however many there are.
_CHUNK_ROWS = 2000

Value = str | int | float | bool | datetime | None
Row = dict[str, Value]


def participant_rows(version: Version) -> Iterator[Row]:
    """One row per enrolment of the version, by subject_id."""
    answered = Count("trials", filter=Q(trials__phase="main", trials__response__isnull=False))
    enrolments = version.enrolments.select_related("arm").annotate(n_main_answered=answered).order_by("code")
    for enrolment in enrolments.iterator(chunk_size=_CHUNK_ROWS):
        yield _describe_subject(enrolment, version=version) | {
            "list_index": enrolment.list_index,
            "consented_at": enrolment.consented_at,
            "sound_checked_at": enrolment.sound_checked_at,
            "allocated_at": enrolment.allocated_at,
            "training_completed_at": enrolment.training_completed_at,
            "completed_at": enrolment.completed_at,
            "n_main_answered": enrolment.n_main_answered,
        }


def trial_rows(version: Version, *, n_alternatives: int) -> Iterator[Row]:
    """One row per trial planned for an allocated enrolment of the version, answered or not, by subject_id and place."""
    trials = (
        Trial.objects.filter(enrolment__version=version)
        .select_related("enrolment__arm", "stimulus", "response")
        .order_by("enrolment__code", "index")
    )
    for trial in trials.iterator(chunk_size=_CHUNK_ROWS):
        yield (
            _describe_subject(trial.enrolment, version=version)
            | _describe_trial(trial, n_alternatives=n_alternatives)
            | _describe_response(trial)
        )


def format_cell(value: Value) -> str:
    """A value as a CSV cell: true/false, ISO-8601 in UTC ending in Z, and nothing for what is unknown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)


def _describe_subject(enrolment: Enrolment, *, version: Version) -> Row:
    arm = enrolment.arm
    return {
        "subject_id": enrolment.code,
        "version": version.number,
        "stage": enrolment.stage,
        "arm": arm.name if arm else None,
        "channel": arm.channel if arm else None,
    }


def _describe_trial(trial: Trial, *, n_alternatives: int) -> Row:
    return {
        "mask": trial.mask,
        "phase": trial.phase,
        "trial_index": trial.index,
        "stimulus": trial.stimulus.name,
        "true_label": trial.stimulus.true_label,
        "predicted_label": trial.stimulus.predicted_label,
        "model_correct": trial.stimulus.model_correct,
        "n_alternatives": n_alternatives,
        "n_reloads": max(trial.n_begun - 1, 0),
    }


def _describe_response(trial: Trial) -> Row:
    """The answer's columns; all unknown when the trial was not answered."""
    response: Response | None = getattr(trial, "response", None)
    if response is None:
        return dict.fromkeys(
            (
                *("answer", "correct", "confidence", "rt", "onset_to_response_ms"),
                *("plays", "original_plays", "heard_share", "answered_at"),
            )
        )
    return {
        "answer": response.answer,
        "correct": response.answer == trial.stimulus.predicted_label,
        "confidence": response.confidence,
        "rt": response.rt_ms,
        "onset_to_response_ms": response.onset_to_response_ms,
        "plays": response.plays,
        "original_plays": response.original_plays,
        "heard_share": response.heard_share,
        "answered_at": response.answered_at,
    }
