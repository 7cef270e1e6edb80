"""Adding to the record of what happened."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from django.utils import timezone

from study.models import Enrolment, Event, Study, Version

EventKind = Literal[
    "study-created",
    "study-changed",
    "pilot-started",
    "launched",
    "paused",
    "resumed",
    "closed",
    "cloned",
    "declined",
    "enrolled",
    "screened",
    "screened-out",
    "sound-checked",
    "headphones-checked",
    "questionnaire-answered",
    "allocated",
    "released",
    "full",
    "completed",
    "withdrawn",
    "exported",
]

ALLOCATION_KINDS: tuple[EventKind, ...] = ("allocated", "released", "completed")
"""What allocation follows from, beside the seed. Such rows are written under the lock of their version."""


def event_record(
    kind: EventKind,
    *,
    study: Study,
    version: Version | None = None,
    enrolment: Enrolment | None = None,
    data: Mapping[str, str | int | bool | Mapping[str, str] | None] | None = None,
    at: datetime | None = None,
) -> Event:
    """The event as it was added; `data` must hold nothing personal and no outcome.

    It happens now; only simulations say when.
    """
    event = Event(
        study=study,
        version=version,
        at=at or timezone.now(),
        kind=kind,
        enrolment=enrolment.code if enrolment is not None else "",
        data=dict(data or {}),
    )
    event.save()
    return event
