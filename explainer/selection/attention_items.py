"""Which candidates check a participant's attention: the clearest right answers, one per label in turn."""

from collections.abc import Sequence

from explainer.selection.candidates import Candidate


def pick_attention(right: Sequence[Candidate], *, n_wanted: int) -> list[Candidate]:
    """At most `n_wanted` right candidates: the most confident of each label, then the second of each, and so on.

    Parameters
    ----------
    right : sequence of Candidate
        What the other roles left, in the order that breaks ties.
    n_wanted : int
        How many; where not all labels get the same number, those with the clearest candidates get one more.
    """
    by_label: dict[str, list[Candidate]] = {}
    for one in sorted(right, key=lambda one: -one.confidence):
        by_label.setdefault(one.true_label, []).append(one)
    turns = [(turn, -one.confidence, one) for ones in by_label.values() for turn, one in enumerate(ones)]
    return [one for _, _, one in sorted(turns, key=lambda item: item[:2])[:n_wanted]]
