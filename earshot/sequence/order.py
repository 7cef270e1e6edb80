"""In which order one participant meets stimuli: drawn by a key, under the rules of the block."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from earshot.errors import StudyError
from earshot.files import Strict
from earshot.shuffle import chosen, chosen_by_share, derive_key

# A launch checks with fewer attempts than a participant has. Did one attempt in 33 lead to an order, 1 launch in 100
# would find orders for 100 sequences, and a participant would be left without one with probability 6e-14.
MOST_ATTEMPTS = 1000
CHECKED_ATTEMPTS = 100


class ImpossibleOrder(StudyError):  # noqa: N818  # named after what the researcher asked for
    """No order of these stimuli keeps the rules, or none was found."""


class OrderRules(Strict):
    """How the stimuli of a block follow one another.

    `labels`: "shuffled" makes every order equally likely. There, a label that was just predicted is rarer among what is
    left, and "not the last answer" is a strategy that needs no understanding. "independent" draws the predicted label
    of each trial by its share of the whole block, again where the drawn label is used up, then a stimulus with it.

    The longest runs are of trials in succession with one predicted label or under one condition; none for no limit.

    Notes
    -----
    24 stimuli of 10 labels (four labels three times, six twice), 20,000 orders each: share of right guesses of somebody
    who knows the predictions so far, chance .100, Monte-Carlo error below .001. Never the last label: .104 when
    shuffled, .099 when independent; always the last label: .065 and .106. The price lies at the end, where labels that
    were drawn less are left: the last trial repeats the one before in more than a quarter of the independent orders.
    With 12 stimuli of 10 labels few are left to be repeated, and never the last label is right in .108 and .106.
    """

    labels: Literal["independent", "shuffled"] = "independent"
    longest_run_of_label: int | None = Field(default=None, ge=1)
    longest_run_of_condition: int | None = Field(default=None, ge=1)


@dataclass(frozen=True)
class AssignedStimulus:
    """A stimulus with the label that the network predicted and the condition under which it comes."""

    stimulus: str
    label: str
    condition: str


def order_stimuli(
    stimuli: Sequence[AssignedStimulus], *, rules: OrderRules, key: bytes, n_attempts: int = MOST_ATTEMPTS
) -> list[AssignedStimulus]:
    """The stimuli in an order that keeps the rules; how they were ordered before does not matter.

    Parameters
    ----------
    stimuli : sequence of AssignedStimulus
        Each stimulus once.
    key : bytes
        The participant's own for this part of a block.
    n_attempts : int
        How often to begin anew where both kinds of run are limited and a beginning led nowhere.

    Raises
    ------
    ImpossibleOrder
        If no order keeps the rules, or none was found in `n_attempts`; the message names the rule and the numbers.

    Notes
    -----
    Without limits on runs "shuffled" orders are uniform. With them each trial is drawn from those that leave an order
    for the rest, which is nearly, not exactly, uniform over the orders allowed.
    """
    in_fixed_order = sorted(stimuli, key=lambda each: each.stimulus)
    _check_runs((each.label for each in stimuli), kind="label", longest=rules.longest_run_of_label)
    _check_runs((each.condition for each in stimuli), kind="condition", longest=rules.longest_run_of_condition)
    for attempt in range(n_attempts):
        order = _try_order(in_fixed_order, rules=rules, key=derive_key(key, purpose=f"attempt {attempt}"))
        if order is not None:
            return order
    raise ImpossibleOrder(
        f"no order of {len(stimuli)} stimuli was found in {n_attempts} attempts with "
        f"longest_run_of_label {rules.longest_run_of_label} and longest_run_of_condition "
        f"{rules.longest_run_of_condition}; allow longer runs of one of them"
    )


def _check_runs(values: Iterable[str], *, kind: Literal["label", "condition"], longest: int | None) -> None:
    """Refuse a rule that the numbers alone make impossible: the others are too few to lie between the runs."""
    counts = Counter(values)
    if longest is None or not counts:
        return
    value, n_most = max(sorted(counts.items()), key=lambda item: item[1])
    n_others = counts.total() - n_most
    n_possible = (n_others + 1) * longest
    if n_most > n_possible:
        raise ImpossibleOrder(
            f"longest_run_of_{kind} is {longest}, but {n_most} of {counts.total()} stimuli have the {kind} '{value}': "
            f"the {n_others} others leave room for {n_possible} of them; allow runs of "
            f"{-(-n_most // (n_others + 1))}, or take fewer with this {kind}"
        )


def _try_order(stimuli: Sequence[AssignedStimulus], *, rules: OrderRules, key: bytes) -> list[AssignedStimulus] | None:
    """An order that keeps the rules, one trial after the other; None where it led into a dead end."""
    labels = _Runs((each.label for each in stimuli), longest=rules.longest_run_of_label)
    conditions = _Runs((each.condition for each in stimuli), longest=rules.longest_run_of_condition)
    n_of_label = Counter(each.label for each in stimuli)
    left = list(stimuli)
    order: list[AssignedStimulus] = []
    while left:
        may_follow = _by_label(left, labels=labels.allowed(), conditions=conditions.allowed())
        if not may_follow:
            return None
        independent = rules.labels == "independent"
        weights = {label: n_of_label[label] if independent else len(group) for label, group in may_follow.items()}
        label = chosen_by_share(weights, key=key, purpose=f"label {len(order)}")
        following = chosen(may_follow[label], key=key, purpose=f"stimulus {len(order)}")
        labels.take(following.label)
        conditions.take(following.condition)
        left.remove(following)
        order.append(following)
    return order


def _by_label(
    stimuli: Iterable[AssignedStimulus], *, labels: frozenset[str], conditions: frozenset[str]
) -> dict[str, list[AssignedStimulus]]:
    """The stimuli with one of the labels and conditions, grouped by label; groups and stimuli in the order given."""
    groups: dict[str, list[AssignedStimulus]] = {}
    for each in stimuli:
        if each.label in labels and each.condition in conditions:
            groups.setdefault(each.label, []).append(each)
    return groups


class _Runs:
    """What is left of each value, and which values may come next so that no run grows too long now or later."""

    def __init__(self, values: Iterable[str], *, longest: int | None) -> None:
        self._n_left = Counter(values)
        # As many as there are is no limit.
        self._longest = longest or self._n_left.total()
        self._last: str | None = None
        self._length = 0

    def allowed(self) -> frozenset[str]:
        """The values that may come next."""
        n_left = self._n_left.total()
        # More of such a value is left than the others could part, had one of them come first.
        due = {value for value, n in self._n_left.items() if n > (n_left - n) * self._longest}
        return frozenset(value for value in self._n_left if due <= {value} and self._fits(value, n_left=n_left))

    def _fits(self, value: str, *, n_left: int) -> bool:
        """Whether the run may grow by `value`, and what is left of it then finds room between the others."""
        length = self._length + 1 if value == self._last else 1
        n_value = self._n_left[value]
        room = self._longest - length + (n_left - n_value) * self._longest
        return length <= self._longest and n_value - 1 <= room

    def take(self, value: str) -> None:
        """Note that `value` came next."""
        self._length = self._length + 1 if value == self._last else 1
        self._last = value
        self._n_left[value] -= 1
        if not self._n_left[value]:
            del self._n_left[value]
