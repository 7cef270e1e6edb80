"""Enrolling: consent, then the steps that everyone passes before allocation, and with the last of them a place."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from study.models import OPEN_STAGES, Enrolment, QuestionnaireResponse, Stage, Study
from study.refusals import Refusal
from study.selectors import (
    enrolment_next_step,
    enrolments_with_study,
    sound_check_stimulus,
    study_protocol,
)
from study.services.allocations import enrolment_allocate, version_lock
from study.services.events import event_record
from study.services.withdrawals import check_not_withdrawn

# Signs of life decide about places given up after many minutes: writing each of them down would tell no more.
_SIGN_OF_LIFE_EVERY = timedelta(minutes=1)


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
        `study-paused`, `study-closed` or `withdrawn`.
    """
    Enrolment.objects.select_for_update(no_key=True).get(pk=enrolment.pk)
    # Read only now: while we waited for the row, the study may have been closed by whoever held it.
    locked = enrolments_with_study().get(pk=enrolment.pk)
    check_open(locked.version.study)
    check_not_withdrawn(locked)
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
    """Refuse with `study-paused` or `study-closed` unless the study takes participants and answers now."""
    if study.stage == Stage.PAUSED:
        raise Refusal("study-paused", "this study is paused; nothing was stored, and the same may be sent again later")
    if study.stage not in OPEN_STAGES:
        ended = "is closed" if study.stage == Stage.CLOSED else "is not open"
        raise Refusal("study-closed", f"this study {ended}; nothing was stored")


def check_label(answer: str, *, labels: list[str]) -> None:
    """Refuse with `unknown-label` an answer that is none of `labels`."""
    if answer not in labels:
        raise Refusal("unknown-label", f"answer is '{answer}'; expected one of {', '.join(labels)}")
