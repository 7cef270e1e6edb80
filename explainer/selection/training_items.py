"""Which candidates train the participants: one per predicted label, half of them wrong, words shared by both kinds.

Right items speak the label they are answered with, wrong ones another. So that the words do not give the errors away,
items come in pairs: a wrong item takes the word of a right one, of the same speaker where there is one, and the two
have different predicted labels.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from explainer.selection.candidates import Candidate, count_wrong


@dataclass(frozen=True)
class _Part:
    """One or two items that a round may take.

    Attributes
    ----------
    right, wrong : tuple of Candidate
        What there is for the right and for the wrong item; one of the two may be empty, and then that item is missing.
    share_speaker : bool
        Whether a right and a wrong one of them have the same speaker.
    """

    right: tuple[Candidate, ...]
    wrong: tuple[Candidate, ...]
    share_speaker: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """The predicted labels that this takes."""
        return tuple(kind[0].predicted_label for kind in (self.right, self.wrong) if kind)

    @property
    def is_pair(self) -> bool:
        return bool(self.right and self.wrong)


def pick_training(
    right: Sequence[Candidate], *, wrong: Sequence[Candidate], n_wanted: int, n_wrong_free: int
) -> list[Candidate]:
    """At most `n_wanted` candidates, in rounds of distinct predicted labels as far as the labels go.

    Parameters
    ----------
    right, wrong : sequence of Candidate
        What there is, in the order that breaks ties.
    n_wanted : int
        How many.
    n_wrong_free : int
        Wrong ones that are not needed elsewhere; only a label without right ones takes more.
    """
    most_wrong = min((n_wanted + 1) // 2, n_wrong_free)
    picked: list[Candidate] = []
    while len(picked) < n_wanted:
        taken = {one.index for one in picked}
        found = _pick_round(
            [one for one in right if one.index not in taken],
            wrong=[one for one in wrong if one.index not in taken],
            beside=picked,
            n_wanted=n_wanted - len(picked),
            most_wrong=max(0, most_wrong - count_wrong(picked)),
        )
        if not found:
            break
        picked += found
    return picked


def _pick_round(
    right: Sequence[Candidate],
    *,
    wrong: Sequence[Candidate],
    beside: Sequence[Candidate],
    n_wanted: int,
    most_wrong: int,
) -> list[Candidate]:
    """Items of distinct predicted labels, as many as there are labels or as are wanted."""
    n_labels = len({one.predicted_label for one in (*right, *wrong)})
    n_items = min(n_wanted, n_labels)
    parts = _possible_parts(right, wrong=wrong)
    picked: list[Candidate] = []
    for part in _best_parts(parts, n_items=n_items, most_wrong=min(most_wrong, (n_items + 1) // 2)):
        picked += _pick_part(part, beside=[*beside, *picked])
    return picked


def _possible_parts(right: Sequence[Candidate], *, wrong: Sequence[Candidate]) -> list[_Part]:
    """Every pair of a word and another answer to it that can be had, and every label's right or wrong ones alone."""
    by_word: dict[str, list[Candidate]] = {}
    by_answer: dict[str, list[Candidate]] = {}
    by_confusion: dict[tuple[str, str], list[Candidate]] = {}
    for one in right:
        by_word.setdefault(one.true_label, []).append(one)
    for one in wrong:
        by_answer.setdefault(one.predicted_label, []).append(one)
        by_confusion.setdefault((one.true_label, one.predicted_label), []).append(one)
    pairs = [
        _Part(
            right=tuple(by_word[word]),
            wrong=tuple(confused),
            share_speaker=not {one.speaker for one in by_word[word]}.isdisjoint(one.speaker for one in confused),
        )
        for (word, _), confused in by_confusion.items()
        if word in by_word
    ]
    alone = [_Part(right=tuple(ones), wrong=()) for ones in by_word.values()]
    return pairs + alone + [_Part(right=(), wrong=tuple(ones)) for ones in by_answer.values()]


def _best_parts(parts: Sequence[_Part], *, n_items: int, most_wrong: int) -> list[_Part]:
    """The parts that together give most items, at most one of each label and at most `n_items`.

    Among those that do, the one with most wrong items up to `most_wrong` (more only where a label has no others); then
    with most pairs, whose words give nothing away; then with most pairs of one speaker.
    """
    if n_items == 0:
        return []
    labels = sorted({label for part in parts for label in part.labels})
    takes = np.array([[label in part.labels for part in parts] for label in labels], dtype=np.float64)
    n_wrong = np.array([bool(part.wrong) for part in parts], dtype=np.float64)
    # each weight is more than all that the next ones can come to: there are at most n_items / 2 pairs
    worth = [
        3 * n_items**3 * len(part.labels) + n_items**2 * bool(part.wrong) + n_items * part.is_pair + part.share_speaker
        for part in parts
    ]
    too_many_wrong = 2 * n_items**2
    solved = milp(
        -np.array([*worth, -too_many_wrong], dtype=np.float64),
        integrality=np.ones(len(parts) + 1),
        bounds=Bounds(0, np.array([*[1] * len(parts), n_items])),
        constraints=[
            LinearConstraint(np.column_stack([takes, np.zeros(len(labels))]), ub=1),
            LinearConstraint(np.append(takes.sum(axis=0), 0)[None], ub=n_items),
            LinearConstraint(np.append(n_wrong, -1)[None], ub=most_wrong),
        ],
        options={"mip_rel_gap": 0},
    )
    return [part for part, share in zip(parts, solved.x[:-1], strict=True) if share > 0.5]


def _pick_part(part: _Part, *, beside: Sequence[Candidate]) -> list[Candidate]:
    """The items of a part: of one speaker if possible, and of the speakers and words that are rarest so far."""
    speakers = Counter(one.speaker for one in beside)
    words = Counter(one.true_label for one in beside)
    if not part.is_pair:
        return [min(part.right or part.wrong, key=lambda one: speakers[one.speaker] + words[one.true_label])]
    pairs = [(one, other) for one in part.right for other in part.wrong]
    item, other = min(
        pairs, key=lambda pair: (pair[0].speaker != pair[1].speaker, sum(speakers[one.speaker] for one in pair))
    )
    return [item, other]
