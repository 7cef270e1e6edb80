"""Simple allocation: every place is a weighted draw of its own."""

from collections.abc import Sequence

from earshot.allocation.method import Levels
from earshot.allocation.record import ArmShare
from earshot.shuffle import chosen_by_share


class Simple:
    """A weighted draw per place among the arms that are not full; the past plays no part."""

    def __init__(self, *, seed: bytes) -> None:
        self._seed = seed

    def draw(self, levels: Levels, *, place: int, open_arms: Sequence[ArmShare]) -> str:
        """As `Method.draw`."""
        shares = {arm.name: arm.weight for arm in open_arms}
        return chosen_by_share(shares, key=self._seed, purpose=f"simple allocation {place}")

    def add(self, arm: str, *, levels: Levels, open_arms: Sequence[ArmShare]) -> None:
        """As `Method.add`: nothing is kept."""

    def remove(self, arm: str, *, levels: Levels) -> None:
        """As `Method.remove`: nothing is kept."""
