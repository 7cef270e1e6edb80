"""The main stimuli: pairs of a right and a wrong one, and what a set asks for beyond them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from explainer.selection.candidates import Candidate, Pool
from explainer.selection.pairing import Pair, PairRules, count_pairs, pick_pairs


@dataclass(frozen=True)
class MainRequest:
    """How many right and wrong main stimuli, and what the two of a pair share."""

    n_right: int
    n_wrong: int
    rules: PairRules

    @property
    def n_pairs(self) -> int:
        """As many as both kinds have members; more of one kind are in no pair."""
        return min(self.n_right, self.n_wrong)


@dataclass(frozen=True)
class MainStimuli:
    """The pairs, and the surplus of the kind of which more were asked for."""

    pairs: tuple[Pair, ...]
    surplus: tuple[Candidate, ...]

    @property
    def stimuli(self) -> list[Candidate]:
        """All of them, in no order."""
        return [one for pair in self.pairs for one in (pair.right, pair.wrong)] + list(self.surplus)


def can_give_main(pool: Pool, *, request: MainRequest) -> bool:
    """Whether the pool holds enough of both kinds, and enough pairs."""
    return (
        len(pool.right) >= request.n_right
        and len(pool.wrong) >= request.n_wrong
        and count_pairs(pool.right, wrong=pool.wrong, rules=request.rules) >= request.n_pairs
    )


def pick_main(pool: Pool, *, request: MainRequest) -> MainStimuli:
    """The pairs first, then more wrong ones of rare labels, or more right ones that follow the wrong ones' counts.

    The pool must be one that `can_give_main`.
    """
    pairs = pick_pairs(pool.right, wrong=pool.wrong, n_wanted=request.n_pairs, rules=request.rules)
    right, wrong = [pair.right for pair in pairs], [pair.wrong for pair in pairs]
    left = pool.without([*right, *wrong])
    more_wrong = _pick_rare(left.wrong, beside=wrong, n_wanted=request.n_wrong - len(pairs))
    more_right = _pick_like(wrong, right=left.right, beside=right, n_wanted=request.n_right - len(pairs))
    return MainStimuli(pairs=tuple(pairs), surplus=(*more_wrong, *more_right))


def _pick_rare(candidates: Sequence[Candidate], *, beside: Sequence[Candidate], n_wanted: int) -> list[Candidate]:
    """`n_wanted` more, each time of the rarest predicted label, then true label, then speaker."""
    left, picked = list(candidates), list[Candidate]()
    for _ in range(n_wanted):
        there = [*beside, *picked]
        predicted, labels, speakers = (
            Counter(map(attrgetter(name), there)) for name in ("predicted_label", "true_label", "speaker")
        )
        ranks = [(predicted[one.predicted_label], labels[one.true_label], speakers[one.speaker]) for one in left]
        picked.append(left.pop(ranks.index(min(ranks))))
    return picked


def _pick_like(
    wrong: Sequence[Candidate], *, right: Sequence[Candidate], beside: Sequence[Candidate], n_wanted: int
) -> list[Candidate]:
    """`n_wanted` more right ones, each time the one whose speaker and true label lack most against the wrong ones."""
    left, picked = list(right), list[Candidate]()
    scale = (len(beside) + n_wanted) / max(1, len(wrong))
    for _ in range(n_wanted):
        best = _most_lacking(left, beside=[*beside, *picked], followed=wrong, scale=scale)
        left.remove(best)
        picked.append(best)
    return picked


def _most_lacking(
    candidates: Sequence[Candidate], *, beside: Sequence[Candidate], followed: Sequence[Candidate], scale: float
) -> Candidate:
    """The candidate that `beside` lacks most to have `scale` times the counts of `followed`.

    Speaker and true label together count first, then the true label alone: the word is shown, the voice only heard.
    """

    def surplus_by(name: str) -> Callable[[Candidate], float]:
        seen: Callable[[Candidate], object] = attrgetter(name)
        there, wanted = Counter(map(seen, beside)), Counter(map(seen, followed))
        return lambda one: there[seen(one)] - scale * wanted[seen(one)]

    both, label, speaker = (surplus_by(name) for name in ("cell", "true_label", "speaker"))
    return min(candidates, key=lambda one: (min(0.0, both(one)), label(one), speaker(one)))
