"""The tables of a manipulation, as CSV: one row per point of a figure, with every seed and the mean over seeds."""

import csv
import io
from collections.abc import Sequence

from explainer.manipulation.results import EXPONENTS, FACTORS, SHARES, Manipulation, ScalingCurve, ZeroingCurve
from explainer.manipulation.seeds import Interval, OverSeeds

_N_DECIMALS = 6
_SUMMARY = ("mean", "interval_low", "interval_high")


def zeroing_table(found: Manipulation) -> bytes:
    """One row per part, choice and share.

    `n_right_seed_<s>` counts right answers of `n_clips`; `accuracy_*` is over seeds, `loss_by_relevance_*` the accuracy
    minus that by relevance: how much more it costs to choose by relevance. Shares and accuracies from 0 to 1; intervals
    of 95 %, empty where all seeds agree; those of accuracies are cut at 0 and 1.
    """
    header = ("part", "choice", "share_zeroed", "n_clips", *_seed_columns(found))
    header += (*_named("accuracy"), *_named("loss_by_relevance"))
    rows = [_zeroing_row(curve, found=found, share=share) for curve in found.zeroing for share in SHARES]
    return _write(header, rows=rows)


def scaling_table(found: Manipulation) -> bytes:
    """One row per part, exponent and true label, and one for all labels.

    `factor_<label>` is the factor of that label's clips; `accuracy_*` is over seeds, `loss_*` the accuracy without
    scaling minus this one. Otherwise as `zeroing_table`.
    """
    factors = tuple(f"factor_{label}" for label in FACTORS)
    header = ("part", "exponent", *factors, "true_label", "n_clips", *_seed_columns(found))
    header += (*_named("accuracy"), *_named("loss"))
    rows = [
        _scaling_row(curve, exponent=exponent, label=label)
        for curve in found.scaling
        for exponent in EXPONENTS
        for label in (None, *curve.n_clips)
    ]
    return _write(header, rows=rows)


def _zeroing_row(curve: ZeroingCurve, *, found: Manipulation, share: float) -> list[object]:
    counts = [own[SHARES.index(share)] for own in curve.n_right]
    row: list[object] = [curve.part, curve.choice, share, curve.n_clips, *counts, *_accuracy(curve.accuracy(share))]
    if curve.choice == "relevance":
        return [*row, "", "", ""]
    by_relevance = found.zeroed(curve.part, choice="relevance")
    return [*row, *_difference(curve.accuracy(share).minus(by_relevance.accuracy(share)))]


def _scaling_row(curve: ScalingCurve, *, exponent: float, label: str | None) -> list[object]:
    labels = list(curve.n_clips) if label is None else [label]
    counts = [sum(own[EXPONENTS.index(exponent)][each] for each in labels) for own in curve.n_right]
    accuracy, plain = curve.accuracy(exponent, label=label), curve.accuracy(0.0, label=label)
    return [
        curve.part,
        exponent,
        *(round(factor**exponent, _N_DECIMALS) for factor in FACTORS.values()),
        label or "all",
        sum(curve.n_clips[each] for each in labels),
        *counts,
        *_accuracy(accuracy),
        *_difference(plain.minus(accuracy)),
    ]


def _seed_columns(found: Manipulation) -> tuple[str, ...]:
    return tuple(f"n_right_seed_{seed}" for seed in found.subject.seeds)


def _named(quantity: str) -> tuple[str, ...]:
    return tuple(f"{quantity}_{part}" for part in _SUMMARY)


def _difference(values: OverSeeds) -> list[object]:
    return _row(values.mean, interval=values.interval)


def _accuracy(values: OverSeeds) -> list[object]:
    return _row(values.mean, interval=values.share_interval)


def _row(mean: float, *, interval: Interval | None) -> list[object]:
    ends: Sequence[object] = ["", ""] if interval is None else [round(end, _N_DECIMALS) for end in interval]
    return [round(mean, _N_DECIMALS), *ends]


def _write(header: Sequence[str], *, rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()
