"""How a study allocates: the method and what it may be told, as a study file says it."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from earshot.design.names import Name
from earshot.files import Strict

AllocationMethod = Literal["simple", "permuted-blocks", "stratified-permuted-blocks", "minimisation", "least-filled"]
STRATIFYING: tuple[AllocationMethod, ...] = ("stratified-permuted-blocks", "minimisation")
WITH_BLOCKS: tuple[AllocationMethod, ...] = ("permuted-blocks", "stratified-permuted-blocks")

# 8 of part 1's repeats times the two lists it put into each block: its study files keep loading.
_MOST_REPEATS = 16


class AllocationSettings(Strict):
    """The method of allocation.

    Parameters
    ----------
    method : str
        `simple`: a weighted draw per place. `permuted-blocks`: blocks that hold the arms in the ratio of their weights
        in random order. `stratified-permuted-blocks`: such blocks for each combination of `strata` apart.
        `minimisation`: most likely the arm that leaves the levels of `strata` most alike between arms.
        `least-filled`: most likely the arm that is furthest behind its weight.
    block_repeats : list of int
        Of the methods with blocks: a block holds every arm `weight * repeats` times, and repeats are drawn for each
        block from this list. One entry makes blocks of one size, whose ends can be told.
    strata : list of str
        Factors known of everybody before allocation.
    best_share : float
        Of minimisation and least-filled: probability of the arms that are best for the balance; see
        `earshot.allocation.biased_coin`. Below 1, so that the next arm is never known for certain.
    """

    method: AllocationMethod = "permuted-blocks"
    block_repeats: list[Annotated[int, Field(ge=1, le=_MOST_REPEATS)]] = Field(
        default=[1, 2, 3], min_length=1, max_length=_MOST_REPEATS
    )
    strata: list[Name] = Field(default=[], max_length=8)
    best_share: float = Field(default=0.8, gt=0.5, le=0.95)

    @field_validator("block_repeats")
    @classmethod
    def _check_repeats(cls, repeats: list[int]) -> list[int]:
        if repeats != sorted(set(repeats)):
            raise ValueError(f"block_repeats are {repeats}; give each once, in ascending order: {sorted(set(repeats))}")
        return repeats

    @model_validator(mode="after")
    def _check_strata(self) -> "AllocationSettings":
        doubled = sorted({name for name in self.strata if self.strata.count(name) > 1})
        if doubled:
            raise ValueError(f"strata name '{doubled[0]}' twice; name each factor once")
        if self.method in STRATIFYING and not self.strata:
            raise ValueError(f"strata are empty; method '{self.method}' needs at least one factor to balance")
        if self.method not in STRATIFYING and self.strata:
            raise ValueError(
                f"strata are {self.strata}, which method '{self.method}' does not look at; take them out, "
                f"or choose one of {', '.join(STRATIFYING)}"
            )
        return self
