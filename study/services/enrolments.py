"""Enrolling: consent, then the steps that everyone passes before allocation, and with the last of them a place."""

import base64
import hashlib
import uuid
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from study.models import OPEN_STAGES, Enrolment, QuestionnaireResponse, Stage, Study
from study.refusals import Refusal
from study.selectors import (
    current_version,
    enrolment_next_step,
    enrolments_with_study,
    sound_check_stimulus,
    study_protocol,
    version_takes_newcomers,
)
from study.services.allocations import enrolment_allocate, version_lock
from study.services.events import event_record

_CONSENT_PURPOSE = "earshot consent"
# Signs of life decide about places given up after many minutes: writing each of them down would tell no more.
_SIGN_OF_LIFE_EVERY = timedelta(minutes=1)


def enrolment_create(*, study: Study, consent_id: uuid.UUID) -> tuple[Enrolment, str]:
    """The enrolment of someone who has consented, and the token of their cookie, which is kept nowhere.

    Every start page carries a `consent_id` of its own, which decides the token: a form sent twice gives the same
    enrolment and the same token.

    Raises
    ------
    Refusal
        `study-closed` if the study takes nobody now, or nobody new because an older Earshot froze it.
    """
    token = _consent_token(study, consent_id=consent_id)
    try:
        return _enrol(study, token=token), token
    except IntegrityError:
        # The same form was stored between our look and our insert: the second look finds what the constraint kept.
        return _enrol(study, token=token), token


def _consent_token(study: Study, *, consent_id: uuid.UUID) -> str:
    """The cookie's token: an HMAC-SHA256 under the secret key, which nobody can make from a form alone."""
    digest = salted_hmac(_CONSENT_PURPOSE, f"{study.code} {consent_id}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@transaction.atomic
def _enrol(study: Study, *, token: str) -> Enrolment:
    # No key: others who add rows that refer to this study, as allocations do, need not wait.
    study = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    check_open(study)
    token_sha256 = hashlib.sha256(token.encode()).hexdigest()
    stored = Enrolment.objects.filter(token_sha256=token_sha256).first()
    if stored is not None:
        return stored
    version = current_version(study)
    if not version_takes_newcomers(version):
        raise Refusal("study-closed", "this study was begun with an older Earshot and takes nobody new")
    now = timezone.now()
    enrolment = Enrolment(
        version=version, token_sha256=token_sha256, stage=study.stage, consented_at=now, last_seen_at=now
    )
    # Uniqueness is the database's to judge: its constraint alone holds when two requests come at once.
    enrolment.full_clean(validate_unique=False)
    enrolment.save()
    event_record("enrolled", study=study, version=version, enrolment=enrolment)
    return enrolment


@transaction.atomic
def enrolment_pass_sound_check(*, enrolment: Enrolment, answer: str) -> bool:
    """Whether `answer` names the word that was heard; passing twice changes nothing.

    Raises
    ------
    Refusal
        `unknown-label`, `not-handed-out` if screens come first, or `study-closed`; nothing is stored.
    """
    enrolment = enrolment_lock(enrolment)
    version = enrolment.version
    check_label(answer, labels=version.study.bundle.labels)
    if enrolment.sound_checked_at is not None:
        return True
    step = enrolment_next_step(enrolment)
    if step.kind != "sound":
        raise Refusal("not-handed-out", f"what comes next is '{step.kind}', not the sound check; load the page again")
    if answer != sound_check_stimulus(version).true_label:
        return False
    enrolment.sound_checked_at = enrolment.last_seen_at = timezone.now()
    enrolment.save(update_fields=["sound_checked_at", "last_seen_at"])
    event_record("sound-checked", study=version.study, version=version, enrolment=enrolment)
    allocate_when_due(enrolment)
    return True


def enrolment_seen(*, enrolment: Enrolment) -> None:
    """Note a sign of life, at most once a minute."""
    now = timezone.now()
    if enrolment.last_seen_at is None or enrolment.last_seen_at < now - _SIGN_OF_LIFE_EVERY:
        Enrolment.objects.filter(pk=enrolment.pk).update(last_seen_at=now)
        enrolment.last_seen_at = now


def enrolment_lock(enrolment: Enrolment) -> Enrolment:
    """The enrolment with version, study and bundle, its row locked for a step of its own; in a transaction.

    Raises
    ------
    Refusal
        `study-closed`.
    """
    Enrolment.objects.select_for_update(no_key=True).get(pk=enrolment.pk)
    # Read only now: while we waited for the row, the study may have been closed by whoever held it.
    locked = enrolments_with_study().get(pk=enrolment.pk)
    check_open(locked.version.study)
    return locked


def allocate_when_due(enrolment: Enrolment) -> None:
    """Allocate once every step before allocation is passed; the enrolment is locked."""
    if enrolment.allocated_at is None and enrolment_next_step(enrolment).kind == "trials":
        version = version_lock(enrolment.version_id)
        enrolment.version = version
        enrolment.factors = _factors(enrolment)
        enrolment.save(update_fields=["factors"])
        enrolment_allocate(enrolment=enrolment, version=version)


def _factors(enrolment: Enrolment) -> dict[str, str]:
    """The levels by which the study stratifies, from what the participant answered."""
    design = study_protocol(enrolment.version).design
    given = QuestionnaireResponse.objects.filter(enrolment=enrolment).values_list("questionnaire", "answers")
    levels = {f"{name}-{item}": answer for name, answers in given for item, answer in answers.items()}
    return {factor: levels[factor] for factor in design.allocation.strata}


def check_open(study: Study) -> None:
    """Refuse with `study-closed` unless the study takes participants and answers now."""
    if study.stage not in OPEN_STAGES:
        ended = "is closed" if study.stage == Stage.CLOSED else "is not open"
        raise Refusal("study-closed", f"this study {ended}; nothing was stored")


def check_label(answer: str, *, labels: list[str]) -> None:
    """Refuse with `unknown-label` an answer that is none of `labels`."""
    if answer not in labels:
        raise Refusal("unknown-label", f"answer is '{answer}'; expected one of {', '.join(labels)}")
