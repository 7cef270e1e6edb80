from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from math import lcm

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earshot.sequence.order import ImpossibleOrder, OrderRules
from earshot.sequence.participant import check_order, participant_trials
from earshot.sequence.plan import Arrangement, BlockPlan, PlannedTrial, Square
from earshot.shuffle import derive_key

KEYS = st.binary(min_size=32, max_size=32)
CONDITIONS = ("relevance", "control", "blobs", "other-clip")


def make_training(*, n_conditions: int = 2) -> BlockPlan:
    practice = tuple(f"practice-{place}" for place in range(7))
    return BlockPlan(
        name="training",
        kind="training",
        conditions=CONDITIONS[:n_conditions],
        predicted={stimulus: stimulus[-1] for stimulus in practice},
        practice=practice,
        exemplars=tuple(f"exemplar-{label}" for label in range(5)),
    )


def make_main(
    *, n_conditions: int = 2, share: int = 3, n_windows_right: int = 1, n_windows_wrong: int = 1
) -> BlockPlan:
    n_stimuli = n_conditions * share
    right = tuple(f"right-{place:02}" for place in range(n_stimuli * n_windows_right))
    wrong = tuple(f"wrong-{place:02}" for place in range(n_stimuli * n_windows_wrong))
    return BlockPlan(
        name="main",
        kind="main",
        conditions=CONDITIONS[:n_conditions],
        predicted={stimulus: str(place % 10) for place, stimulus in enumerate(right + wrong)},
        right=right,
        wrong=wrong,
        n_right=n_stimuli,
        n_wrong=n_stimuli,
    )


MAIN_BLOCKS = st.builds(
    make_main,
    n_conditions=st.integers(1, 4),
    share=st.integers(1, 3),
    n_windows_right=st.integers(1, 3),
    n_windows_wrong=st.integers(1, 3),
)


def stimuli_of(trials: Sequence[PlannedTrial], *, block: str = "main") -> list[str]:
    return [trial.stimulus for trial in trials if trial.block == block and trial.stimulus is not None]


def conditions_of(trials: Sequence[PlannedTrial]) -> set[tuple[str, str | None, str | None]]:
    return {(trial.block, trial.stimulus, trial.condition) for trial in trials if trial.kind != "attention"}


@settings(max_examples=60)
@given(main=MAIN_BLOCKS, sequence=st.integers(0, 200), key=KEYS, plan_key=KEYS)
def test_participant_meets_no_stimulus_twice_and_equal_numbers_per_condition(
    main: BlockPlan, sequence: int, key: bytes, plan_key: bytes
) -> None:
    training = make_training(n_conditions=len(main.conditions))
    trials = participant_trials([training, main], sequence=sequence, key=key, plan_key=plan_key)
    assert [trial.kind for trial in trials] == ["exemplar"] * 5 + ["training"] * 7 + ["main"] * (
        main.n_right + main.n_wrong
    )
    stimuli = [trial.stimulus for trial in trials]
    assert len(set(stimuli)) == len(stimuli)
    assert set(stimuli[:12]) == set(training.stimuli())
    for stratum in ("right", "wrong"):
        found = Counter(trial.condition for trial in trials if str(trial.stimulus).startswith(stratum))
        assert found == dict.fromkeys(main.conditions, main.n_right // len(main.conditions))
    practised = Counter(trial.condition for trial in trials if trial.kind == "training")
    counts = [practised[condition] for condition in training.conditions]
    assert max(counts) - min(counts) <= 1


@settings(max_examples=20)
@given(main=MAIN_BLOCKS, arrangement=st.sampled_from(["mixed", "blocked"]), plan_key=KEYS)
def test_every_stimulus_comes_equally_often_under_each_condition_at_every_prefix(
    main: BlockPlan, arrangement: Arrangement, plan_key: bytes
) -> None:
    blocks = [
        make_training(n_conditions=len(main.conditions)),
        replace(main, arrangement=arrangement),
    ]
    counts = {stimulus: dict.fromkeys(main.conditions, 0) for block in blocks for stimulus in block.stimuli()}
    for sequence in range(2 * len(main.conditions) * 3):
        for trial in participant_trials(blocks, sequence=sequence, key=bytes(32), plan_key=plan_key):
            assert trial.stimulus is not None
            assert trial.condition is not None
            counts[trial.stimulus][trial.condition] += 1
        assert all(max(each.values()) - min(each.values()) <= 1 for each in counts.values())


@given(main=MAIN_BLOCKS, sequence=st.integers(0, 50), keys=st.tuples(KEYS, KEYS), plan_key=KEYS)
@settings(max_examples=40)
def test_refill_meets_the_same_stimuli_under_the_same_conditions(
    main: BlockPlan, sequence: int, keys: tuple[bytes, bytes], plan_key: bytes
) -> None:
    blocks = [make_training(n_conditions=len(main.conditions)), main]
    dropped, refill = (participant_trials(blocks, sequence=sequence, key=key, plan_key=plan_key) for key in keys)
    assert conditions_of(dropped) == conditions_of(refill)
    assert dropped == participant_trials(blocks, sequence=sequence, key=keys[0], plan_key=plan_key)


def test_orders_differ_between_participants_and_blocks() -> None:
    again = replace(make_main(share=6), name="again", repeats="main")
    orders = set()
    for number in range(30):
        trials = participant_trials(
            [make_main(share=6), again], sequence=0, key=derive_key(b"key", purpose=str(number)), plan_key=bytes(32)
        )
        orders |= {tuple(stimuli_of(trials)), tuple(stimuli_of(trials, block="again"))}
    assert len(orders) == 60


def test_repeated_block_meets_the_same_stimuli_under_the_same_conditions() -> None:
    main = make_main(n_windows_right=3, n_windows_wrong=2)
    again = replace(main, name="again", repeats="main")
    for sequence in range(12):
        trials = participant_trials([main, again], sequence=sequence, key=bytes(32), plan_key=bytes(32))
        first, second = trials[:12], trials[12:]
        assert {(trial.stimulus, trial.condition) for trial in first} == {
            (trial.stimulus, trial.condition) for trial in second
        }


def test_exemplars_come_first_in_the_declared_order_with_conditions_in_turn() -> None:
    for sequence in range(4):
        trials = participant_trials([make_training()], sequence=sequence, key=bytes(32), plan_key=bytes(32))[:5]
        assert stimuli_of(trials, block="training") == [f"exemplar-{label}" for label in range(5)]
        assert trials[0].condition == ("relevance", "control")[sequence % 2]
        assert all(one.condition != other.condition for one, other in pairwise(trials))


@settings(max_examples=40)
@given(
    n_conditions=st.integers(1, 4),
    n_windows=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    square=st.sampled_from(["latin", "williams"]),
    plan_key=KEYS,
)
def test_blocked_conditions_come_one_after_the_other_and_equally_often_in_each_place(
    n_conditions: int, n_windows: tuple[int, int], square: Square, plan_key: bytes
) -> None:
    main = replace(
        make_main(n_conditions=n_conditions, share=1, n_windows_right=n_windows[0], n_windows_wrong=n_windows[1]),
        arrangement="blocked",
        square=square,
    )
    places = {(place, condition): 0 for place in range(n_conditions) for condition in main.conditions}
    followers: Counter[tuple[str | None, str | None]] = Counter()
    n_rows = 2 * n_conditions if square == "williams" and n_conditions % 2 else n_conditions
    n_sequences = n_rows * n_conditions * lcm(*n_windows)
    for sequence in range(n_sequences):
        trials = participant_trials([main], sequence=sequence, key=bytes(32), plan_key=plan_key)
        order = [condition for condition, _ in groupby(trial.condition for trial in trials)]
        assert sorted(map(str, order)) == sorted(main.conditions)
        for place, condition in enumerate(order):
            places[place, str(condition)] += 1
        followers.update(pairwise(order))
        # The rows are used equally often but for one; odd Williams squares hold a place twice.
        assert max(places.values()) - min(places.values()) <= 2
    assert set(places.values()) == {n_sequences // n_conditions}
    if square == "williams":
        assert len(set(followers.values())) <= 1


@settings(max_examples=20)
@given(n_conditions=st.integers(1, 4), plan_key=KEYS)
def test_no_stimulus_is_tied_to_a_condition_in_one_place(n_conditions: int, plan_key: bytes) -> None:
    main = replace(make_main(n_conditions=n_conditions, share=1), arrangement="blocked", square="latin")
    met: Counter[tuple[str | None, str | None, int]] = Counter()
    for sequence in range(n_conditions * n_conditions):
        trials = participant_trials([main], sequence=sequence, key=bytes(32), plan_key=plan_key)
        met.update((trial.stimulus, trial.condition, place // 2) for place, trial in enumerate(trials))
    assert met == {
        (stimulus, condition, place): 1
        for stimulus in main.stimuli()
        for condition in main.conditions
        for place in range(n_conditions)
    }


@given(n_attention=st.integers(0, 12), sequence=st.integers(0, 9), key=KEYS)
def test_attention_trials_are_never_first_and_never_two_in_a_row(n_attention: int, sequence: int, key: bytes) -> None:
    main = replace(make_main(), n_attention=n_attention, attention_labels=("3", "7"))
    trials = participant_trials([make_training(), main], sequence=sequence, key=key, plan_key=bytes(32))
    kinds = [trial.kind for trial in trials if trial.block == "main"]
    assert Counter(kinds) == Counter({"main": 12, "attention": n_attention})
    assert kinds[0] == "main"
    assert ("attention", "attention") not in set(pairwise(kinds))
    asked = [trial for trial in trials if trial.kind == "attention"]
    assert all(trial.stimulus is None and trial.condition is None for trial in asked)
    assert all(trial.instructed_label in ("3", "7") for trial in asked)
    assert all(trial.instructed_label is None for trial in trials if trial.kind != "attention")


def test_attention_trials_lie_at_other_places_and_ask_for_other_labels_by_key() -> None:
    main = replace(make_main(), n_attention=2, attention_labels=("3", "7"))
    found = set()
    for number in range(40):
        key = derive_key(b"key", purpose=str(number))
        trials = participant_trials([main], sequence=0, key=key, plan_key=bytes(32))
        found |= {(place, trial.instructed_label) for place, trial in enumerate(trials) if trial.kind == "attention"}
    assert {label for _, label in found} == {"3", "7"}
    assert {place for place, _ in found} >= set(range(2, 12))


def test_impossible_order_is_met_by_the_check_and_by_the_participant_alike() -> None:
    main = make_main()
    rules = OrderRules(longest_run_of_label=1)
    main = replace(main, predicted=dict.fromkeys(main.right + main.wrong, "7"), order=rules)
    message = "block 'main', sequence 0: longest_run_of_label is 1, but 12 of 12 stimuli have the label '7'"
    with pytest.raises(ImpossibleOrder, match=message):
        check_order([make_training(), main], n_sequences=3, plan_key=bytes(32))
    with pytest.raises(ImpossibleOrder, match=message):
        participant_trials([make_training(), main], sequence=0, key=bytes(32), plan_key=bytes(32))


def test_check_looks_at_every_sequence() -> None:
    """Of eight stimuli four have one label: two windows of four each, of which some hold too many of them."""
    right = tuple(f"right-{place}" for place in range(8))
    main = BlockPlan(
        name="main",
        kind="main",
        conditions=("relevance",),
        predicted={stimulus: "7" if place < 4 else "3" for place, stimulus in enumerate(right)},
        right=right,
        n_right=4,
    )
    plan_key = derive_key(b"plan", purpose="a")
    n_sevens = [
        Counter(main.predicted[stimulus] for stimulus in stimuli_of(trials))["7"]
        for trials in (
            participant_trials([main], sequence=sequence, key=bytes(32), plan_key=plan_key) for sequence in range(20)
        )
    ]
    first_bad = next(sequence for sequence, n in enumerate(n_sevens) if n != 2)
    assert first_bad > 0
    strict = replace(main, order=OrderRules(longest_run_of_label=1))
    check_order([strict], n_sequences=first_bad, plan_key=plan_key)
    with pytest.raises(ImpossibleOrder, match=f"sequence {first_bad}: longest_run_of_label is 1"):
        check_order([strict], n_sequences=first_bad + 1, plan_key=plan_key)


@pytest.mark.parametrize("arrangement", ["mixed", "blocked"])
def test_checked_rules_hold_for_other_keys(arrangement: Arrangement) -> None:
    main = replace(
        make_main(share=6, n_windows_right=2),
        arrangement=arrangement,
        order=OrderRules(longest_run_of_label=1, longest_run_of_condition=3 if arrangement == "mixed" else None),
    )
    check_order([main], n_sequences=20, plan_key=bytes(32))
    for sequence in range(20):
        key = derive_key(b"key", purpose=str(sequence))
        trials = participant_trials([main], sequence=sequence, key=key, plan_key=bytes(32))
        for _, part in groupby(trials, key=lambda trial: trial.condition if arrangement == "blocked" else None):
            labels = [main.predicted[str(trial.stimulus)] for trial in part]
            assert all(one != other for one, other in pairwise(labels))


def test_check_of_no_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="n_sequences is 0; check at least 1"):
        check_order([make_main()], n_sequences=0, plan_key=bytes(32))


def test_blocks_that_do_not_fit_one_another_are_refused() -> None:
    with pytest.raises(ValueError, match="two blocks have the name 'main'"):
        participant_trials([make_main(), make_main()], sequence=0, key=bytes(32), plan_key=bytes(32))
    with pytest.raises(ValueError, match="two blocks have the name 'main'"):
        check_order([make_main(), make_main()], n_sequences=1, plan_key=bytes(32))


def test_negative_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="sequence is -1"):
        participant_trials([make_main()], sequence=-1, key=bytes(32), plan_key=bytes(32))


@settings(max_examples=40)
@given(main=MAIN_BLOCKS, sequence=st.integers(0, 50), arrangement=st.sampled_from(["mixed", "blocked"]), key=KEYS)
def test_half_the_trials_of_each_condition_are_swapped_and_no_others(
    main: BlockPlan, sequence: int, arrangement: Arrangement, key: bytes
) -> None:
    main = replace(main, arrangement=arrangement, n_attention=1, attention_labels=("3", "7"))
    blocks = [make_training(n_conditions=len(main.conditions)), main]
    trials = participant_trials(blocks, sequence=sequence, key=key, plan_key=bytes(32))
    for block in blocks:
        for condition in block.conditions:
            swaps = [
                trial.is_swapped
                for trial in trials
                if (trial.block, trial.condition) == (block.name, condition) and trial.kind != "exemplar"
            ]
            assert abs(2 * sum(swaps) - len(swaps)) <= 1
    assert not any(trial.is_swapped for trial in trials if trial.kind in ("exemplar", "attention"))


def test_swaps_are_drawn_anew_by_key_and_block_and_an_odd_one_falls_either_way() -> None:
    """Of 7 practice stimuli one condition has 3 and the other 4; of the 3 one or two are swapped, of the 4 two."""
    drawn = set()
    n_swapped: Counter[int] = Counter()
    places: Counter[int] = Counter()
    for number in range(100):
        key = derive_key(b"key", purpose=str(number))
        trials = participant_trials([make_training(), make_main()], sequence=0, key=key, plan_key=bytes(32))
        drawn |= {tuple(trial.is_swapped for trial in trials if trial.kind == "main")}
        n_swapped[sum(trial.is_swapped for trial in trials if trial.kind == "training")] += 1
        places.update(place for place, trial in enumerate(trials[5:]) if trial.is_swapped)
    # 400 pairs of halves of 6 and of orders: hardly any two of 100 draws are the same
    assert len(drawn) > 80
    # of 100 fair draws fewer than 30 or more than 70 have a probability below 1 in 10,000; the keys are fixed
    assert set(n_swapped) == {3, 4}
    assert all(30 <= n <= 70 for n in n_swapped.values())
    assert all(30 <= places[place] <= 70 for place in range(19))
