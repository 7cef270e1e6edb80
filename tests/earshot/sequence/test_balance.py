from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earshot.sequence.balance import assign_conditions, classes, count_windows

KEYS = st.binary(min_size=32, max_size=32)


def pool_of(n: int) -> list[str]:
    return [f"stimulus-{number:03}" for number in range(n)]


@given(n_pool=st.integers(0, 40), n_classes=st.integers(1, 6), key=KEYS)
def test_classes_are_as_large_as_each_other(n_pool: int, n_classes: int, key: bytes) -> None:
    found = classes(pool_of(n_pool), n_classes=n_classes, key=key)
    sizes = [list(found.values()).count(number) for number in range(n_classes)]
    assert sorted(found) == pool_of(n_pool)
    assert sum(sizes) == n_pool
    assert max(sizes) - min(sizes) <= 1


@given(pool=st.permutations(pool_of(12)), key=KEYS)
def test_order_of_the_pool_does_not_matter(pool: list[str], key: bytes) -> None:
    for sequence in range(4):
        assert assign_conditions(pool, n_stimuli=6, n_conditions=3, sequence=sequence, key=key) == assign_conditions(
            pool_of(12), n_stimuli=6, n_conditions=3, sequence=sequence, key=key
        )


@settings(max_examples=60)
@given(n_conditions=st.integers(1, 4), share=st.integers(1, 4), n_windows=st.integers(1, 4), key=KEYS)
def test_stimuli_are_balanced_at_every_prefix(n_conditions: int, share: int, n_windows: int, key: bytes) -> None:
    n_stimuli = n_conditions * share
    pool = pool_of(n_stimuli * n_windows)
    counts = {stimulus: [0] * n_conditions for stimulus in pool}
    for sequence in range(2 * n_conditions * n_windows + 1):
        assigned = assign_conditions(pool, n_stimuli=n_stimuli, n_conditions=n_conditions, sequence=sequence, key=key)
        assert Counter(assigned.values()) == dict.fromkeys(range(n_conditions), share)
        for stimulus, condition in assigned.items():
            counts[stimulus][condition] += 1
        assert all(max(each) - min(each) <= 1 for each in counts.values())
        n_assigned = [sum(each) for each in counts.values()]
        assert max(n_assigned) - min(n_assigned) <= 1


def test_windows_are_dealt_anew_in_every_pass() -> None:
    windows = defaultdict(set)
    for sequence in range(40):
        assigned = assign_conditions(pool_of(24), n_stimuli=12, n_conditions=2, sequence=sequence, key=bytes(32))
        windows[sequence % 2].add(frozenset(assigned))
    assert len(windows[0]) == len(windows[1]) == 20


def test_conditions_of_the_whole_pool_rotate_with_the_sequence() -> None:
    first, second, third = (
        assign_conditions(pool_of(6), n_stimuli=6, n_conditions=2, sequence=sequence, key=bytes(32))
        for sequence in range(3)
    )
    assert second == {stimulus: 1 - condition for stimulus, condition in first.items()}
    assert third == first


def test_nothing_is_taken_from_an_unused_pool() -> None:
    assert count_windows(5, n_stimuli=0, n_conditions=2) == 1
    assert assign_conditions(pool_of(5), n_stimuli=0, n_conditions=2, sequence=3, key=bytes(32)) == {}


def test_number_that_conditions_cannot_share_is_refused() -> None:
    with pytest.raises(ValueError, match="10 stimuli per participant cannot be shared equally by 4 conditions; take a"):
        count_windows(20, n_stimuli=10, n_conditions=4)


def test_negative_number_is_refused() -> None:
    with pytest.raises(ValueError, match="-4 stimuli per participant"):
        count_windows(20, n_stimuli=-4, n_conditions=4)


@pytest.mark.parametrize(("n_pool", "way_out"), [(50, 48), (10, 12), (0, 12)])
def test_pool_that_leaves_a_rest_is_refused(n_pool: int, way_out: int) -> None:
    message = f"a pool of {n_pool} stimuli cannot be dealt out 12 at a time; make it {way_out} stimuli"
    with pytest.raises(ValueError, match=message):
        count_windows(n_pool, n_stimuli=12, n_conditions=2)


def test_negative_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="sequence is -1; sequences are counted from 0"):
        assign_conditions(pool_of(4), n_stimuli=4, n_conditions=2, sequence=-1, key=bytes(32))
