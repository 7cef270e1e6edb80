"""What every method of allocation can do: draw the next arm, and follow what happened."""

from collections.abc import Sequence
from typing import Protocol

from earshot.allocation.record import ArmShare

Levels = tuple[str, ...]
"""An enrolment's levels of the settings' strata, in their order; empty for methods without strata."""


class Method(Protocol):
    """Draws arms; all randomness is HMAC-SHA-256 under the allocation seed.

    Everywhere `open_arms` are the arms whose quota is not taken, at least one, sorted by name, as they stood before
    the allocation in question.
    """

    def draw(self, levels: Levels, *, place: int, open_arms: Sequence[ArmShare]) -> str:
        """Name of the arm for the allocation with number `place`; asking changes nothing."""

    def add(self, arm: str, *, levels: Levels, open_arms: Sequence[ArmShare]) -> None:
        """Follow an allocation to `arm`, be it the drawn one or not."""

    def remove(self, arm: str, *, levels: Levels) -> None:
        """Follow the release of a place of `arm`; `levels` are those it was allocated with."""
