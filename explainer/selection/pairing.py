"""Pairs of a right and a wrong stimulus that are alike in all but the network's answer.

The wrong ones are picked first, balanced in predicted label, each only if all those picked can still have partners of
their own; the partners are then those that lie nearest in sum. What must be the same in a pair, and how far apart the
rest may lie, are the rules.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from explainer.sections.selection import Exact, SelectionSection
from explainer.selection.balance import pooled_sds, values_of
from explainer.selection.candidates import MEASURES, Candidate, Measure

CALIPER_KEYS: Final[Mapping[Measure, str]] = {
    "duration_ms": "duration_sd",
    "energy_kept_share": "energy_kept_sd",
    "confidence": "confidence_sd",
}
"""Where a recipe limits a measure, under `[selection.calipers]`."""

_ATTRIBUTES: Final[tuple[Exact, ...]] = ("speaker", "true_label")
# another speaker or word, where the rules allow it, weighs more than any difference a caliper would let through
_MISMATCH_SDS: Final = 10.0


@dataclass(frozen=True)
class Pair:
    """A right candidate and the wrong one that it is matched with."""

    right: Candidate
    wrong: Candidate


@dataclass(frozen=True)
class PairRules:
    """What the two of a pair share.

    Attributes
    ----------
    exact : tuple of {'speaker', 'true_label'}
        What must be the same.
    calipers_sd : mapping of Measure to float
        How far apart the two may lie at most, in units of `sds`; a measure that is not there is not limited.
    sds : mapping of Measure to float
        As `pooled_sds` gives them.
    n_per_true_label : int or None
        The most pairs of one true label; needs 'true_label' in `exact`.
    """

    exact: tuple[Exact, ...]
    calipers_sd: Mapping[Measure, float]
    sds: Mapping[Measure, float]
    n_per_true_label: int | None = None


def pair_rules(section: SelectionSection, *, candidates: Sequence[Candidate]) -> PairRules:
    """The rules of a recipe; `candidates` are those with a fair control, which set the unit of the calipers."""
    limits: dict[Measure, float | Literal["off"]] = {
        measure: getattr(section.calipers, key) for measure, key in CALIPER_KEYS.items()
    }
    return PairRules(
        exact=tuple(section.exact),
        calipers_sd={measure: limit for measure, limit in limits.items() if limit != "off"},
        sds=pooled_sds(candidates),
        n_per_true_label=section.n_per_true_label,
    )


@dataclass(frozen=True)
class _Grid:
    """Every wrong candidate against every right one.

    Attributes
    ----------
    fits : ndarray, bool, (wrong, right)
        Whether the rules allow the pair.
    fewest_mismatches : ndarray, int64, (wrong,)
        In how many of speaker and true label a wrong one differs from the right one, of those that fit, nearest to it.
    distances : ndarray, float64, (wrong, right)
        Sum over the measures of how far apart they are, in standard deviations, and of what mismatches weigh.
    """

    fits: NDArray[np.bool_]
    fewest_mismatches: NDArray[np.int64]
    distances: NDArray[np.float64]


def distances_sd(
    right: Sequence[Candidate], *, wrong: Sequence[Candidate], measure: Measure, sd: float
) -> NDArray[np.float64]:
    """How far apart every wrong and every right candidate are in one measure: float64, (wrong, right), in `sd`."""
    apart = np.abs(values_of(wrong, measure=measure)[:, None] - values_of(right, measure=measure)[None])
    return apart / sd if sd > 0 else apart  # without spread all are equal, and apart is 0


def _compare(right: Sequence[Candidate], *, wrong: Sequence[Candidate], rules: PairRules) -> _Grid:
    fits = np.ones((len(wrong), len(right)), dtype=np.bool_)
    distances = np.zeros(fits.shape)
    n_mismatches = np.zeros(fits.shape, dtype=np.int8)
    for measure in MEASURES:
        apart = distances_sd(right, wrong=wrong, measure=measure, sd=rules.sds[measure])
        fits &= apart <= rules.calipers_sd.get(measure, np.inf)
        distances += apart
    for name in _ATTRIBUTES:
        theirs, ours = (np.array([getattr(one, name) for one in kind], dtype=np.str_) for kind in (right, wrong))
        differs = ours[:, None] != theirs[None]
        n_mismatches += differs
        if name in rules.exact:
            fits &= ~differs
    distances += _MISMATCH_SDS * n_mismatches
    return _Grid(
        fits=fits,
        fewest_mismatches=np.where(fits, n_mismatches, len(_ATTRIBUTES)).min(axis=1, initial=len(_ATTRIBUTES)),
        distances=distances,
    )


def count_pairs(right: Sequence[Candidate], *, wrong: Sequence[Candidate], rules: PairRules) -> int:
    """The most pairs that the rules allow, each candidate in one at most."""
    return count_pairs_by_label(right, wrong=wrong, rules=rules).total()


def count_pairs_by_label(right: Sequence[Candidate], *, wrong: Sequence[Candidate], rules: PairRules) -> Counter[str]:
    """As many pairs as the rules allow, by true label of the wrong one."""
    has_partner = _partners(_compare(right, wrong=wrong, rules=rules).fits) >= 0
    counts = Counter(wrong[row].true_label for row in np.flatnonzero(has_partner).tolist())
    if rules.n_per_true_label is None:
        return counts
    # within one true label there are as many as there can be, because no pair crosses labels
    return Counter({label: min(rules.n_per_true_label, count) for label, count in counts.items()})


def _partners(fits: NDArray[np.bool_]) -> NDArray[np.int64]:
    """A partner among the right ones for as many wrong ones as possible: int, (wrong,), -1 for none."""
    if fits.size == 0:
        return np.full(len(fits), -1)
    partners: NDArray[np.int64] = np.asarray(maximum_bipartite_matching(csr_matrix(fits), perm_type="column"))
    return partners


def pick_pairs(
    right: Sequence[Candidate], *, wrong: Sequence[Candidate], n_wanted: int, rules: PairRules
) -> list[Pair]:
    """`n_wanted` pairs within the rules, or as many as there are.

    Each time the wrong one is picked whose predicted label is rarest so far; then one that needs no other speaker or
    word; then the rarest true label and speaker; then the first in the order given.

    Notes
    -----
    The sets of wrong ones that can all have partners of their own are the independent sets of a matroid
    (edmonds1965): each that is not yet the largest can be added to, so that picking one by one never ends early. With a
    most number per true label this holds because pairs do not cross labels.
    """
    grid = _compare(right, wrong=wrong, rules=rules)
    picked: list[int] = []
    for _ in range(n_wanted):
        best = next(
            (
                row
                for row in _by_rarity(wrong, grid=grid, picked=picked, rules=rules)
                if (_partners(grid.fits[[*picked, row]]) >= 0).all()
            ),
            None,
        )
        if best is None:
            break
        picked.append(best)
    # what does not fit costs more than all that does together
    cost = np.where(grid.fits[picked], grid.distances[picked], (grid.distances.max(initial=0.0) + 1) * (n_wanted + 1))
    rows, columns = linear_sum_assignment(cost)
    return [Pair(right=right[column], wrong=wrong[picked[row]]) for row, column in zip(rows, columns, strict=True)]


def _by_rarity(wrong: Sequence[Candidate], *, grid: _Grid, picked: Sequence[int], rules: PairRules) -> list[int]:
    """Rows of the wrong ones that could come next, best first."""
    predicted = Counter(wrong[row].predicted_label for row in picked)
    labels = Counter(wrong[row].true_label for row in picked)
    speakers = Counter(wrong[row].speaker for row in picked)
    most = len(wrong) if rules.n_per_true_label is None else rules.n_per_true_label
    could: NDArray[np.bool_] = np.asarray(grid.fits.any(axis=1))
    could[list(picked)] = False
    rows: list[int] = np.flatnonzero(could).tolist()
    return sorted(
        (row for row in rows if labels[wrong[row].true_label] < most),
        key=lambda row: (
            predicted[wrong[row].predicted_label],
            grid.fewest_mismatches[row],
            labels[wrong[row].true_label],
            speakers[wrong[row].speaker],
        ),
    )
