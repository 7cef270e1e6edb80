"""What an allocation consists of: the arms' shares, and the entries of its record in the order they came about."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ArmShare:
    """How much of the allocation an arm gets.

    Parameters
    ----------
    weight : int
        At least 1; arms are meant to stand in the ratio of their weights.
    quota : int, optional
        The most places the arm may hold at once, at least 1; no end when None.

    Raises
    ------
    ValueError
        If weight or quota is below 1.
    """

    name: str
    weight: int = 1
    quota: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no arm can have."""
        if self.weight < 1:
            raise ValueError(f"weight of arm '{self.name}' is {self.weight}; expected a whole number of at least 1")
        if self.quota is not None and self.quota < 1:
            raise ValueError(f"quota of arm '{self.name}' is {self.quota}; expected at least 1, or none")


@dataclass(frozen=True)
class Assignment:
    """What the next enrolment gets: nothing in it but the outcome of the draw.

    Parameters
    ----------
    place : int
        Number of the allocation in its study, from 0.
    sequence : int
        Number within the arm, from 0; a refill has that of the place it refills.
    refills : int, optional
        The released place whose sequence is inherited.
    """

    place: int
    arm: str
    sequence: int
    refills: int | None


@dataclass(frozen=True)
class Allocated:
    """An enrolment got a place; `factors` are its levels by factor, at least those of the settings' strata."""

    place: int
    arm: str
    sequence: int
    factors: Mapping[str, str]
    refills: int | None = None


@dataclass(frozen=True)
class Released:
    """A place was given up: its enrolment dropped out, ran out of time, was returned or withdrawn."""

    place: int


@dataclass(frozen=True)
class Completed:
    """The enrolment at a place answered to the end; a withdrawal may still release the place."""

    place: int


Entry = Allocated | Released | Completed
