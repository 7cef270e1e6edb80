"""Paired differences, explanation minus control, on every measure; right and wrong predictions apart.

A pair is one stimulus with the rendition of its relevance and the one of a control, made by the same method in the same
form. Only main stimuli count: training and attention items were chosen for another purpose.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from earshot.bundle import Form, Manifest, Mask, Rendition, Stimulus
from explainer.faithfulness.intervals import (
    Interval,
    PairedCounts,
    count_pairs,
    mean_interval,
    share_difference_interval,
)
from explainer.faithfulness.measures import MEASURES, Measure, Scores
from explainer.faithfulness.stimuli import MeasuredStimulus

_SEED = 1


@dataclass(frozen=True)
class Comparison:
    """What is compared: the explanations of one network's right or wrong predictions with one control.

    `share` is that of a top-share mask's live cells.
    """

    network: str
    model_correct: bool
    method: str
    form: Form
    share: float | None
    control: Mask


@dataclass(frozen=True)
class Difference:
    """One measure of one comparison.

    Attributes
    ----------
    n_pairs : int
        Stimuli in which explanation and control have the measure.
    explanation, control, difference : float or None
        Means over these, and the mean of explanation minus control; None without pairs.
    interval : tuple of float or None
        95 % interval of the difference; None where the pairs allow none.
    counts : PairedCounts or None
        Of a binary measure.
    """

    comparison: Comparison
    measure: Measure
    n_pairs: int
    explanation: float | None
    control: float | None
    difference: float | None
    interval: Interval | None
    counts: PairedCounts | None = None


@dataclass(frozen=True)
class Pairs:
    """The pairs of a comparison, and how many stimuli have the explanation but no fair control.

    Attributes
    ----------
    scores : tuple of (Scores, Scores)
        Explanation and control of each stimulus.
    n_speakers : int
        Of these stimuli.
    """

    comparison: Comparison
    scores: tuple[tuple[Scores, Scores], ...]
    n_speakers: int
    n_without_control: int


def find_pairs(manifest: Manifest, *, measured: Sequence[MeasuredStimulus]) -> list[Pairs]:
    """The pairs of every comparison that a bundle allows, in the order of its networks and renditions.

    Parameters
    ----------
    measured : sequence of MeasuredStimulus
        One per stimulus of the manifest, in its order.
    """
    main = [
        (stimulus, of_stimulus)
        for stimulus, of_stimulus in zip(manifest.stimuli, measured, strict=True)
        if stimulus.role == "main"
    ]
    found = []
    for network in manifest.networks:
        own = [(stimulus, scores) for stimulus, scores in main if stimulus.network == network.name]
        for model_correct in (True, False):
            stratum = [(stimulus, scores) for stimulus, scores in own if stimulus.model_correct == model_correct]
            # the kinds are those of the whole network, so that both strata list the same comparisons
            for kind in _kinds(stimulus for stimulus, _ in own):
                comparison = Comparison(network.name, model_correct, *kind)
                found.append(_pairs_of(comparison, stratum=stratum))
    return found


def differences_of(pairs: Pairs) -> list[Difference]:
    """Every measure of a comparison."""
    return [_difference(pairs, measure=measure) for measure in MEASURES]


_Kind = tuple[str, Form, float | None, Mask]


def _kinds(stimuli: Iterable[Stimulus]) -> list[_Kind]:
    """Method, form, share and control of the pairs that some stimuli have, in the order they come."""
    kinds: dict[_Kind, None] = {}
    for stimulus in stimuli:
        for rendition in stimulus.renditions:
            if rendition.mask not in ("none", "relevance") and rendition.method is not None:
                kinds[rendition.method, rendition.form, rendition.share, rendition.mask] = None
    return list(kinds)


def _pairs_of(comparison: Comparison, *, stratum: Sequence[tuple[Stimulus, MeasuredStimulus]]) -> Pairs:
    scores, speakers, n_without = [], set(), 0
    for stimulus, measured in stratum:
        explanation = _place(stimulus.renditions, comparison=comparison, mask="relevance")
        control = _place(stimulus.renditions, comparison=comparison, mask=comparison.control)
        if explanation is None:
            continue
        if control is None:
            n_without += 1
            continue
        scores.append((measured.scores[explanation], measured.scores[control]))
        speakers.add(stimulus.speaker)
    return Pairs(comparison, tuple(scores), n_speakers=len(speakers), n_without_control=n_without)


def _place(renditions: Sequence[Rendition], *, comparison: Comparison, mask: Mask) -> int | None:
    """The number of the first rendition of this mask by the comparison's method in its form."""
    wanted = (mask, comparison.method, comparison.form, comparison.share)
    for number, rendition in enumerate(renditions):
        if (rendition.mask, rendition.method, rendition.form, rendition.share) == wanted:
            return number
    return None


def _difference(pairs: Pairs, *, measure: Measure) -> Difference:
    both = [(getattr(first, measure.name), getattr(second, measure.name)) for first, second in pairs.scores]
    values = [(first, second) for first, second in both if first is not None and second is not None]
    if not values:
        return Difference(pairs.comparison, measure, 0, None, None, None, None)
    explanation, control = ([pair[side] for pair in values] for side in (0, 1))
    counts = count_pairs(explanation, control) if measure.binary else None
    gaps = [first - second for first, second in values]
    return Difference(
        comparison=pairs.comparison,
        measure=measure,
        n_pairs=len(values),
        explanation=float(np.mean(explanation)),
        control=float(np.mean(control)),
        difference=float(np.mean(gaps)),
        interval=mean_interval(gaps, seed=_SEED) if counts is None else share_difference_interval(counts),
        counts=counts,
    )
