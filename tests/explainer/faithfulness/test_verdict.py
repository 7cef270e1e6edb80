"""The verdict follows its interval, whichever way that lies."""

import pytest

from explainer.faithfulness.differences import Comparison, Difference
from explainer.faithfulness.intervals import PairedCounts, share_difference_interval
from explainer.faithfulness.measures import CLASS_KEPT
from explainer.faithfulness.results import Evaluation
from explainer.faithfulness.verdict import Verdict, find_verdicts
from tests.explainer.faithfulness.world import NETWORK_NAME


def difference_of(counts: PairedCounts, *, model_correct: bool = True) -> Difference:
    comparison = Comparison(NETWORK_NAME, model_correct, "epsilon", "soft-mask", None, "control")
    kept = (counts.n_both + counts.n_only_explanation) / counts.n
    kept_by_control = (counts.n_both + counts.n_only_control) / counts.n
    return Difference(
        comparison,
        CLASS_KEPT,
        counts.n,
        kept,
        kept_by_control,
        kept - kept_by_control,
        share_difference_interval(counts),
        counts,
    )


def right_verdict(evaluation: Evaluation, *, counts: PairedCounts) -> Verdict:
    return find_verdicts(evaluation.manifest, differences=[difference_of(counts)])[0]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (PairedCounts(5, 12, 0, 3), "relevance keeps the answer more often than its control"),
        (PairedCounts(5, 0, 12, 3), "relevance keeps the answer less often than its control"),
        (PairedCounts(14, 3, 2, 1), "the interval includes no difference between relevance and its control"),
        (PairedCounts(0, 5, 0, 0), "5 pairs of explanation and control, and fewer than 6 are not judged"),
    ],
)
def test_headline_says_what_the_interval_says(evaluation: Evaluation, counts: PairedCounts, said: str) -> None:
    assert right_verdict(evaluation, counts=counts).headline == f"Right predictions: {said}."


def test_numbers_stand_beside_the_headline(evaluation: Evaluation) -> None:
    # newcombe1998: method 10 for these counts gives .0569 to .3404
    assert right_verdict(evaluation, counts=PairedCounts(36, 12, 2, 0)).numbers == (
        "The network keeps its answer on 48 of 50 explanations and on 38 of their controls; difference +20 points, "
        "95 % interval +6 to +34. Only the explanation keeps it on 12, only the control on 2."
    )


def test_predictions_without_a_pair_are_not_judged(evaluation: Evaluation) -> None:
    wrong = find_verdicts(evaluation.manifest, differences=[difference_of(PairedCounts(9, 0, 0, 0))])[1]
    assert (wrong.finding, wrong.numbers) == ("nothing", "")
    assert wrong.headline.startswith("Wrong predictions: 0 pairs")


def test_planted_world_is_judged_as_it_was_planted(evaluation: Evaluation) -> None:
    right, wrong = evaluation.verdicts
    # of seven right predictions the explanation keeps all and the control none; three wrong ones are too few
    assert (right.finding, wrong.finding) == ("more", "nothing")
