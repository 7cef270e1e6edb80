from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, product
from math import lcm

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earshot.sequence.crossing import cross_blocks
from earshot.sequence.participant import participant_trials
from earshot.sequence.plan import Arrangement, BlockPlan, PlannedTrial
from earshot.sequence.squares import williams_square

Place = tuple[str | None, tuple[str | None, ...]]


def make_block(
    name: str, *, n_conditions: int = 2, n_windows: tuple[int, int] = (1, 1), arrangement: Arrangement = "blocked"
) -> BlockPlan:
    """A block in which each participant gets one right and one wrong stimulus of each condition, and practises once."""
    right, wrong = (
        tuple(f"{name}-{stratum}-{place:02}" for place in range(n_conditions * n))
        for stratum, n in zip(("right", "wrong"), n_windows, strict=True)
    )
    practice = (f"{name}-practice",)
    return BlockPlan(
        name=name,
        kind="main",
        conditions=tuple(f"{name}-{number}" for number in range(n_conditions)),
        predicted=dict.fromkeys(practice + right + wrong, "7"),
        right=right,
        wrong=wrong,
        n_right=n_conditions,
        n_wrong=n_conditions,
        practice=practice,
        arrangement=arrangement,
        exemplars=(f"{name}-exemplar",),
    )


def trials_of(blocks: Sequence[BlockPlan], *, sequence: int) -> dict[str, list[PlannedTrial]]:
    trials = participant_trials(blocks, sequence=sequence, key=bytes(32), plan_key=bytes(32))
    return {name: list(group) for name, group in groupby(trials, key=lambda trial: trial.block)}


def place_of(block: BlockPlan, *, trials: Sequence[PlannedTrial]) -> Place:
    """Where a participant stands in a block: the condition of one stimulus, and the order of the conditions."""
    (rotation,) = [trial.condition for trial in trials if trial.stimulus == f"{block.name}-practice"]
    if block.arrangement == "mixed":
        return rotation, ()
    order = [name for name, _ in groupby(trial.condition for trial in trials if trial.kind != "exemplar")]
    return rotation, tuple(order)


def test_two_blocks_of_two_conditions_are_crossed_after_the_product_of_their_periods() -> None:
    """2 conditions and 2 orders in each block: 16 combinations, each met by one of 16 sequences."""
    blocks = [make_block("first"), make_block("second")]
    for start in (0, 16, 32):
        met = Counter(
            tuple(place_of(block, trials=trials[block.name]) for block in blocks)
            for trials in (trials_of(blocks, sequence=sequence) for sequence in range(start, start + 16))
        )
        places = [
            [(rotation, order) for rotation in block.conditions for order in (block.conditions, block.conditions[::-1])]
            for block in blocks
        ]
        assert met == dict.fromkeys(product(*places), 1)


def test_practice_and_main_are_crossed() -> None:
    blocks = [make_block("practice", arrangement="mixed"), make_block("main", arrangement="mixed")]
    met = Counter(
        tuple(place_of(block, trials=trials[block.name])[0] for block in blocks)
        for trials in (trials_of(blocks, sequence=sequence) for sequence in range(4))
    )
    assert met == dict.fromkeys(product(*(block.conditions for block in blocks)), 1)


SHAPES = st.tuples(
    st.integers(1, 3),
    st.tuples(st.integers(1, 2), st.integers(1, 2)),
    st.sampled_from(["mixed", "blocked"]),
)


def make_blocks(shapes: Sequence[tuple[int, tuple[int, int], Arrangement]]) -> list[BlockPlan]:
    return [
        make_block(f"block-{number}", n_conditions=n_conditions, n_windows=n_windows, arrangement=arrangement)
        for number, (n_conditions, n_windows, arrangement) in enumerate(shapes)
    ]


def standing_of(block: BlockPlan, *, blocks: Sequence[BlockPlan], sequence: int) -> tuple[int, tuple[int, ...]]:
    standing = cross_blocks(blocks, sequence=sequence)[block.name]
    n_conditions = len(block.conditions)
    pass_of_first_pool = sequence // block.n_windows()[0]
    order = standing.order if block.arrangement == "blocked" else ()
    return (pass_of_first_pool + standing.turn) % n_conditions, order


@settings(max_examples=40)
@given(shapes=st.lists(SHAPES, min_size=2, max_size=2))
def test_any_two_blocks_are_crossed(shapes: list[tuple[int, tuple[int, int], Arrangement]]) -> None:
    blocks = make_blocks(shapes)
    n_rows = [{1: 1, 2: 2, 3: 6}[n] if arrangement == "blocked" else 1 for n, _, arrangement in shapes]
    periods = [n * lcm(*n_windows) * rows for (n, n_windows, _), rows in zip(shapes, n_rows, strict=True)]
    n_sequences = lcm(*periods) * shapes[1][0] * n_rows[1]
    met = Counter(
        tuple(standing_of(block, blocks=blocks, sequence=sequence) for block in blocks)
        for sequence in range(n_sequences)
    )
    n_combinations = shapes[0][0] * n_rows[0] * shapes[1][0] * n_rows[1]
    assert len(met) == n_combinations
    assert set(met.values()) == {n_sequences // n_combinations}


def test_three_blocks_are_crossed() -> None:
    blocks = make_blocks([(2, (1, 1), "blocked"), (3, (1, 1), "mixed"), (2, (1, 1), "blocked")])
    # 4 for the first; a round of 12 for the second, 3 of them; a round of 36 for the third, 4 of them
    met = Counter(
        tuple(standing_of(block, blocks=blocks, sequence=sequence) for block in blocks) for sequence in range(144)
    )
    assert len(met) == 4 * 3 * 4
    assert set(met.values()) == {3}


@settings(max_examples=30)
@given(shapes=st.lists(SHAPES, min_size=2, max_size=3))
def test_every_block_stays_balanced_at_every_prefix(shapes: list[tuple[int, tuple[int, int], Arrangement]]) -> None:
    blocks = make_blocks(shapes)
    counts = {stimulus: dict.fromkeys(block.conditions, 0) for block in blocks for stimulus in block.stimuli()}
    apart = [block for block in blocks if block.arrangement == "blocked"]
    orders = {block.name: dict.fromkeys(williams_square(len(block.conditions)), 0) for block in apart}
    for sequence in range(80):
        standings = cross_blocks(blocks, sequence=sequence)
        for block in apart:
            orders[block.name][standings[block.name].order] += 1
        assert all(max(each.values()) - min(each.values()) <= 1 for each in orders.values())
        for trials in trials_of(blocks, sequence=sequence).values():
            for trial in trials:
                assert trial.stimulus is not None
                assert trial.condition is not None
                counts[trial.stimulus][trial.condition] += 1
        assert all(max(each.values()) - min(each.values()) <= 1 for each in counts.values())


@pytest.mark.parametrize("n_windows", [(1, 1), (2, 3)])
def test_block_that_repeats_another_meets_what_that_one_met(n_windows: tuple[int, int]) -> None:
    second = make_block("second", n_windows=n_windows, arrangement="mixed")
    again = replace(second, name="again", repeats="second", arrangement="blocked")
    blocks = [make_block("first"), second, make_block("third"), again]
    orders: Counter[tuple[int, ...]] = Counter()
    for sequence in range(48):
        trials = trials_of(blocks, sequence=sequence)
        assert {(trial.stimulus, trial.condition) for trial in trials["second"]} == {
            (trial.stimulus, trial.condition) for trial in trials["again"]
        }
        orders[cross_blocks(blocks, sequence=sequence)["again"].order] += 1
    assert orders == {(0, 1): 24, (1, 0): 24}


def test_one_block_alone_follows_the_sequence_number() -> None:
    standings = [cross_blocks([make_block("only")], sequence=sequence)["only"] for sequence in range(8)]
    assert [standing.turn for standing in standings] == [0] * 8
    assert [standing.order for standing in standings] == [(0, 1), (1, 0), (1, 0), (0, 1)] * 2
