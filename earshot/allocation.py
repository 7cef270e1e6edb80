"""Who gets which arm and which counterbalanced list: pure functions of a seed and a number."""

from collections.abc import Mapping
from dataclasses import dataclass

from earshot.shuffle import derive_key, shuffled

N_LISTS = 2


@dataclass(frozen=True)
class Slot:
    """What one enrolment is allocated to: an arm, and which of the counterbalanced lists of stimuli (0 or 1)."""

    arm: str
    list_index: int


def allocation_block(weights: Mapping[str, int], *, seed: bytes, block_index: int, n_repeats: int = 1) -> list[Slot]:
    """One permuted block: every arm `weight` times per list and repeat, in an order drawn from the seed.

    Parameters
    ----------
    weights : mapping of arm name to weight
        Whole numbers of at least 1; the block holds `sum(weights) * N_LISTS * n_repeats` slots.
    seed : bytes
        The study's allocation seed, drawn at launch and kept by the server alone.
    block_index : int
        Number of the block, from 0.
    """
    slots = [
        Slot(arm=arm, list_index=list_index)
        for arm in sorted(weights)
        for list_index in range(N_LISTS)
        for _ in range(weights[arm] * n_repeats)
    ]
    return shuffled(slots, key=derive_key(seed, purpose=f"block {block_index}"))


def permuted_blocks(weights: Mapping[str, int], *, seed: bytes, place: int, n_repeats: int = 1) -> Slot:
    """The slot of the allocation with number `place` (from 0) under permuted blocks.

    Notes
    -----
    After each whole block the arms stand exactly in the ratio of their weights, and within each arm the lists are
    equally often given.
    """
    n_slots = sum(weights.values()) * N_LISTS * n_repeats
    block = allocation_block(weights, seed=seed, block_index=place // n_slots, n_repeats=n_repeats)
    return block[place % n_slots]
