"""Paired differences of explanation and control."""

from dataclasses import replace

import pytest

from earshot.bundle import Manifest
from explainer.faithfulness.differences import Difference, Pairs, differences_of, find_pairs
from explainer.faithfulness.measures import CLASS_KEPT, Scores
from explainer.faithfulness.results import Evaluation
from explainer.faithfulness.stimuli import MeasuredStimulus

BLANK = Scores(
    class_kept=0.0, increase=0.0, drop=0.0, gain=0.0, confidence_lost=0.0, energy_kept_share=0.5, mask_share=0.1
)


def measured(manifest: Manifest, *, kept: list[tuple[float, float]], drops: list[float]) -> list[MeasuredStimulus]:
    """Class kept by explanation and control of each stimulus in turn, and the explanation's drop."""
    found = []
    for number, stimulus in enumerate(manifest.stimuli):
        (explanation, control), drop = kept[number % len(kept)], drops[number % len(drops)]
        scores = (
            BLANK,
            replace(BLANK, class_kept=explanation, drop=drop, flipping_area=0.2),
            replace(BLANK, class_kept=control),
        )
        found.append(MeasuredStimulus(stimulus.id, (), scores[: len(stimulus.renditions)], ()))
    return found


def right_of(found: list[Pairs]) -> Pairs:
    return next(pairs for pairs in found if pairs.comparison.model_correct)


def of_measure(pairs: Pairs, *, name: str) -> Difference:
    return next(difference for difference in differences_of(pairs) if difference.measure.name == name)


def test_right_and_wrong_predictions_are_apart_and_training_items_left_out(evaluation: Evaluation) -> None:
    found = find_pairs(evaluation.manifest, measured=evaluation.measured)
    assert [(pairs.comparison.model_correct, len(pairs.scores)) for pairs in found] == [(True, 7), (False, 3)]
    assert {pairs.comparison.control for pairs in found} == {"control"}
    assert [pairs.n_speakers for pairs in found] == [2, 2]


def test_binary_measure_counts_its_pairs(evaluation: Evaluation) -> None:
    kept = [(1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (1.0, 0.0), (0.0, 0.0), (1.0, 0.0), (1.0, 1.0)]
    manifest = evaluation.manifest
    difference = of_measure(
        right_of(find_pairs(manifest, measured=measured(manifest, kept=kept, drops=[0.0]))), name="class_kept"
    )
    assert difference.measure is CLASS_KEPT
    assert difference.counts is not None
    counts = difference.counts
    assert (counts.n_both, counts.n_only_explanation, counts.n_only_control, counts.n_neither) == (2, 3, 1, 1)
    assert difference.difference == pytest.approx(5 / 7 - 3 / 7)


def test_difference_of_means_is_explanation_minus_control(evaluation: Evaluation) -> None:
    manifest = evaluation.manifest
    drops = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    difference = of_measure(
        right_of(find_pairs(manifest, measured=measured(manifest, kept=[(1.0, 1.0)], drops=drops))), name="drop"
    )
    assert difference.explanation == difference.difference == pytest.approx(0.4)
    assert difference.control == 0.0
    assert difference.interval is not None
    assert difference.interval[0] < 0.4 < difference.interval[1]


def test_measure_that_one_side_lacks_has_no_pairs(evaluation: Evaluation) -> None:
    manifest = evaluation.manifest
    pairs = right_of(find_pairs(manifest, measured=measured(manifest, kept=[(1.0, 1.0)], drops=[0.0])))
    difference = of_measure(pairs, name="flipping_area")
    assert (difference.n_pairs, difference.difference, difference.interval) == (0, None, None)


def test_stimulus_without_a_fair_control_is_counted_and_left_out(evaluation: Evaluation) -> None:
    manifest = evaluation.manifest
    first, *others = manifest.stimuli
    changed = manifest.model_copy(
        update={"stimuli": [first.model_copy(update={"renditions": first.renditions[:2]}), *others]}
    )
    found = right_of(find_pairs(changed, measured=measured(changed, kept=[(1.0, 1.0)], drops=[0.0])))
    assert (len(found.scores), found.n_without_control) == (6, 1)
