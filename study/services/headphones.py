"""The headphone check: passed by ear, repeated once, or a kind way out."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from earshot.design.conduct import HEADPHONE_CHECKS, HeadphoneCheckName
from study.headphones import MOST_ATTEMPTS, count_right
from study.models import Enrolment
from study.refusals import Refusal
from study.selectors import NextStep, enrolment_next_step, study_protocol
from study.services.enrolments import allocate_when_due, enrolment_lock
from study.services.events import EventKind, event_record


@dataclass(frozen=True)
class HeadphonesOutcome:
    """What came of an attempt."""

    passed: bool
    n_attempts_left: int


@transaction.atomic
def enrolment_check_headphones(*, enrolment: Enrolment, attempt: int, answers: Sequence[int]) -> HeadphonesOutcome:
    """Store an attempt (from 0) and judge it; the same attempt sent again changes nothing.

    Whoever misses the last attempt goes no further.

    Raises
    ------
    Refusal
        `malformed` for another number of answers than the check has trials, `not-handed-out` out of turn, or
        `study-closed`.
    """
    enrolment = enrolment_lock(enrolment)
    check = study_protocol(enrolment.version).design.screens.headphones
    attempts = enrolment.headphones_answers
    if check != "none" and attempt < len(attempts):
        return _judge(enrolment, check=check, attempt=attempt)
    step = enrolment_next_step(enrolment)
    if check == "none" or step.kind != "headphones" or attempt != len(attempts):
        met = f"'{step.kind}', with {len(attempts)} attempts at the headphone check made"
        raise Refusal("not-handed-out", f"what comes next is {met}; load the page again")
    n_trials = HEADPHONE_CHECKS[check].n_trials
    if len(answers) != n_trials:
        raise Refusal("malformed", f"there are {len(answers)} answers; the check '{check}' has {n_trials} trials")
    enrolment.headphones_answers = [*attempts, list(answers)]
    outcome = _judge(enrolment, check=check, attempt=attempt)
    now = timezone.now()
    enrolment.last_seen_at = now
    enrolment.headphones_right = count_right(check, code=enrolment.code, attempt=attempt, answers=answers)
    if outcome.passed:
        enrolment.headphones_checked_at = now
    elif outcome.n_attempts_left == 0:
        enrolment.screened_out = "headphones"
    enrolment.save(
        update_fields=[
            *("headphones_answers", "headphones_right", "headphones_checked_at"),
            *("screened_out", "last_seen_at"),
        ]
    )
    if outcome.passed or enrolment.screened_out:
        version = enrolment.version
        kind: EventKind = "headphones-checked" if outcome.passed else "screened-out"
        event_record(kind, study=version.study, version=version, enrolment=enrolment)
    if outcome.passed:
        allocate_when_due(enrolment)
    return outcome


@transaction.atomic
def enrolment_without_headphones(*, enrolment: Enrolment) -> None:
    """Let go whoever says that they have no headphones; a second time changes nothing.

    Raises
    ------
    Refusal
        `not-handed-out` out of turn, or `study-closed`.
    """
    enrolment = enrolment_lock(enrolment)
    step = enrolment_next_step(enrolment)
    if step == NextStep("screened-out", "headphones"):
        return
    if step.kind != "headphones":
        raise Refusal("not-handed-out", f"what comes next is '{step.kind}', not the headphone check")
    enrolment.screened_out = "headphones"
    enrolment.save(update_fields=["screened_out"])
    version = enrolment.version
    event_record("screened-out", study=version.study, version=version, enrolment=enrolment)


def _judge(enrolment: Enrolment, *, check: HeadphoneCheckName, attempt: int) -> HeadphonesOutcome:
    answers = enrolment.headphones_answers[attempt]
    n_right = count_right(check, code=enrolment.code, attempt=attempt, answers=answers)
    passed = n_right >= HEADPHONE_CHECKS[check].least_right
    return HeadphonesOutcome(passed, n_attempts_left=0 if passed else MOST_ATTEMPTS - attempt - 1)
