"""All kinds of task by name, and the columns they give a dataset."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from earshot.dataset import Column
from earshot.tasks.advice import Advice
from earshot.tasks.counterfactual_simulation import CounterfactualSimulation
from earshot.tasks.error_detection import ErrorDetection
from earshot.tasks.forward_simulation import ForwardSimulation
from earshot.tasks.preference import Preference
from earshot.tasks.rating import Rating
from earshot.tasks.task import Form, Task, TaskName, TaskSettings

__all__ = ["TASKS", "TaskName", "columns"]

_KINDS = (ForwardSimulation(), ErrorDetection(), CounterfactualSimulation(), Advice(), Rating(), Preference())

TASKS: Mapping[TaskName, Task] = MappingProxyType({task.name: task for task in _KINDS})


def columns(tasks: Collection[TaskName], *, settings: TaskSettings, ask_perceived: bool) -> tuple[Column, ...]:
    """The columns that these tasks give the trials of a dataset: what is asked, then what is computed from it.

    A column of several tasks stands once; its description says what it means in which task. Labels are the bundle's,
    so that a label's column has no levels. All columns are outcomes.

    Parameters
    ----------
    tasks : collection of str
        In any order, as often as wished.
    settings : TaskSettings
    ask_perceived : bool
        Whether any condition asks what is perceived.

    Raises
    ------
    ValueError
        If the task `rating` is among them and `settings` has no rating.
    """
    form = Form(labels=(), ask_perceived=ask_perceived, rating=settings.rating)
    chosen = [task for name, task in TASKS.items() if name in tasks]
    asked = [(task.name, field.column()) for task in chosen for field in task.fields(form)]
    computed = [(task.name, column) for task in chosen for column in task.verdicts]
    return _merge([*asked, *computed])


def _merge(named: list[tuple[TaskName, Column]]) -> tuple[Column, ...]:
    """Each column once, in the order of first mention, its meanings followed by the tasks that share them."""
    merged: dict[str, Column] = {}
    meanings: dict[str, dict[str, list[str]]] = {}
    for task, column in named:
        merged.setdefault(column.name, column)
        meanings.setdefault(column.name, {}).setdefault(column.description, []).append(task)
    return tuple(replace(column, description=_describe(meanings[name])) for name, column in merged.items())


def _describe(meanings: Mapping[str, list[str]]) -> str:
    return "; ".join(f"{meaning} ({', '.join(tasks)})" for meaning, tasks in meanings.items())
