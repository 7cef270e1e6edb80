from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from earshot.tasks.fields import AnswerFault
from earshot.tasks.kinds import TASKS
from earshot.tasks.task import Asked, RatingSettings, TaskName, TaskSettings
from tests.earshot.tasks.trials import (
    DIGITS,
    LIKERT,
    N_SIMULATED,
    VISUAL_ANALOGUE,
    asked,
    generator,
    simulated,
    tolerance,
)

EVERY_TASK = sorted(TASKS)
PERCEIVING: list[TaskName] = ["forward-simulation", "error-detection", "counterfactual-simulation", "advice"]
SHARES = st.floats(min_value=0.0, max_value=1.0)
STATEMENT = LIKERT.statements[0].model_dump()


@given(
    task=st.sampled_from(EVERY_TASK),
    predicted_label=st.sampled_from(DIGITS),
    ask_perceived=st.booleans(),
    rating=st.sampled_from([LIKERT, VISUAL_ANALOGUE]),
    understanding=SHARES,
    recognition=SHARES,
    seed=st.integers(),
)
def test_simulated_answers_always_pass_the_check(
    task: TaskName,
    predicted_label: str,
    ask_perceived: bool,
    rating: RatingSettings,
    understanding: float,
    recognition: float,
    seed: int,
) -> None:
    trial = asked(task, predicted_label=predicted_label, ask_perceived=ask_perceived, rating=rating)
    kind = TASKS[task]
    answers = kind.simulate(trial, understanding=understanding, recognition=recognition, draw=generator(seed))
    assert kind.check(answers, asked=trial) == answers
    assert list(answers) == [field.name for field in kind.fields(trial)]
    assert (kind.correct(answers, asked=trial) is None) == (kind.key(trial) is None)


@pytest.mark.parametrize("task", EVERY_TASK)
def test_simulation_is_repeated_by_its_seed(task: TaskName) -> None:
    trial = asked(task)
    first, again, other = (simulated(trial, understanding=0.5, recognition=0.5, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("task", EVERY_TASK)
@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_probability_outside_0_to_1_is_refused(task: TaskName, share: float) -> None:
    trial, draw = asked(task), generator(1)
    with pytest.raises(ValueError, match=r"understanding is .*; expected a probability from 0 to 1"):
        TASKS[task].simulate(trial, understanding=share, recognition=1.0, draw=draw)
    with pytest.raises(ValueError, match=r"recognition is .*; expected a probability from 0 to 1"):
        TASKS[task].simulate(trial, understanding=1.0, recognition=share, draw=draw)


@pytest.mark.parametrize("task", EVERY_TASK)
def test_every_answer_but_ratings_comes_with_confidence(task: TaskName) -> None:
    names = [field.name for field in TASKS[task].fields(asked(task))]
    assert ("confidence" in names) == (task != "rating")
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("task", PERCEIVING)
def test_perceived_label_is_asked_first_where_the_condition_says_so(task: TaskName) -> None:
    kind = TASKS[task]
    without = kind.fields(asked(task))
    perceived, *others = kind.fields(asked(task, ask_perceived=True))
    assert tuple(others) == without
    assert (perceived.name, perceived.levels) == ("perceived_label", DIGITS)
    # Who has seen the computer's answer no longer tells what was perceived.
    assert kind.steps(asked(task, ask_perceived=True))[0].reveal == "nothing"


@pytest.mark.parametrize("task", ["rating", "preference"])
def test_ratings_and_preferences_ask_for_nothing_perceived(task: TaskName) -> None:
    assert TASKS[task].fields(asked(task, ask_perceived=True)) == TASKS[task].fields(asked(task))


@pytest.mark.parametrize("task", PERCEIVING)
@pytest.mark.parametrize(("recognition", "expected"), [(1.0, 1.0), (0.0, 0.1), (0.5, 0.55)])
def test_true_word_is_perceived_as_often_as_recognised_or_guessed(
    task: TaskName, recognition: float, expected: float
) -> None:
    answers = simulated(asked(task, ask_perceived=True), understanding=0.5, recognition=recognition)
    share = sum(given["perceived_label"] == "7" for given in answers) / N_SIMULATED
    assert share == pytest.approx(expected, abs=tolerance(expected))


@pytest.mark.parametrize("task", EVERY_TASK)
def test_answer_to_another_task_is_refused(task: TaskName) -> None:
    with pytest.raises(AnswerFault, match="'mood' is not asked here") as refused:
        TASKS[task].check({"mood": "good"}, asked=asked(task))
    assert refused.value.code == "unknown-field"


@pytest.mark.parametrize("labels", [(), ("7",), ("7", "5", "3", "7")])
def test_labels_to_choose_from_are_several_and_different(labels: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"labels are .*; give at least two, each once"):
        asked("advice", labels=labels)


@pytest.mark.parametrize(("labels", "name"), [("53", "true_label"), ("73", "predicted_label"), ("75", "changed_label")])
def test_label_that_cannot_be_chosen_is_refused(labels: str, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is '.'; expected one of {labels[0]}, {labels[1]}"):
        asked("advice", labels=tuple(labels))


@pytest.mark.parametrize(
    ("task", "given", "missing"),
    [
        ("counterfactual-simulation", {}, "changed_label"),
        ("rating", {}, "rating"),
        ("preference", {"second": "control"}, "first"),
        ("preference", {"first": "relevance"}, "second"),
    ],
)
def test_trial_without_what_its_task_needs_is_refused(task: TaskName, given: dict[str, Any], missing: str) -> None:
    with pytest.raises(ValueError, match=f"{missing} is missing; the task '{task}' needs it"):
        Asked(task=task, labels=DIGITS, true_label="7", predicted_label="5", **given)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"points": None}, "scale is 'likert' and points None; a Likert scale needs its number of points"),
        ({"scale": "visual-analogue"}, "scale is 'visual-analogue' and points 7; .* has none"),
        ({"points": 2}, "greater than or equal to 3"),
        ({"points": 12}, "less than or equal to 11"),
        ({"scale": "stars"}, "'likert' or 'visual-analogue'"),
        ({"statements": []}, "at least 1 item"),
        ({"statements": [STATEMENT | {"name": f"s{index}"} for index in range(11)]}, "at most 10 items"),
        ({"statements": [STATEMENT, STATEMENT]}, "two statements have the name 'was-clear'"),
        ({"statements": [STATEMENT | {"text": {}}]}, "at least 1 item"),
        ({"statements": [STATEMENT | {"name": "Was_clear"}]}, "should match pattern"),
        ({"default": 4}, "Extra inputs are not permitted"),
    ],
)
def test_unusable_rating_settings_are_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        TaskSettings.model_validate({"rating": LIKERT.model_dump() | changes})


def test_settings_without_a_rating_are_the_default() -> None:
    assert TaskSettings().rating is None
