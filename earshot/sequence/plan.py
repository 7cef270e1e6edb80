"""What the blocks of an arm hold, and what a planned trial is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

from earshot.sequence.balance import count_windows
from earshot.sequence.order import OrderRules

BlockKind = Literal["training", "main"]
TrialKind = Literal["exemplar", "training", "main", "attention"]
Arrangement = Literal["mixed", "blocked"]
Square = Literal["latin", "williams"]


@dataclass(frozen=True)
class BlockPlan:
    """What one arm meets in one block.

    Parameters
    ----------
    name : str
        Enters the keys of the block: stimuli and orders of two blocks are drawn independently.
    conditions : tuple of str
        Of this arm in this block, each once.
    predicted : mapping of stimulus to label
        The network's answer, for all but the exemplars.
    right, wrong : tuple of str
        Pools of stimuli whose prediction was right or wrong.
    n_right, n_wrong : int
        How many of each pool a participant gets.
    practice : tuple of str
        Stimuli that everybody gets, right and wrong predictions together; their number need not be a multiple of that
        of the conditions.
    order : OrderRules
        Hold within the whole block when `mixed`, within the part of each condition when `blocked`.
    arrangement : "mixed" or "blocked"
        Conditions in random succession, or one after the other in the order of a row of the square.
    n_attention : int
        Attention trials; only in a main block.
    attention_labels : tuple of str
        Labels that an attention trial may ask for.
    exemplars : tuple of str
        Stimuli shown before the others, in this order; none of them comes again.
    repeats : str or None
        Name of an earlier block with the same pools and numbers, whose stimuli the participant meets again, each under
        the condition of the same place in `conditions`.

    Raises
    ------
    ValueError
        If a stimulus, condition or number does not fit the rest; the message names the block.
    """

    name: str
    kind: BlockKind
    conditions: tuple[str, ...]
    predicted: Mapping[str, str]
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    n_right: int = 0
    n_wrong: int = 0
    practice: tuple[str, ...] = ()
    order: OrderRules = field(default_factory=OrderRules)
    arrangement: Arrangement = "mixed"
    square: Square = "williams"
    n_attention: int = 0
    attention_labels: tuple[str, ...] = ()
    exemplars: tuple[str, ...] = ()
    repeats: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no participant could be given."""
        if not self.conditions or len(set(self.conditions)) < len(self.conditions):
            raise ValueError(f"block '{self.name}' has the conditions {self.conditions}; name at least one, each once")
        self._check_stimuli()
        self._check_attention()
        try:
            self.n_windows()
        except ValueError as error:
            raise ValueError(f"block '{self.name}': {error}") from error

    def stimuli(self) -> tuple[str, ...]:
        """All stimuli that the block names."""
        return self.exemplars + self.practice + self.right + self.wrong

    def strata(self) -> tuple[tuple[str, tuple[str, ...], int], ...]:
        """Name, pool and number per participant of right and wrong predictions."""
        return (("right", self.right, self.n_right), ("wrong", self.wrong, self.n_wrong))

    def n_windows(self) -> tuple[int, ...]:
        """How many participants one pass through each pool serves."""
        return tuple(
            count_windows(len(pool), n_stimuli=n, n_conditions=len(self.conditions)) for _, pool, n in self.strata()
        )

    def _check_stimuli(self) -> None:
        twice = sorted(stimulus for stimulus, n in Counter(self.stimuli()).items() if n > 1)
        if twice:
            raise ValueError(f"block '{self.name}' names the stimulus '{twice[0]}' twice; let it name each once")
        unlabelled = sorted({*self.practice, *self.right, *self.wrong} - set(self.predicted))
        if unlabelled:
            raise ValueError(f"block '{self.name}' has no predicted label of '{unlabelled[0]}'; give one for each")

    def _check_attention(self) -> None:
        if self.n_attention == 0:
            return
        if self.kind != "main" or not self.attention_labels:
            raise ValueError(
                f"block '{self.name}' is a {self.kind} block with {self.n_attention} attention trials and "
                f"{len(self.attention_labels)} attention labels; put them in a main block, with at least one label"
            )
        n_stimuli = len(self.practice) + self.n_right + self.n_wrong
        if not 0 < self.n_attention <= n_stimuli:
            raise ValueError(
                f"block '{self.name}' has {self.n_attention} attention trials among {n_stimuli} others; each follows "
                f"another one, so give it 0 to {n_stimuli}"
            )


@dataclass(frozen=True)
class PlannedTrial:
    """One trial before it is handed out; an attention trial has no stimulus and no condition but asks for a label.

    `is_swapped`: where the trial's task compares two explanations, the one compared against comes first. It is drawn
    for every training and main trial, whatever its task.
    """

    block: str
    kind: TrialKind
    stimulus: str | None
    condition: str | None
    instructed_label: str | None = None
    is_swapped: bool = False


def check_blocks(blocks: Sequence[BlockPlan]) -> None:
    """Refuse blocks that do not fit one another.

    Raises
    ------
    ValueError
        If two have one name, if a stimulus would come twice without being declared to, or if a block repeats one that
        is not there or not like it.
    """
    for earlier, later in combinations(blocks, 2):
        if earlier.name == later.name:
            raise ValueError(f"two blocks have the name '{later.name}'; give each its own")
        shared = sorted(set(earlier.stimuli()) & set(later.stimuli()))
        if shared and (later.repeats or later.name) != (earlier.repeats or earlier.name):
            raise ValueError(
                f"blocks '{earlier.name}' and '{later.name}' share the stimulus '{shared[0]}'; "
                "take it out of one, or declare that the later one repeats the earlier"
            )
    for place, block in enumerate(blocks):
        if block.repeats is not None:
            _check_repeats(block, before=blocks[:place])


def _check_repeats(block: BlockPlan, *, before: Sequence[BlockPlan]) -> None:
    origins = {earlier.name: earlier for earlier in before if earlier.repeats is None}
    if block.repeats not in origins:
        raise ValueError(
            f"block '{block.name}' repeats '{block.repeats}'; expected an earlier block that repeats none itself, "
            f"one of {sorted(origins)}"
        )
    origin = origins[block.repeats]
    same_pools = set(block.practice) == set(origin.practice) and all(
        set(pool) == set(other_pool) and n == other_n
        for (_, pool, n), (_, other_pool, other_n) in zip(block.strata(), origin.strata(), strict=True)
    )
    # Windows are dealt by classes: another number of conditions leaves them as they are only where there is just one.
    if not same_pools or (len(block.conditions) != len(origin.conditions) and set(origin.n_windows()) != {1}):
        raise ValueError(
            f"block '{block.name}' repeats '{origin.name}' with other pools or numbers of stimuli or conditions; "
            "give both the same"
        )
