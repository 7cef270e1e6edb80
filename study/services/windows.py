"""One window leads through the trials: a lease that others may take over, and that lapses without signs of life."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from study.models import Enrolment
from study.refusals import Refusal
from study.services.enrolments import enrolment_lock, enrolment_seen
from study.services.withdrawals import check_not_expired

# The page gives a sign of life every 15 s; browsers let a hidden page do so once a minute.
LEASE_LASTS = timedelta(seconds=75)


@dataclass(frozen=True)
class Claim:
    """A window that wants to lead; `previous_id` led in the same tab before its page was loaded again."""

    window_id: uuid.UUID
    previous_id: uuid.UUID | None = None
    take_over: bool = False


@transaction.atomic
def enrolment_claim_window(*, enrolment: Enrolment, claim: Claim) -> None:
    """Let this window lead, or give a sign of its life.

    Raises
    ------
    Refusal
        `other-window` if another one leads and is not to be taken over, `expired`, `withdrawn`, `study-paused` or
        `study-closed`.
    """
    enrolment = enrolment_lock(enrolment)
    check_not_expired(enrolment)
    check_window(enrolment, claim=claim)
    enrolment_seen(enrolment=enrolment)


@transaction.atomic
def enrolment_leave_window(*, enrolment: Enrolment, window_id: uuid.UUID) -> None:
    """Let go of the lease, as a page does that is closed; another window's lease stays."""
    Enrolment.objects.filter(pk=enrolment.pk, window_id=window_id).update(window_seen_at=None)


def check_window(enrolment: Enrolment, *, claim: Claim) -> None:
    """Refuse with `other-window` where another window leads; else this one does. The enrolment is locked."""
    now = timezone.now()
    is_other = enrolment.window_id not in (None, claim.window_id, claim.previous_id)
    is_alive = enrolment.window_seen_at is not None and enrolment.window_seen_at > now - LEASE_LASTS
    if is_other and is_alive and not claim.take_over:
        raise Refusal(
            "other-window", "another window of this participant leads through the study; go there or take over"
        )
    if is_other or enrolment.window_id is None:
        enrolment.n_windows += 1
    enrolment.window_id, enrolment.window_seen_at = claim.window_id, now
    enrolment.save(update_fields=["window_id", "window_seen_at", "n_windows"])
