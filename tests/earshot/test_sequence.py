from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earshot.sequence import counterbalance, participant_sequence

SEEDS = st.binary(min_size=32, max_size=32)
RIGHT = [f"right-{index:02}" for index in range(12)]
WRONG = [f"wrong-{index:02}" for index in range(12)]
TRAINING = [f"training-{index}" for index in range(10)]


@given(seed=SEEDS)
def test_halves_hold_as_many_of_every_stratum(seed: bytes) -> None:
    halves = counterbalance([RIGHT, WRONG], seed=seed)
    assert Counter((name[:5], half) for name, half in halves.items()) == {
        ("right", 0): 6,
        ("right", 1): 6,
        ("wrong", 0): 6,
        ("wrong", 1): 6,
    }


@given(seed=SEEDS, strata=st.permutations(RIGHT))
def test_halves_do_not_depend_on_the_order_of_names(seed: bytes, strata: list[str]) -> None:
    assert counterbalance([strata], seed=seed) == counterbalance([RIGHT], seed=seed)


def test_odd_stratum_is_refused() -> None:
    with pytest.raises(ValueError, match="stratum 1 has 11 stimuli"):
        counterbalance([RIGHT, WRONG[:11]], seed=bytes(32))


@settings(max_examples=40)
@given(seed=SEEDS, key=SEEDS, list_index=st.sampled_from([0, 1]))
def test_participant_meets_each_stimulus_once_under_balanced_masks(seed: bytes, key: bytes, list_index: int) -> None:
    halves = counterbalance([RIGHT, WRONG], seed=seed)
    trials = participant_sequence(training=TRAINING, halves=halves, list_index=list_index, key=key)
    assert [trial.phase for trial in trials] == ["training"] * 10 + ["main"] * 24
    assert sorted(trial.stimulus for trial in trials) == sorted(TRAINING + RIGHT + WRONG)
    practice, main = trials[:10], trials[10:]
    assert {trial.stimulus for trial in practice} == set(TRAINING)
    masks = [trial.mask for trial in practice]
    assert all(one != other for one, other in pairwise(masks))
    assert Counter((trial.stimulus[:5], trial.mask) for trial in main) == dict.fromkeys(
        [(kind, mask) for kind in ("right", "wrong") for mask in ("relevance", "control")], 6
    )


@given(seed=SEEDS, key=SEEDS, other_key=SEEDS)
def test_lists_swap_the_masks_of_every_stimulus(seed: bytes, key: bytes, other_key: bytes) -> None:
    halves = counterbalance([RIGHT, WRONG], seed=seed)
    masks = []
    for list_index, own in ((0, key), (1, other_key)):
        trials = participant_sequence(training=TRAINING, halves=halves, list_index=list_index, key=own)
        masks.append({trial.stimulus: trial.mask for trial in trials if trial.phase == "main"})
    assert all(masks[0][name] != masks[1][name] for name in RIGHT + WRONG)


def test_orders_differ_between_participants_and_phases() -> None:
    halves = counterbalance([RIGHT, WRONG], seed=bytes(32))
    orders = {
        tuple(trial.stimulus for trial in participant_sequence(training=TRAINING, halves=halves, list_index=0, key=key))
        for key in (number.to_bytes(32, "big") for number in range(50))
    }
    assert len(orders) == 50
    assert len({order[:10] for order in orders}) == len({order[10:] for order in orders}) == 50
