import pytest

from earshot.tasks.fields import AnswerFault
from earshot.tasks.kinds import TASKS
from earshot.tasks.task import Form, RatingSettings
from tests.earshot.tasks.trials import DIGITS, LIKERT, VISUAL_ANALOGUE, asked, simulated

TASK = TASKS["rating"]


def test_each_statement_gives_an_integer_described_by_its_words() -> None:
    (step,) = TASK.steps(asked("rating"))
    assert step.reveal == "nothing"
    assert [(field.name, field.data_type, field.description) for field in step.fields] == [
        ("rating_was_clear", "integer", 'rating of "It was clear." from 1 (not at all) to 7 (fully)'),
        ("rating_was_long", "integer", 'rating of "It was long." from 1 (not at all) to 7 (fully)'),
    ]


def test_nothing_is_right_and_there_is_no_chance_level() -> None:
    trial = asked("rating")
    ratings = {"rating_was_clear": 7, "rating_was_long": 1}
    assert TASK.check(ratings, asked=trial) == ratings
    assert TASK.key(trial) is None
    assert TASK.correct(ratings, asked=trial) is None
    assert TASK.correct_before(ratings, asked=trial) is None
    assert TASK.n_alternatives(trial) is None
    assert TASK.verdicts == ()


@pytest.mark.parametrize(
    ("rating", "value", "allowed"),
    [
        (LIKERT, 0, "1 to 7"),
        (LIKERT, 8, "1 to 7"),
        (VISUAL_ANALOGUE, -1, "0 to 100"),
        (VISUAL_ANALOGUE, 101, "0 to 100"),
    ],
)
def test_rating_outside_its_scale_is_refused(rating: RatingSettings, value: int, allowed: str) -> None:
    with pytest.raises(
        AnswerFault, match=f"rating_was_clear is {value}; expected an integer from {allowed}"
    ) as refused:
        TASK.check({"rating_was_clear": value, "rating_was_long": 1}, asked=asked("rating", rating=rating))
    assert refused.value.code == "out-of-range"


def test_statement_that_is_not_rated_is_refused() -> None:
    with pytest.raises(AnswerFault, match="rating_was_long is missing") as refused:
        TASK.check({"rating_was_clear": 7}, asked=asked("rating"))
    assert refused.value.code == "missing"


def test_form_without_statements_is_refused() -> None:
    with pytest.raises(ValueError, match="rating is missing; the task 'rating' needs the study's statements"):
        TASK.fields(Form(labels=DIGITS))


@pytest.mark.parametrize(("rating", "values"), [(LIKERT, range(1, 8)), (VISUAL_ANALOGUE, range(101))])
def test_simulated_ratings_use_the_whole_scale(rating: RatingSettings, values: range) -> None:
    answers = simulated(asked("rating", rating=rating), understanding=0.5, recognition=0.5)
    for name in ("rating_was_clear", "rating_was_long"):
        assert {given[name] for given in answers} == set(values)
