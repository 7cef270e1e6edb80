"""What the dataset says of a trial: the cells that follow from design and bundle, and those of its answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from earshot.bundle import Stimulus
from earshot.design.conditions import Condition
from earshot.design.questionnaire_columns import Cell
from earshot.design.stimuli import find_answer_to, find_shown
from earshot.design.study_file import StudyFile
from earshot.tasks.kinds import TASKS
from earshot.tasks.task import Asked

Row = dict[str, Cell]


@dataclass(frozen=True, kw_only=True)
class MetTrial:
    """One trial as somebody met it, or will.

    Parameters
    ----------
    labels : tuple of str
        Of the bundle.
    kind : str
        exemplar, training, main or attention.
    condition, stimulus : Condition and Stimulus, or None
        None for attention trials, which have an `instructed_label` instead.
    is_swapped : bool
        Whether a preference's second condition, the one compared against, came first.
    """

    design: StudyFile
    labels: tuple[str, ...]
    block: str
    kind: str
    condition: Condition | None = None
    stimulus: Stimulus | None = None
    instructed_label: str | None = None
    is_swapped: bool = False

    def cells(self) -> Row:
        """All that does not depend on the answer, by column."""
        own: Row = {"block": self.block, "kind": self.kind, "instructed_label": self.instructed_label}
        condition, stimulus = self.condition, self.stimulus
        if condition is None or stimulus is None:
            return own | {"n_alternatives": len(self.labels)}
        shown = find_shown(stimulus, condition=condition)
        asked = self.asked()
        first, second = condition.compared(is_swapped=self.is_swapped) or (None, None)
        return own | {
            "condition": condition.name,
            "channel": condition.channel,
            "mask": condition.mask,
            "method": shown.method or None if shown else condition.method,
            "form": shown.form if shown else condition.form,
            "network": stimulus.network or None,
            "task": condition.task,
            "given": condition.given,
            "stimulus": stimulus.id,
            "true_label": stimulus.true_label,
            "predicted_label": stimulus.predicted_label,
            "changed_label": _changed_label(stimulus, condition=condition),
            "model_correct": stimulus.model_correct,
            "first_condition": first,
            "second_condition": second,
            "n_alternatives": None if asked is None else TASKS[asked.task].n_alternatives(asked),
        }

    def asked(self) -> Asked | None:
        """What the task asks; None where none is asked: in exemplars and attention trials."""
        condition, stimulus = self.condition, self.stimulus
        if condition is None or stimulus is None or self.kind == "exemplar":
            return None
        first, second = condition.compared(is_swapped=self.is_swapped) or (None, None)
        return Asked(
            labels=self.labels,
            ask_perceived=condition.ask_perceived_label,
            rating=self.design.tasks.rating,
            task=condition.task,
            true_label=stimulus.true_label,
            predicted_label=stimulus.predicted_label,
            changed_label=_changed_label(stimulus, condition=condition),
            first=first,
            second=second,
        )

    def answer_cells(self, answers: Mapping[str, str | int]) -> Row:
        """The answers and what is computed from them, by column; nothing for an exemplar."""
        if self.kind == "attention":
            return {**answers, "correct": answers.get("answer") == self.instructed_label}
        asked = self.asked()
        if asked is None:
            return {}
        task = TASKS[asked.task]
        verdicts = {"correct": task.correct, "correct_before": task.correct_before}
        return {**answers} | {column.name: verdicts[column.name](answers, asked=asked) for column in task.verdicts}


def _changed_label(stimulus: Stimulus, *, condition: Condition) -> str | None:
    return None if condition.changed is None else find_answer_to(stimulus, mask=condition.changed)
