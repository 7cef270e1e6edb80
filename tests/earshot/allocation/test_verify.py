from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earshot.allocation.allocator import Allocator
from earshot.allocation.record import Allocated, ArmShare, Entry, Released
from earshot.allocation.settings import AllocationSettings
from earshot.allocation.verify import find_first_difference
from tests.earshot.allocation.histories import EACH_METHOD, SEED, TWO_ARMS, everyday_history

OTHER_ARM = {"heard": "seen", "seen": "heard"}


def index_of(place: int, *, entries: list[Entry]) -> int:
    return next(index for index, entry in enumerate(entries) if isinstance(entry, Allocated) and entry.place == place)


@pytest.mark.parametrize("method", EACH_METHOD, ids=lambda method: method.method)
def test_true_record_has_no_difference(method: AllocationSettings) -> None:
    entries = everyday_history(method).entries
    assert find_first_difference(method, arms=TWO_ARMS, seed=SEED, entries=entries) is None


@pytest.mark.parametrize("method", EACH_METHOD, ids=lambda method: method.method)
def test_each_of_100_tampered_assignments_is_found_at_its_place(method: AllocationSettings) -> None:
    entries = everyday_history(method).entries
    for place in range(100):
        index = index_of(place, entries=entries)
        true = entries[index]
        assert isinstance(true, Allocated)
        tampered = [
            replace(true, arm=OTHER_ARM[true.arm]),
            replace(true, sequence=true.sequence + 1),
            replace(true, refills=place if true.refills is None else None),
        ][place % 3]
        found = find_first_difference(
            method, arms=TWO_ARMS, seed=SEED, entries=[*entries[:index], tampered, *entries[index + 1 :]]
        )
        assert found is not None
        assert (found.place, found.found) == (place, tampered)
        assert found.expected is not None
        assert (found.expected.arm, found.expected.sequence) == (true.arm, true.sequence)
        assert found.sentence.startswith(f"the record has place {place} in arm '{tampered.arm}'")


@settings(max_examples=30)
@given(index=st.integers(0, 99))
def test_entry_left_out_is_found(index: int) -> None:
    entries = everyday_history(AllocationSettings()).entries
    shortened = [*entries[:index], *entries[index + 1 :]]
    assert find_first_difference(AllocationSettings(), arms=TWO_ARMS, seed=SEED, entries=shortened) is not None


def test_other_seed_is_found() -> None:
    entries = everyday_history(AllocationSettings()).entries
    assert find_first_difference(AllocationSettings(), arms=TWO_ARMS, seed=bytes(32), entries=entries) is not None


def test_release_of_a_place_nobody_had_is_a_difference() -> None:
    found = find_first_difference(AllocationSettings(), arms=TWO_ARMS, seed=SEED, entries=[Released(0)])
    assert found is not None
    assert (found.place, found.expected) == (0, None)
    assert "place to release is 0" in found.sentence


def test_allocation_beyond_all_quotas_is_a_difference() -> None:
    arms = [ArmShare("heard", quota=1)]
    assignment = Allocator(AllocationSettings(), arms=arms, seed=SEED).next({})
    entries = [Allocated(0, assignment.arm, 0, {}), Allocated(1, "heard", 1, {})]
    found = find_first_difference(AllocationSettings(), arms=arms, seed=SEED, entries=entries)
    assert found is not None
    assert found.sentence.startswith("every arm's quota is taken (heard 1)")
