from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earshot.allocation.record import ArmShare, Released
from earshot.allocation.settings import AllocationSettings
from tests.earshot.allocation.histories import LEVELS, PEOPLE, REPEATS, SEEDS, WEIGHTS, arms_of, begin


def furthest_apart(counts: Counter[str], *, weights: dict[str, int]) -> float:
    loads = [counts[arm] / weight for arm, weight in weights.items()]
    return max(loads) - min(loads)


@settings(max_examples=40)
@given(weights=WEIGHTS, seed=SEEDS, repeats=st.integers(1, 4), n_blocks=st.integers(1, 3))
def test_ratios_are_exact_after_whole_blocks(weights: dict[str, int], seed: bytes, repeats: int, n_blocks: int) -> None:
    history = begin(AllocationSettings(block_repeats=[repeats]), arms=arms_of(weights), seed=seed)
    for block in range(1, n_blocks + 1):
        for _ in range(sum(weights.values()) * repeats):
            history.allocate({})
        assert history.held() == {arm: weight * repeats * block for arm, weight in weights.items()}


@settings(max_examples=40)
@given(weights=WEIGHTS, seed=SEEDS, repeats=REPEATS)
def test_arms_stay_within_one_block_of_each_other_at_every_prefix(
    weights: dict[str, int], seed: bytes, repeats: list[int]
) -> None:
    history = begin(AllocationSettings(block_repeats=repeats), arms=arms_of(weights), seed=seed)
    for _ in range(80):
        history.allocate({})
        # Whole blocks are even, and within one an arm gets 0 to `repeats` times its weight. 1e-9 for thirds.
        assert furthest_apart(history.held(), weights=weights) <= max(repeats) + 1e-9


@settings(max_examples=40)
@given(weights=WEIGHTS, seed=SEEDS, repeats=REPEATS, people=PEOPLE)
def test_arms_stay_even_in_every_stratum_at_every_prefix(
    weights: dict[str, int], seed: bytes, repeats: list[int], people: list[dict[str, str]]
) -> None:
    method = AllocationSettings(method="stratified-permuted-blocks", block_repeats=repeats, strata=list(LEVELS))
    history = begin(method, arms=arms_of(weights), seed=seed)
    for factors in people:
        history.allocate(factors)
        alike = Counter(entry.arm for entry in history.allocated if entry.factors == factors)
        assert furthest_apart(alike, weights=weights) <= max(repeats) + 1e-9


@settings(max_examples=40)
@given(weights=WEIGHTS, seed=SEEDS, repeats=st.integers(1, 3), data=st.data())
def test_released_slots_come_back_in_the_next_block(
    weights: dict[str, int], seed: bytes, repeats: int, data: st.DataObject
) -> None:
    size = sum(weights.values()) * repeats
    history = begin(AllocationSettings(block_repeats=[repeats]), arms=arms_of(weights), seed=seed)
    released = data.draw(st.sets(st.integers(0, size - 1)))
    for place in range(size):
        history.allocate({})
        if place in released:
            history.note(Released(place))
    for _ in range(size + len(released)):
        history.allocate({})
    assert history.held() == {arm: 2 * weight * repeats for arm, weight in weights.items()}
    # The third block is an ordinary one: a slot comes back once.
    for _ in range(size):
        history.allocate({})
    assert history.held() == {arm: 3 * weight * repeats for arm, weight in weights.items()}


def test_released_slot_comes_back_anywhere_in_the_block() -> None:
    """A block of two after a release holds three slots: the freed arm twice, each place about equally often."""
    others: Counter[int] = Counter()
    for number in range(600):
        history = begin(AllocationSettings(block_repeats=[1]), seed=number.to_bytes(32, "big"))
        freed = history.allocate({}).arm
        history.note(Released(0))
        history.allocate({})
        arms = [history.allocate({}).arm for _ in range(3)]
        assert arms.count(freed) == 2
        others.update(place for place, arm in enumerate(arms) if arm != freed)
    # Expected 200 each, sd 11.5; 5 sd on each side.
    assert all(143 <= others[place] <= 257 for place in range(3))


def test_released_slot_comes_back_in_its_own_stratum() -> None:
    method = AllocationSettings(method="stratified-permuted-blocks", block_repeats=[1], strata=["music"])
    history = begin(method)
    first = history.allocate({"music": "much"})
    history.allocate({"music": "much"})
    history.note(Released(0))
    for _ in range(4):
        history.allocate({"music": "none"})
    assert history.held() == {first.arm: 2, "seen" if first.arm == "heard" else "heard": 3}
    assert [history.allocate({"music": "much"}).arm for _ in range(3)].count(first.arm) == 2


@pytest.mark.parametrize("number", range(20))
def test_slots_of_a_full_arm_are_passed_over(number: int) -> None:
    arms = [ArmShare("heard", quota=2), ArmShare("seen")]
    history = begin(AllocationSettings(), arms=arms, seed=bytes([number]) * 32)
    for _ in range(12):
        history.allocate({})
    assert history.held() == {"heard": 2, "seen": 10}


def test_repeats_are_drawn_about_equally_often() -> None:
    method = AllocationSettings(block_repeats=[1, 3])
    n_alike = 0
    for number in range(2000):
        history = begin(method, seed=number.to_bytes(32, "big"))
        n_alike += history.allocate({}).arm == history.allocate({}).arm
    # Two alike at the start: never in a block of 2; in one of 6 with probability 2/5. Expected 400, sd 17.9; 5 sd.
    assert 311 <= n_alike <= 489
