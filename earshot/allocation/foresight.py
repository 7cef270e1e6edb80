"""What somebody who knows settings and history, but not the seed, can tell of the next arm for certain."""

from collections.abc import Iterator, Sequence
from itertools import product

from earshot.allocation.record import ArmShare

Counts = tuple[int, ...]


class BlockForesight:
    """Follows one stream of permuted blocks through every course of blocks that its history allows.

    A course is what may be left of the current block, and what was released since it was drawn, both as counts by arm:
    with blocks of random sizes nobody knows where one ends.
    """

    def __init__(self, *, arms: Sequence[ArmShare], block_repeats: Sequence[int]) -> None:
        self._names = [arm.name for arm in arms]
        self._blocks = [tuple(arm.weight * repeats for arm in arms) for repeats in block_repeats]
        nothing = (0,) * len(arms)
        self._courses: set[tuple[Counts, Counts]] = {(nothing, nothing)}

    def possible_arms(self, open_names: set[str]) -> set[str]:
        """The arms the next place may get; one alone is known for certain."""
        possible: set[str] = set()
        for left, _ in self._courses:
            next_in_block = {name for name, count in zip(self._names, left, strict=True) if count} & open_names
            # Every block holds every arm.
            possible |= next_in_block or open_names
        return possible

    def see_allocated(self, arm: str, *, open_names: set[str]) -> None:
        """Keep the courses that allow `arm`; `open_names` are the arms that were not full before it."""
        self._courses = {
            (after, carried)
            for course in self._courses
            for left, carried in self._begun(course, open_names=open_names)
            for after in self._taken(left, arm=arm, open_names=open_names)
        }

    def see_released(self, arm: str) -> None:
        """The next block holds one slot more of `arm`."""
        self._courses = {(left, self._changed(carried, arm=arm, by=1)) for left, carried in self._courses}

    def _begun(self, course: tuple[Counts, Counts], *, open_names: set[str]) -> list[tuple[Counts, Counts]]:
        """The course itself, or the blocks that may follow when no slot of an open arm is left."""
        left, carried = course
        if any(count and name in open_names for name, count in zip(self._names, left, strict=True)):
            return [course]
        nothing = (0,) * len(left)
        return [(tuple(map(sum, zip(block, carried, strict=True))), nothing) for block in self._blocks]

    def _taken(self, left: Counts, *, arm: str, open_names: set[str]) -> Iterator[Counts]:
        """What may be left after a slot of `arm`: any number of full arms' slots were passed over on the way."""
        if left[self._names.index(arm)] == 0:
            return
        after = self._changed(left, arm=arm, by=-1)
        if len(open_names) == len(self._names):
            yield after
            return
        yield from product(
            *(
                (count,) if name in open_names else range(count + 1)
                for name, count in zip(self._names, after, strict=True)
            )
        )

    def _changed(self, counts: Counts, *, arm: str, by: int) -> Counts:
        place = self._names.index(arm)
        return (*counts[:place], counts[place] + by, *counts[place + 1 :])
