"""All trials of one participant: blocks, stimuli, conditions and attention trials in order.

Two keys decide. The plan key is the same for everybody: from it follows which stimuli a sequence number gets under
which conditions, so somebody who inherits a number inherits these. The participant's own key decides the order.
"""

from collections.abc import Iterable, Sequence

from earshot.sequence.balance import assign_conditions, classes
from earshot.sequence.crossing import Standing, cross_blocks
from earshot.sequence.order import (
    CHECKED_ATTEMPTS,
    MOST_ATTEMPTS,
    AssignedStimulus,
    ImpossibleOrder,
    order_stimuli,
)
from earshot.sequence.plan import BlockPlan, PlannedTrial, check_blocks
from earshot.shuffle import chosen, derive_key, shuffled

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
    return _trials(blocks, sequence=sequence, key=key, plan_key=plan_key, n_attempts=MOST_ATTEMPTS)


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
        _trials(blocks, sequence=sequence, key=key, plan_key=plan_key, n_attempts=CHECKED_ATTEMPTS)


def _trials(
    blocks: Sequence[BlockPlan], *, sequence: int, key: bytes, plan_key: bytes, n_attempts: int
) -> list[PlannedTrial]:
    if sequence < 0:
        raise ValueError(f"sequence is {sequence}; sequences are counted from 0")
    standings = cross_blocks(blocks, sequence=sequence)
    return [
        trial
        for block in blocks
        for trial in _block_trials(
            block,
            sequence=sequence,
            standing=standings[block.name],
            key=key,
            plan_key=plan_key,
            n_attempts=n_attempts,
        )
    ]


def _block_trials(
    block: BlockPlan, *, sequence: int, standing: Standing, key: bytes, plan_key: bytes, n_attempts: int
) -> list[PlannedTrial]:
    """The trials of one block; the keys are those of the whole session."""
    own_key = derive_key(key, purpose=f"block {block.name}")
    assigned = _assign_stimuli(
        block,
        sequence=sequence,
        turn=standing.turn,
        plan_key=derive_key(plan_key, purpose=f"block {block.repeats or block.name}"),
    )
    try:
        ordered = [
            each
            for number, part in enumerate(_parts(block, assigned, order=standing.order))
            for each in order_stimuli(
                part, rules=block.order, key=derive_key(own_key, purpose=f"part {number}"), n_attempts=n_attempts
            )
        ]
    except ImpossibleOrder as error:
        raise ImpossibleOrder(f"block '{block.name}', sequence {sequence}: {error}") from error
    swaps = _swaps([each.condition for each in ordered], key=own_key)
    trials = [
        PlannedTrial(block.name, block.kind, each.stimulus, each.condition, is_swapped=is_swapped)
        for each, is_swapped in zip(ordered, swaps, strict=True)
    ]
    return _exemplar_trials(block, sequence=sequence + standing.turn) + _with_attention(block, trials, key=own_key)


def _swaps(conditions: Sequence[str], *, key: bytes) -> list[bool]:
    """Which trials, by their conditions, are swapped: of each condition one half, chance deciding about an odd one."""
    is_swapped = [False] * len(conditions)
    for condition in sorted(set(conditions)):
        own_key = derive_key(key, purpose=f"order of two {condition}")
        places = [place for place, name in enumerate(conditions) if name == condition]
        n_swapped = (len(places) + chosen((0, 1), key=own_key, purpose="odd one")) // 2
        for place in shuffled(places, key=derive_key(own_key, purpose="places"))[:n_swapped]:
            is_swapped[place] = True
    return is_swapped


def _exemplar_trials(block: BlockPlan, *, sequence: int) -> list[PlannedTrial]:
    """One trial per exemplar; over the sequences each comes equally often under each condition."""
    return [
        PlannedTrial(block.name, "exemplar", stimulus, block.conditions[(place + sequence) % len(block.conditions)])
        for place, stimulus in enumerate(block.exemplars)
    ]


def _assign_stimuli(block: BlockPlan, *, sequence: int, turn: int, plan_key: bytes) -> list[AssignedStimulus]:
    """The stimuli that a sequence gets in a block, with label and condition, each `turn` conditions further."""
    n_conditions = len(block.conditions)
    practice = classes(block.practice, n_classes=n_conditions, key=derive_key(plan_key, purpose="practice"))
    numbers = {stimulus: number + sequence for stimulus, number in practice.items()}
    for stratum, pool, n_stimuli in block.strata():
        numbers |= assign_conditions(
            pool,
            n_stimuli=n_stimuli,
            n_conditions=n_conditions,
            sequence=sequence,
            key=derive_key(plan_key, purpose=stratum),
        )
    return [
        AssignedStimulus(stimulus, block.predicted[stimulus], block.conditions[(number + turn) % n_conditions])
        for stimulus, number in numbers.items()
    ]


def _parts(
    block: BlockPlan, assigned: Sequence[AssignedStimulus], *, order: Sequence[int]
) -> Iterable[Sequence[AssignedStimulus]]:
    """What is ordered by itself: everything, or what comes under each condition, the conditions in this order."""
    if block.arrangement == "mixed":
        return [assigned]
    return [[each for each in assigned if each.condition == block.conditions[number]] for number in order]


def _with_attention(block: BlockPlan, trials: Sequence[PlannedTrial], *, key: bytes) -> list[PlannedTrial]:
    """The trials with attention trials after some of them, at most one after each: never first, never two in a row."""
    places = shuffled(range(len(trials)), key=derive_key(key, purpose="attention places"))[: block.n_attention]
    among = list(trials)
    for place in sorted(places, reverse=True):
        label = chosen(block.attention_labels, key=key, purpose=f"attention label {place}")
        among.insert(place + 1, PlannedTrial(block.name, "attention", None, None, instructed_label=label))
    return among
