"""Who gets the next place: a pure function of settings, arms, seed and the record so far."""

import heapq
from collections.abc import Mapping, Sequence

from earshot.allocation.blocks import PermutedBlocks
from earshot.allocation.least_filled import LeastFilled
from earshot.allocation.method import Levels, Method
from earshot.allocation.minimisation import Minimisation
from earshot.allocation.record import Allocated, ArmShare, Assignment, Entry, Released
from earshot.allocation.settings import AllocationSettings
from earshot.allocation.simple import Simple


class AllFull(Exception):  # noqa: N818  # the state of a study, not a fault
    """Every arm holds as many places as its quota allows."""


class Allocator:
    """An allocation as far as its record goes.

    Parameters
    ----------
    settings : AllocationSettings
    arms : sequence of ArmShare
        In any order: they are taken by name.
    seed : bytes
        The study's allocation seed, drawn at launch and kept by the server alone.

    Raises
    ------
    ValueError
        If there is no arm, or two share a name.
    """

    def __init__(self, settings: AllocationSettings, *, arms: Sequence[ArmShare], seed: bytes) -> None:
        names = sorted(arm.name for arm in arms)
        if not names or len(set(names)) != len(names):
            raise ValueError(f"arms are {names}; expected at least one, each with a name of its own")
        self._arms = sorted(arms, key=lambda arm: arm.name)
        self._strata = tuple(settings.strata)
        self._method = _make_method(settings, arms=self._arms, seed=seed)
        self._allocated: list[tuple[str, Levels]] = []
        self._released: set[int] = set()
        self._completed: set[int] = set()
        self._n_held = dict.fromkeys(names, 0)
        self._n_sequences = dict.fromkeys(names, 0)
        self._to_refill: dict[str, list[tuple[int, int]]] = {name: [] for name in names}
        self._sequences: list[int] = []

    def next(self, factors: Mapping[str, str]) -> Assignment:
        """What the next enrolment gets; asking changes nothing.

        Parameters
        ----------
        factors : mapping of factor name to level
            Of the enrolment to come; those the settings do not stratify by are not looked at.

        Raises
        ------
        AllFull
            When every arm's quota is taken.
        ValueError
            If a factor to stratify by is missing.
        """
        levels = self._levels(factors)
        open_arms = self._open_arms()
        if not open_arms:
            quotas = ", ".join(f"{arm.name} {arm.quota}" for arm in self._arms)
            raise AllFull(f"every arm's quota is taken ({quotas}); nobody can be allocated until a place is released")
        place = len(self._allocated)
        arm = self._method.draw(levels, place=place, open_arms=open_arms)
        sequence, refills = self._sequence_due(arm)
        return Assignment(place=place, arm=arm, sequence=sequence, refills=refills)

    def record(self, entry: Entry) -> None:
        """Move on by one entry of the record.

        An allocation to another arm than the drawn one is followed all the same, as history: whether it is the drawn
        one is for `earshot.allocation.verify` to say.

        Raises
        ------
        ValueError
            If the entry cannot have come about: its place is not the next one, its arm is unknown or full, it skips a
            sequence or a refill, or the place to release or complete was not held. Nothing has changed then.
        """
        if isinstance(entry, Allocated):
            self._record_allocated(entry)
        elif isinstance(entry, Released):
            self._record_released(entry.place)
        else:
            self._record_completed(entry.place)

    def _record_allocated(self, entry: Allocated) -> None:
        levels = self._levels(entry.factors)
        self._check_allocated(entry)
        open_arms = self._open_arms()
        if entry.arm not in {arm.name for arm in open_arms}:
            raise ValueError(f"arm of place {entry.place} is '{entry.arm}', whose quota is taken")
        self._method.add(entry.arm, levels=levels, open_arms=open_arms)
        self._allocated.append((entry.arm, levels))
        self._sequences.append(entry.sequence)
        self._n_held[entry.arm] += 1
        if entry.refills is None:
            self._n_sequences[entry.arm] += 1
        else:
            heapq.heappop(self._to_refill[entry.arm])

    def _check_allocated(self, entry: Allocated) -> None:
        if entry.place != len(self._allocated):
            raise ValueError(f"place is {entry.place}; the next allocation has place {len(self._allocated)}")
        if entry.arm not in self._n_held:
            raise ValueError(f"arm of place {entry.place} is '{entry.arm}'; expected one of {', '.join(self._n_held)}")
        due = self._sequence_due(entry.arm)
        if (entry.sequence, entry.refills) != due:
            raise ValueError(
                f"place {entry.place} of arm '{entry.arm}' has {_describe(entry.sequence, refills=entry.refills)}; "
                f"expected {_describe(due[0], refills=due[1])}"
            )

    def _record_released(self, place: int) -> None:
        self._check_held(place, step="release")
        arm, levels = self._allocated[place]
        self._method.remove(arm, levels=levels)
        self._released.add(place)
        self._n_held[arm] -= 1
        heapq.heappush(self._to_refill[arm], (place, self._sequences[place]))

    def _record_completed(self, place: int) -> None:
        self._check_held(place, step="complete")
        if place in self._completed:
            raise ValueError(f"place to complete is {place}, which was completed before")
        self._completed.add(place)

    def _check_held(self, place: int, *, step: str) -> None:
        if not 0 <= place < len(self._allocated):
            raise ValueError(f"place to {step} is {place}; places up to {len(self._allocated) - 1} were allocated")
        if place in self._released:
            raise ValueError(f"place to {step} is {place}, which was released before")

    def _levels(self, factors: Mapping[str, str]) -> Levels:
        missing = [name for name in self._strata if name not in factors]
        if missing:
            raise ValueError(f"factors lack '{missing[0]}'; the allocation is balanced over {', '.join(self._strata)}")
        return tuple(factors[name] for name in self._strata)

    def _open_arms(self) -> list[ArmShare]:
        return [arm for arm in self._arms if arm.quota is None or self._n_held[arm.name] < arm.quota]

    def _sequence_due(self, arm: str) -> tuple[int, int | None]:
        """The arm's next sequence, and the lowest released place it is taken over from, if any waits for its refill."""
        if self._to_refill[arm]:
            place, sequence = self._to_refill[arm][0]
            return sequence, place
        return self._n_sequences[arm], None


def _make_method(settings: AllocationSettings, *, arms: Sequence[ArmShare], seed: bytes) -> Method:
    if settings.method == "simple":
        return Simple(seed=seed)
    if settings.method == "minimisation":
        return Minimisation(arms=arms, best_share=settings.best_share, seed=seed)
    if settings.method == "least-filled":
        return LeastFilled(arms=arms, best_share=settings.best_share, seed=seed)
    return PermutedBlocks(arms=arms, block_repeats=settings.block_repeats, seed=seed)


def _describe(sequence: int, *, refills: int | None) -> str:
    return f"sequence {sequence}" + ("" if refills is None else f" as the refill of place {refills}")
