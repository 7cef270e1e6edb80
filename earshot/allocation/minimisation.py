"""Minimisation: most likely the arm that leaves the newcomer's levels most alike between the arms."""

from collections.abc import Sequence

from earshot.allocation.balance import Balance
from earshot.allocation.biased_coin import biased_shares
from earshot.allocation.method import Levels
from earshot.allocation.record import ArmShare
from earshot.shuffle import chosen_by_share


class Minimisation:
    """The method of pocock1975, with the range as measure and the plain sum over factors.

    For each arm that is not full: had the newcomer gone there, how far would the arms' counts / weight at each of the
    newcomer's levels range? The arms with the least sum of ranges are the best, and get `best_share`.

    Notes
    -----
    Counts are of places not released. Full arms take no part in the ranges: they can no longer be evened out. With
    unequal weights, ratios are right in the long run but not at each single place.
    """

    def __init__(self, *, arms: Sequence[ArmShare], best_share: float, seed: bytes) -> None:
        self._arms = arms
        self._best_share = best_share
        self._seed = seed
        self._balances: dict[tuple[int, str], Balance] = {}

    def draw(self, levels: Levels, *, place: int, open_arms: Sequence[ArmShare]) -> str:
        """As `Method.draw`."""
        balances = [self._balance(key) for key in enumerate(levels)]
        totals = {
            arm.name: sum(balance.scaled_range_with(arm.name, arms=open_arms) for balance in balances)
            for arm in open_arms
        }
        least = min(totals.values())
        best = [arm for arm in open_arms if totals[arm.name] == least]
        shares = biased_shares(open_arms, best=best, best_share=self._best_share)
        return chosen_by_share(shares, key=self._seed, purpose=f"minimised allocation {place}")

    def add(self, arm: str, *, levels: Levels, open_arms: Sequence[ArmShare]) -> None:
        """As `Method.add`."""
        for key in enumerate(levels):
            self._balance(key).add(arm)

    def remove(self, arm: str, *, levels: Levels) -> None:
        """As `Method.remove`."""
        for key in enumerate(levels):
            self._balance(key).remove(arm)

    def _balance(self, key: tuple[int, str]) -> Balance:
        """The balance among those who have one level of one factor."""
        if key not in self._balances:
            self._balances[key] = Balance(self._arms)
        return self._balances[key]
