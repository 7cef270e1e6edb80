"""The measures of a rendition."""

from dataclasses import fields

import pytest

from earshot.bundle import Faithfulness, Manifest, Rendition
from explainer.faithfulness.measures import MEASURES, MaskScores, Scores, relative_drop, relative_gain, score
from explainer.faithfulness.results import Evaluation


def scores(evaluation: Evaluation, *, confidence: float, original: float, removed: float) -> Scores:
    manifest: Manifest = evaluation.manifest
    rendition: Rendition = manifest.stimuli[0].renditions[1]
    found = Faithfulness(
        class_kept=True, confidence=confidence, confidence_original=original, confidence_removed=removed
    )
    return score(rendition, faithfulness=found, found=MaskScores(0.25, 0.5, 3.0))


def test_every_score_is_described_once_and_in_its_order() -> None:
    assert [measure.name for measure in MEASURES] == [field.name for field in fields(Scores)]
    assert len({measure.title for measure in MEASURES}) == len(MEASURES)


def test_less_confidence_is_a_drop(evaluation: Evaluation) -> None:
    found = scores(evaluation, confidence=0.6, original=0.8, removed=0.3)
    assert (found.increase, found.gain) == (0.0, 0.0)
    # (.8 - .6) / .8
    assert found.drop == pytest.approx(0.25)
    # .8 - .3
    assert found.confidence_lost == pytest.approx(0.5)


def test_more_confidence_is_an_increase_and_a_gain(evaluation: Evaluation) -> None:
    found = scores(evaluation, confidence=0.9, original=0.8, removed=0.85)
    assert (found.increase, found.drop) == (1.0, 0.0)
    # (.9 - .8) / (1 - .8)
    assert found.gain == pytest.approx(0.5)
    # taking it out helped
    assert found.confidence_lost == pytest.approx(-0.05)


def test_nothing_can_drop_from_zero_nor_be_won_above_one() -> None:
    assert relative_drop(0.0, kept=0.0) == 0.0
    assert relative_gain(1.0, kept=1.0) == 0.0


def test_scores_of_a_mask_are_absent_without_one(evaluation: Evaluation) -> None:
    original = evaluation.measured[0].scores[0]
    assert (original.flipping_area, original.sparseness, original.complexity) == (None, None, None)
