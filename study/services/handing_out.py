"""Trials handed out ahead, so that people can go on while the network is gone, and how soon each can be answered.

The server's clock decides, as far as it can: a trial begins no sooner than it was handed out and the one before it was
answered, and no sooner than the page said. Answers that waited for the network say how long, and count as given then;
several that come at once had to take the time of all of them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from earshot.design.study_file import StudyFile
from study.models import Response, Trial
from study.services.exposures import TrialExposure


def trials_hand_out(trials: Sequence[Trial]) -> None:
    """Note that a page gets to know the trials now; those it knew already stay as they are."""
    new = [trial.pk for trial in trials if trial.handed_out_at is None]
    if new:
        Trial.objects.filter(pk__in=new, handed_out_at__isnull=True).update(handed_out_at=timezone.now())


def is_handed_out(trial: Trial) -> bool:
    """Whether a page may know the trial; one begun under an older Earshot was handed out then."""
    return trial.handed_out_at is not None or trial.begun_at is not None


def moment_ago(age_ms: int) -> datetime:
    """The moment, by the server's clock, that lay `age_ms` back when a request was sent."""
    return timezone.now() - timedelta(milliseconds=age_ms)


def earliest_start(trial: Trial, *, design: StudyFile) -> datetime:
    """When the trial can have begun at the earliest; it is handed out, its stimulus' renditions prefetched.

    A trial before it that is not answered yet took its own time at least.
    """
    known = [moment for moment in (trial.handed_out_at, trial.begun_at) if moment is not None]
    before = _trial_before(trial)
    if before is not None:
        answered_at = Response.objects.filter(trial=before).values_list("answered_at", flat=True).first()
        known.append(answered_at if answered_at is not None else earliest_end(before, design=design))
    return max(known)


def earliest_end(trial: Trial, *, design: StudyFile) -> datetime:
    """When the trial can have been answered at the earliest."""
    start = earliest_start(trial, design=design)
    return start + timedelta(milliseconds=TrialExposure.of(trial, begun_at=start, design=design).until_last_ms)


def _trial_before(trial: Trial) -> Trial | None:
    before = Trial.objects.filter(enrolment=trial.enrolment_id, index=trial.index - 1)
    found = before.select_related("stimulus").prefetch_related("stimulus__renditions__pictures").first()
    return found if found is not None and is_handed_out(found) else None
