"""Proves a record: derives every allocation again from seed and history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from earshot.allocation.allocator import AllFull, Allocator
from earshot.allocation.record import Allocated, ArmShare, Assignment, Entry
from earshot.allocation.settings import AllocationSettings


@dataclass(frozen=True)
class Difference:
    """The first entry of a record that does not follow from the seed and the entries before it.

    Parameters
    ----------
    place : int
        The place the entry is about.
    expected : Assignment, optional
        What seed and history give; None where no entry of the kind was possible.
    found : Allocated, Released or Completed
        What the record has.
    sentence : str
        Both, in words.
    """

    place: int
    expected: Assignment | None
    found: Entry
    sentence: str


def find_first_difference(
    settings: AllocationSettings, *, arms: Sequence[ArmShare], seed: bytes, entries: Iterable[Entry]
) -> Difference | None:
    """The first difference between a record and what follows from its seed; None when there is none.

    Parameters
    ----------
    entries : iterable of entries
        The whole record, in the order in which it came about.

    Notes
    -----
    Factors are taken as recorded. What came after a difference says nothing, since it followed from another past.
    """
    allocator = Allocator(settings, arms=arms, seed=seed)
    for entry in entries:
        difference = _compare(allocator, entry=entry)
        if difference is not None:
            return difference
    return None


def _compare(allocator: Allocator, *, entry: Entry) -> Difference | None:
    """How `entry` differs from what is due; when it does not, `allocator` has moved on."""
    expected = None
    try:
        if isinstance(entry, Allocated):
            expected = allocator.next(entry.factors)
            found = Assignment(place=entry.place, arm=entry.arm, sequence=entry.sequence, refills=entry.refills)
            if found != expected:
                sentence = f"the record has {_describe(found)}; seed and history give {_describe(expected)}"
                return Difference(place=entry.place, expected=expected, found=entry, sentence=sentence)
        allocator.record(entry)
    except (ValueError, AllFull) as fault:
        return Difference(place=entry.place, expected=expected, found=entry, sentence=str(fault))
    return None


def _describe(assignment: Assignment) -> str:
    refill = "no refill" if assignment.refills is None else f"the refill of place {assignment.refills}"
    return f"place {assignment.place} in arm '{assignment.arm}' with sequence {assignment.sequence}, {refill}"
