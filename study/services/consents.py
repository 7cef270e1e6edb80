"""Consent and its refusal: who agreed to which words is enrolled once; who declines leaves a count and nothing else."""

import base64
import hashlib
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from earshot.files import canonical_json, sha256_bytes
from study.models import Arrival, Enrolment, Event, Study, Version
from study.refusals import Refusal
from study.selectors import current_version, study_protocol, version_takes_newcomers
from study.services.arrivals import Arrived, arrival_find, arrival_make, arrival_token
from study.services.drafts import lock_study
from study.services.enrolments import check_open
from study.services.events import event_record

LARGEST_UTC_OFFSET_MIN = 840
"""Local time is UTC plus at most 14 hours; nowhere does it lag behind by more."""

_CONSENT_PURPOSE = "earshot consent"
_DECLINE_PURPOSE = "earshot declined"


@dataclass(frozen=True)
class Consent:
    """How somebody agreed, beside the words.

    Attributes
    ----------
    language : str
        Of the words; empty for the study's first one.
    utc_offset_min : int or None
        The participant's local time minus UTC, minutes, -840 to 840.
    is_automated : bool
        The browser said that a program drives it.
    """

    language: str = ""
    utc_offset_min: int | None = None
    is_automated: bool = False


def consent_sha256(version: Version, *, language: str = "") -> str:
    """SHA-256 of the words agreed to: information and consent in `language`, under the version's protocol."""
    design = study_protocol(version).design
    spoken = next((known for known in design.texts if known == language), design.study.languages[0])
    texts = design.texts[spoken]
    words = {
        "information": texts.information,
        "consent": texts.consent,
        "language": spoken,
        "protocol_sha256": version.protocol_sha256,
    }
    return sha256_bytes(canonical_json(words))


def enrolment_create(
    *, study: Study, consent_id: uuid.UUID, consent: Consent | None = None, arrived: Arrived | None = None
) -> tuple[Enrolment, str]:
    """The enrolment of someone who has consented, and the token of their cookie, which is kept nowhere.

    Every start page carries a `consent_id` of its own, which decides the token: a form sent twice gives the same
    enrolment and the same token. Whom an identifier or a personal link tells gets the enrolment that they have
    already, whatever form they sent, and its token again.

    Raises
    ------
    Refusal
        `study-paused` or `study-closed` if the study takes nobody now, or nobody new because an older Earshot froze it.
    """
    asked = _Asked(consent_id=consent_id, consent=consent or Consent(), arrived=arrived or Arrived())
    try:
        return _enrol(study, asked=asked)
    except IntegrityError:
        # The same person was stored between our look and our insert: the second look finds what the constraint kept.
        return _enrol(study, asked=asked)


@transaction.atomic
def decline_record(*, study: Study, consent_id: uuid.UUID) -> None:
    """Count somebody who does not wish to take part, once per start page; nobody is known by it.

    Raises
    ------
    Refusal
        `study-paused` or `study-closed`.
    """
    study = lock_study(study)
    check_open(study)
    page = salted_hmac(_DECLINE_PURPOSE, f"{study.code} {consent_id}", algorithm="sha256").hexdigest()
    if not Event.objects.filter(study=study, kind="declined", data__page=page).exists():
        event_record("declined", study=study, version=current_version(study), data={"page": page})


@dataclass(frozen=True)
class _Asked:
    """What a start page sent."""

    consent_id: uuid.UUID
    consent: Consent
    arrived: Arrived


@transaction.atomic
def _enrol(study: Study, *, asked: _Asked) -> tuple[Enrolment, str]:
    # No key: others who add rows that refer to this study, as allocations do, need not wait.
    study = lock_study(study)
    check_open(study)
    known = arrival_find(asked.arrived, study=study)
    if known is not None:
        return known.enrolment, arrival_token(known, study=study)
    arrival = Arrival()
    token = (
        arrival_token(arrival, study=study)
        if asked.arrived.is_identified
        else _consent_token(study, consent_id=asked.consent_id)
    )
    token_sha256 = hashlib.sha256(token.encode()).hexdigest()
    stored = Enrolment.objects.filter(token_sha256=token_sha256).first()
    if stored is not None:
        return stored, token
    enrolment = _store(study, asked=asked, token_sha256=token_sha256)
    if asked.arrived.is_identified:
        arrival_make(study=study, enrolment=enrolment, arrived=asked.arrived, arrival=arrival)
    return enrolment, token


def _store(study: Study, *, asked: _Asked, token_sha256: str) -> Enrolment:
    version = current_version(study)
    if not version_takes_newcomers(version):
        raise Refusal("study-closed", "this study was begun with an older Earshot and takes nobody new")
    design, now = study_protocol(version).design, timezone.now()
    enrolment = Enrolment(
        version=version,
        token_sha256=token_sha256,
        stage=study.stage,
        consented_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=design.participation.resume_hours),
        consent_sha256=consent_sha256(version, language=asked.consent.language),
        language=asked.consent.language or design.study.languages[0],
        utc_offset_min=asked.consent.utc_offset_min,
        is_automated=asked.consent.is_automated,
        arrival=asked.arrived.way,
    )
    # Uniqueness is the database's to judge: its constraint alone holds when two requests come at once.
    enrolment.full_clean(validate_unique=False)
    enrolment.save()
    event_record("enrolled", study=study, version=version, enrolment=enrolment)
    return enrolment


def _consent_token(study: Study, *, consent_id: uuid.UUID) -> str:
    """The cookie's token: an HMAC-SHA256 under the secret key, which nobody can make from a form alone."""
    digest = salted_hmac(_CONSENT_PURPOSE, f"{study.code} {consent_id}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
