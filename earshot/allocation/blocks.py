"""Permuted blocks: arms in the ratio of their weights after every block, in random order within."""

import json
from collections import Counter
from collections.abc import Sequence

from earshot.allocation.method import Levels
from earshot.allocation.record import ArmShare
from earshot.shuffle import chosen, derive_key, shuffled


class PermutedBlocks:
    """Independent streams of blocks, one for each combination of levels; without strata there is one stream.

    A block holds every arm `weight * repeats` times, repeats drawn for each block, and one slot more for each place of
    its stream that was released since the block before was drawn: a freed slot comes back at an unforeseeable place.
    Slots of full arms are passed over.
    """

    def __init__(self, *, arms: Sequence[ArmShare], block_repeats: Sequence[int], seed: bytes) -> None:
        self._weights = {arm.name: arm.weight for arm in arms}
        self._block_repeats = tuple(block_repeats)
        self._seed = seed
        self._streams: dict[Levels, _Stream] = {}

    def draw(self, levels: Levels, *, place: int, open_arms: Sequence[ArmShare]) -> str:
        """As `Method.draw`."""
        return self._stream(levels).due_arm({arm.name for arm in open_arms})

    def add(self, arm: str, *, levels: Levels, open_arms: Sequence[ArmShare]) -> None:
        """As `Method.add`."""
        self._stream(levels).take(arm, open_names={open_arm.name for open_arm in open_arms})

    def remove(self, arm: str, *, levels: Levels) -> None:
        """As `Method.remove`."""
        self._stream(levels).carry(arm)

    def _stream(self, levels: Levels) -> "_Stream":
        if levels not in self._streams:
            key = derive_key(self._seed, purpose=f"blocks of the levels {json.dumps(levels)}")
            self._streams[levels] = _Stream(self._weights, block_repeats=self._block_repeats, key=key)
        return self._streams[levels]


class _Stream:
    """The blocks of one combination of levels, one after the other."""

    def __init__(self, weights: dict[str, int], *, block_repeats: Sequence[int], key: bytes) -> None:
        self._weights = weights
        self._block_repeats = block_repeats
        self._key = key
        self._n_drawn = 0
        self._slots: list[str] = []
        self._carried: Counter[str] = Counter()
        self._prepared: list[str] | None = None

    def due_arm(self, open_names: set[str]) -> str:
        """The arm of the first slot that is not of a full arm, in this block or the next."""
        return next(arm for arm in self._slots_due(open_names) if arm in open_names)

    def take(self, arm: str, *, open_names: set[str]) -> None:
        """Use up the slot due, and those passed over before it.

        Where the record has another arm than the one due, the first slot of that arm is used up instead: the stream
        follows what happened.
        """
        slots = self._slots_due(open_names)
        if slots is not self._slots:
            self._n_drawn += 1
            self._carried.clear()
            self._prepared = None
        first_open = next(place for place, slot in enumerate(slots) if slot in open_names)
        self._slots = slots[first_open:]
        if arm in self._slots:
            self._slots.remove(arm)

    def carry(self, arm: str) -> None:
        """Give the next block one more slot of `arm`."""
        self._carried[arm] += 1
        self._prepared = None

    def _slots_due(self, open_names: set[str]) -> list[str]:
        """What is left of the block; the next block when nothing is left of an arm that is not full."""
        return self._slots if any(arm in open_names for arm in self._slots) else self._block_to_come()

    def _block_to_come(self) -> list[str]:
        """The next block, kept until it is begun or something is carried into it."""
        if self._prepared is None:
            repeats = chosen(self._block_repeats, key=self._key, purpose=f"repeats {self._n_drawn}")
            slots = [arm for arm, weight in self._weights.items() for _ in range(weight * repeats + self._carried[arm])]
            self._prepared = shuffled(slots, key=derive_key(self._key, purpose=f"order {self._n_drawn}"))
        return self._prepared
