"""Conditions of any design, described."""

import math

import pandas as pd
import pytest

from analysis.descriptives import describe_conditions, right_answers

# subject, index, task, true, predicted, changed, correct
ROWS = [
    ("a", 0, "forward-simulation", "1", "2", None, True),
    ("a", 1, "forward-simulation", "3", "2", None, False),
    ("a", 2, "error-detection", "1", "2", None, True),
    ("a", 3, "advice", "4", "4", None, True),
    ("b", 0, "forward-simulation", "1", "2", None, True),
    ("b", 1, "counterfactual-simulation", "1", "1", "5", False),
    ("b", 2, "rating", "1", "1", None, None),
]
NAMES = ["subject_id", "trial_index", "task", "true_label", "predicted_label", "changed_label", "correct"]
TRIALS = pd.DataFrame(ROWS, columns=NAMES).assign(
    block="main",
    condition=lambda frame: frame["task"],
    stimulus=lambda frame: frame["true_label"],
    model_correct=lambda frame: frame["true_label"] == frame["predicted_label"],
    n_alternatives=10,
)


def test_the_right_answer_is_what_the_task_asks_about() -> None:
    assert right_answers(TRIALS).where(lambda answers: answers.notna(), "-").tolist() == [
        *("2", "2", "wrong", "4", "2", "5", "-")
    ]


def test_conditions_are_described_with_what_needs_no_understanding() -> None:
    found = {
        (one.condition, one.model_correct): one for one in describe_conditions(TRIALS, presented=TRIALS, level=0.95)
    }
    forward = found["forward-simulation", False]
    # a: one of two, b: one of one
    assert (forward.n_participants, forward.n_trials, forward.n_correct) == (2, 3, 2)
    assert forward.accuracy == pytest.approx(0.75)
    # a's second trial follows one with the same right answer; both first ones are guessed
    assert forward.strategies == {
        "truth-namer": 0.0,
        "uniform guesser": pytest.approx(0.1),
        "best constant answer": 1.0,
        "previous-answer rule": pytest.approx((0.1 + 1 + 0.1) / 3),
    }
    assert found["advice", True].strategies["truth-namer"] == 1.0
    assert "truth-namer" not in found["error-detection", False].strategies
    assert found["counterfactual-simulation", True].strategies["truth-namer"] == 0.0


def test_a_task_without_right_answers_has_no_share() -> None:
    (rating,) = [one for one in describe_conditions(TRIALS, presented=TRIALS, level=0.95) if one.task == "rating"]
    assert rating.n_correct is None
    assert math.isnan(rating.accuracy)
    assert rating.strategies == {}
