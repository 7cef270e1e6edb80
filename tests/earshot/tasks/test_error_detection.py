import pytest

from earshot.tasks.fields import AnswerFault
from earshot.tasks.kinds import TASKS
from earshot.tasks.task import Asked
from tests.earshot.tasks.trials import asked, share_correct, tolerance

TASK = TASKS["error-detection"]
WRONG = asked("error-detection")
RIGHT = asked("error-detection", predicted_label="7")


def test_one_step_asks_for_a_judgement_before_anything_is_revealed() -> None:
    (step,) = TASK.steps(WRONG)
    assert step.reveal == "nothing"
    assert [(field.name, field.levels) for field in step.fields] == [
        ("judgement", ("right", "wrong")),
        ("confidence", None),
    ]
    assert TASK.n_alternatives(WRONG) == 2


def test_judgement_is_held_against_the_spoken_word() -> None:
    assert (TASK.key(RIGHT), TASK.key(WRONG)) == ("right", "wrong")
    assert TASK.correct({"judgement": "right", "confidence": 10}, asked=RIGHT) is True
    assert TASK.correct({"judgement": "right", "confidence": 10}, asked=WRONG) is False
    assert TASK.correct({"judgement": "wrong", "confidence": 10}, asked=WRONG) is True
    assert TASK.correct_before({"judgement": "wrong", "confidence": 10}, asked=WRONG) is None


@pytest.mark.parametrize(("judgement", "code"), [("perhaps", "unknown-label"), (True, "wrong-type")])
def test_other_judgement_is_refused(judgement: object, code: str) -> None:
    with pytest.raises(AnswerFault, match="expected one of right, wrong") as refused:
        TASK.check({"judgement": judgement, "confidence": 10}, asked=WRONG)
    assert refused.value.code == code


@pytest.mark.parametrize("trial", [RIGHT, WRONG])
@pytest.mark.parametrize(
    ("understanding", "recognition", "expected"),
    # Both are needed: half of what is not known is guessed right.
    [(1.0, 1.0, 1.0), (1.0, 0.0, 0.5), (0.0, 1.0, 0.5), (0.0, 0.0, 0.5), (0.5, 0.5, 0.625)],
)
def test_simulated_accuracy_needs_understanding_and_recognition(
    trial: Asked, understanding: float, recognition: float, expected: float
) -> None:
    share = share_correct(trial, understanding=understanding, recognition=recognition)
    assert share == pytest.approx(expected, abs=tolerance(expected))
