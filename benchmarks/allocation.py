"""What allocating 10,000 people costs, by method; exit code 1 when a record cannot be derived again from its seed.

    python benchmarks/allocation.py [--people 10000]

One in ten gives the place up before the next comes. Seconds are those of `next` and `record` for everybody, and of
deriving the whole record again; the floor is what no method can do without, an HMAC and an entry per person, measured
in the same run. The imbalance is the largest difference of count / weight between arms, over places held.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from typing import Final

from earshot.allocation.allocator import Allocator
from earshot.allocation.record import Allocated, ArmShare, Entry, Released
from earshot.allocation.settings import AllocationSettings
from earshot.allocation.verify import find_first_difference
from earshot.shuffle import derive_key, uniform

SEED: Final = bytes(range(32))
RELEASED_SHARE: Final = 0.1
ARMS: Final = (ArmShare("picture"), ArmShare("sound"), ArmShare("both", weight=2))
FACTORS: Final = {"music": ("none", "some", "much"), "headphones": ("no", "yes")}
METHODS: Final = (
    AllocationSettings(method="simple"),
    AllocationSettings(),
    AllocationSettings(method="stratified-permuted-blocks", strata=list(FACTORS)),
    AllocationSettings(method="minimisation", strata=list(FACTORS)),
    AllocationSettings(method="least-filled"),
)


@dataclass(frozen=True)
class Row:
    """What one method took, and the imbalance it left; `is_proven` when its record was derived again."""

    method: str
    allocating_s: float
    verifying_s: float
    imbalance: float
    is_proven: bool


def draw_people(n_people: int) -> list[tuple[dict[str, str], bool]]:
    """Everybody's levels, and whether they give their place up."""
    people = []
    for person in range(n_people):
        levels = {
            factor: levels[int(uniform(SEED, purpose=f"{factor} {person}") * len(levels))]
            for factor, levels in FACTORS.items()
        }
        people.append((levels, uniform(SEED, purpose=f"leaves {person}") < RELEASED_SHARE))
    return people


def measure_floor_s(n_people: int) -> float:
    """Seconds for an HMAC and an entry per person."""
    entries: list[bytes] = []
    begun = time.perf_counter()
    for place in range(n_people):
        entries.append(derive_key(SEED, purpose=f"place {place}"))  # noqa: PERF401  # as a method would: one by one
    return time.perf_counter() - begun


def measure_method(settings: AllocationSettings, *, people: list[tuple[dict[str, str], bool]]) -> Row:
    """Allocate everybody, then derive it all again."""
    begun = time.perf_counter()
    entries = allocate_all(settings, people=people)
    allocated = time.perf_counter()
    difference = find_first_difference(settings, arms=ARMS, seed=SEED, entries=entries)
    verified = time.perf_counter()
    return Row(
        method=settings.method,
        allocating_s=allocated - begun,
        verifying_s=verified - allocated,
        imbalance=find_imbalance(entries),
        is_proven=difference is None,
    )


def allocate_all(settings: AllocationSettings, *, people: list[tuple[dict[str, str], bool]]) -> list[Entry]:
    """The record of everybody in turn."""
    allocator = Allocator(settings, arms=ARMS, seed=SEED)
    entries: list[Entry] = []

    def note(entry: Entry) -> None:
        allocator.record(entry)
        entries.append(entry)

    for factors, leaves in people:
        due = allocator.next(factors)
        note(Allocated(due.place, due.arm, due.sequence, factors, refills=due.refills))
        if leaves:
            note(Released(due.place))
    return entries


def find_imbalance(entries: list[Entry]) -> float:
    """The largest difference of count / weight between arms, counted from the record alone."""
    arms = {entry.place: entry.arm for entry in entries if isinstance(entry, Allocated)}
    for entry in entries:
        if isinstance(entry, Released):
            del arms[entry.place]
    loads = [list(arms.values()).count(arm.name) / arm.weight for arm in ARMS]
    return max(loads) - min(loads)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=10_000)
    n_people = parser.parse_args().people
    people = draw_people(n_people)
    floor_s = measure_floor_s(n_people)
    rows = [measure_method(settings, people=people) for settings in METHODS]
    weights = ", ".join(f"{arm.name} {arm.weight}" for arm in ARMS)
    print(
        f"{n_people} people, {sum(leaves for _, leaves in people)} releases; weights {weights}; floor {floor_s:.3f} s"
    )
    print("| method | allocating s | times the floor | verifying s | imbalance | derived again |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.method} | {row.allocating_s:.3f} | {row.allocating_s / floor_s:.1f} | {row.verifying_s:.3f} | "
            f"{row.imbalance:.1f} | {'yes' if row.is_proven else 'NO'} |"
        )
    return 0 if all(row.is_proven for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
