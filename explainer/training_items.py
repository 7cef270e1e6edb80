"""Which candidates train the participants: one per predicted label, half of them wrong, words shared by both kinds.

Right items speak the label they are answered with, wrong ones another. So that the words do not give the errors away,
items come in pairs: a wrong item takes the word of a right one, and the two have different predicted labels.
"""

from collections import Counter
from collections.abc import Sequence

from explainer.candidates import Candidate

_Pair = tuple[str, str]


def pick_training(
    right: Sequence[Candidate], *, wrong: Sequence[Candidate], n_wanted: int, n_wrong_free: int
) -> list[Candidate]:
    """At most `n_wanted` candidates of distinct predicted labels, as far as the labels go.

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
    pairs = _most_pairs(_labels(right, wrong), pairs=_possible_pairs(right, wrong))[: min(n_wanted // 2, most_wrong)]
    # a label that lends its word to a pair is no longer there for a wrong item: half wrong goes before shared words
    tries = []
    for n_pairs in range(len(pairs), -1, -1):
        picked = _pick_pairs(pairs[:n_pairs], right=right, wrong=wrong)
        n_more = n_wanted - len(picked)
        tries.append(picked + _fill(picked, right=right, wrong=wrong, n_wanted=n_more, most_wrong=most_wrong))
    return max(tries, key=lambda items: (len(items), min(most_wrong, sum(not one.model_correct for one in items))))


def _pick_pairs(pairs: Sequence[_Pair], *, right: Sequence[Candidate], wrong: Sequence[Candidate]) -> list[Candidate]:
    """A right and a wrong candidate for each pair."""
    picked: list[Candidate] = []
    for word, answer in pairs:
        picked += _pick_pair(
            [one for one in right if one.true_label == word],
            wrong=[one for one in wrong if (one.true_label, one.predicted_label) == (word, answer)],
            beside=picked,
        )
    return picked


def _labels(right: Sequence[Candidate], wrong: Sequence[Candidate]) -> tuple[str, ...]:
    """Predicted labels, those with the fewest wrong ones first: they are the hardest to pair."""
    counts = Counter(one.predicted_label for one in wrong)
    return tuple(sorted({one.predicted_label for one in (*right, *wrong)}, key=lambda label: (counts[label], label)))


def _possible_pairs(right: Sequence[Candidate], wrong: Sequence[Candidate]) -> frozenset[_Pair]:
    """(word, other answer) for which there is a right item that speaks the word and a wrong one, answered otherwise."""
    words = {one.true_label for one in right}
    return frozenset((one.true_label, one.predicted_label) for one in wrong if one.true_label in words)


def _most_pairs(labels: tuple[str, ...], *, pairs: frozenset[_Pair]) -> list[_Pair]:
    """As many of the pairs as can stand beside each other without sharing a label; the first found of those.

    Notes
    -----
    Every way to pair the labels is tried: 9496 for ten of them, and no corpus here has more.
    """
    if not labels:
        return []
    first, rest = labels[0], labels[1:]
    best: list[_Pair] = []
    for partner in rest:
        pair = next((one for one in ((first, partner), (partner, first)) if one in pairs), None)
        if pair is not None:
            found = [pair, *_most_pairs(tuple(label for label in rest if label != partner), pairs=pairs)]
            best = max(best, found, key=len)
        if len(best) == len(labels) // 2:
            return best
    return max(best, _most_pairs(rest, pairs=pairs), key=len)


def _pick_pair(
    right: Sequence[Candidate], *, wrong: Sequence[Candidate], beside: Sequence[Candidate]
) -> tuple[Candidate, Candidate]:
    """A right and a wrong candidate, of one speaker if possible, and of the speakers that are rarest so far."""
    speakers = Counter(one.speaker for one in beside)
    return min(
        ((one, other) for one in right for other in wrong),
        key=lambda pair: (pair[0].speaker != pair[1].speaker, sum(speakers[one.speaker] for one in pair)),
    )


def _fill(
    picked: Sequence[Candidate],
    *,
    right: Sequence[Candidate],
    wrong: Sequence[Candidate],
    n_wanted: int,
    most_wrong: int,
) -> list[Candidate]:
    """Up to `n_wanted` more of other predicted labels, wrong ones as long as there may be more of them."""
    filled: list[Candidate] = []
    used = {one.predicted_label for one in picked}
    speakable = {one.predicted_label for one in right}
    # labels without right ones come first: nothing else can take their place
    for label in sorted(_labels(right, wrong), key=lambda label: label in speakable):
        if label in used or len(filled) == n_wanted:
            continue
        n_wrong = sum(not one.model_correct for one in (*picked, *filled))
        others = [one for one in wrong if one.predicted_label == label]
        own = [one for one in right if one.predicted_label == label]
        filled.append(
            _rarest_speaker(others if others and (n_wrong < most_wrong or not own) else own, beside=(*picked, *filled))
        )
    return filled


def _rarest_speaker(candidates: Sequence[Candidate], *, beside: Sequence[Candidate]) -> Candidate:
    """The candidate whose speaker and word are rarest so far."""
    speakers = Counter(one.speaker for one in beside)
    words = Counter(one.true_label for one in beside)
    return min(candidates, key=lambda one: speakers[one.speaker] + words[one.true_label])
