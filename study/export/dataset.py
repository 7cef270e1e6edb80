"""Writes a study's dataset: a Psych-DS zip whose bytes depend on nothing but what was stored.

Notes
-----
Until a study is closed, an export lacks every outcome column: whoever watches recruitment must not see the answer grow.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.db import transaction

from earshot.dataset import (
    CHANGES_FILE,
    DESCRIPTION_FILE,
    MANIFEST_FILE,
    PARTICIPANTS_FILE,
    PROTOCOL_FILE,
    README_FILE,
    TRIALS_FILE,
    Column,
    Provenance,
    describe_dataset,
    table_columns,
)
from earshot.errors import StudyError
from earshot.files import canonical_json, sha256_bytes, write_zip
from study.export.rows import Row, format_cell, participant_rows, trial_rows
from study.export.texts import Exported, dataset_changes, dataset_description, dataset_readme
from study.models import OUTCOME_STAGES, Stage, Study, Version


@transaction.atomic
def dataset_export(*, study: Study, out: Path, monitoring: bool = False) -> Exported:
    """Write the dataset of `study` to the zip `out`, all of it read in one transaction.

    Raises
    ------
    StudyError
        If the study is a draft, or is not closed yet and `monitoring` is not set.
    """
    check_exportable(study, monitoring=monitoring)
    version = study.versions.latest("number")
    members, exported = _dataset_members(study, version=version, monitoring=monitoring)
    write_zip(out, members=members)
    return exported


def check_exportable(study: Study, *, monitoring: bool) -> None:
    """Refuse an export that the study's stage does not allow; raises StudyError."""
    if study.stage == Stage.DRAFT:
        raise StudyError(f"study '{study.slug}' is a draft and has no data; launch it first")
    if study.stage not in OUTCOME_STAGES and not monitoring:
        raise StudyError(
            f"study '{study.slug}' is {study.stage}; close it first, or take an export without answers, correctness "
            "and confidence with --monitoring"
        )


def _dataset_members(study: Study, *, version: Version, monitoring: bool) -> tuple[dict[str, bytes], Exported]:
    """Every file of the zip by archive path."""
    participants, n_participants = _table_bytes(
        participant_rows(version), columns=table_columns(PARTICIPANTS_FILE, monitoring=monitoring)
    )
    trials, n_trials = _table_bytes(
        trial_rows(version, n_alternatives=len(study.bundle.labels)),
        columns=table_columns(TRIALS_FILE, monitoring=monitoring),
    )
    exported = Exported(n_participants=n_participants, n_trials=n_trials)
    members = {
        PARTICIPANTS_FILE: participants,
        TRIALS_FILE: trials,
        PROTOCOL_FILE: bytes(version.protocol),
        MANIFEST_FILE: bytes(study.bundle.manifest),
        README_FILE: dataset_readme(study, version=version, exported=exported, monitoring=monitoring).encode(),
        CHANGES_FILE: dataset_changes(study).encode(),
    }
    provenance = Provenance(
        slug=study.slug,
        title=study.title,
        stage=study.stage,  # a draft was refused above, every other stage is one of the dataset's
        monitoring=monitoring,
        protocol_sha256=version.protocol_sha256,
        bundle_sha256=study.bundle.sha256,
        simulation=study.simulation,
        files={name: sha256_bytes(content) for name, content in members.items()},
    )
    description = describe_dataset(provenance, description=dataset_description(study, exported=exported))
    return members | {DESCRIPTION_FILE: canonical_json(description)}, exported


def _table_bytes(rows: Iterator[Row], *, columns: Sequence[Column]) -> tuple[bytes, int]:
    """The CSV of `rows` with these columns alone, and how many rows it has."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.name for column in columns)
    n_rows = 0
    for row in rows:
        writer.writerow(format_cell(row[column.name]) for column in columns)
        n_rows += 1
    return text.getvalue().encode(), n_rows
