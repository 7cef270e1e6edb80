from collections import Counter
from itertools import combinations
from typing import get_args

import pytest

from earshot.tasks.kinds import TASKS, TaskName, columns
from earshot.tasks.task import TaskSettings
from earshot.upgrade_dataset import TRIAL_COLUMNS_1
from tests.earshot.tasks.trials import LIKERT

SETTINGS = TaskSettings(rating=LIKERT)


def test_every_name_has_its_task() -> None:
    assert set(TASKS) == set(get_args(TaskName))
    assert all(task.name == name for name, task in TASKS.items())


def test_forward_simulation_keeps_the_columns_of_older_exports() -> None:
    found = {
        column.name: column for column in columns(["forward-simulation"], settings=TaskSettings(), ask_perceived=False)
    }
    assert set(found) == {"answer", "correct", "confidence"} <= set(TRIAL_COLUMNS_1)
    assert [found[name].data_type for name in ("answer", "correct", "confidence")] == ["string", "boolean", "integer"]
    assert found["confidence"].unit == "percent"


@pytest.mark.parametrize("tasks", [pair for n in (1, 2, 6) for pair in combinations(sorted(TASKS), n)])
@pytest.mark.parametrize("ask_perceived", [False, True])
def test_union_holds_every_field_once_as_an_outcome(tasks: tuple[TaskName, ...], ask_perceived: bool) -> None:
    union = columns(tasks, settings=SETTINGS, ask_perceived=ask_perceived)
    names = Counter(column.name for column in union)
    singly = [columns([task], settings=SETTINGS, ask_perceived=ask_perceived) for task in tasks]
    assert names == dict.fromkeys({column.name for own in singly for column in own}, 1)
    assert all(column.outcome for column in union)
    assert all(task in " ".join(column.description for column in union) for task in tasks)


def test_union_does_not_depend_on_the_order_or_number_of_mentions() -> None:
    once = columns(["advice", "rating"], settings=SETTINGS, ask_perceived=True)
    assert columns(["rating", "advice", "rating"], settings=SETTINGS, ask_perceived=True) == once


def test_columns_of_all_tasks_are_the_answers_and_then_the_verdicts() -> None:
    union = {column.name: column for column in columns(TASKS, settings=SETTINGS, ask_perceived=True)}
    assert list(union) == [
        "perceived_label",
        "answer",
        "confidence",
        "judgement",
        "answer_before",
        "confidence_before",
        "rating_was_clear",
        "rating_was_long",
        "preferred",
        "correct",
        "correct_before",
    ]
    assert {name: column.levels for name, column in union.items() if column.levels} == {
        "judgement": ("right", "wrong"),
        "preferred": ("first", "second"),
    }
    assert {name: column.unit for name, column in union.items() if column.unit} == {
        "confidence": "percent",
        "confidence_before": "percent",
    }


def test_shared_column_says_what_it_means_in_which_task() -> None:
    chosen: list[TaskName] = ["forward-simulation", "error-detection", "advice"]
    union = {column.name: column for column in columns(chosen, settings=TaskSettings(), ask_perceived=False)}
    assert union["answer"].description == (
        "what the participant says the network answered (forward-simulation); the word the participant names after the "
        "network's answer (advice)"
    )
    assert union["confidence"].description == (
        "the participant's confidence, 10 to 100 in tens, without a default (forward-simulation, error-detection, "
        "advice)"
    )
    assert union["correct_before"].description == "whether the answer before the advice is the true word (advice)"


def test_tasks_without_a_right_answer_give_no_verdict() -> None:
    union = columns(["rating", "preference"], settings=SETTINGS, ask_perceived=True)
    assert [column.name for column in union] == ["rating_was_clear", "rating_was_long", "preferred", "confidence"]


def test_rating_without_statements_is_refused() -> None:
    with pytest.raises(ValueError, match="rating is missing"):
        columns(["rating"], settings=TaskSettings(), ask_perceived=False)
