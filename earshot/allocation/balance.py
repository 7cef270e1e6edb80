"""How full arms are in proportion to their weights."""

from collections.abc import Sequence
from math import lcm

from earshot.allocation.record import ArmShare


class Balance:
    """Counts of held places by arm, compared as load: count / weight.

    Loads are kept as whole multiples of 1 / (least common multiple of the weights), so that ties are exact.
    """

    def __init__(self, arms: Sequence[ArmShare]) -> None:
        self._scale = lcm(*(arm.weight for arm in arms))
        self._steps = {arm.name: self._scale // arm.weight for arm in arms}
        self._loads = dict.fromkeys(self._steps, 0)

    def add(self, arm: str) -> None:
        """Count one more place of `arm`."""
        self._loads[arm] += self._steps[arm]

    def remove(self, arm: str) -> None:
        """Count one place of `arm` less."""
        self._loads[arm] -= self._steps[arm]

    def least_loaded(self, arms: Sequence[ArmShare]) -> list[ArmShare]:
        """Those of `arms` with the smallest load."""
        least = min(self._loads[arm.name] for arm in arms)
        return [arm for arm in arms if self._loads[arm.name] == least]

    def scaled_range_with(self, name: str, *, arms: Sequence[ArmShare]) -> int:
        """The range of the loads of `arms` if arm `name` held one place more, in this balance's own unit."""
        loads = [self._loads[arm.name] + (self._steps[name] if arm.name == name else 0) for arm in arms]
        return max(loads) - min(loads)

    def imbalance(self) -> float:
        """The largest difference of count / weight between two arms."""
        return (max(self._loads.values()) - min(self._loads.values())) / self._scale
