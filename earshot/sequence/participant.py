"""All trials of one participant: blocks, stimuli, conditions and attention trials in order.

Two keys decide. The plan key is the same for everybody: from it follows which stimuli a sequence number gets under
which conditions, so somebody who inherits a number inherits these. The participant's own key decides the order.
"""

from collections.abc import Iterable, Sequence
from math import lcm

from earshot.sequence.balance import assign_conditions, classes
from earshot.sequence.order import (
    CHECKED_ATTEMPTS,
    MOST_ATTEMPTS,
    AssignedStimulus,
    ImpossibleOrder,
    order_stimuli,
)
from earshot.sequence.plan import BlockPlan, PlannedTrial, check_blocks
from earshot.sequence.squares import latin_square, square_row, williams_square
from earshot.shuffle import chosen, derive_key, shuffled

_SQUARES = {"latin": latin_square, "williams": williams_square}
# Known to everybody: what is checked with it must hold for any key, and shows nobody's order.
_PUBLIC_KEY = bytes(32)


def participant_trials(
    blocks: Sequence[BlockPlan], *, sequence: int, key: bytes, plan_key: bytes
) -> list[PlannedTrial]:
    """All trials of one participant in order.

    Parameters
    ----------
    blocks : sequence of BlockPlan
        Of the participant's arm, in order.
    sequence : int
        The participant's number within the arm, from 0; with `plan_key` it decides stimuli and conditions.
    key : bytes
        The participant's own, of 32 bytes; decides the order and the attention trials.
    plan_key : bytes
        The same for everybody, of 32 bytes.

    Raises
    ------
    ImpossibleOrder
        If a block's rules cannot be kept with these stimuli; the message names block and sequence. `check_order` meets
        it first.
    ValueError
        If the blocks do not fit one another (`check_blocks`), or `sequence` is negative.
    """
    check_blocks(blocks)
    return [
        trial
        for block in blocks
        for trial in _block_trials(block, sequence=sequence, key=key, plan_key=plan_key, n_attempts=MOST_ATTEMPTS)
    ]


def check_order(blocks: Sequence[BlockPlan], *, n_sequences: int, plan_key: bytes) -> None:
    """Build the sequences 0..n_sequences-1 with a public key, for a launch to meet what a participant would.

    Raises
    ------
    ImpossibleOrder, ValueError
        As `participant_trials`; or if `n_sequences` is below 1. An order that is hard to find is given up earlier than
        a participant's, so that what passes holds for every other key, too.
    """
    if n_sequences < 1:
        raise ValueError(f"n_sequences is {n_sequences}; check at least 1")
    check_blocks(blocks)
    for sequence in range(n_sequences):
        key = derive_key(_PUBLIC_KEY, purpose=f"sequence {sequence}")
        for block in blocks:
            _block_trials(block, sequence=sequence, key=key, plan_key=plan_key, n_attempts=CHECKED_ATTEMPTS)


def _block_trials(
    block: BlockPlan, *, sequence: int, key: bytes, plan_key: bytes, n_attempts: int
) -> list[PlannedTrial]:
    """The trials of one block; the keys are those of the whole session."""
    own_key = derive_key(key, purpose=f"block {block.name}")
    assigned = _assign_stimuli(
        block, sequence=sequence, plan_key=derive_key(plan_key, purpose=f"block {block.repeats or block.name}")
    )
    try:
        ordered = [
            each
            for number, part in enumerate(_parts(block, assigned, sequence=sequence))
            for each in order_stimuli(
                part, rules=block.order, key=derive_key(own_key, purpose=f"part {number}"), n_attempts=n_attempts
            )
        ]
    except ImpossibleOrder as error:
        raise ImpossibleOrder(f"block '{block.name}', sequence {sequence}: {error}") from error
    trials = [PlannedTrial(block.name, block.kind, each.stimulus, each.condition) for each in ordered]
    return _exemplar_trials(block, sequence=sequence) + _with_attention(block, trials, key=own_key)


def _exemplar_trials(block: BlockPlan, *, sequence: int) -> list[PlannedTrial]:
    """One trial per exemplar; over the sequences each comes equally often under each condition."""
    return [
        PlannedTrial(block.name, "exemplar", stimulus, block.conditions[(place + sequence) % len(block.conditions)])
        for place, stimulus in enumerate(block.exemplars)
    ]


def _assign_stimuli(block: BlockPlan, *, sequence: int, plan_key: bytes) -> list[AssignedStimulus]:
    """The stimuli that a sequence gets in a block, with label and condition."""
    n_conditions = len(block.conditions)
    practice = classes(block.practice, n_classes=n_conditions, key=derive_key(plan_key, purpose="practice"))
    numbers = {stimulus: (number + sequence) % n_conditions for stimulus, number in practice.items()}
    for stratum, pool, n_stimuli in block.strata():
        numbers |= assign_conditions(
            pool,
            n_stimuli=n_stimuli,
            n_conditions=n_conditions,
            sequence=sequence,
            key=derive_key(plan_key, purpose=stratum),
        )
    return [
        AssignedStimulus(stimulus, block.predicted[stimulus], block.conditions[number])
        for stimulus, number in numbers.items()
    ]


def _parts(
    block: BlockPlan, assigned: Sequence[AssignedStimulus], *, sequence: int
) -> Iterable[Sequence[AssignedStimulus]]:
    """What is ordered by itself: everything, or what comes under each condition in the order of the square's row."""
    if block.arrangement == "mixed":
        return [assigned]
    n_conditions = len(block.conditions)
    square = _SQUARES[block.square](n_conditions)
    # Conditions rotate over stimuli once in n_conditions passes, and a pass takes as many sequences as the pool has
    # windows. Rows that ran in step with it would let each stimulus come early under one condition and late under
    # another for everybody.
    period = n_conditions * lcm(*block.n_windows())
    row = square[square_row(sequence, n_rows=len(square), period=period)]
    return [[each for each in assigned if each.condition == block.conditions[number]] for number in row]


def _with_attention(block: BlockPlan, trials: Sequence[PlannedTrial], *, key: bytes) -> list[PlannedTrial]:
    """The trials with attention trials after some of them, at most one after each: never first, never two in a row."""
    places = shuffled(range(len(trials)), key=derive_key(key, purpose="attention places"))[: block.n_attention]
    among = list(trials)
    for place in sorted(places, reverse=True):
        label = chosen(block.attention_labels, key=key, purpose=f"attention label {place}")
        among.insert(place + 1, PlannedTrial(block.name, "attention", None, None, instructed_label=label))
    return among
