"""Enrolling: consent, the sound check, and with it the allocation to an arm and to an order of trials."""

import base64
import hashlib
import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from earshot.allocation import Slot, permuted_blocks
from earshot.protocol import Protocol
from earshot.sequence import PlannedTrial, participant_sequence
from earshot.shuffle import derive_key
from study.models import OPEN_STAGES, Enrolment, Stage, Stimulus, Study, Trial, Version
from study.refusals import Refusal
from study.selectors import current_version, sound_check_stimulus, study_protocol

_CONSENT_PURPOSE = "earshot consent"


@dataclass(frozen=True)
class ParticipantPlan:
    """What one place of the allocation gets: arm, list, and all trials in order."""

    slot: Slot
    trials: list[PlannedTrial]


def participant_plan(protocol: Protocol, *, allocation_seed: bytes, place: int) -> ParticipantPlan:
    """The plan of the enrolment with number `place` (from 0): a pure function of protocol, seed and place."""
    design = protocol.design
    slot = permuted_blocks(design.weights, seed=allocation_seed, place=place, n_repeats=design.allocation.n_repeats)
    trials = participant_sequence(
        training=protocol.plan.training,
        halves=protocol.plan.halves,
        list_index=slot.list_index,
        key=derive_key(allocation_seed, purpose=f"participant {place}"),
    )
    return ParticipantPlan(slot=slot, trials=trials)


def enrolment_create(*, study: Study, consent_id: uuid.UUID) -> tuple[Enrolment, str]:
    """The enrolment of someone who has consented, and the token of their cookie, which is kept nowhere.

    Every start page carries a `consent_id` of its own, which decides the token: a form sent twice gives the same
    enrolment and the same token.

    Raises
    ------
    Refusal
        `study-closed` if the study takes nobody now.
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
    study = Study.objects.select_for_update().get(pk=study.pk)
    check_open(study)
    token_sha256 = hashlib.sha256(token.encode()).hexdigest()
    stored = Enrolment.objects.filter(token_sha256=token_sha256).first()
    if stored is not None:
        return stored
    enrolment = Enrolment(
        version=current_version(study),
        token_sha256=token_sha256,
        stage=study.stage,
        consented_at=timezone.now(),
    )
    # Uniqueness is the database's to judge: its constraint alone holds when two requests come at once.
    enrolment.full_clean(validate_unique=False)
    enrolment.save()
    return enrolment


@transaction.atomic
def enrolment_pass_sound_check(*, enrolment: Enrolment, answer: str) -> bool:
    """Whether `answer` names the word that was heard; the first right one allocates. Passing twice changes nothing.

    Raises
    ------
    Refusal
        `unknown-label` or `study-closed`; nothing is stored.
    """
    # The version's row is the lock of the allocation: two passes at once get two places, in turn.
    version = Version.objects.select_for_update().select_related("study__bundle").get(pk=enrolment.version_id)
    check_open(version.study)
    check_label(answer, labels=version.study.bundle.labels)
    enrolment = Enrolment.objects.select_for_update().get(pk=enrolment.pk)
    if enrolment.sound_checked_at is not None:
        return True
    if answer != sound_check_stimulus(version).true_label:
        return False
    _allocate(enrolment, version=version)
    return True


def _allocate(enrolment: Enrolment, *, version: Version) -> None:
    """Give the enrolment the version's next place, with the arm, the list and the trials that belong to it."""
    now = timezone.now()
    place = version.n_allocated
    plan = participant_plan(study_protocol(version), allocation_seed=bytes(version.allocation_seed), place=place)
    version.n_allocated = place + 1
    version.save(update_fields=["n_allocated"])
    enrolment.arm = version.study.arms.get(name=plan.slot.arm)
    enrolment.place = place
    enrolment.list_index = plan.slot.list_index
    enrolment.sound_checked_at = enrolment.allocated_at = now
    enrolment.full_clean()
    enrolment.save(update_fields=["arm", "place", "list_index", "sound_checked_at", "allocated_at"])
    _make_trials(enrolment, version=version, trials=plan.trials)


def _make_trials(enrolment: Enrolment, *, version: Version, trials: list[PlannedTrial]) -> None:
    names = [trial.stimulus for trial in trials]
    stimuli = {
        stimulus.name: stimulus for stimulus in Stimulus.objects.filter(bundle=version.study.bundle_id, name__in=names)
    }
    Trial.objects.bulk_create(
        Trial(
            enrolment=enrolment,
            index=index,
            phase=trial.phase,
            stimulus=stimuli[trial.stimulus],
            mask=trial.mask,
        )
        for index, trial in enumerate(trials)
    )


def check_open(study: Study) -> None:
    """Refuse with `study-closed` unless the study takes participants and answers now."""
    if study.stage not in OPEN_STAGES:
        ended = "is closed" if study.stage == Stage.CLOSED else "is not open"
        raise Refusal("study-closed", f"this study {ended}; nothing was stored")


def check_label(answer: str, *, labels: list[str]) -> None:
    """Refuse with `unknown-label` an answer that is none of `labels`."""
    if answer not in labels:
        raise Refusal("unknown-label", f"answer is '{answer}'; expected one of {', '.join(labels)}")
