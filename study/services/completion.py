"""The end of taking part: the completion code, made once everything is answered."""

from django.utils import timezone

from study.models import Enrolment
from study.models.enrolment import make_code
from study.selectors import enrolment_next_step, unanswered_trials
from study.services.allocations import enrolment_complete, version_lock


def completion_note(*, enrolment: Enrolment) -> bool:
    """Whether everything is answered; the first time it is, the completion code is made and the completion recorded.

    Call it in the transaction that stored an answer, after storing it. What is noted is also set on `enrolment`.

    Notes
    -----
    The enrolment's row is locked first and the version's second, as everywhere (see `allocations`): two last answers at
    once make one code.
    """
    if unanswered_trials(enrolment).exists():
        return False
    locked = Enrolment.objects.select_for_update(no_key=True).get(pk=enrolment.pk)
    if locked.completed_at is None:
        if enrolment_next_step(locked).kind != "complete":
            return False
        locked.completed_at, locked.completion_code = timezone.now(), make_code()
        locked.save(update_fields=["completed_at", "completion_code"])
        enrolment_complete(enrolment=locked, version=version_lock(locked.version_id))
    enrolment.completed_at, enrolment.completion_code = locked.completed_at, locked.completion_code
    return True
