"""Clips that may become stimuli, and how far speaker and word alone give right and wrong ones away."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Measure = Literal["duration_ms", "energy_kept_share", "confidence"]
MEASURES: Final[tuple[Measure, ...]] = ("duration_ms", "energy_kept_share", "confidence")
"""What right and wrong stimuli are matched on beside speaker and true label."""


@dataclass(frozen=True)
class Candidate:
    """A clip that the weights never saw, with the network's answer; noise, if any, is the same for all of a set.

    Attributes
    ----------
    index : int
        Names the clip to the caller.
    speaker, true_label, predicted_label : str
    has_fair_control : bool
        Only then can it become a stimulus.
    duration_ms : float
        Of the clip, without the silence of its window.
    energy_kept_share : float
        Of the relevance mask, 0 to 1; not looked at without a fair control.
    confidence : float
        The network's probability of the predicted label, 0 to 1.
    """

    index: int
    speaker: str
    true_label: str
    predicted_label: str
    has_fair_control: bool
    duration_ms: float
    energy_kept_share: float
    confidence: float

    @property
    def model_correct(self) -> bool:
        """Whether the network's answer is the true label."""
        return self.true_label == self.predicted_label

    @property
    def cell(self) -> tuple[str, str]:
        """Speaker and true label: what a participant hears and is shown of it."""
        return self.speaker, self.true_label


@dataclass(frozen=True)
class Choice:
    """How many there were to choose from."""

    n_right: int
    n_wrong: int
    n_right_with_fair_control: int
    n_wrong_with_fair_control: int

    def __str__(self) -> str:
        return (
            f"{self.n_right} right ({self.n_right_with_fair_control} with a fair control), "
            f"{self.n_wrong} wrong ({self.n_wrong_with_fair_control} with a fair control)"
        )


def count_choice(candidates: Iterable[Candidate]) -> Choice:
    """The candidates by whether the network was right and whether their control is fair."""
    counts = Counter((candidate.model_correct, candidate.has_fair_control) for candidate in candidates)
    return Choice(
        n_right=counts[True, True] + counts[True, False],
        n_wrong=counts[False, True] + counts[False, False],
        n_right_with_fair_control=counts[True, True],
        n_wrong_with_fair_control=counts[False, True],
    )


def count_wrong(candidates: Iterable[Candidate]) -> int:
    """How many of the candidates the network got wrong."""
    return sum(not candidate.model_correct for candidate in candidates)


@dataclass(frozen=True)
class Pool:
    """Candidates to pick from, in the order that breaks ties."""

    right: tuple[Candidate, ...]
    wrong: tuple[Candidate, ...]

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> "Pool":
        """The candidates by whether the network was right, each kind in the order given."""
        every = tuple(candidates)
        return cls(
            right=tuple(one for one in every if one.model_correct),
            wrong=tuple(one for one in every if not one.model_correct),
        )

    def without(self, picked: Collection[Candidate]) -> "Pool":
        """What is left when some are picked."""
        taken = {one.index for one in picked}
        return Pool.of(one for one in (*self.right, *self.wrong) if one.index not in taken)


@dataclass(frozen=True)
class Giveaway:
    """How far speaker and word tell right stimuli from wrong ones.

    Attributes
    ----------
    n_right, n_wrong : int
    n_matched : int
        Right ones paired with a wrong one of the same speaker and true label, each at most once.
    n_predicted_labels : int
        Different predicted labels among the wrong ones.
    by_true_label_share, by_speaker_and_true_label_share : float
        Accuracy of the best rule by word, or by speaker and word, for telling right from wrong, chosen with hindsight
        on these very stimuli: .5 when equal numbers of both are matched, 1 when it gives every error away.
    """

    n_right: int
    n_wrong: int
    n_matched: int
    n_predicted_labels: int
    by_true_label_share: float
    by_speaker_and_true_label_share: float

    def __str__(self) -> str:
        return (
            f"{self.n_matched} of {self.n_right} right ones share speaker and word with a wrong one; the best rule "
            f"with hindsight tells right from wrong by word {self.by_true_label_share:.0%}, by speaker and word "
            f"{self.by_speaker_and_true_label_share:.0%} (chance {self.chance_share:.0%}); "
            f"the {self.n_wrong} wrong ones have {self.n_predicted_labels} predicted labels"
        )

    @property
    def chance_share(self) -> float:
        """Accuracy of the best rule that looks at nothing."""
        return max(self.n_right, self.n_wrong) / max(1, self.n_right + self.n_wrong)


def find_giveaway(stimuli: Sequence[Candidate]) -> Giveaway:
    """What speaker and word give away about some stimuli."""
    right = Counter(one.cell for one in stimuli if one.model_correct)
    wrong = Counter(one.cell for one in stimuli if not one.model_correct)
    return Giveaway(
        n_right=right.total(),
        n_wrong=wrong.total(),
        n_matched=(right & wrong).total(),
        n_predicted_labels=len({one.predicted_label for one in stimuli if not one.model_correct}),
        by_true_label_share=_best_rule_share(stimuli, seen=lambda one: one.true_label),
        by_speaker_and_true_label_share=_best_rule_share(stimuli, seen=lambda one: one.cell),
    )


def _best_rule_share(stimuli: Sequence[Candidate], *, seen: Callable[[Candidate], object]) -> float:
    """Share told right by the rule that says for each thing seen what most stimuli with it are; 0 without stimuli."""
    counts = Counter((seen(one), one.model_correct) for one in stimuli)
    told = sum(max(counts[thing, True], counts[thing, False]) for thing in {seen(one) for one in stimuli})
    return told / max(1, len(stimuli))
