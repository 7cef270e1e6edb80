"""Proves the allocation of a version: assignments and trials again from seed and events, and rows that agree."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from earshot.allocation.record import Allocated, Entry
from earshot.allocation.verify import find_first_difference
from earshot.derivation import arm_shares
from earshot.files import sha256_bytes
from earshot.protocol import Protocol
from study.models import Enrolment, Event, Version
from study.selectors import study_protocol
from study.services.allocations import read_entry
from study.services.events import ALLOCATION_KINDS
from study.trial_proof import find_trial_faults


@dataclass(frozen=True)
class Proof:
    """What was found of one version.

    `difference` is the first one, in words; None where all follows from the seed. A version without a record was frozen
    by an Earshot that kept none.
    """

    version: Version
    n_allocated: int
    difference: str | None
    has_record: bool = True


def prove_allocation(version: Version) -> Proof:
    """Whether the version's allocation follows from its seed and events, and its enrolments and trials agree with them.

    Reads the seed: for the server's own commands alone.
    """
    protocol = study_protocol(version)
    if protocol.upgraded_from is not None:
        return Proof(version, n_allocated=version.n_allocated, difference=None, has_record=False)
    recorded = version.events.filter(kind__in=ALLOCATION_KINDS).order_by("id")
    rows = [_read(event) for event in recorded]
    n_allocated = sum(isinstance(row.entry, Allocated) for row in rows)
    return Proof(version, n_allocated=n_allocated, difference=_first_difference(version, protocol=protocol, rows=rows))


@dataclass(frozen=True)
class _Row:
    """An event as an entry of the record; `fault` where it cannot be read as one."""

    event: Event
    entry: Entry | None = field(default=None)
    fault: str = ""


def _read(event: Event) -> _Row:
    try:
        return _Row(event, entry=read_entry(event))
    except (KeyError, TypeError, AttributeError) as fault:
        return _Row(event, fault=f"event {event.pk} ({event.kind}) lacks {fault}")


def _first_difference(version: Version, *, protocol: Protocol, rows: list[_Row]) -> str | None:
    seed = bytes(version.allocation_seed)
    if sha256_bytes(seed) != protocol.allocation_seed_sha256:
        return "the seed is another one than the frozen protocol's hash of it says"
    unreadable = next((row.fault for row in rows if row.fault), None)
    if unreadable is not None:
        return unreadable
    found = find_first_difference(
        protocol.design.allocation,
        arms=arm_shares(protocol.design),
        seed=seed,
        entries=[row.entry for row in rows if row.entry is not None],
    )
    if found is not None:
        return found.sentence
    return next(chain(_disagreements(version, rows=rows), find_trial_faults(version, protocol=protocol)), None)


def _disagreements(version: Version, *, rows: list[_Row]) -> Iterator[str]:
    """How enrolments differ from what the events say of them."""
    enrolments = {enrolment.code: enrolment for enrolment in version.enrolments.order_by("place")}
    allocated: set[str] = set()
    for row in rows:
        enrolment = enrolments.get(row.event.enrolment)
        if enrolment is None:
            yield f"event {row.event.pk} ({row.event.kind}) is about an enrolment that is not there"
            continue
        if isinstance(row.entry, Allocated):
            allocated.add(enrolment.code)
            yield from _compare(enrolment, entry=row.entry)
        elif row.event.data["place"] != enrolment.place:
            yield f"event {row.event.pk} ({row.event.kind}) and its enrolment differ in the place"
    counted = Version.objects.values_list("n_allocated", flat=True).get(pk=version.pk)
    if counted != len(allocated):
        yield f"the version counts {counted} allocations; there are events of {len(allocated)}"
    for enrolment in enrolments.values():
        if enrolment.place is not None and enrolment.code not in allocated:
            yield f"the enrolment at place {enrolment.place} has no event of its allocation"
    yield from _compare_ends(enrolments, rows=rows)


def _compare(enrolment: Enrolment, *, entry: Allocated) -> Iterator[str]:
    kept = (enrolment.place, enrolment.arm, enrolment.sequence)
    recorded = (entry.place, entry.arm, entry.sequence)
    if kept != recorded:
        yield (
            f"the enrolment at place {entry.place} has place, arm and sequence {_listed(kept)}; its event has "
            f"{_listed(recorded)}"
        )
    elif dict(enrolment.factors) != dict(entry.factors):
        yield f"the enrolment at place {entry.place} has the factors {enrolment.factors}; its event {entry.factors}"


def _compare_ends(enrolments: dict[str, Enrolment], *, rows: list[_Row]) -> Iterator[str]:
    for kind, is_so in (("released", _is_released), ("completed", _is_completed)):
        recorded = {row.event.enrolment for row in rows if row.event.kind == kind}
        for enrolment in enrolments.values():
            if is_so(enrolment) != (enrolment.code in recorded):
                yield (
                    f"the enrolment at place {enrolment.place} is {'' if is_so(enrolment) else 'not '}{kind}, and "
                    f"{'no' if is_so(enrolment) else 'an'} event says so"
                )


def _is_released(enrolment: Enrolment) -> bool:
    return enrolment.released_at is not None


def _is_completed(enrolment: Enrolment) -> bool:
    return enrolment.completed_at is not None


def _listed(values: tuple[object, ...]) -> str:
    return ", ".join(str(value) for value in values)
