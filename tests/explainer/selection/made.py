"""Candidates made by hand: what is not said is the same in all of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from explainer.sections.selection import SelectionSection
from explainer.selection.candidates import Candidate


def candidate(
    index: int,
    *,
    speaker: str = "a",
    true: str = "0",
    said: str | None = None,
    fair: bool = True,
    duration_ms: float = 500.0,
    energy: float = 0.5,
    confidence: float = 0.8,
) -> Candidate:
    """A candidate that is right unless `said` is another label than `true`."""
    return Candidate(
        index=index,
        speaker=speaker,
        true_label=true,
        predicted_label=true if said is None else said,
        has_fair_control=fair,
        duration_ms=duration_ms,
        energy_kept_share=energy,
        confidence=confidence,
    )


def section(**changes: Any) -> SelectionSection:  # whatever a recipe may hold
    """Twelve of each kind and ten for training; pairs need nothing in common unless `exact` says so."""
    asked = {"n_right": 12, "n_wrong": 12, "n_training": 10, "seed": 1, "exact": []} | changes
    return SelectionSection.model_validate(asked)


def candidates(*, right: Iterable[int], wrong: Iterable[int], unfair_every: int | None = None) -> list[Candidate]:
    """Candidates by predicted label: `right` and `wrong` name the label of one candidate each."""
    made: list[Candidate] = []
    for correct, labels in ((True, right), (False, wrong)):
        for label in labels:
            index = len(made)
            made.append(
                candidate(
                    index,
                    speaker="abcd"[index * 7 % 4],
                    true=str(label if correct else (label + 1 + index % 9) % 10),
                    said=str(label),
                    fair=not (unfair_every and index % unfair_every == 0),
                )
            )
    return made


def plenty(*, unfair_every: int | None = None) -> list[Candidate]:
    """Of each of ten labels 8 right and 4 wrong ones."""
    return candidates(right=[*range(10)] * 8, wrong=[*range(10)] * 4, unfair_every=unfair_every)


def in_every_cell(*, right_per_cell: int, wrong: Iterable[tuple[str, int, int]]) -> list[Candidate]:
    """Right candidates of speakers a-d and all labels, and wrong ones by speaker, true and predicted label."""
    cells = [(speaker, label, label) for speaker in "abcd" for label in range(10)] * right_per_cell
    return [
        candidate(index, speaker=speaker, true=str(true), said=str(said))
        for index, (speaker, true, said) in enumerate([*cells, *wrong])
    ]


# one speaker errs most, on three words: the answers alone would let every right item come from elsewhere
LOPSIDED = [("a", 2, said) for said in (6, 7, 8, 9, 0)] * 3 + [("b", 7, 6), ("a", 3, 1), ("a", 5, 4)]


def kind_of(made: Sequence[Candidate], indices: Sequence[int], *, correct: bool) -> list[Candidate]:
    """The right or the wrong ones among some indices."""
    return [made[index] for index in indices if made[index].model_correct == correct]


def spread(values: Iterable[str]) -> int:
    """Largest count minus smallest."""
    counts = Counter(values)
    return max(counts.values()) - min(counts.values())
