"""What the summary shows of an evaluation, network by network: rows of numbers and figures, ready to be written."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from earshot.bundle import Form, Mask, Network
from explainer.faithfulness.differences import Difference, Pairs
from explainer.faithfulness.drawing import Axis, Line, axis_for, draw_axis, draw_bar, draw_curves, draw_interval
from explainer.faithfulness.measures import MEASURES, Measure, Scores
from explainer.faithfulness.randomisation import Likeness
from explainer.faithfulness.relevances import Ordering
from explainer.faithfulness.results import Evaluation, Randomised
from explainer.faithfulness.verdict import Verdict
from explainer.faithfulness.wording import MASK_NAMES, way_name

_Way = tuple[str | None, Form, float | None]


@dataclass(frozen=True)
class VerdictView:
    """A verdict with its interval drawn."""

    verdict: Verdict
    figure: Markup


@dataclass(frozen=True)
class Side:
    """One measure on right or on wrong predictions."""

    difference: Difference
    figure: Markup

    @property
    def predictions(self) -> str:
        """Which predictions these are."""
        return "right" if self.difference.comparison.model_correct else "wrong"


@dataclass(frozen=True)
class MeasureRow:
    """One measure of a comparison, both kinds of prediction."""

    measure: Measure
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class ComparisonView:
    """An explanation against one control: a row per measure.

    `n_pairs`, `n_speakers` and `n_without_control` are of right and of wrong predictions.
    """

    control: str
    way: str
    n_pairs: tuple[int, int]
    n_speakers: tuple[int, int]
    n_without_control: tuple[int, int]
    rows: tuple[MeasureRow, ...]
    axis: Markup


@dataclass(frozen=True)
class MeansRow:
    """Means of the measures over the renditions of one kind; `n` of right and of wrong predictions."""

    name: str
    way: str
    n: tuple[int, int]
    means: tuple[tuple[float | None, float | None], ...]


@dataclass(frozen=True)
class OrderingView:
    """What relevance itself shows, with its flipping curves drawn."""

    ordering: Ordering
    figure: Markup


@dataclass(frozen=True)
class LayerRow:
    """How alike relevance is before and after: means over stimuli, and the bar of sizes that spans single ones."""

    name: str
    signed: float
    of_sizes: float
    figure: Markup


@dataclass(frozen=True)
class NetworkView:
    """Everything shown of one network."""

    network: Network
    n_stimuli: tuple[int, int]
    n_changed_by_playing: int
    verdicts: tuple[VerdictView, ...]
    verdict_axis: Markup
    comparisons: tuple[ComparisonView, ...]
    means: tuple[MeansRow, ...]
    orderings: tuple[OrderingView, ...]
    other_label: LayerRow | None
    layers: tuple[LayerRow, ...]
    n_randomised: int


MEANS_SHOWN = tuple(
    measure
    for measure in MEASURES
    if measure.name in {"class_kept", "increase", "drop", "gain", "confidence_lost", "energy_kept_share", "mask_share"}
)
"""The measures in the table of means."""


def view_networks(evaluation: Evaluation) -> list[NetworkView]:
    """What is shown of each network of a bundle."""
    return [_view_network(network, evaluation=evaluation) for network in evaluation.manifest.networks]


def _view_network(network: Network, *, evaluation: Evaluation) -> NetworkView:
    verdicts = [one for one in evaluation.verdicts if one.network == network.name]
    verdict_axis = _axis_of([one.difference for one in verdicts if one.difference is not None])
    own = [
        (stimulus, measured)
        for stimulus, measured in zip(evaluation.manifest.stimuli, evaluation.measured, strict=True)
        if stimulus.network == network.name and stimulus.role == "main"
    ]
    n_right = sum(stimulus.model_correct for stimulus, _ in own)
    randomised = next((one for one in evaluation.randomised if one.network == network.name), None)
    return NetworkView(
        network=network,
        n_stimuli=(n_right, len(own) - n_right),
        n_changed_by_playing=sum(not measured.scores[0].class_kept for _, measured in own),
        verdicts=tuple(_view_verdict(one, axis=verdict_axis) for one in verdicts),
        verdict_axis=draw_axis(verdict_axis),
        comparisons=_view_comparisons(network.name, evaluation=evaluation),
        means=_view_means(network.name, evaluation=evaluation),
        orderings=tuple(
            OrderingView(one, _draw_ordering(one)) for one in evaluation.orderings if one.network == network.name
        ),
        other_label=_layer_row("another label", randomised.other_label) if randomised else None,
        layers=_view_layers(randomised) if randomised else (),
        n_randomised=len(randomised.other_label) if randomised else 0,
    )


def _axis_of(differences: Sequence[Difference]) -> Axis:
    """An axis for all differences of bounded measures, and their intervals."""
    ends = [end for one in differences if _is_drawn(one.measure) for end in one.interval or ()]
    return axis_for([*ends, *(one.difference for one in differences if _is_drawn(one.measure) and one.difference)])


def _is_drawn(measure: Measure) -> bool:
    """Whether a measure lies on the common axis: those in decibels and nats do not."""
    return measure.highest <= 1


def _view_verdict(verdict: Verdict, *, axis: Axis) -> VerdictView:
    read = verdict.difference
    if read is None:
        return VerdictView(verdict, Markup(""))
    predictions = "right" if verdict.model_correct else "wrong"
    figure = draw_interval(
        read.difference,
        ends=read.interval,
        axis=axis,
        filled=verdict.model_correct,
        label=f"Class kept, explanation minus rolled mask, {predictions} predictions",
    )
    return VerdictView(verdict, figure)


def _view_comparisons(network: str, *, evaluation: Evaluation) -> tuple[ComparisonView, ...]:
    """The comparisons of a network, each with its right and its wrong predictions."""
    own = [one for one in evaluation.pairs if one.comparison.network == network]
    right = [one for one in own if one.comparison.model_correct]
    wrong = [one for one in own if not one.comparison.model_correct]
    return tuple(
        _view_comparison(first, wrong=second, evaluation=evaluation) for first, second in zip(right, wrong, strict=True)
    )


def _view_comparison(right: Pairs, *, wrong: Pairs, evaluation: Evaluation) -> ComparisonView:
    sides = [[one for one in evaluation.differences if one.comparison == pairs.comparison] for pairs in (right, wrong)]
    axis = _axis_of([*sides[0], *sides[1]])
    kind = right.comparison
    rows = tuple(
        MeasureRow(first.measure, (_side(first, axis=axis), _side(second, axis=axis)))
        for first, second in zip(*sides, strict=True)
    )
    return ComparisonView(
        control=MASK_NAMES[kind.control],
        way=way_name(method=kind.method, form=kind.form, share=kind.share),
        n_pairs=(len(right.scores), len(wrong.scores)),
        n_speakers=(right.n_speakers, wrong.n_speakers),
        n_without_control=(right.n_without_control, wrong.n_without_control),
        rows=rows,
        axis=draw_axis(axis),
    )


def _side(difference: Difference, *, axis: Axis) -> Side:
    comparison = difference.comparison
    predictions = "right" if comparison.model_correct else "wrong"
    control = MASK_NAMES[comparison.control].lower()
    label = f"{difference.measure.title}, explanation minus {control}, {predictions} predictions"
    drawn = difference.difference if _is_drawn(difference.measure) else None
    figure = draw_interval(drawn, ends=difference.interval, axis=axis, filled=comparison.model_correct, label=label)
    return Side(difference, figure)


def _view_means(network: str, *, evaluation: Evaluation) -> tuple[MeansRow, ...]:
    """Means over main stimuli by what is kept and how it is made."""
    found: dict[tuple[Mask, _Way], tuple[list[Scores], list[Scores]]] = {}
    for stimulus, measured in zip(evaluation.manifest.stimuli, evaluation.measured, strict=True):
        if stimulus.network != network or stimulus.role != "main":
            continue
        for rendition, scores in zip(stimulus.renditions, measured.scores, strict=True):
            kind = rendition.mask, (rendition.method, rendition.form, rendition.share)
            sides = found.setdefault(kind, ([], []))
            sides[0 if stimulus.model_correct else 1].append(scores)
    return tuple(
        MeansRow(
            name=MASK_NAMES[mask],
            way=way_name(method=way[0], form=way[1], share=way[2]),
            n=(len(right), len(wrong)),
            means=tuple((_mean(right, measure=one), _mean(wrong, measure=one)) for one in MEANS_SHOWN),
        )
        for (mask, way), (right, wrong) in found.items()
    )


def _mean(scores: Sequence[Scores], *, measure: Measure) -> float | None:
    values = [getattr(one, measure.name) for one in scores]
    return float(np.mean(values)) if values else None


def _draw_ordering(ordering: Ordering) -> Markup:
    if not ordering.n_stimuli:
        return Markup("")
    lines = [
        Line("random order", "random", ordering.random_curve),
        Line("order of energy", "energy", ordering.energy_curve),
        Line("order of relevance", "relevance", ordering.relevance_curve),
    ]
    predictions = "right" if ordering.model_correct else "wrong"
    return draw_curves(
        lines, label=f"Mean probability of the explained label while cells are silenced, {predictions} predictions"
    )


def _view_layers(randomised: Randomised) -> tuple[LayerRow, ...]:
    return tuple(
        _layer_row(layer, likenesses)
        for layer, likenesses in zip(randomised.layers, randomised.likenesses, strict=True)
    )


def _layer_row(name: str, likenesses: Sequence[Likeness]) -> LayerRow:
    of_sizes = [one.of_sizes for one in likenesses]
    mean = float(np.mean(of_sizes))
    figure = draw_bar(mean, lowest=min(of_sizes), highest=max(of_sizes), label=f"{name}, of sizes")
    return LayerRow(name, float(np.mean([one.signed for one in likenesses])), mean, figure)
