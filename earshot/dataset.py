"""The dataset: what an export holds, column by column (Psych-DS 1.5 in form), and its description.

`study` writes it and `analysis` reads it; both take the columns from here, and so does the codebook.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from earshot.bundle import Sha256
from earshot.errors import DatasetError
from earshot.files import Strict, parse_json, read_format, sha256_bytes

FORMAT_NAME: Literal["earshot-dataset"] = "earshot-dataset"
FORMAT_VERSION: Literal[1] = 1
PSYCH_DS_VERSION = "Psych-DS 1.5.0"

DESCRIPTION_FILE = "dataset_description.json"
TRIALS_FILE = "data/content-trials_data.csv"
PARTICIPANTS_FILE = "data/content-participants_data.csv"
PROTOCOL_FILE = "materials/protocol.json"
MANIFEST_FILE = "materials/bundle_manifest.json"
README_FILE = "README.md"
CHANGES_FILE = "CHANGES.md"

Stage = Literal["pilot", "running", "paused", "closed", "simulated"]
DataType = Literal["string", "integer", "number", "boolean", "time"]


@dataclass(frozen=True)
class Column:
    """One column of a table: the codebook's entry.

    `data_type` "boolean" is written true/false, "time" ISO-8601 in UTC; an unknown value is an empty cell. An
    `outcome` tells how somebody answered, and is withheld while a study is running.
    """

    name: str
    data_type: DataType
    description: str
    unit: str | None = None
    levels: tuple[str, ...] | None = None
    outcome: bool = False


_SUBJECT = Column("subject_id", "string", "random code of the participant within this dataset")
_VERSION = Column("version", "integer", "version of the study's frozen protocol the participant saw")
_STAGE = Column(
    "stage",
    "string",
    "stage of the study when the participant was enrolled",
    levels=("pilot", "running", "simulated"),
)
_ARM = Column("arm", "string", "arm the participant was allocated to; empty before allocation")
_CHANNEL = Column(
    "channel", "string", "how explanations were given in this arm: seen or heard", levels=("picture", "sound")
)

TRIAL_COLUMNS: tuple[Column, ...] = (
    _SUBJECT,
    _VERSION,
    _STAGE,
    _ARM,
    _CHANNEL,
    Column("mask", "string", "what was rendered: the relevance or its rolled control", levels=("relevance", "control")),
    Column("phase", "string", "training (with feedback, never analysed) or main", levels=("training", "main")),
    Column("trial_index", "integer", "place of the trial in the participant's sequence, from 0, training included"),
    Column("stimulus", "string", "the clip as the network heard it; described in materials/bundle_manifest.json"),
    Column("true_label", "string", "what the person in the clip said"),
    Column("predicted_label", "string", "what the network answered: the right answer to the task"),
    Column("model_correct", "boolean", "whether the network answered the true label"),
    Column("answer", "string", "what the participant says the network answered; empty if unanswered", outcome=True),
    Column("correct", "boolean", "whether the participant's answer is the network's", outcome=True),
    Column("n_alternatives", "integer", "number of answers to choose from"),
    Column("confidence", "integer", "the participant's confidence, without a default", unit="percent", outcome=True),
    Column("rt", "integer", "time from the opening of answers to the answer, browser clock", unit="ms"),
    Column(
        "onset_to_response_ms", "integer", "time from the explanation's onset to the answer, browser clock", unit="ms"
    ),
    Column("plays", "integer", "how often the explanation was started (sound), or 1 once it was shown (picture)"),
    Column("original_plays", "integer", "how often the original was started"),
    Column("heard_share", "number", "share of the explanation's sound heard in its longest play; 1 for a picture"),
    Column("n_reloads", "integer", "how often the trial was begun again after its first time"),
    Column("answered_at", "time", "when the server stored the answer"),
)

PARTICIPANT_COLUMNS: tuple[Column, ...] = (
    _SUBJECT,
    _VERSION,
    _STAGE,
    _ARM,
    _CHANNEL,
    Column("list_index", "integer", "which of the two counterbalanced lists of stimuli, 0 or 1"),
    Column("consented_at", "time", "when consent was given"),
    Column("sound_checked_at", "time", "when the sound check was passed"),
    Column("allocated_at", "time", "when an arm was allocated"),
    Column("training_completed_at", "time", "when the last training trial was stored"),
    Column("completed_at", "time", "when the last trial was stored and the completion code given"),
    Column("n_main_answered", "integer", "how many main trials were stored"),
)

TABLES: dict[str, tuple[Column, ...]] = {TRIALS_FILE: TRIAL_COLUMNS, PARTICIPANTS_FILE: PARTICIPANT_COLUMNS}


class Provenance(Strict):
    """What an export says of itself, under the key "earshot" of the description.

    `monitoring` exports are taken while a study runs and lack every outcome column. `simulation` holds the declared
    parameters, the effect, the listeners and the seed of a simulated study, `files` the SHA-256 of every other file.
    """

    format: Literal["earshot-dataset"] = FORMAT_NAME
    format_version: Literal[1] = FORMAT_VERSION
    slug: str
    title: str
    stage: Stage
    monitoring: bool
    protocol_sha256: Sha256
    bundle_sha256: Sha256
    simulation: dict[str, Any] | None = None
    files: dict[str, Sha256] = Field(default_factory=dict)


def table_columns(table: str, *, monitoring: bool) -> tuple[Column, ...]:
    """The columns of one table; a monitoring export lacks the outcomes."""
    return tuple(column for column in TABLES[table] if not (monitoring and column.outcome))


def describe_dataset(provenance: Provenance, *, description: str) -> dict[str, Any]:
    """The content of `dataset_description.json`: Psych-DS's JSON-LD with one entry per variable."""
    variables = {
        column.name: column for table in TABLES for column in table_columns(table, monitoring=provenance.monitoring)
    }
    return {
        "@context": "http://schema.org/",
        "@type": "Dataset",
        "name": provenance.title,
        "description": description,
        "schemaVersion": PSYCH_DS_VERSION,
        "keywords": ["explainable AI", "audio", "randomized study"],
        "variableMeasured": [_describe_variable(column) for column in variables.values()],
        "earshot": provenance.model_dump(mode="json"),
    }


def _describe_variable(column: Column) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "@type": "PropertyValue",
        "name": column.name,
        "description": column.description,
        "dataType": column.data_type,
    }
    if column.unit:
        entry["unitText"] = column.unit
    if column.levels:
        entry["levels"] = list(column.levels)
    return entry


def read_provenance(description: Mapping[str, Any]) -> Provenance:
    """What the export says of itself.

    Raises
    ------
    DatasetError
        If the description was not written by Earshot, by a newer one, or is damaged.
    """
    fields = description.get("earshot")
    if not isinstance(fields, dict):
        raise DatasetError(f"{DESCRIPTION_FILE} has no key 'earshot'; give a zip made by manage.py export")
    return read_format(
        fields,
        Provenance,
        newest=FORMAT_VERSION,
        kind="dataset format",
        place=DESCRIPTION_FILE,
        error=DatasetError,
        way_out="export it again",
    )


def parse_description(content: bytes) -> dict[str, Any]:
    """`dataset_description.json` as a dict; DatasetError when it is none."""
    description = parse_json(content, place=DESCRIPTION_FILE, error=DatasetError, way_out="export it again")
    if not isinstance(description, dict):
        raise DatasetError(f"{DESCRIPTION_FILE} is no JSON object; export it again")
    return description


def find_changed_files(members: Mapping[str, bytes], *, provenance: Provenance) -> list[str]:
    """One sentence per missing, surplus or changed file of an export."""
    named = provenance.files
    found = set(members) - {DESCRIPTION_FILE}
    faults = [f"{name} is missing" for name in sorted(named.keys() - found)]
    faults += [f"{name} is surplus: {DESCRIPTION_FILE} does not name it" for name in sorted(found - named.keys())]
    faults += [
        f"{name} was changed: its content has another hash"
        for name in sorted(found & named.keys())
        if sha256_bytes(members[name]) != named[name]
    ]
    return faults
