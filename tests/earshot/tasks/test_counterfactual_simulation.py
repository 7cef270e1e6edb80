import pytest

from earshot.tasks.fields import AnswerFault
from earshot.tasks.kinds import TASKS
from tests.earshot.tasks.trials import DIGITS, asked, share_correct, tolerance

TASK = TASKS["counterfactual-simulation"]
TRIAL = asked("counterfactual-simulation")


def test_label_of_the_changed_clip_is_asked_after_the_computers_answer() -> None:
    (step,) = TASK.steps(TRIAL)
    assert step.reveal == "computer-answer"
    assert [(field.name, field.levels) for field in step.fields] == [("answer", DIGITS), ("confidence", None)]
    assert TASK.n_alternatives(TRIAL) == 10


def test_what_is_perceived_is_asked_in_a_step_of_its_own_before() -> None:
    before, after = TASK.steps(asked("counterfactual-simulation", ask_perceived=True))
    assert ([field.name for field in before.fields], before.reveal) == (["perceived_label"], "nothing")
    assert after == TASK.steps(TRIAL)[0]


def test_the_answer_to_the_changed_clip_is_right() -> None:
    assert TASK.key(TRIAL) == "3"
    assert TASK.correct({"answer": "3", "confidence": 10}, asked=TRIAL) is True
    assert TASK.correct({"answer": "5", "confidence": 10}, asked=TRIAL) is False
    assert TASK.correct_before({"answer": "3", "confidence": 10}, asked=TRIAL) is None


def test_missing_answer_is_refused() -> None:
    with pytest.raises(AnswerFault, match="answer is missing") as refused:
        TASK.check({"confidence": 10}, asked=TRIAL)
    assert refused.value.code == "missing"


@pytest.mark.parametrize(
    ("understanding", "recognition", "expected"), [(1.0, 0.0, 1.0), (0.0, 0.0, 0.1), (0.0, 1.0, 0.0)]
)
def test_simulated_accuracy_follows_understanding(understanding: float, recognition: float, expected: float) -> None:
    share = share_correct(TRIAL, understanding=understanding, recognition=recognition)
    assert share == pytest.approx(expected, abs=tolerance(expected))
