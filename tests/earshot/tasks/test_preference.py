import pytest

from earshot.tasks.fields import AnswerFault, Answers
from earshot.tasks.kinds import TASKS
from tests.earshot.tasks.trials import N_SIMULATED, asked, simulated, tolerance

TASK = TASKS["preference"]
TRIAL = asked("preference")


def test_one_step_asks_for_a_place_and_confidence() -> None:
    (step,) = TASK.steps(TRIAL)
    assert step.reveal == "nothing"
    assert [(field.name, field.levels) for field in step.fields] == [
        ("preferred", ("first", "second")),
        ("confidence", None),
    ]
    assert TASK.n_alternatives(TRIAL) == 2


def test_no_preference_is_right() -> None:
    answers: Answers = {"preferred": "first", "confidence": 10}
    assert TASK.check(answers, asked=TRIAL) == answers
    assert TASK.key(TRIAL) is None
    assert TASK.correct(answers, asked=TRIAL) is None
    assert TASK.correct_before(answers, asked=TRIAL) is None
    assert TASK.verdicts == ()


def test_name_of_a_condition_is_refused_as_a_place() -> None:
    with pytest.raises(AnswerFault, match="preferred is 'relevance-sound'; expected one of first, second") as refused:
        TASK.check({"preferred": "relevance-sound", "confidence": 10}, asked=TRIAL)
    assert refused.value.code == "unknown-label"


@pytest.mark.parametrize("understanding", [0.0, 1.0])
def test_simulated_preference_is_a_coin(understanding: float) -> None:
    answers = simulated(TRIAL, understanding=understanding, recognition=1.0)
    share = sum(given["preferred"] == "first" for given in answers) / N_SIMULATED
    assert share == pytest.approx(0.5, abs=tolerance(0.5))
