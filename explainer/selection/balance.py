"""How alike the right and wrong stimuli of a set are: standardised differences, and what a simple rule tells."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.selection.candidates import MEASURES, Candidate, Giveaway, Measure, find_giveaway

Values = NDArray[np.float64]
Kinds = NDArray[np.bool_]

# a rule found from 99 % of the stimuli is as good as one found from all but one of thousands, and comes sooner
_MOST_PARTS = 100


def values_of(candidates: Sequence[Candidate], *, measure: Measure) -> Values:
    """One measure of some candidates: ndarray, float64, (candidate,)."""
    return np.array([getattr(one, measure) for one in candidates], dtype=np.float64)


def pooled_sds(candidates: Sequence[Candidate]) -> dict[Measure, float]:
    """The unit of calipers and standardised differences, by measure: `sqrt((sd_right² + sd_wrong²) / 2)` (austin2011).

    Where neither kind varies it is the standard deviation over both together, and 0 where all are the same. It is
    taken over everything there is to choose from, so that it stays the same before and after matching (stuart2010,
    section 4.1).
    """
    kinds = ([one for one in candidates if one.model_correct], [one for one in candidates if not one.model_correct])
    sds: dict[Measure, float] = {}
    for measure in MEASURES:
        variances = [_variance(values_of(kind, measure=measure)) for kind in kinds]
        within = float(np.sqrt(np.mean(variances)))
        sds[measure] = within or float(np.sqrt(_variance(values_of(candidates, measure=measure))))
    return sds


def _variance(values: Values) -> float:
    if len(values) < 2 or values.min() == values.max():  # of equal values the rounded variance is not quite 0
        return 0.0
    return float(values.var(ddof=1))


@dataclass(frozen=True)
class MeasureBalance:
    """How alike right and wrong stimuli are in one measure.

    Attributes
    ----------
    measure : {'duration_ms', 'energy_kept_share', 'confidence'}
    right_mean, wrong_mean : float
        In the unit of the measure.
    standardised_difference : float
        Right mean minus wrong mean, in pooled standard deviations of the candidates.
    threshold_share : float or None
        Accuracy of telling right from wrong by one threshold on it, as the function of that name has it.
    """

    measure: Measure
    right_mean: float
    wrong_mean: float
    standardised_difference: float
    threshold_share: float | None


@dataclass(frozen=True)
class Balance:
    """How alike the right and the wrong stimuli of a set are.

    Attributes
    ----------
    giveaway : Giveaway
        What speaker and word tell.
    measures : tuple of MeasureBalance
        Empty unless there are both right and wrong ones.
    threshold_share : float or None
        The same by whichever measure tells best where it is not left out.
    predicted_label_counts : mapping of str to int
        Of the wrong ones, for every label.
    """

    giveaway: Giveaway
    measures: tuple[MeasureBalance, ...]
    threshold_share: float | None
    predicted_label_counts: Mapping[str, int]

    def __str__(self) -> str:
        counts = self.predicted_label_counts.values()
        parts = [str(self.giveaway)]
        if counts:
            parts.append(f"each label is predicted wrongly {min(counts)} to {max(counts)} times")
        if self.measures:
            differences = ", ".join(f"{one.measure} {one.standardised_difference:+.2f}" for one in self.measures)
            parts.append(f"right minus wrong in standard deviations: {differences}")
        if self.threshold_share is not None:
            parts.append(
                f"one threshold on the best of these tells {self.threshold_share:.0%} (each told by the others)"
            )
        return "; ".join(parts)


def find_balance(
    stimuli: Sequence[Candidate], *, candidates: Sequence[Candidate], pairs: Sequence[tuple[int, int]] = ()
) -> Balance:
    """How alike the right and wrong ones of some stimuli are.

    Parameters
    ----------
    stimuli : sequence of Candidate
        The main ones of a set; or the candidates themselves, for what it was before matching.
    candidates : sequence of Candidate
        All there were to choose from: those with a fair control set the unit of standardised differences.
    pairs : sequence of (int, int)
        Indices of stimuli that were matched with each other: a rule that tells the one must not have seen the other.
    """
    wrong = Counter(one.predicted_label for one in stimuli if not one.model_correct)
    labels = sorted({label for one in candidates for label in (one.true_label, one.predicted_label)})
    is_right = np.array([one.model_correct for one in stimuli], dtype=np.bool_)
    has_both = bool(is_right.any() and not is_right.all())
    values = np.array([values_of(stimuli, measure=measure) for measure in MEASURES]).T
    sds = pooled_sds([one for one in candidates if one.has_fair_control])
    right_of = {wrong_index: right_index for right_index, wrong_index in pairs}
    groups = np.array([right_of.get(one.index, one.index) for one in stimuli], dtype=np.int64)
    return Balance(
        giveaway=find_giveaway(stimuli),
        measures=tuple(
            MeasureBalance(
                measure=measure,
                right_mean=float(column[is_right].mean()),
                wrong_mean=float(column[~is_right].mean()),
                standardised_difference=_standardised_difference(column, is_right=is_right, sd=sds[measure]),
                threshold_share=threshold_share(column[:, None], is_right=is_right, groups=groups),
            )
            for measure, column in zip(MEASURES, values.T, strict=True)
            if has_both
        ),
        threshold_share=threshold_share(values, is_right=is_right, groups=groups),
        predicted_label_counts={label: wrong[label] for label in labels},
    )


def _standardised_difference(values: Values, *, is_right: Kinds, sd: float) -> float:
    difference = float(values[is_right].mean() - values[~is_right].mean())
    return difference / sd if sd > 0 else 0.0  # without spread all are equal


def threshold_share(values: Values, *, is_right: Kinds, groups: NDArray[np.int64]) -> float | None:
    """Accuracy of the best rule of one threshold on one measure, each stimulus told by a rule found without its group.

    Right and wrong ones weigh the same, whatever their numbers: a rule that looks at nothing has .5, and so, on
    average, has this one where the measures tell nothing and the groups are pairs.

    Parameters
    ----------
    values : ndarray, float64, (stimulus, measure)
    is_right : ndarray, bool, (stimulus,)
    groups : ndarray, int64, (stimulus,)
        Those with the same number are left out together: of a matched pair, the one would tell of the other. Above 100
        groups several are left out at once.

    Returns
    -------
    float or None
        None where there are fewer than two of a kind: nothing would be left to find a rule from.
    """
    if min(is_right.sum(), (~is_right).sum()) < 2:
        return None
    is_told = np.zeros(len(values), dtype=np.bool_)
    parts = np.unique(groups, return_inverse=True)[1] % _MOST_PARTS
    for part in np.unique(parts):
        left_out = parts == part
        rules = [_best_threshold(column, is_right=is_right[~left_out]) for column in values[~left_out].T]
        best = max(range(len(rules)), key=lambda measure: rules[measure].share)
        is_told[left_out] = rules[best].says_right(values[left_out, best]) == is_right[left_out]
    return float((is_told[is_right].mean() + is_told[~is_right].mean()) / 2)


@dataclass(frozen=True)
class _Threshold:
    """A rule that says right above a value, or below it, and how well it tells."""

    value: float
    above: bool
    share: float

    def says_right(self, values: Values) -> Kinds:
        return np.asarray((values > self.value) == self.above)


def _best_threshold(values: Values, *, is_right: Kinds) -> _Threshold:
    """The threshold between two neighbouring values that tells right from wrong best; the lowest of equals."""
    order = np.argsort(values, kind="stable")
    ordered, right = values[order], is_right[order]
    # at position i the i lowest values are said to be wrong, all others right
    share = 0.5 + (np.cumsum(~right) / (~right).sum() - np.cumsum(right) / right.sum()) / 2
    between = np.flatnonzero(np.diff(ordered) > 0)
    if len(between) == 0:
        return _Threshold(value=-np.inf, above=True, share=0.5)
    best = between[int(np.argmax(np.abs(share[between] - 0.5)))]
    above = bool(share[best] >= 0.5)
    return _Threshold(
        value=float(ordered[best] + ordered[best + 1]) / 2,
        above=above,
        share=float(share[best] if above else 1 - share[best]),
    )
