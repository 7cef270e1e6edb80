"""Which clips become stimuli: wrong answers to held-out speakers, and right ones that follow them.

The wrong ones are picked first, balanced in predicted label; the right ones then follow their speakers and words as
closely as the recordings allow. A participant hears the speaker and is shown the word: were these balanced only within
each kind, they could tell whether the computer was right.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from earshot.errors import RecipeError
from explainer.candidates import Candidate, Choice, count_choice
from explainer.recipe import SelectionSection
from explainer.training_items import pick_training

Cell = tuple[str, str]


@dataclass(frozen=True)
class Chosen:
    """Indices of the candidates that become stimuli; no index stands in both."""

    main: tuple[int, ...]
    training: tuple[int, ...]


@dataclass(frozen=True)
class _Pool:
    """Candidates to pick from, in the order that breaks ties."""

    right: tuple[Candidate, ...]
    wrong: tuple[Candidate, ...]

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> "_Pool":
        every = tuple(candidates)
        return cls(
            right=tuple(one for one in every if one.model_correct),
            wrong=tuple(one for one in every if not one.model_correct),
        )

    def without(self, picked: Collection[Candidate]) -> "_Pool":
        return _Pool.of(one for one in (*self.right, *self.wrong) if one not in picked)


def select_stimuli(candidates: Sequence[Candidate], *, section: SelectionSection) -> Chosen:
    """The main and the training stimuli among candidates with a fair control.

    The main wrong ones are balanced in predicted label first, then taken where a right one can match them, then
    balanced in true label and speaker; the main right ones follow their counts of speaker and true label. Training
    items have distinct predicted labels, half of them wrong where the candidates allow it, their words shared by right
    and wrong ones where that is possible.

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
    pool = _Pool.of(fair)
    _check_main(pool, candidates=candidates, section=section, beside="")
    main = _pick_main(pool, section=section)
    rest = pool.without(main)
    training = pick_training(rest.right, wrong=rest.wrong, n_wanted=section.n_training, n_wrong_free=len(rest.wrong))
    # where the main ones leave training too few labels, or too few wrong ones, training chooses first
    first = pick_training(
        pool.right,
        wrong=_spare_wrong(pool, n_labels=(section.n_training + 1) // 2),
        n_wanted=section.n_training,
        n_wrong_free=len(pool.wrong) - section.n_wrong,
    )
    if len(training) < section.n_training or _n_wrong(training) < min(_n_wrong(first), section.n_training // 2):
        _check_training(first, candidates=candidates, section=section)
        training, rest = first, pool.without(first)
        _check_main(rest, candidates=candidates, section=section, beside=" beside the training ones")
        main = _pick_main(rest, section=section)
    return Chosen(main=_indices(main), training=_indices(training))


def _spare_wrong(pool: _Pool, *, n_labels: int) -> list[Candidate]:
    """Wrong ones of the predicted labels that have most of them, so that the main ones keep a choice of labels.

    Those of a label without right ones are always among them.
    """
    counts = Counter(one.predicted_label for one in pool.wrong)
    plentiful = {label for label, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n_labels]}
    spare = plentiful | (counts.keys() - {one.predicted_label for one in pool.right})
    return [one for one in pool.wrong if one.predicted_label in spare]


def _n_wrong(candidates: Iterable[Candidate]) -> int:
    return sum(not one.model_correct for one in candidates)


def _indices(candidates: Iterable[Candidate]) -> tuple[int, ...]:
    return tuple(sorted(candidate.index for candidate in candidates))


def _check_main(pool: _Pool, *, candidates: Sequence[Candidate], section: SelectionSection, beside: str) -> None:
    """Raise RecipeError if the pool cannot give the main stimuli."""
    if len(pool.right) < section.n_right or len(pool.wrong) < section.n_wrong:
        found = f"{len(pool.right)} right and {len(pool.wrong)} wrong main stimuli{beside}"
        raise RecipeError(_too_few(found, count_choice(candidates), section=section))


def _check_training(
    training: Sequence[Candidate], *, candidates: Sequence[Candidate], section: SelectionSection
) -> None:
    """Raise RecipeError if the training items are too few."""
    if len(training) < section.n_training:
        labels = ", ".join(sorted(one.predicted_label for one in training)) or "none"
        found = f"{len(training)} distinct predicted labels for training ({labels})"
        raise RecipeError(_too_few(found, count_choice(candidates), section=section))


def _too_few(found: str, choice: Choice, *, section: SelectionSection) -> str:
    return (
        f"the held-out speakers give only {found}; wanted are {section.n_wrong} wrong and {section.n_right} right main "
        f"stimuli and {section.n_training} for training, from {choice}; for more wrong ones hold out more speakers "
        "(split.heldout_speakers) or train for fewer epochs (network.n_epochs), for more right ones or more labels "
        "train longer or hold out others, or ask for fewer under [selection]"
    )


def _pick_main(pool: _Pool, *, section: SelectionSection) -> list[Candidate]:
    wrong = _pick_wrong(pool, n_wanted=section.n_wrong)
    return wrong + _pick_like(wrong, right=pool.right, n_wanted=section.n_right)


def _pick_wrong(pool: _Pool, *, n_wanted: int) -> list[Candidate]:
    """`n_wanted` wrong ones: each time of the rarest predicted label, if possible one that a right one can match."""
    left, picked = list(pool.wrong), list[Candidate]()
    unmatched = Counter(one.cell for one in pool.right)
    for _ in range(n_wanted):
        best = _rarest(left, beside=picked, matches=unmatched)
        left.remove(best)
        picked.append(best)
        unmatched -= Counter([best.cell])
    return picked


def _rarest(candidates: Sequence[Candidate], *, beside: Sequence[Candidate], matches: Counter[Cell]) -> Candidate:
    """The candidate whose predicted label is rarest; then one with a match; then the rarest true label, speaker."""
    predicted = Counter(one.predicted_label for one in beside)
    speakers = Counter(one.speaker for one in beside)
    labels = Counter(one.true_label for one in beside)
    return min(
        candidates,
        key=lambda one: (
            predicted[one.predicted_label],
            matches[one.cell] == 0,
            labels[one.true_label],
            speakers[one.speaker],
        ),
    )


def _pick_like(wrong: Sequence[Candidate], *, right: Sequence[Candidate], n_wanted: int) -> list[Candidate]:
    """`n_wanted` right ones, each time the one whose speaker and true label lack most against the wrong ones."""
    left, picked = list(right), list[Candidate]()
    for _ in range(n_wanted):
        best = _most_lacking(left, beside=picked, model=wrong, scale=n_wanted / max(1, len(wrong)))
        left.remove(best)
        picked.append(best)
    return picked


def _most_lacking(
    candidates: Sequence[Candidate], *, beside: Sequence[Candidate], model: Sequence[Candidate], scale: float
) -> Candidate:
    """The candidate that `beside` lacks most to have `scale` times the counts of `model`.

    Speaker and true label together count first, then the true label alone: the word is shown, the voice only heard.
    """

    def surplus_by(name: str) -> Callable[[Candidate], float]:
        seen: Callable[[Candidate], object] = attrgetter(name)
        there, wanted = Counter(map(seen, beside)), Counter(map(seen, model))
        return lambda one: there[seen(one)] - scale * wanted[seen(one)]

    both, label, speaker = (surplus_by(name) for name in ("cell", "true_label", "speaker"))
    return min(candidates, key=lambda one: (min(0.0, both(one)), label(one), speaker(one)))
