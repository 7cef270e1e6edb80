"""Giving places to participants, and giving up the places of those who left: in one transaction, under one lock.

Whoever needs several locks takes the study's row before the enrolments' and these before the versions', so that nobody
waits in a circle. Two things keep this whole on PostgreSQL: studies and versions are locked FOR NO KEY UPDATE, which
leaves others free to add rows that refer to them, and `release_idle`, which holds the version, passes over enrolments
that are locked: they are at work just now.
"""

from datetime import timedelta
from typing import Literal

from django.db import transaction
from django.utils import timezone

from earshot.allocation.allocator import AllFull, Allocator
from earshot.allocation.record import Allocated, Assignment, Completed, Entry, Released
from earshot.derivation import arm_shares
from earshot.protocol import Protocol
from study.models import Enrolment, Event, Study, Version
from study.participant_plans import participant_trials_of
from study.refusals import Refusal
from study.selectors import study_protocol
from study.services.events import ALLOCATION_KINDS, event_record
from study.services.trials import trials_make

LeavingReason = Literal["withdrawn", "returned", "timed-out"]

# By version: an allocator that has recorded the version's committed events up to an id. Whoever holds the version's
# lock takes it out, and puts it back once the transaction is committed; after a rollback it is made anew.
_ALLOCATORS: dict[int, tuple[Allocator, int]] = {}


def version_lock(version_id: int) -> Version:
    """The version's row, locked: allocations, releases and completions of one version happen in turn."""
    locked = Version.objects.select_for_update(of=("self",), no_key=True).select_related("study__bundle")
    return locked.get(pk=version_id)


def enrolments_lock(*, study: Study) -> None:
    """Wait until nobody of the study takes a step, and let nobody begin one until the transaction ends.

    Call it with the study's row locked, so that nobody is enrolled meanwhile, and before locking a version.
    """
    unfinished = Enrolment.objects.filter(version__in=study.versions.all(), completed_at__isnull=True)
    list(unfinished.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def places_keep(*, study: Study) -> None:
    """Let idle time begin anew for all who hold a place: while a study is paused nobody can give a sign of life.

    Call it with the study's row locked.
    """
    enrolments_lock(study=study)
    for version_id in study.versions.order_by("pk").values_list("pk", flat=True):
        held = version_lock(version_id).enrolments.filter(
            place__isnull=False, completed_at__isnull=True, released_at__isnull=True
        )
        held.update(last_seen_at=timezone.now())


def enrolment_allocate(*, enrolment: Enrolment, version: Version) -> bool:
    """Whether the enrolment got a place; its trials are made with it.

    Call it under `version_lock`, in the transaction that ends the steps before allocation. Where every arm is full the
    enrolment is marked so instead, and goes no further.

    Raises
    ------
    Refusal
        `study-closed` if the version was frozen by an older Earshot: then a new version must be launched.
    """
    release_idle(version=version)
    protocol = study_protocol(version)
    if protocol.upgraded_from is not None:
        raise Refusal("study-closed", "this version was frozen by an older Earshot; it takes nobody new")
    allocator, _ = _take_allocator(version, protocol=protocol)
    try:
        assignment = allocator.next(enrolment.factors)
    except AllFull:
        enrolment.screened_out = "full"
        enrolment.save(update_fields=["screened_out"])
        event_record("full", study=version.study, version=version, enrolment=enrolment)
        return False
    _store(enrolment, version=version, assignment=assignment)
    trials_make(
        enrolment=enrolment,
        bundle=version.study.bundle,
        planned=participant_trials_of(version, protocol=protocol, assignment=assignment),
    )
    return True


def enrolment_release(*, enrolment: Enrolment, version: Version, reason: str) -> bool:
    """Whether a place was given up now, so that somebody else can have it; a second release changes nothing.

    Call it under `version_lock`. `reason` is one of `RELEASE_REASONS`.
    """
    if enrolment.place is None or enrolment.released_at is not None:
        return False
    enrolment.released_at, enrolment.release_reason = timezone.now(), reason
    enrolment.clean_fields(exclude=["version"])
    enrolment.save(update_fields=["released_at", "release_reason"])
    event_record(
        "released",
        study=version.study,
        version=version,
        enrolment=enrolment,
        data={"place": enrolment.place, "reason": reason},
    )
    return True


def enrolment_complete(*, enrolment: Enrolment, version: Version) -> None:
    """Note that everything was answered. Call it under `version_lock`.

    The completion of a released place is noted, but counts for no allocation.
    """
    event_record(
        "completed",
        study=version.study,
        version=version,
        enrolment=enrolment,
        data={"place": enrolment.place, "is_released": enrolment.released_at is not None},
    )


def release_idle(*, version: Version) -> int:
    """How many places of people without a sign of life were given up now. Call it under `version_lock`."""
    minutes = study_protocol(version).design.release.idle_minutes
    if minutes is None:
        return 0
    idle = version.enrolments.select_for_update(skip_locked=True).filter(
        place__isnull=False,
        completed_at__isnull=True,
        released_at__isnull=True,
        last_seen_at__lt=timezone.now() - timedelta(minutes=minutes),
    )
    return sum(enrolment_release(enrolment=one, version=version, reason="idle") for one in idle.order_by("place"))


@transaction.atomic
def enrolment_leave(*, enrolment: Enrolment, reason: LeavingReason) -> bool:
    """Whether the place of somebody who left goes to somebody else from now on, as the study declares for `reason`."""
    locked = Enrolment.objects.select_for_update(no_key=True).get(pk=enrolment.pk)
    version = version_lock(locked.version_id)
    release = study_protocol(version).design.release
    frees = {"withdrawn": release.on_withdrawal, "returned": release.on_return, "timed-out": release.on_timeout}
    return frees[reason] and enrolment_release(enrolment=locked, version=version, reason=reason)


def _take_allocator(version: Version, *, protocol: Protocol) -> tuple[Allocator, int]:
    """An allocator that knows all that happened until now, this transaction included."""
    allocator, last_id = _ALLOCATORS.pop(version.pk, (None, 0))
    if allocator is None:
        design = protocol.design
        allocator = Allocator(design.allocation, arms=arm_shares(protocol.design), seed=bytes(version.allocation_seed))
    for event in Event.objects.filter(version=version, kind__in=ALLOCATION_KINDS, id__gt=last_id).order_by("id"):
        entry = read_entry(event)
        if entry is not None:
            allocator.record(entry)
        last_id = event.pk
    taken = (allocator, last_id)
    transaction.on_commit(lambda: _ALLOCATORS.__setitem__(version.pk, taken))
    return taken


def read_entry(event: Event) -> Entry | None:
    """An event as an entry of the allocation's record; None for one that does not concern it."""
    data = event.data
    if event.kind == "allocated":
        return Allocated(
            place=data["place"],
            arm=data["arm"],
            sequence=data["sequence"],
            factors=data["factors"],
            refills=data["refills"],
        )
    if event.kind == "released":
        return Released(place=data["place"])
    return Completed(place=data["place"]) if event.kind == "completed" and not data["is_released"] else None


def _store(enrolment: Enrolment, *, version: Version, assignment: Assignment) -> None:
    now = timezone.now()
    version.n_allocated = assignment.place + 1
    version.save(update_fields=["n_allocated"])
    enrolment.arm, enrolment.place, enrolment.sequence = assignment.arm, assignment.place, assignment.sequence
    enrolment.allocated_at = enrolment.last_seen_at = now
    # Others wait for the version: that it exists is known, and constraints are the database's to judge.
    enrolment.clean_fields(exclude=["version"])
    enrolment.save(update_fields=["arm", "place", "sequence", "allocated_at", "last_seen_at"])
    event_record(
        "allocated",
        study=version.study,
        version=version,
        enrolment=enrolment,
        data={
            "place": assignment.place,
            "arm": assignment.arm,
            "sequence": assignment.sequence,
            "refills": assignment.refills,
            "factors": dict(enrolment.factors),
        },
    )
