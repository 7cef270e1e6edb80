import pytest

from earshot.tasks.fields import AnswerFault, Answers, check_answers
from earshot.tasks.kinds import TASKS
from earshot.tasks.task import Asked
from tests.earshot.tasks.trials import DIGITS, N_SIMULATED, asked, share_correct, simulated, tolerance

TASK = TASKS["advice"]
BAD_ADVICE = asked("advice")
GOOD_ADVICE = asked("advice", predicted_label="7")
SWITCHED: Answers = {"answer_before": "5", "confidence_before": 20, "answer": "7", "confidence": 90}


def test_answer_is_asked_before_and_after_the_computers_answer() -> None:
    before, after = TASK.steps(BAD_ADVICE)
    assert (before.reveal, after.reveal) == ("nothing", "computer-answer")
    assert [field.name for field in before.fields] == ["answer_before", "confidence_before"]
    assert [field.name for field in after.fields] == ["answer", "confidence"]
    assert before.fields[0].levels == after.fields[0].levels == DIGITS
    assert TASK.n_alternatives(BAD_ADVICE) == 10


def test_spoken_word_is_right_before_and_after() -> None:
    assert TASK.key(BAD_ADVICE) == "7"
    assert TASK.correct_before(SWITCHED, asked=BAD_ADVICE) is False
    assert TASK.correct(SWITCHED, asked=BAD_ADVICE) is True
    misled = SWITCHED | {"answer_before": "7", "answer": "5"}
    assert TASK.correct_before(misled, asked=BAD_ADVICE) is True
    assert TASK.correct(misled, asked=BAD_ADVICE) is False


def test_each_step_is_checked_by_itself() -> None:
    before, _ = TASK.steps(BAD_ADVICE)
    first = {"answer_before": "5", "confidence_before": 20}
    assert check_answers(first, fields=before.fields) == first
    with pytest.raises(AnswerFault, match="'answer' is not asked here") as refused:
        check_answers(SWITCHED, fields=before.fields)
    assert refused.value.code == "unknown-field"


def test_answers_to_the_first_step_alone_are_refused() -> None:
    with pytest.raises(AnswerFault, match="answer is missing") as refused:
        TASK.check({"answer_before": "5", "confidence_before": 20}, asked=BAD_ADVICE)
    assert refused.value.code == "missing"


@pytest.mark.parametrize(
    ("trial", "understanding", "recognition", "expected"),
    [
        # Good advice: who understands takes it; else a coin between it and the own answer, a tenth of which is right.
        (GOOD_ADVICE, 1.0, 0.0, 1.0),
        (GOOD_ADVICE, 0.0, 0.0, 0.55),
        (GOOD_ADVICE, 0.0, 1.0, 1.0),
        # Bad advice: who understands keeps the own answer; the tenth that is the advice too becomes one of nine others.
        (BAD_ADVICE, 1.0, 1.0, 1.0),
        (BAD_ADVICE, 1.0, 0.0, 0.1 + 0.1 / 9),
        (BAD_ADVICE, 0.0, 1.0, 0.5),
        (BAD_ADVICE, 0.0, 0.0, 0.05),
    ],
)
def test_simulated_revision_follows_understanding(
    trial: Asked, understanding: float, recognition: float, expected: float
) -> None:
    share = share_correct(trial, understanding=understanding, recognition=recognition)
    assert share == pytest.approx(expected, abs=tolerance(expected))


@pytest.mark.parametrize(("recognition", "expected"), [(1.0, 1.0), (0.0, 0.1)])
def test_simulated_first_answer_follows_recognition_alone(recognition: float, expected: float) -> None:
    answers = simulated(BAD_ADVICE, understanding=1.0, recognition=recognition)
    share = sum(TASK.correct_before(given, asked=BAD_ADVICE) is True for given in answers) / N_SIMULATED
    assert share == pytest.approx(expected, abs=tolerance(expected))


def test_who_understands_never_follows_bad_advice() -> None:
    answers = simulated(BAD_ADVICE, understanding=1.0, recognition=0.0)
    assert not any(given["answer"] == "5" for given in answers)
