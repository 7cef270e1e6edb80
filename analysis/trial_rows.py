"""What protocol and bundle say of the rows of trials: a rule for each column."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from earshot.bundle import Manifest
from earshot.dataset import format_cell
from earshot.dataset_allocation import derive_trials
from earshot.dataset_tables import trial_columns
from earshot.dataset_trials import MetTrial
from earshot.design.stimuli import BlockStimuli
from earshot.protocol import Protocol
from earshot.tasks.fields import AnswerFault, Field, check_answers
from earshot.tasks.kinds import TASKS

_COUNTS = ("plays", "second_plays", "original_plays", "n_reloads", "rt", "onset_to_response_ms", "trial_index")
# Known to everybody: only how many trials it gives is looked at.
_PUBLIC_SEED = bytes(32)


class TrialRules:
    """The rules of one version.

    Rows are dicts of text cells, by column; cells have the types of their columns, and an unknown one is empty.
    """

    def __init__(self, protocol: Protocol, *, manifest: Manifest) -> None:
        self._protocol, self._manifest = protocol, manifest
        design = protocol.design
        self._stimuli = {stimulus.id: stimulus for stimulus in manifest.stimuli}
        self._arms = {arm.name: arm for arm in design.arms}
        self._blocks = {block.name: block for block in design.trial_blocks}
        self._outcomes = [column.name for column in trial_columns([design]) if column.outcome]
        self._n_trials = cache(self._count_trials)

    def n_trials(self, arm: str) -> int:
        """How many trials a participant of the arm has."""
        return self._n_trials(arm)

    def faults(self, row: dict[str, str]) -> Iterator[str]:
        """One sentence per rule that a row of this version breaks."""
        for name in _COUNTS:
            if row[name].startswith("-"):
                yield f"{name} is negative"
        if row["heard_share"] and not 0 <= float(row["heard_share"]) <= 1:
            yield "heard_share is not between 0 and 1"
        met, fault = self._find_met(row)
        if met is None:
            yield fault
            return
        for name, value in met.cells().items():
            if row[name] != format_cell(value):
                yield f"{name} is not that of protocol and bundle"
        yield from self._answer_faults(row, met=met)

    def _count_trials(self, arm: str) -> int:
        trials = derive_trials(self._protocol, manifest=self._manifest, seed=_PUBLIC_SEED, place=0, arm=arm, sequence=0)
        return len(trials)

    def _find_met(self, row: dict[str, str]) -> tuple[MetTrial | None, str]:
        """The trial that the row's block, condition and stimulus stand for, or why there is none."""
        design, block = self._protocol.design, self._blocks.get(row["block"])
        if block is None:
            return None, f"block is not one of the protocol's: {', '.join(self._blocks)}"
        met = MetTrial(design=design, labels=tuple(self._manifest.labels), block=block.name, kind=row["kind"])
        if row["kind"] == "attention":
            if row["instructed_label"] not in self._manifest.labels or row["stimulus"] or row["condition"]:
                return None, "an attention trial has one of the labels as instructed_label, no stimulus, no condition"
            return replace(met, instructed_label=row["instructed_label"]), ""
        stimulus = self._stimuli.get(row["stimulus"])
        if stimulus is None:
            return None, "stimulus is not in the bundle manifest"
        conditions = {one.name: one for one in design.conditions_of(self._arms[row["arm"]], block=block)}
        condition = conditions.get(row["condition"])
        if condition is None:
            return None, f"condition is not one of the arm's in this block: {', '.join(conditions)}"
        planned = [one for one in self._protocol.stimuli_of(block.name) if one.network == condition.network]
        if stimulus.id not in _planned(planned, kind=row["kind"]):
            return None, "stimulus is not planned for this block and kind of trial"
        pair = {condition.name, condition.against} if condition.against else {""}
        if {row["first_condition"], row["second_condition"]} != pair:
            return None, "first_condition and second_condition are not the two of the preference"
        return replace(
            met,
            condition=condition,
            stimulus=stimulus,
            is_swapped=row["first_condition"] == condition.against,
        ), ""

    def _answer_faults(self, row: dict[str, str], *, met: MetTrial) -> Iterator[str]:
        given = {name: row[name] for name in self._outcomes if row[name]}
        if not row["answered_at"]:
            known = [name for name in (*given, "rt") if row[name]]
            if known:
                yield f"{known[0]} is known without answered_at; both must be known, or neither"
            return
        if not row["rt"]:
            yield "rt must be known when there is an answer"
        try:
            answers = _read_answers(given, met=met)
        except AnswerFault as fault:
            yield fault.message
            return
        for name in self._outcomes:
            expected = met.answer_cells(answers).get(name)
            if row[name] != format_cell(expected):
                yield f"{name} is not what the task gives for this answer"


def _planned(stimuli: Sequence[BlockStimuli], *, kind: str) -> set[str]:
    """The stimuli of a block that a trial of this kind may show."""
    by_kind = {"main": ("right", "wrong"), "training": ("practice",), "exemplar": ("exemplars",)}
    return {name for one in stimuli for pool in by_kind.get(kind, ()) for name in getattr(one, pool)}


def _read_answers(given: dict[str, str], *, met: MetTrial) -> dict[str, str | int]:
    """The answers in a row's cells, as the task takes them; AnswerFault for the first that it does not take."""
    asked = met.asked()
    fields: Sequence[Field] = () if asked is None else TASKS[asked.task].fields(asked)
    if met.kind == "attention":
        fields = (Field("answer", "string", "the label chosen", levels=met.labels),)
    read = {
        one.name: int(given[one.name]) if one.data_type == "integer" else given[one.name]
        for one in fields
        if one.name in given
    }
    return check_answers(read, fields=fields)
