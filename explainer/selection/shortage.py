"""What stands in the way of enough pairs, and what would give more."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from explainer.selection.candidates import Candidate, Measure
from explainer.selection.pairing import CALIPER_KEYS, PairRules, count_pairs, count_pairs_by_label, distances_sd


@dataclass(frozen=True)
class _Question:
    right: Sequence[Candidate]
    wrong: Sequence[Candidate]
    n_wanted: int
    rules: PairRules

    def count(self, rules: PairRules) -> int:
        return count_pairs(self.right, wrong=self.wrong, rules=rules)


def describe_shortage(
    right: Sequence[Candidate], *, wrong: Sequence[Candidate], n_wanted: int, rules: PairRules
) -> str:
    """How many pairs there would be without each of the rules, and the caliper that alone would do."""
    question = _Question(right=right, wrong=wrong, n_wanted=n_wanted, rules=rules)
    parts = [_describe_label_counts(question)] if rules.n_per_true_label is not None else []
    parts += [
        f"{question.count(replace(rules, exact=tuple(one for one in rules.exact if one != name)))} without "
        f"'{name}' in selection.exact"
        for name in rules.exact
        if rules.n_per_true_label is None or name != "true_label"
    ]
    parts += [_describe_caliper(question, measure=measure) for measure in rules.calipers_sd]
    if len(rules.calipers_sd) > 1:
        parts.append(f"{question.count(replace(rules, calipers_sd={}))} without any caliper")
    return "; ".join(parts)


def _describe_label_counts(question: _Question) -> str:
    counts = count_pairs_by_label(question.right, wrong=question.wrong, rules=question.rules)
    labels = sorted({one.true_label for one in (*question.right, *question.wrong)})
    return "by true label " + ", ".join(f"'{label}' {counts[label]}" for label in labels)


def _describe_caliper(question: _Question, *, measure: Measure) -> str:
    key = f"selection.calipers.{CALIPER_KEYS[measure]}"
    limit_sd = question.rules.calipers_sd[measure]
    n_without = question.count(_with_caliper(question.rules, measure=measure, limit_sd=None))
    enough = f", where {_enough_sd(question, measure=measure):.2f} would do" if n_without >= question.n_wanted else ""
    return f"{n_without} without {key} = {limit_sd:g}{enough}"


def _with_caliper(rules: PairRules, *, measure: Measure, limit_sd: float | None) -> PairRules:
    others = {name: limit for name, limit in rules.calipers_sd.items() if name != measure}
    return replace(rules, calipers_sd=others if limit_sd is None else others | {measure: limit_sd})


def _enough_sd(question: _Question, *, measure: Measure) -> float:
    """The smallest caliper, in hundredths, that gives the pairs wanted while the other rules stay."""
    apart = distances_sd(question.right, wrong=question.wrong, measure=measure, sd=question.rules.sds[measure])
    # a distance of 0.8 may come out as a hair more than 80 hundredths, or less: both limits are tried
    hundredths = np.ceil(apart * 100 - 1e-6)
    limits_sd = np.unique([hundredths, hundredths + 1]) / 100

    def is_enough(limit_sd: float) -> bool:
        rules = _with_caliper(question.rules, measure=measure, limit_sd=limit_sd)
        return question.count(rules) >= question.n_wanted

    return float(limits_sd[bisect_left(limits_sd, True, key=is_enough)])
