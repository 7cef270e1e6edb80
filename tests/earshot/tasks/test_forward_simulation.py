import pytest

from earshot.tasks.fields import AnswerFault
from earshot.tasks.kinds import TASKS
from tests.earshot.tasks.trials import DIGITS, N_SIMULATED, asked, share_correct, simulated, tolerance

TASK = TASKS["forward-simulation"]
TRIAL = asked("forward-simulation")


def test_one_step_asks_for_the_label_and_confidence_before_anything_is_revealed() -> None:
    (step,) = TASK.steps(TRIAL)
    assert step.reveal == "nothing"
    assert [(field.name, field.data_type, field.unit, field.levels) for field in step.fields] == [
        ("answer", "string", None, DIGITS),
        ("confidence", "integer", "percent", None),
    ]
    assert TASK.n_alternatives(TRIAL) == 10


def test_the_networks_answer_is_right_and_the_spoken_word_is_not() -> None:
    assert TASK.key(TRIAL) == "5"
    assert TASK.correct({"answer": "5", "confidence": 10}, asked=TRIAL) is True
    assert TASK.correct({"answer": "7", "confidence": 10}, asked=TRIAL) is False
    assert TASK.correct_before({"answer": "5", "confidence": 10}, asked=TRIAL) is None


def test_label_the_network_does_not_know_is_refused() -> None:
    with pytest.raises(AnswerFault, match="answer is 'ten'; expected one of 0, 1") as refused:
        TASK.check({"answer": "ten", "confidence": 10}, asked=TRIAL)
    assert refused.value.code == "unknown-label"


@pytest.mark.parametrize(
    ("understanding", "recognition", "expected"),
    # Without either a tenth is guessed; who only recognises names the spoken word, which is wrong here.
    [(1.0, 0.0, 1.0), (0.0, 0.0, 0.1), (0.0, 1.0, 0.0), (0.5, 0.0, 0.55)],
)
def test_simulated_accuracy_follows_understanding(understanding: float, recognition: float, expected: float) -> None:
    share = share_correct(TRIAL, understanding=understanding, recognition=recognition)
    assert share == pytest.approx(expected, abs=tolerance(expected))


def test_without_understanding_the_perceived_word_is_named() -> None:
    trial = asked("forward-simulation", ask_perceived=True)
    answers = simulated(trial, understanding=0.0, recognition=0.5)
    assert all(given["answer"] == given["perceived_label"] for given in answers)
    named = sum(given["answer"] == "7" for given in answers) / N_SIMULATED
    assert named == pytest.approx(0.55, abs=tolerance(0.55))
