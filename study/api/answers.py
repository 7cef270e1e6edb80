"""What the research API answers: numbers over all arms, and of a study in the field nothing that tells allocation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from study.models import OUTCOME_STAGES, Event, Study

EVENTS_PER_ANSWER = 1000


@dataclass(frozen=True)
class VersionAnswer:
    """A frozen version; counts are over all arms."""

    number: int
    is_pilot: bool
    reason: str
    protocol_sha256: str
    frozen_at: datetime
    n_enrolled: int
    n_allocated: int
    n_completed: int


@dataclass(frozen=True)
class StudyAnswer:
    """A study with its versions, the oldest first."""

    slug: str
    title: str
    stage: str
    bundle: str
    bundle_sha256: str
    has_draft: bool
    created_at: datetime
    closed_at: datetime | None
    versions: list[VersionAnswer]


@dataclass(frozen=True)
class EventAnswer:
    """An event; `enrolment` and `data` are None until the study is closed."""

    id: int
    at: datetime
    kind: str
    version: int | None
    enrolment: str | None
    data: dict[str, Any] | None  # whatever the kind of event holds


def study_answer(study: Study) -> StudyAnswer:
    """The study as the API tells it."""
    return StudyAnswer(
        slug=study.slug,
        title=study.title,
        stage=study.stage,
        bundle=study.bundle.name,
        bundle_sha256=study.bundle.sha256,
        has_draft=study.draft is not None,
        created_at=study.created_at,
        closed_at=study.closed_at,
        versions=_version_answers(study),
    )


def event_answers(study: Study, *, after: int) -> list[EventAnswer]:
    """The study's events with ids above `after`, in order, `EVENTS_PER_ANSWER` at most."""
    tells_all = study.stage in OUTCOME_STAGES
    events = Event.objects.filter(study=study, id__gt=after).order_by("id").select_related("version")
    events = events.defer("version__protocol", "version__allocation_seed")
    return [
        EventAnswer(
            id=event.pk,
            at=event.at,
            kind=event.kind,
            version=event.version.number if event.version is not None else None,
            enrolment=event.enrolment if tells_all else None,
            data=event.data if tells_all else None,
        )
        for event in events[:EVENTS_PER_ANSWER]
    ]


def _version_answers(study: Study) -> list[VersionAnswer]:
    counted = study.versions.defer("protocol", "allocation_seed").annotate(
        n_enrolled=Count("enrolments"),
        n_with_place=Count("enrolments", filter=Q(enrolments__allocated_at__isnull=False)),
        n_completed=Count("enrolments", filter=Q(enrolments__completed_at__isnull=False)),
    )
    return [
        VersionAnswer(
            number=version.number,
            is_pilot=version.is_pilot,
            reason=version.reason,
            protocol_sha256=version.protocol_sha256,
            frozen_at=version.frozen_at,
            n_enrolled=version.n_enrolled,
            n_allocated=version.n_with_place,
            n_completed=version.n_completed,
        )
        for version in counted.order_by("number")
    ]
