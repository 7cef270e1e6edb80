"""Strategies that understand nothing, on tables made by hand."""

import pandas as pd
import pytest

from analysis.strategies import StrategyScore, score_strategies

# one participant's trials in order: phase, channel, mask, true, predicted
PRESENTED = pd.DataFrame(
    [
        ("a", 0, "training", "sound", "control", "1", "4"),
        ("a", 1, "main", "sound", "control", "2", "4"),
        ("a", 2, "main", "sound", "relevance", "3", "4"),
        ("a", 3, "main", "sound", "control", "5", "5"),
        ("a", 4, "main", "sound", "control", "1", "7"),
        ("b", 0, "main", "picture", "control", "6", "6"),
        ("b", 1, "main", "picture", "control", "2", "6"),
        ("b", 2, "main", "picture", "control", "1", "2"),
    ],
    columns=["subject_id", "trial_index", "phase", "channel", "mask", "true_label", "predicted_label"],
).assign(n_alternatives=10)
TRIALS = PRESENTED[PRESENTED["phase"] == "main"].assign(
    model_correct=lambda frame: frame["true_label"] == frame["predicted_label"]
)


def score(strategy: str, *, model_correct: bool, channel: str | None = None, mask: str | None = None) -> StrategyScore:
    # rows in another order than time: order must come from trial_index
    scores = score_strategies(TRIALS.iloc[::-1], presented=PRESENTED.iloc[::-1])
    wanted = (strategy, model_correct, channel, mask)
    (found,) = [s for s in scores if (s.strategy, s.model_correct, s.channel, s.mask) == wanted]
    return found


def test_the_truth_namer_is_always_right_on_right_and_never_on_wrong_predictions() -> None:
    assert score("truth-namer", model_correct=True).accuracy == 1.0
    assert score("truth-namer", model_correct=False).accuracy == 0.0


def test_the_guesser_has_one_in_ten() -> None:
    assert score("uniform guesser", model_correct=False).accuracy == pytest.approx(0.1)


def test_the_best_constant_answer_is_chosen_per_row() -> None:
    # wrong predictions: 4, 4, 7, 6, 2
    best = score("best constant answer", model_correct=False)
    assert (best.accuracy, best.note, best.n_trials) == (0.4, "4", 5)
    picture = score("best constant answer", model_correct=False, channel="picture", mask="control")
    assert (picture.accuracy, picture.note) == (0.5, "2")


def test_the_previous_answer_counts_training_and_guesses_at_first() -> None:
    # a: 4 after training's 4 hits, 4 after 4 hits, 7 after 5 misses; b: 6 after 6 hits, 2 after 6 misses
    assert score("previous-answer rule", model_correct=False).accuracy == pytest.approx(3 / 5)
    # a: 5 after 4 misses; b: first trial, guessed
    assert score("previous-answer rule", model_correct=True).accuracy == pytest.approx((0 + 0.1) / 2)


def test_conditions_without_trials_are_left_out() -> None:
    scores = score_strategies(TRIALS, presented=PRESENTED)
    assert not [s for s in scores if (s.channel, s.mask) == ("picture", "relevance")]
    assert {s.n_trials for s in scores if s.channel is None and not s.model_correct} == {5}
