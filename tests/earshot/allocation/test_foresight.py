"""What can be known for certain, against enumerating every course of blocks."""

from itertools import permutations, product

import pytest

from earshot.allocation.foresight import BlockForesight
from earshot.allocation.record import ArmShare
from tests.earshot.allocation.histories import TWO_ARMS

BOTH = {"heard", "seen"}


def known_places(arms: tuple[str, ...], *, block_repeats: list[int]) -> list[bool]:
    foresight = BlockForesight(arms=TWO_ARMS, block_repeats=block_repeats)
    known = []
    for arm in arms:
        known.append(len(foresight.possible_arms(BOTH)) == 1)
        foresight.see_allocated(arm, open_names=BOTH)
    return known


def enumerated_places(arms: tuple[str, ...], *, block_repeats: list[int]) -> list[bool]:
    """The same by writing out all sequences of six that some blocks can make."""
    blocks = [set(permutations(("heard", "seen") * repeats)) for repeats in block_repeats]
    possible = {sum(course, ())[:6] for course in product(set().union(*blocks), repeat=3) if len(sum(course, ())) >= 6}
    return [len({one[place] for one in possible if one[:place] == arms[:place]}) == 1 for place in range(6)]


@pytest.mark.parametrize("block_repeats", [[1], [2], [1, 2], [3], [2, 3]])
def test_known_places_are_those_found_by_writing_out_all_courses(block_repeats: list[int]) -> None:
    sequences = sorted(
        {sum(course, ())[:6] for course in product(set(permutations(("heard", "seen") * block_repeats[0])), repeat=3)}
    )
    for arms in sequences:
        expected = enumerated_places(arms, block_repeats=block_repeats)
        assert known_places(arms, block_repeats=block_repeats) == expected


def test_freed_slot_is_expected_in_the_next_block_only() -> None:
    foresight = BlockForesight(arms=TWO_ARMS, block_repeats=[1])
    foresight.see_allocated("heard", open_names=BOTH)
    foresight.see_released("heard")
    assert foresight.possible_arms(BOTH) == {"seen"}
    foresight.see_allocated("seen", open_names=BOTH)
    foresight.see_allocated("seen", open_names=BOTH)
    for _ in range(2):
        assert foresight.possible_arms(BOTH) == {"heard"}
        foresight.see_allocated("heard", open_names=BOTH)
    assert foresight.possible_arms(BOTH) == BOTH


def test_slots_of_a_full_arm_may_or_may_not_have_been_passed_over() -> None:
    """One of 'heard' is left in the block while it is full; whether it was passed over shows only when it reopens."""
    foresight = BlockForesight(arms=[ArmShare("heard"), ArmShare("seen", weight=2)], block_repeats=[1])
    foresight.see_allocated("seen", open_names={"seen"})
    assert foresight.possible_arms({"seen"}) == {"seen"}
    assert foresight.possible_arms(BOTH) == BOTH
    foresight.see_allocated("seen", open_names=BOTH)
    assert foresight.possible_arms(BOTH) == BOTH
