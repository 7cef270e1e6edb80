"""Least-filled allocation: most likely the arm with the fewest places held, in proportion to its weight."""

from collections.abc import Sequence

from earshot.allocation.balance import Balance
from earshot.allocation.biased_coin import biased_shares
from earshot.allocation.method import Levels
from earshot.allocation.record import ArmShare
from earshot.shuffle import chosen_by_share


class LeastFilled:
    """A biased coin (efron1971) for the arm with the least (active + completed) / weight: released places are gone."""

    def __init__(self, *, arms: Sequence[ArmShare], best_share: float, seed: bytes) -> None:
        self._balance = Balance(arms)
        self._best_share = best_share
        self._seed = seed

    def draw(self, levels: Levels, *, place: int, open_arms: Sequence[ArmShare]) -> str:
        """As `Method.draw`."""
        best = self._balance.least_loaded(open_arms)
        shares = biased_shares(open_arms, best=best, best_share=self._best_share)
        return chosen_by_share(shares, key=self._seed, purpose=f"least-filled allocation {place}")

    def add(self, arm: str, *, levels: Levels, open_arms: Sequence[ArmShare]) -> None:
        """As `Method.add`."""
        self._balance.add(arm)

    def remove(self, arm: str, *, levels: Levels) -> None:
        """As `Method.remove`."""
        self._balance.remove(arm)
