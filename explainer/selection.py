"""Which clips become stimuli: right and wrong answers to held-out speakers, labels and speakers balanced.

Both kinds come from the same held-out speakers, and predicted labels are balanced within each kind: otherwise the
speaker or the answer itself would tell a participant whether the computer was right.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from earshot.errors import RecipeError
from explainer.recipe import SelectionSection


@dataclass(frozen=True)
class Candidate:
    """A clip of a held-out speaker with the network's answer; `index` names it to the caller."""

    index: int
    speaker: str
    true_label: str
    predicted_label: str
    has_fair_control: bool

    @property
    def model_correct(self) -> bool:
        """Whether the network's answer is the true label."""
        return self.true_label == self.predicted_label


@dataclass(frozen=True)
class Chosen:
    """Indices of the candidates that become stimuli; no index stands in both."""

    main: tuple[int, ...]
    training: tuple[int, ...]


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


def select_stimuli(candidates: Sequence[Candidate], *, section: SelectionSection) -> Chosen:
    """The main and the training stimuli among candidates with a fair control.

    Training items have distinct predicted labels, half of them wrong where the candidates allow it; the main ones are
    balanced in predicted label first, then in speaker and true label.

    Parameters
    ----------
    candidates : sequence of Candidate
        All clips of the held-out speakers.
    section : SelectionSection
        How many of each kind, and the seed that breaks ties.

    Raises
    ------
    RecipeError
        If there are too few; the message counts what there was and says what would give more.
    """
    fair = [candidate for candidate in candidates if candidate.has_fair_control]
    random.Random(section.seed).shuffle(fair)  # noqa: S311  # ties only, nothing secret
    right = [candidate for candidate in fair if candidate.model_correct]
    wrong = [candidate for candidate in fair if not candidate.model_correct]
    choice = count_choice(candidates)
    training = _pick_training(right, wrong=wrong, section=section)
    left_right = [candidate for candidate in right if candidate not in training]
    left_wrong = [candidate for candidate in wrong if candidate not in training]
    if len(training) < section.n_training:
        labels = ", ".join(sorted(one.predicted_label for one in training)) or "none"
        lacking = f"{len(training)} distinct predicted labels for training ({labels})"
        raise RecipeError(_too_few(lacking, choice, section=section))
    if len(left_right) < section.n_right or len(left_wrong) < section.n_wrong:
        lacking = f"{len(left_right)} right and {len(left_wrong)} wrong main stimuli beside the training ones"
        raise RecipeError(_too_few(lacking, choice, section=section))
    main = _pick_balanced(left_wrong, n_wanted=section.n_wrong) + _pick_balanced(left_right, n_wanted=section.n_right)
    return Chosen(main=_indices(main), training=_indices(training))


def _indices(candidates: Iterable[Candidate]) -> tuple[int, ...]:
    return tuple(sorted(candidate.index for candidate in candidates))


def _too_few(found: str, choice: Choice, *, section: SelectionSection) -> str:
    return (
        f"the held-out speakers give only {found}; wanted are {section.n_wrong} wrong and {section.n_right} right main "
        f"stimuli and {section.n_training} for training, from {choice}; for more wrong ones hold out more speakers "
        "(split.heldout_speakers) or train for fewer epochs (network.n_epochs), for more right ones or more labels "
        "train longer or hold out others, or ask for fewer under [selection]"
    )


def _pick_training(
    right: Sequence[Candidate], *, wrong: Sequence[Candidate], section: SelectionSection
) -> list[Candidate]:
    """One candidate per predicted label, as far as they go.

    Wrong ones are taken from the labels that have most of them, so that the main stimuli keep a choice, and only as
    long as enough are left for the main ones; a label without right ones can give only a wrong one.
    """
    n_wrong_by_label = Counter(candidate.predicted_label for candidate in wrong)
    n_right_by_label = Counter(candidate.predicted_label for candidate in right)
    labels = sorted(
        n_wrong_by_label | n_right_by_label,
        key=lambda label: (n_right_by_label[label] > 0, -n_wrong_by_label[label], label),
    )
    n_wrong_wanted = min((section.n_training + 1) // 2, max(0, len(wrong) - section.n_wrong))
    n_only_wrong = sum(n_right_by_label[label] == 0 for label in labels)
    wrong_labels = [label for label in labels if n_wrong_by_label[label]][: max(n_wrong_wanted, n_only_wrong)]
    right_labels = sorted(set(labels) - set(wrong_labels), key=lambda label: (-n_right_by_label[label], label))
    picked: list[Candidate] = []
    for pool, label in [(wrong, label) for label in wrong_labels] + [(right, label) for label in right_labels]:
        if len(picked) < section.n_training:
            picked.append(_most_balancing([one for one in pool if one.predicted_label == label], beside=picked))
    return picked


def _pick_balanced(candidates: Sequence[Candidate], *, n_wanted: int) -> list[Candidate]:
    """`n_wanted` of the candidates, each time the one whose predicted label, speaker and true label are rarest."""
    left, picked = list(candidates), list[Candidate]()
    for _ in range(n_wanted):
        best = _most_balancing(left, beside=picked)
        left.remove(best)
        picked.append(best)
    return picked


def _most_balancing(candidates: Sequence[Candidate], *, beside: Sequence[Candidate]) -> Candidate:
    predicted = Counter(one.predicted_label for one in beside)
    speakers = Counter(one.speaker for one in beside)
    labels = Counter(one.true_label for one in beside)
    return min(
        candidates,
        key=lambda one: (predicted[one.predicted_label], speakers[one.speaker] + labels[one.true_label]),
    )
