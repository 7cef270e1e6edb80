"""Where the blocks of an arm stand for a sequence number, so that no block runs in step with another."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm

from earshot.sequence.plan import BlockPlan
from earshot.sequence.squares import latin_square, square_row, williams_square

_SQUARES = {"latin": latin_square, "williams": williams_square}


@dataclass(frozen=True)
class Standing:
    """What a sequence number means in one block.

    Parameters
    ----------
    turn : int
        How many conditions further each stimulus is than by the sequence number alone.
    order : tuple of int
        Numbers of the conditions in the order of their parts; used where a block keeps conditions apart.
    """

    turn: int
    order: tuple[int, ...]


def cross_blocks(blocks: Sequence[BlockPlan], *, sequence: int) -> dict[str, Standing]:
    """Where each block stands for a sequence number, by the block's name.

    Parameters
    ----------
    blocks : sequence of BlockPlan
        Of one arm, in order, as `check_blocks` accepts them.
    sequence : int
        From 0, in order of assignment within an arm.

    Notes
    -----
    Blocks that followed the number itself would run in step: whoever meets a stimulus of the first block under one
    condition would meet the same stimuli of the second under one and the same. Each block therefore divides the numbers
    into rounds, over which the blocks before it are crossed with each other; in each round it stands another turn of
    conditions and another row of orders further, until after as many rounds as there are pairs of them all were met.
    A round holds whole periods of the block, so the balance within the block at every prefix stays what it is without
    turns. Then the rounds begin anew. At the end of the last block's rounds each combination of turns and rows of all
    blocks came equally often.

    A block that repeats another stands where that one does.
    """
    standings: dict[str, Standing] = {}
    n_crossed = 0
    for block in blocks:
        if block.repeats is not None:
            continue
        again = [each for each in blocks if each.repeats == block.name]
        period = lcm(*(_period(each) for each in (block, *again)))
        n_round = lcm(n_crossed or 1, period)
        # There is nothing to cross the first block with: all its rounds are alike.
        n_rounds = len(block.conditions) * _n_rows(block) if n_crossed else 1
        n_crossed = n_round * n_rounds
        number, place = divmod(sequence % n_crossed, n_round)
        standings |= {each.name: _stand(each, number=number, place=place) for each in (block, *again)}
    return standings


def _stand(block: BlockPlan, *, number: int, place: int) -> Standing:
    """Where the block stands at a place of the round with this number."""
    n_conditions = len(block.conditions)
    square = _SQUARES[block.square](n_conditions)
    row = square_row(place, n_rows=len(square), period=_rotation_period(block))
    further = square_row(number, n_rows=len(square), period=n_conditions)
    return Standing(turn=number % n_conditions, order=square[(row + further) % len(square)])


def _n_rows(block: BlockPlan) -> int:
    """How many orders of its conditions the block uses."""
    return len(_SQUARES[block.square](len(block.conditions))) if block.arrangement == "blocked" else 1


def _rotation_period(block: BlockPlan) -> int:
    """After how many sequences each stimulus was met equally often under each condition.

    Conditions rotate over stimuli once in as many passes as there are conditions, and a pass takes as many sequences as
    the pool has windows.
    """
    return len(block.conditions) * lcm(*block.n_windows())


def _period(block: BlockPlan) -> int:
    """After how many sequences each row was met equally often with each place of the rotation."""
    return _n_rows(block) * _rotation_period(block)
