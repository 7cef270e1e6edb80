"""Leaving: whoever withdraws keeps or deletes what they gave, on the spot or later by a receipt code."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from earshot.design.participation import WithdrawalRule
from earshot.files import canonical_json, sha256_bytes
from study.models import OUTCOME_STAGES, Enrolment, QuestionnaireResponse, Response, Study
from study.models.enrolment import CODE_ALPHABET
from study.refusals import Refusal
from study.selectors import enrolments_with_study, has_expired, study_protocol
from study.services.allocations import enrolment_leave
from study.services.events import event_record

Withdrawal = Literal["keep", "delete"]

RECEIPT_LENGTH = 12
"""Characters of a receipt code, about 59 bits: nobody finds one by trying."""

_RECEIPT_PURPOSE = "earshot receipt"
_ALLOWED: Mapping[WithdrawalRule, tuple[Withdrawal, ...]] = {
    "choose": ("keep", "delete"),
    "keep": ("keep",),
    "delete": ("delete",),
}


def receipt_code(enrolment_code: str) -> str:
    """The receipt of an enrolment, in groups of four: made from its code under the secret key, and stored nowhere."""
    digest = salted_hmac(_RECEIPT_PURPOSE, enrolment_code, algorithm="sha256").digest()
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(RECEIPT_LENGTH):
        number, letter = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[letter])
    return "-".join("".join(letters[first : first + 4]) for first in range(0, RECEIPT_LENGTH, 4))


def enrolment_by_receipt(receipt: str, *, study: Study) -> Enrolment | None:
    """The enrolment of `study` with this receipt code, however it was typed; None for a wrong one."""
    typed = _bare(receipt)
    if len(typed) != RECEIPT_LENGTH or not set(typed) <= set(CODE_ALPHABET):
        return None
    found = None
    # All are compared, and each in constant time: how long it takes tells nothing.
    for code in Enrolment.objects.filter(version__study=study).values_list("code", flat=True):
        if hmac.compare_digest(_bare(receipt_code(code)), typed):
            found = code
    return enrolments_with_study().get(code=found) if found is not None else None


def withdrawals_allowed(enrolment: Enrolment) -> tuple[Withdrawal, ...]:
    """What the participant may choose, as the study declared it beforehand."""
    return _ALLOWED[study_protocol(enrolment.version).design.participation.withdrawal]


def withdrawals_left(enrolment: Enrolment) -> tuple[Withdrawal, ...]:
    """What can still be chosen: who kept the answers may delete them later, and deleted ones are gone."""
    if enrolment.withdrawal == "delete":
        return ()
    return tuple(choice for choice in withdrawals_allowed(enrolment) if choice != enrolment.withdrawal)


@transaction.atomic
def enrolment_withdraw(*, enrolment: Enrolment, withdrawal: Withdrawal) -> Enrolment:
    """The enrolment of somebody who withdraws, in whatever stage the study is; doing it again changes nothing.

    Who kept the answers may still delete them. The plan of the trials and what allocation follows from stay: the place,
    and the levels by which it was given. Somebody else gets the place if the study's release rules say so, unless the
    participant had completed and keeps the answers.

    Raises
    ------
    Refusal
        `malformed` if the study does not allow this choice; nothing is changed.
    """
    Enrolment.objects.select_for_update(no_key=True).get(pk=enrolment.pk)
    locked = enrolments_with_study().get(pk=enrolment.pk)
    allowed = withdrawals_allowed(locked)
    if withdrawal not in allowed:
        raise Refusal("malformed", f"withdrawal is '{withdrawal}'; this study allows {' or '.join(allowed)}")
    if locked.withdrawal in (withdrawal, "delete"):
        return locked
    study = locked.version.study
    locked.withdrawn_at, locked.withdrawal = locked.withdrawn_at or timezone.now(), withdrawal
    changed = ["withdrawn_at", "withdrawal"]
    if withdrawal == "delete":
        _delete_answers(locked)
        changed += ["n_deleted", "deleted_sha256", "headphones_answers", "headphones_right"]
    locked.save(update_fields=changed)
    event_record("withdrawn", study=study, version=locked.version, enrolment=locked, data={"withdrawal": withdrawal})
    stays = locked.completed_at is not None and withdrawal == "keep"
    if study.stage not in OUTCOME_STAGES and not stays:
        enrolment_leave(enrolment=locked, reason="withdrawn")
    return enrolments_with_study().get(pk=locked.pk)


def check_not_withdrawn(enrolment: Enrolment) -> None:
    """Refuse with `withdrawn` what somebody sends who withdrew."""
    if enrolment.withdrawn_at is not None:
        raise Refusal("withdrawn", "this participant has withdrawn; nothing was stored")


def check_not_expired(enrolment: Enrolment) -> None:
    """Refuse with `expired` what is sent after the time in which the participant could come back."""
    if enrolment.expires_at is not None and has_expired(enrolment):
        raise Refusal("expired", f"the time to go on ended at {enrolment.expires_at.isoformat()}; nothing was stored")


def _delete_answers(enrolment: Enrolment) -> None:
    """Delete what was answered, and leave on the enrolment how much it was, and its hash."""
    responses = Response.objects.filter(trial__enrolment=enrolment)
    questionnaires = QuestionnaireResponse.objects.filter(enrolment=enrolment)
    first = enrolment.trials.filter(first_answers__isnull=False).order_by("index")
    content = {
        # Known to nobody outside: without it, few possible answers could be found out by trying.
        "token_sha256": enrolment.token_sha256,
        "responses": [_plain(row) for row in responses.order_by("trial__index").values()],
        "questionnaires": [_plain(row) for row in questionnaires.order_by("id").values()],
        "first_answers": [_plain(row) for row in first.values("code", "first_answers")],
        "headphones_answers": enrolment.headphones_answers,
    }
    enrolment.deleted_sha256 = sha256_bytes(canonical_json(content))
    enrolment.n_deleted = len(content["responses"]) + len(content["questionnaires"])
    responses.delete()
    questionnaires.delete()
    enrolment.trials.update(first_answers=None, begun_at=None, n_begun=0, begin_id=None)
    enrolment.headphones_answers, enrolment.headphones_right = [], None


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    """A row as JSON can say it: times in ISO 8601, UUIDs as text."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
        for name, value in row.items()
    }


def _bare(receipt: str) -> str:
    return "".join(receipt.upper().replace("-", " ").split())
