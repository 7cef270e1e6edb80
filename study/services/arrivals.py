"""How people come: by identifiers from outside, of which keyed hashes alone are kept, and by personal links."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.db import transaction
from django.utils.crypto import salted_hmac

from earshot.design.participation import ArrivalWay
from earshot.errors import StudyError
from study.models import OUTCOME_STAGES, Arrival, Enrolment, Invitation, Stage, Study
from study.services.allocations import LeavingReason, enrolment_leave
from study.services.drafts import lock_study

MOST_INVITATIONS = 10_000
"""Personal links made at a time."""

PanelStatus = Literal["RETURNED", "TIMED-OUT"]
_REASON_BY_STATUS: dict[PanelStatus, LeavingReason] = {"RETURNED": "returned", "TIMED-OUT": "timed-out"}
_IDENTIFIER_PURPOSE = "earshot arrival"
_TOKEN_PURPOSE = "earshot arrival's cookie"  # noqa: S105  # a purpose, not a secret
_LINK_TOKEN_BYTES = 24


@dataclass(frozen=True)
class Arrived:
    """How somebody came; the hashes are `identifier_hmac`'s, of the person and of the recruiting service's session.

    By a plain link nobody is known; by a personal link the invitation is.
    """

    way: ArrivalWay = "link"
    external_hmac: str = ""
    panel_session_hmac: str = ""
    invitation_id: int | None = None

    @property
    def is_identified(self) -> bool:
        """Whether the same person can be told when they come again."""
        return bool(self.external_hmac) or self.invitation_id is not None


def identifier_hmac(identifier: str, *, study: Study, way: ArrivalWay) -> str:
    """An identifier from outside as it is kept: HMAC-SHA256 under the secret key, another one in every study."""
    return salted_hmac(_IDENTIFIER_PURPOSE, f"{study.code} {way} {identifier}", algorithm="sha256").hexdigest()


def arrival_find(arrived: Arrived, *, study: Study) -> Arrival | None:
    """The arrival of the same person before; None for somebody new, or whom nothing tells."""
    if not arrived.is_identified:
        return None
    arrivals = Arrival.objects.filter(study=study).select_related("enrolment")
    if arrived.invitation_id is not None:
        return arrivals.filter(invitation=arrived.invitation_id).first()
    return arrivals.filter(external_hmac=arrived.external_hmac).first()


def arrival_make(*, study: Study, enrolment: Enrolment, arrived: Arrived, arrival: Arrival) -> Arrival:
    """The arrival, stored with the enrolment it led to; call it in the transaction that enrols.

    `arrival` is the unsaved row whose code decided the cookie's token.
    """
    arrival.study, arrival.enrolment = study, enrolment
    arrival.external_hmac, arrival.panel_session_hmac = arrived.external_hmac, arrived.panel_session_hmac
    arrival.invitation_id = arrived.invitation_id
    # Uniqueness is the database's to judge: its constraints alone hold when two requests come at once.
    arrival.clean_fields()
    arrival.save()
    return arrival


def arrival_token(arrival: Arrival, *, study: Study) -> str:
    """The token of the cookie, which can be made again for whoever comes again; nobody can make it from the row."""
    return salted_hmac(_TOKEN_PURPOSE, f"{study.code} {arrival.code}", algorithm="sha256").hexdigest()


@transaction.atomic
def invitations_make(*, study: Study, n_links: int) -> list[tuple[int, str]]:
    """Number and token of new personal links; the tokens are kept nowhere.

    Raises
    ------
    StudyError
        If `n_links` is not 1 to `MOST_INVITATIONS`, or nobody can come to the study any more.
    """
    if not 1 <= n_links <= MOST_INVITATIONS:
        raise StudyError(f"n_links is {n_links}; expected 1 to {MOST_INVITATIONS}")
    study = lock_study(study)
    if study.stage in (Stage.CLOSED, Stage.SIMULATED):
        raise StudyError(f"study '{study.slug}' is {study.stage}; personal links are made for studies that open")
    last = study.invitations.order_by("-number").values_list("number", flat=True).first() or 0
    links = [(last + number, secrets.token_urlsafe(_LINK_TOKEN_BYTES)) for number in range(1, n_links + 1)]
    Invitation.objects.bulk_create(
        [Invitation(study=study, number=number, token_sha256=_token_sha256(token)) for number, token in links]
    )
    return links


def invitation_find(token: str, *, study: Study) -> Invitation | None:
    """The invitation whose link bears the token; None for a link that nobody made."""
    return Invitation.objects.filter(study=study, token_sha256=_token_sha256(token)).first()


@dataclass(frozen=True)
class PanelRow:
    """What a recruiting service says of one submission: its session, its participant, and how it stands."""

    session: str
    participant: str
    status: str


@dataclass(frozen=True)
class PanelCounts:
    """What came of a recruiting service's list; `n_kept` keep their place by the study's rules, or completed."""

    n_released: int = 0
    n_kept: int = 0
    n_unknown: int = 0


def panel_statuses_apply(*, study: Study, rows: Iterable[PanelRow]) -> PanelCounts:
    """Give up the places of people whose submission was returned or timed out, as the study's release rules say.

    Each place by a transaction of its own; the same list again changes nothing. Other statuses are passed over, and so
    is who completed all the same: their answers count.

    Raises
    ------
    StudyError
        If nobody is allocated in the study any more.
    """
    if study.stage in OUTCOME_STAGES or study.stage == Stage.DRAFT:
        raise StudyError(f"study '{study.slug}' is {study.stage}; only places of an open or paused one are given up")
    n_released = n_kept = n_unknown = 0
    for row in rows:
        reason = _reason(row.status)
        if reason is None:
            continue
        enrolment = _submitted(row, study=study)
        if enrolment is None:
            n_unknown += 1
        elif enrolment.completed_at is None and enrolment_leave(enrolment=enrolment, reason=reason):
            n_released += 1
        else:
            n_kept += 1
    return PanelCounts(n_released=n_released, n_kept=n_kept, n_unknown=n_unknown)


def _reason(status: str) -> LeavingReason | None:
    known = status.strip().upper().replace("_", "-").replace(" ", "-")
    return next((reason for name, reason in _REASON_BY_STATUS.items() if name == known), None)


def _submitted(row: PanelRow, *, study: Study) -> Enrolment | None:
    """The enrolment of a submission: by its session, and by its participant where they came without one."""
    arrivals = Arrival.objects.filter(study=study).select_related("enrolment")
    if row.session:
        session = identifier_hmac(row.session, study=study, way="prolific")
        found = arrivals.filter(panel_session_hmac=session).first()
        if found is not None:
            return found.enrolment
        # Of somebody who came by another session this submission says nothing.
        arrivals = arrivals.filter(panel_session_hmac="")
    external = identifier_hmac(row.participant, study=study, way="prolific")
    found = arrivals.filter(external_hmac=external).first() if row.participant else None
    return found.enrolment if found is not None else None


def _token_sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
