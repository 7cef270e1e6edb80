"""Deriving again: every assignment from seed and events, every trial from seed, place and sequence.

Anybody can, once the seed is known, which is when a study is closed or simulated.
"""

from collections.abc import Mapping, Sequence

from earshot.allocation.record import Allocated, Completed, Entry, Released
from earshot.allocation.verify import find_first_difference
from earshot.bundle import Manifest
from earshot.dataset import ALLOCATION_FILE, EVENTS_FILE, PARTICIPANTS_FILE, TRIALS_FILE
from earshot.dataset_allocation import AllocationRecord, VersionRecord, derive_trials, describe_allocation
from earshot.dataset_tables import factor_column
from earshot.derivation import arm_shares
from earshot.files import sha256_bytes
from earshot.protocol import Protocol
from earshot.sequence.plan import PlannedTrial

TextRow = dict[str, str]
_MET = ("block", "kind", "stimulus", "condition", "instructed_label", "first_condition", "second_condition")


def find_derivation_faults(
    tables: Mapping[str, list[TextRow]],
    *,
    record: AllocationRecord,
    protocols: Mapping[int, Protocol],
    manifest: Manifest,
    bundle_sha256: str,
) -> list[str]:
    """What does not follow from the seeds: of each version the first assignment, and the first trial, that differ.

    Parameters
    ----------
    tables : mapping of str to list of dict
        Rows of text cells by archive path, in which `rows.find_row_faults` found nothing.
    manifest, bundle_sha256 : Manifest and str
        Of the bundle in the dataset; the trials of a version of another one are not looked at.

    Notes
    -----
    Versions without a seed, and those of an older Earshot, are not looked at.
    """
    found = sorted(version.version for version in record.versions)
    if found != sorted(protocols):
        return [f"{ALLOCATION_FILE} is about the versions {found}; this dataset has {sorted(protocols)}"]
    faults = []
    for version in record.versions:
        protocol = protocols[version.version]
        own = {
            name: [row for row in rows if row.get("version") == str(version.version)] for name, rows in tables.items()
        }
        faults += _record_faults(version, protocol=protocol)
        if not faults and version.seed is not None and version.is_derivable:
            seed = bytes.fromhex(version.seed)
            faults += _allocation_faults(own, protocol=protocol, seed=seed)
            if protocol.bundle_sha256 == bundle_sha256:
                faults += _trial_faults(own, protocol=protocol, seed=seed, manifest=manifest)
    return faults


def _record_faults(version: VersionRecord, *, protocol: Protocol) -> list[str]:
    seed = None if version.seed is None else bytes.fromhex(version.seed)
    faults = []
    if version != describe_allocation(protocol, seed=seed):
        faults.append(f"{ALLOCATION_FILE}: version {version.version} does not allocate as its protocol says")
    if seed is not None and sha256_bytes(seed) != protocol.allocation_seed_sha256:
        faults.append(f"{ALLOCATION_FILE}: the seed of version {version.version} is not the one its protocol names")
    return faults


def _allocation_faults(own: Mapping[str, list[TextRow]], *, protocol: Protocol, seed: bytes) -> list[str]:
    """The first event that does not follow, then the first participant whose row tells another assignment."""
    people = {row["subject_id"]: row for row in own[PARTICIPANTS_FILE]}
    given: dict[str, tuple[str, ...]] = {}
    entries: list[Entry] = []
    for event in own[EVENTS_FILE]:
        if event["event"] == "allocated":
            given[event["subject_id"]] = (event["arm"], event["place"], event["sequence"])
        entry = _read_entry(event, person=people.get(event["subject_id"], {}), protocol=protocol)
        entries += [] if entry is None else [entry]
    difference = find_first_difference(
        protocol.design.allocation, arms=arm_shares(protocol.design), seed=seed, entries=entries
    )
    if difference is not None:
        return [f"{EVENTS_FILE}: version {protocol.version}, place {difference.place}: {difference.sentence}"]
    told = {
        subject: (row["arm"], row["place"], row["sequence"]) for subject, row in people.items() if row["allocated_at"]
    }
    other = sorted(subject for subject in {*told, *given} if told.get(subject) != given.get(subject))
    if not other:
        return []
    return [f"{PARTICIPANTS_FILE}: subject_id {other[0]}: arm, place or sequence is not that of {EVENTS_FILE}"]


def _read_entry(event: TextRow, *, person: TextRow, protocol: Protocol) -> Entry | None:
    """An event as an entry of the record; None for one that does not concern allocation."""
    if event["event"] == "allocated":
        return Allocated(
            place=int(event["place"]),
            arm=event["arm"],
            sequence=int(event["sequence"]),
            factors={name: person.get(factor_column(name), "") for name in protocol.design.allocation.strata},
            refills=int(event["refills"]) if event["refills"] else None,
        )
    if event["event"] == "released":
        return Released(place=int(event["place"]))
    is_counted = event["event"] == "completed" and event["is_released"] != "true"
    return Completed(place=int(event["place"])) if is_counted else None


def _trial_faults(
    own: Mapping[str, list[TextRow]], *, protocol: Protocol, seed: bytes, manifest: Manifest
) -> list[str]:
    """The first trial that does not follow."""
    by_subject: dict[str, list[TextRow]] = {}
    for row in own[TRIALS_FILE]:
        by_subject.setdefault(row["subject_id"], []).append(row)
    for person in own[PARTICIPANTS_FILE]:
        if not person["allocated_at"]:
            continue
        planned = derive_trials(
            protocol,
            manifest=manifest,
            seed=seed,
            place=int(person["place"]),
            arm=person["arm"],
            sequence=int(person["sequence"]),
        )
        expected = [_met(trial, protocol=protocol) for trial in planned]
        rows = sorted(by_subject.get(person["subject_id"], []), key=lambda row: int(row["trial_index"]))
        fault = _first_difference([tuple(row[name] for name in _MET) for row in rows], expected=expected)
        if fault is not None:
            return [f"{TRIALS_FILE}: subject_id {person['subject_id']}, {fault}"]
    return []


def _met(trial: PlannedTrial, *, protocol: Protocol) -> tuple[str, ...]:
    """The cells `_MET` of a planned trial."""
    pair = protocol.design.condition(trial.condition).compared(is_swapped=trial.is_swapped) if trial.condition else None
    told = (trial.block, trial.kind, trial.stimulus, trial.condition, trial.instructed_label, *(pair or ("", "")))
    return tuple(cell or "" for cell in told)


def _first_difference(found: Sequence[tuple[str, ...]], *, expected: Sequence[tuple[str, ...]]) -> str | None:
    for index, (one, other) in enumerate(zip(found, expected, strict=False)):
        if one != other:
            shown, due = (", ".join(cell for cell in cells if cell) for cells in (one, other))
            return f"trial_index {index}: the row has {shown}; seed, place and sequence give {due}"
    if len(found) != len(expected):
        return f"{len(found)} rows; seed, place and sequence give {len(expected)}"
    return None
