"""Faults of rows: participants, trials and events against each other, the protocols and the bundle.

Rows are read as text, cell by cell, and compared with what protocol and bundle give; one sentence names the first row
that breaks a rule and how many more there are.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from analysis.trial_rows import TrialRules
from earshot.bundle import Manifest
from earshot.dataset import EVENTS_FILE, PARTICIPANTS_FILE, TRIALS_FILE, Provenance
from earshot.protocol import Protocol

TextRow = dict[str, str]

_NEEDED_OF_EVENTS = {
    "allocated": ("version", "subject_id", "place", "arm", "sequence"),
    "released": ("version", "subject_id", "place"),
    "completed": ("version", "subject_id", "place", "is_released"),
}


@dataclass(frozen=True)
class TextRows:
    """The rows of a whole export by table, and what they are held against.

    Parameters
    ----------
    tables : mapping of str to list of dict
        By archive path; an unknown value is an empty string.
    """

    tables: Mapping[str, list[TextRow]]
    provenance: Provenance
    protocols: Mapping[int, Protocol]
    manifest: Manifest


@dataclass
class _Broken:
    """Rules that rows of one table break, with the rows' keys."""

    table: str
    keys: dict[str, list[str]] = field(default_factory=dict)

    def add(self, row: TextRow, sentence: str, *, by: tuple[str, ...]) -> None:
        named = ", ".join(f"{name} {row[name]}" for name in by)
        self.keys.setdefault(sentence, []).append(named)

    def faults(self) -> list[str]:
        """A sentence for each rule."""
        return [
            f"{self.table}: {keys[0]}{f' (and {len(keys) - 1} more rows)' if len(keys) > 1 else ''}: {sentence}"
            for sentence, keys in self.keys.items()
        ]


def find_row_faults(rows: TextRows) -> list[str]:
    """One sentence per rule that rows break."""
    broken = _Broken(PARTICIPANTS_FILE)
    seen: set[str] = set()
    for row in rows.tables[PARTICIPANTS_FILE]:
        for sentence in _participant_faults(row, rows=rows, seen=seen):
            broken.add(row, sentence, by=("subject_id",))
    return (broken.faults() or _trial_faults(rows)) + _questionnaire_faults(rows) + _event_faults(rows)


def _participant_faults(row: TextRow, *, rows: TextRows, seen: set[str]) -> Iterator[str]:
    for name in ("subject_id", "version", "stage"):
        if not row[name]:
            yield f"column '{name}' is empty; it must be known"
    if row["subject_id"] in seen:
        yield "subject_id stands in several rows; one row per participant"
    seen.add(row["subject_id"])
    versions = {str(version.number): version for version in rows.provenance.versions}
    simulated = rows.provenance.stage == "simulated"
    if (row["stage"] == "simulated") != simulated:
        expected = "'simulated', as the study is" if simulated else "'pilot' or 'running': the study is not simulated"
        yield f"stage is not {expected}"
    if row["version"] not in versions:
        yield f"version is not one of this dataset's: {', '.join(versions)}"
        return
    if versions[row["version"]].is_pilot and row["stage"] != "pilot":
        yield "version is a pilot's, but stage is not 'pilot'"
    if bool(row["released_at"]) != bool(row["release_reason"]):
        yield "released_at and release_reason must both be known or both be empty"
    if bool(row["withdrawn_at"]) != bool(row["withdrawal"]):
        yield "withdrawn_at and withdrawal must both be known or both be empty"
    if "arm" in row:
        yield from _allocation_faults(row, rows=rows)


def _allocation_faults(row: TextRow, *, rows: TextRows) -> Iterator[str]:
    """Of an export that tells arms."""
    allocated = bool(row["allocated_at"])
    protocol = rows.protocols[int(row["version"])]
    arms = [arm.name for arm in protocol.design.arms]
    if bool(row["arm"]) != allocated:
        yield "arm and allocated_at must both be known or both be empty"
    elif allocated and row["arm"] not in arms:
        yield f"arm is not one of the protocol's: {', '.join(arms)}"
    # the first Earshot recorded no places
    needed = ("sequence",) if rows.provenance.upgraded_from == 1 else ("place", "sequence")
    for name in needed:
        if bool(row[name]) != allocated:
            yield f"{name} must be known once an arm was allocated, and only then"
        elif row[name].startswith("-"):
            yield f"{name} is negative"
    if not row["n_main_answered"]:
        yield "column 'n_main_answered' is empty; it must be known"
    if bool(row["n_deleted"]) != (row["withdrawal"] == "delete"):
        yield "n_deleted must be known once answers were deleted on withdrawal, and only then"


def _trial_faults(rows: TextRows) -> list[str]:
    trials = rows.tables.get(TRIALS_FILE)
    if trials is None:
        return []
    people = {row["subject_id"]: row for row in rows.tables[PARTICIPANTS_FILE]}
    broken = _Broken(TRIALS_FILE)
    # versions of another bundle than the one in the dataset cannot be held against it
    rules = {
        number: TrialRules(protocol, manifest=rows.manifest)
        for number, protocol in rows.protocols.items()
        if protocol.bundle_sha256 == rows.provenance.bundle_sha256
    }
    seen: set[tuple[str, ...]] = set()
    for row in trials:
        for sentence in _one_trial(row, person=people.get(row["subject_id"]), rules=rules, seen=seen):
            broken.add(row, sentence, by=("subject_id", "trial_index"))
    return broken.faults() + _completeness_faults(rows, rules=rules)


def _one_trial(
    row: TextRow, *, person: TextRow | None, rules: Mapping[int, TrialRules], seen: set[tuple[str, ...]]
) -> Iterator[str]:
    if person is None:
        yield f"subject_id is not in {PARTICIPANTS_FILE}"
        return
    others = [name for name in ("version", "stage", "arm") if row[name] != person[name]]
    for name in others:
        yield f"{name} is not that of the participant"
    for key, sentence in (
        ((row["subject_id"], row["trial_index"]), "several rows; one row per subject_id and trial_index"),
        (
            (row["subject_id"], row["block"], row["stimulus"]),
            "the participant met this stimulus in an earlier trial of the block; each is shown once",
        ),
    ):
        if key in seen and key[-1]:
            yield sentence
        seen.add(key)
    own = rules.get(int(person["version"]))
    if own is not None and not others and person["arm"]:
        yield from own.faults(row)


def _completeness_faults(rows: TextRows, *, rules: Mapping[int, TrialRules]) -> list[str]:
    """Every planned trial has its row, answered or not; who was never allocated has none; answered ones are counted."""
    indices: dict[str, set[str]] = {}
    n_answered: Counter[str] = Counter()
    for row in rows.tables[TRIALS_FILE]:
        indices.setdefault(row["subject_id"], set()).add(row["trial_index"])
        n_answered[row["subject_id"]] += row["kind"] == "main" and bool(row["answered_at"])
    broken = _Broken(PARTICIPANTS_FILE)
    for person in rows.tables[PARTICIPANTS_FILE]:
        subject = person["subject_id"]
        found = indices.get(subject, set())
        own = rules.get(int(person["version"]))
        if person["arm"] and own is not None:
            n_planned = own.n_trials(person["arm"])
            if found != {str(index) for index in range(n_planned)}:
                sentence = f"{TRIALS_FILE} must have one row per planned trial, trial_index 0 to {n_planned - 1}"
                broken.add(person, f"{sentence}; rows are missing or have another index", by=("subject_id",))
        elif found and not person["arm"]:
            broken.add(person, f"{TRIALS_FILE} has rows of a participant who was never allocated", by=("subject_id",))
        if person["n_main_answered"] != str(n_answered[subject]):
            sentence = (
                f"n_main_answered is {person['n_main_answered']}, but {TRIALS_FILE} has {n_answered[subject]} "
                "answered main trials"
            )
            broken.add(person, sentence, by=("subject_id",))
    return broken.faults()


def _questionnaire_faults(rows: TextRows) -> list[str]:
    """Who answered is known, and answered a questionnaire once."""
    people = {row["subject_id"]: row for row in rows.tables[PARTICIPANTS_FILE]}
    faults = []
    for table in rows.tables.keys() - {PARTICIPANTS_FILE, TRIALS_FILE, EVENTS_FILE}:
        broken = _Broken(table)
        seen: set[str] = set()
        for row in rows.tables[table]:
            person = people.get(row["subject_id"], {})
            if any(row[name] != person.get(name) for name in ("version", "stage")):
                broken.add(row, f"version and stage are of no participant of {PARTICIPANTS_FILE}", by=("subject_id",))
            if row["subject_id"] in seen:
                broken.add(row, "subject_id stands in several rows; each answers once", by=("subject_id",))
            seen.add(row["subject_id"])
        faults += broken.faults()
    return sorted(faults)


def _event_faults(rows: TextRows) -> list[str]:
    broken = _Broken(EVENTS_FILE)
    people = {row["subject_id"] for row in rows.tables[PARTICIPANTS_FILE]}
    before = -1
    for row in rows.tables[EVENTS_FILE]:
        if not row["event_id"] or int(row["event_id"]) <= before:
            broken.add(row, "event_id does not rise from row to row", by=("event_id",))
        before = int(row["event_id"] or before)
        if row["subject_id"] and row["subject_id"] not in people:
            broken.add(row, f"subject_id is not in {PARTICIPANTS_FILE}", by=("event_id",))
        for name in _NEEDED_OF_EVENTS.get(row["event"], ()):
            if name in row and not row[name]:
                broken.add(row, f"{name} is empty in an event '{row['event']}'; it must be known", by=("event_id",))
    return broken.faults()
