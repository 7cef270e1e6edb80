from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from earshot.allocation import N_LISTS, Slot, allocation_block, permuted_blocks

SEEDS = st.binary(min_size=32, max_size=32)
WEIGHTS = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 4), min_size=2)


@settings(max_examples=30)
@given(weights=WEIGHTS, seed=SEEDS, n_repeats=st.integers(1, 3), n_blocks=st.integers(1, 3))
def test_every_block_is_balanced_over_arms_and_lists(
    weights: dict[str, int], seed: bytes, n_repeats: int, n_blocks: int
) -> None:
    n_slots = sum(weights.values()) * N_LISTS * n_repeats
    given_slots = [
        permuted_blocks(weights, seed=seed, place=place, n_repeats=n_repeats) for place in range(n_slots * n_blocks)
    ]
    expected = {
        Slot(arm=arm, list_index=index): weight * n_repeats
        for arm, weight in weights.items()
        for index in range(N_LISTS)
    }
    for start in range(0, len(given_slots), n_slots):
        assert Counter(given_slots[start : start + n_slots]) == expected


@given(seed=SEEDS, place=st.integers(0, 500))
def test_place_is_read_from_its_block(seed: bytes, place: int) -> None:
    weights = {"heard": 1, "seen": 2}
    block = allocation_block(weights, seed=seed, block_index=place // 6)
    assert permuted_blocks(weights, seed=seed, place=place) == block[place % 6]


def test_arms_named_in_another_order_get_the_same_slots() -> None:
    seed = bytes(32)
    one = [permuted_blocks({"a": 1, "b": 2}, seed=seed, place=place) for place in range(12)]
    assert one == [permuted_blocks({"b": 2, "a": 1}, seed=seed, place=place) for place in range(12)]


def test_blocks_and_seeds_give_other_orders() -> None:
    weights = {"a": 2, "b": 2, "c": 2}
    blocks = [tuple(allocation_block(weights, seed=bytes(32), block_index=index)) for index in range(20)]
    assert len(set(blocks)) == 20
    assert tuple(allocation_block(weights, seed=b"\x01" * 32, block_index=0)) != blocks[0]


def test_first_slot_is_given_to_all_four_about_equally() -> None:
    # 4 slots over 2,000 seeds: expected 500 each, sd 19.4; 5 sd on each side.
    firsts = Counter(
        permuted_blocks({"a": 1, "b": 1}, seed=number.to_bytes(32, "big"), place=0) for number in range(2000)
    )
    assert len(firsts) == 4
    assert all(403 <= count <= 597 for count in firsts.values())
