"""The tables of a dataset and their columns, made from the designs of the study's versions."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import get_args

from earshot.bundle import Form, Mask
from earshot.dataset import EVENTS_FILE, PARTICIPANTS_FILE, TRIALS_FILE, Column, Tables, questionnaire_file
from earshot.dataset_circumstances import circumstances_columns
from earshot.design.blocks import MainBlock
from earshot.design.conditions import Channel, Given
from earshot.design.questionnaire_columns import flat_columns
from earshot.design.study_file import StudyFile
from earshot.sequence.plan import TrialKind
from earshot.tasks.kinds import columns as task_columns
from earshot.tasks.task import TaskName

FACTOR_PREFIX = "factor_"
ARRIVALS = ("link", "personal", "prolific", "sona", "mturk")
WITHDRAWALS = ("keep", "delete")

_KEYS: tuple[Column, ...] = (
    Column("subject_id", "string", "random code of the participant within this dataset, or whom an event concerns"),
    Column("version", "integer", "version of the study's frozen protocol the participant met"),
    Column(
        "stage",
        "string",
        "stage of the study when the participant was enrolled",
        levels=("pilot", "running", "simulated"),
    ),
)
_ARM = Column("arm", "string", "arm the participant was allocated to; empty before allocation", concealed=True)
_PLACE = Column("place", "integer", "number of the allocation in its version, from 0", concealed=True)
_SEQUENCE = Column(
    "sequence",
    "integer",
    "number of the sequence of stimuli within the arm, from 0; a refill has that of the place it refills",
    concealed=True,
)
_ANSWERED_AT = Column("answered_at", "time", "when the answer was given, server clock", concealed=True)


def _concealed(name: str, description: str, *, levels: tuple[str, ...] | None = None) -> Column:
    return Column(name, "string", description, levels=levels, concealed=True)


# Whatever a trial was, and when and how long it was met: all of it can tell arms apart.
_TRIAL: tuple[Column, ...] = (
    _ARM,
    _concealed("block", "block of the design"),
    _concealed(
        "kind",
        "exemplar (shown, nothing asked), training (never analysed), main, or attention (an instruction to follow)",
        levels=get_args(TrialKind),
    ),
    Column("trial_index", "integer", "place of the trial among the participant's, from 0", concealed=True),
    _concealed("condition", "condition of the design; empty for attention trials, as are all that follow from it"),
    _concealed("channel", "how the explanation was given", levels=get_args(Channel)),
    _concealed("mask", "what was rendered: relevance, a control, or none (the whole clip)", levels=get_args(Mask)),
    _concealed("method", "method that found the relevance"),
    _concealed("form", "form of the rendition", levels=get_args(Form)),
    _concealed("network", "network that was explained"),
    _concealed("task", "what was asked", levels=get_args(TaskName)),
    _concealed("given", "what was given before the explanation", levels=get_args(Given)),
    _concealed("stimulus", "the clip as the network heard it; described in materials/bundle_manifest.json"),
    _concealed("instructed_label", "label that an attention trial told to choose"),
    _concealed("true_label", "what the person in the clip said"),
    _concealed("predicted_label", "what the network answered to the clip"),
    _concealed("changed_label", "what the network answered to the changed clip of a counterfactual simulation"),
    Column("model_correct", "boolean", "whether the network answered the true label", concealed=True),
    _concealed("first_condition", "of a preference: the condition whose explanation came first"),
    _concealed("second_condition", "of a preference: the condition whose explanation came second"),
    Column("n_alternatives", "integer", "number of answers to choose from; empty for ratings", concealed=True),
)
_EXPOSURE: tuple[Column, ...] = (
    Column("rt", "integer", "time from the opening of answers to the answer, browser clock", unit="ms", concealed=True),
    Column(
        "onset_to_response_ms",
        "integer",
        "time from the explanation's onset to the answer, browser clock",
        unit="ms",
        concealed=True,
    ),
    Column(
        "plays",
        "integer",
        "how often the explanation was started (sound), or 1 once it was shown (picture)",
        concealed=True,
    ),
    Column(
        "second_plays",
        "integer",
        "how often the second explanation of a preference was started, as plays; 0 where there is none",
        concealed=True,
    ),
    Column("original_plays", "integer", "how often the original was started", concealed=True),
    Column(
        "heard_share",
        "number",
        "share of the explanation's sound heard in its longest play; 1 for a picture",
        concealed=True,
    ),
    Column("n_reloads", "integer", "how often the trial was begun again after its first time", concealed=True),
    _ANSWERED_AT,
    Column(
        "received_at",
        "time",
        "when the answer came to the server: after answered_at by how long it waited for the network",
        concealed=True,
    ),
    *circumstances_columns(),
)
_PARTICIPANT_ARRIVAL: tuple[Column, ...] = (
    Column("consent_sha256", "string", "SHA-256 of the words that were agreed to"),
    Column("language", "string", "language of the pages when consent was given"),
    Column("utc_offset_min", "integer", "the browser's local time minus UTC", unit="min"),
    Column("arrival", "string", "how the participant came", levels=ARRIVALS),
    Column("is_automated", "boolean", "whether the browser said that a program drives it"),
    Column("n_windows", "integer", "in how many browser windows the trials were led through"),
)
_WITHDRAWAL: tuple[Column, ...] = (
    Column("withdrawn_at", "time", "when the participant withdrew"),
    Column("withdrawal", "string", "what became of the answers given until then", levels=WITHDRAWALS),
    # how far somebody had come can tell arms apart, as n_main_answered can
    Column("n_deleted", "integer", "how many answers were deleted on withdrawal", concealed=True),
)
_PARTICIPANT_TIMES: tuple[Column, ...] = (
    Column("consented_at", "time", "when consent was given"),
    Column("screened_at", "time", "when the screens were passed or missed"),
    Column("screened_out", "string", "why the participant went no further before allocation; empty if not"),
    Column("sound_checked_at", "time", "when the sound check was passed"),
    Column("headphones_checked_at", "time", "when the headphone check was passed; empty where the study has none"),
    Column("headphones_right", "integer", "right answers in the last attempt at the headphone check, of 6"),
    Column("allocated_at", "time", "when an arm was allocated"),
    Column("training_completed_at", "time", "when the last training trial was stored", concealed=True),
    Column("completed_at", "time", "when everything was stored and the completion code given"),
    Column("released_at", "time", "when the place was given up, for somebody else to have it"),
    Column("release_reason", "string", "why the place was given up"),
    Column("n_main_answered", "integer", "how many main trials were stored", concealed=True),
)
_EVENT: tuple[Column, ...] = (
    Column("event_id", "integer", "number of the event in its study, from 0, in the order in which events came about"),
    Column("at", "time", "when it happened, server clock"),
    Column("event", "string", "what happened"),
    *_KEYS[:2],
    _PLACE,
    _ARM,
    _SEQUENCE,
    Column(
        "refills",
        "integer",
        "place whose sequence was inherited; empty for a new sequence",
        concealed=True,
    ),
    Column("reason", "string", "why a place was given up"),
    Column("is_released", "boolean", "of a completion: whether the place had been given up before", concealed=True),
)


def dataset_tables(designs: Sequence[StudyFile], *, monitoring: bool) -> dict[str, tuple[Column, ...]]:
    """The columns of each table by its path in the archive.

    Parameters
    ----------
    designs : sequence of StudyFile
        Of all versions, in their order: a column that any of them needs is there.
    monitoring : bool
        Whether the study is still open: then outcomes and all that is concealed are left out, and with them a table of
        which nothing is left but whom it is about.
    """
    tables: dict[str, tuple[Column, ...]] = {
        TRIALS_FILE: trial_columns(designs),
        PARTICIPANTS_FILE: participant_columns(designs),
        EVENTS_FILE: _EVENT,
    }
    tables |= questionnaire_tables(designs)
    return _visible(tables) if monitoring else tables


def trial_columns(designs: Sequence[StudyFile]) -> tuple[Column, ...]:
    """The columns of trials: what was met, what the tasks yield, then times and exposure."""
    asked = [column for design in designs for column in _task_columns(design)]
    return (*_KEYS, *_TRIAL, *_united(asked), *_EXPOSURE)


def participant_columns(designs: Sequence[StudyFile]) -> tuple[Column, ...]:
    """The columns of participants, with one for each factor of an allocation."""
    names = dict.fromkeys(stratum for design in designs for stratum in design.allocation.strata)
    factors = [
        _concealed(factor_column(name), f"level of the factor '{name}' that allocation was stratified by")
        for name in names
    ]
    return (*_KEYS, _ARM, _PLACE, _SEQUENCE, *factors, *_PARTICIPANT_ARRIVAL, *_PARTICIPANT_TIMES, *_WITHDRAWAL)


def questionnaire_tables(designs: Sequence[StudyFile]) -> dict[str, tuple[Column, ...]]:
    """The columns of each questionnaire: one row per participant who answered it."""
    columns: dict[str, list[Column]] = {}
    for design in designs:
        for questionnaire in design.every_questionnaire:
            columns.setdefault(questionnaire_file(questionnaire.name), []).extend(flat_columns(questionnaire))
    return {table: (*_KEYS, *_united(own), _ANSWERED_AT) for table, own in columns.items()}


def factor_column(name: str) -> str:
    """The participants' column of a factor."""
    return FACTOR_PREFIX + name.replace("-", "_")


def _task_columns(design: StudyFile) -> list[Column]:
    conditions = design.conditions
    columns = list(
        task_columns(
            [condition.task for condition in conditions],
            settings=design.tasks,
            ask_perceived=any(condition.ask_perceived_label for condition in conditions),
        )
    )
    if any(isinstance(block, MainBlock) and block.n_attention for block in design.blocks):
        columns += [
            Column("answer", "string", "the label chosen (attention)", outcome=True),
            Column("correct", "boolean", "whether the instructed label was chosen (attention)", outcome=True),
        ]
    return columns


def _united(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Each column once, in the order of first mention, with the levels and the meanings of all that share its name."""
    united: dict[str, Column] = {}
    for column in columns:
        known = united.setdefault(column.name, column)
        if known == column:
            continue
        both = known.levels is not None and column.levels is not None
        united[column.name] = replace(
            known,
            levels=tuple(dict.fromkeys((*(known.levels or ()), *(column.levels or ())))) if both else None,
            description=known.description
            if column.description in known.description
            else f"{known.description}; {column.description}",
        )
    return tuple(united.values())


def _visible(tables: Tables) -> dict[str, tuple[Column, ...]]:
    visible = {
        table: tuple(column for column in columns if not (column.outcome or column.concealed))
        for table, columns in tables.items()
    }
    return {table: columns for table, columns in visible.items() if set(columns) - set(_KEYS)}
