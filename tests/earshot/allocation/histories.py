"""Runs an allocator through a history made up for a test."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from earshot.allocation.allocator import Allocator
from earshot.allocation.record import Allocated, ArmShare, Assignment, Entry, Released
from earshot.allocation.settings import AllocationSettings

SEED = bytes(range(32))
TWO_ARMS = (ArmShare("heard"), ArmShare("seen"))
LEVELS = {"music": ("none", "much"), "expertise": ("no", "some", "yes")}

SEEDS = st.binary(min_size=32, max_size=32)
WEIGHTS = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 4), min_size=2, max_size=4)
REPEATS = st.sets(st.integers(1, 4), min_size=1).map(sorted)
PEOPLE = st.lists(
    st.fixed_dictionaries({name: st.sampled_from(levels) for name, levels in LEVELS.items()}), min_size=1, max_size=80
)
SETTINGS = st.one_of(
    st.just(AllocationSettings(method="simple")),
    REPEATS.map(lambda repeats: AllocationSettings(block_repeats=repeats)),
    REPEATS.map(
        lambda repeats: AllocationSettings(
            method="stratified-permuted-blocks", block_repeats=repeats, strata=["music", "expertise"]
        )
    ),
    st.just(AllocationSettings(method="minimisation", strata=["expertise", "music"])),
    st.just(AllocationSettings(method="least-filled", best_share=0.7)),
)
EACH_METHOD = [
    AllocationSettings(method="simple"),
    AllocationSettings(),
    AllocationSettings(method="stratified-permuted-blocks", strata=["music", "expertise"]),
    AllocationSettings(method="minimisation", strata=["music", "expertise"]),
    AllocationSettings(method="least-filled"),
]


@dataclass
class History:
    """An allocator together with all that happened to it."""

    allocator: Allocator
    entries: list[Entry] = field(default_factory=list)

    def allocate(self, factors: Mapping[str, str]) -> Assignment:
        assignment = self.allocator.next(factors)
        entry = Allocated(assignment.place, assignment.arm, assignment.sequence, factors, refills=assignment.refills)
        self.note(entry)
        return assignment

    def note(self, entry: Entry) -> None:
        self.allocator.record(entry)
        self.entries.append(entry)

    @property
    def allocated(self) -> list[Allocated]:
        return [entry for entry in self.entries if isinstance(entry, Allocated)]

    @property
    def released(self) -> set[int]:
        return {entry.place for entry in self.entries if isinstance(entry, Released)}

    def held(self) -> Counter[str]:
        return Counter(entry.arm for entry in self.allocated if entry.place not in self.released)


def begin(settings: AllocationSettings, *, arms: Sequence[ArmShare] = TWO_ARMS, seed: bytes = SEED) -> History:
    return History(Allocator(settings, arms=arms, seed=seed))


def arms_of(weights: Mapping[str, int], *, quotas: Mapping[str, int] | None = None) -> list[ArmShare]:
    return [ArmShare(name, weight=weight, quota=(quotas or {}).get(name)) for name, weight in weights.items()]


def everyday_history(settings: AllocationSettings, *, n_people: int = 130) -> History:
    """People of all levels, every seventh of whom gives the place up two people later."""
    history = begin(settings)
    for number in range(n_people):
        music = LEVELS["music"][number % 2]
        history.allocate({"music": music, "expertise": LEVELS["expertise"][number * number % 3]})
        if number % 7 == 2:
            history.note(Released(number - 2))
    return history
