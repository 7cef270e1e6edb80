"""Writes a study's dataset: a Psych-DS zip whose bytes depend on nothing but what was stored.

Notes
-----
Until a study is closed, an export lacks every outcome and everything that tells who is in which arm: whoever watches
recruitment must see neither the answer grow nor the next assignment. The allocation's seed is in no such export.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from django.db import transaction

from earshot.bundle import parse_manifest
from earshot.dataset import (
    ALLOCATION_FILE,
    CHANGES_FILE,
    CODEBOOK_FILE,
    DESCRIPTION_FILE,
    EVENTS_FILE,
    MANIFEST_FILE,
    PARTICIPANTS_FILE,
    README_FILE,
    TRIALS_FILE,
    Column,
    DatasetVersion,
    Provenance,
    Tables,
    codebook_csv,
    describe_dataset,
    protocol_file,
    questionnaire_file,
    write_table,
)
from earshot.dataset_allocation import AllocationRecord, describe_allocation
from earshot.dataset_tables import dataset_tables
from earshot.errors import StudyError
from earshot.files import HashedText, ZipWriter, canonical_json, sha256_bytes, zip_written_aside
from earshot.protocol import parse_protocol
from study.export.rows import (
    ExportedVersion,
    Row,
    event_rows,
    participant_rows,
    questionnaire_rows,
    trial_rows,
)
from study.export.texts import Exported, dataset_changes, dataset_description, dataset_readme
from study.models import OUTCOME_STAGES, Bundle, Stage, Study, Trial
from study.services.events import event_record


@transaction.atomic
def dataset_export(*, study: Study, out: Path, monitoring: bool = False) -> Exported:
    """Write the dataset of `study` to the zip `out`, all versions of it, all read in one transaction.

    Raises
    ------
    StudyError
        If the study is a draft, or is not closed yet and `monitoring` is not set.
    """
    check_exportable(study, monitoring=monitoring)
    versions = _read_versions(study)
    tables = dataset_tables([each.protocol.design for each in versions], monitoring=monitoring)
    exported = Exported(
        n_participants=sum(each.version.enrolments.count() for each in versions),
        n_trials=Trial.objects.filter(enrolment__version__study=study).count() if TRIALS_FILE in tables else 0,
    )
    provenance = _provenance(study, versions=versions, monitoring=monitoring)
    members = _small_members(study, versions=versions, tables=tables, provenance=provenance, exported=exported)
    with zip_written_aside(out) as archive:
        hashes = {name: sha256_bytes(content) for name, content in members.items()}
        for name, content in members.items():
            archive.add(name, content)
        for name, rows in _table_rows(study, versions=versions, tables=tables).items():
            hashes[name] = _write_table(archive, name=name, rows=rows, columns=tables[name])
        description = describe_dataset(
            provenance.model_copy(update={"files": hashes}),
            tables=tables,
            description=dataset_description(study, exported=exported),
        )
        archive.add(DESCRIPTION_FILE, canonical_json(description))
    event_record("exported", study=study, data={"is_monitoring": monitoring})
    return exported


def check_exportable(study: Study, *, monitoring: bool) -> None:
    """Refuse an export that the study's stage does not allow; raises StudyError."""
    if study.stage == Stage.DRAFT:
        raise StudyError(f"study '{study.slug}' is a draft and has no data; launch it first")
    if study.stage not in OUTCOME_STAGES and not monitoring:
        raise StudyError(
            f"study '{study.slug}' is {study.stage}; close it first, or take an export without answers, correctness, "
            "confidence and arms with --monitoring"
        )


def _read_versions(study: Study) -> list[ExportedVersion]:
    """Every version with its bundle's manifest, oldest first."""
    versions = []
    for version in study.versions.order_by("number"):
        protocol = parse_protocol(bytes(version.protocol))
        bundle = Bundle.objects.get(sha256=protocol.bundle_sha256)
        manifest = parse_manifest(bytes(bundle.manifest), place=f"bundle '{bundle.name}'")
        stimuli = {stimulus.id: stimulus for stimulus in manifest.stimuli}
        versions.append(ExportedVersion(version=version, protocol=protocol, manifest=manifest, stimuli=stimuli))
    return versions


def _small_members(
    study: Study,
    *,
    versions: Sequence[ExportedVersion],
    tables: Tables,
    provenance: Provenance,
    exported: Exported,
) -> dict[str, bytes]:
    """Every file but the tables and the description, by archive path."""
    return {
        **{protocol_file(each.version.number): bytes(each.version.protocol) for each in versions},
        MANIFEST_FILE: bytes(Bundle.objects.get(sha256=provenance.bundle_sha256).manifest),
        ALLOCATION_FILE: _allocation_record(study, versions=versions),
        CODEBOOK_FILE: codebook_csv(tables),
        README_FILE: dataset_readme(provenance, tables=tables, exported=exported).encode(),
        CHANGES_FILE: dataset_changes(study).encode(),
    }


def _provenance(study: Study, *, versions: Sequence[ExportedVersion], monitoring: bool) -> Provenance:
    provenance = Provenance(
        slug=study.slug,
        title=study.title,
        stage=study.stage,  # a draft was refused above, every other stage is one of the dataset's
        monitoring=monitoring,
        versions=[
            DatasetVersion(
                number=each.version.number,
                protocol_sha256=each.version.protocol_sha256,
                is_pilot=each.version.is_pilot,
            )
            for each in versions
        ],
        bundle_sha256=versions[-1].protocol.bundle_sha256,
        simulation=study.simulation,
    )
    deciding = provenance.deciding_version.number
    bundles = {each.version.number: each.protocol.bundle_sha256 for each in versions}
    return provenance.model_copy(update={"bundle_sha256": bundles[deciding]})


def _table_rows(study: Study, *, versions: Sequence[ExportedVersion], tables: Tables) -> dict[str, Iterable[Row]]:
    """The rows of each table, read as they are written."""
    rows: dict[str, Iterable[Row]] = {
        PARTICIPANTS_FILE: chain.from_iterable(map(participant_rows, versions)),
        TRIALS_FILE: chain.from_iterable(map(trial_rows, versions)),
        EVENTS_FILE: event_rows(study),
    }
    for each in versions:
        for questionnaire in each.protocol.design.every_questionnaire:
            name = questionnaire_file(questionnaire.name)
            rows[name] = chain(rows.get(name, ()), questionnaire_rows(each, questionnaire=questionnaire))
    return {name: rows[name] for name in tables}


def _write_table(archive: ZipWriter, *, name: str, rows: Iterable[Row], columns: Sequence[Column]) -> str:
    """Write a table row by row, however long it is; gives the SHA-256 of its bytes."""
    with archive.text(name) as file:
        hashed = HashedText(file)
        write_table(hashed, rows=rows, columns=columns)
    return hashed.sha256()


def _allocation_record(study: Study, *, versions: Sequence[ExportedVersion]) -> bytes:
    """The record; it holds the seeds only once nobody can be allocated any more."""
    is_over = study.stage in OUTCOME_STAGES
    record = AllocationRecord(
        versions=[
            describe_allocation(each.protocol, seed=bytes(each.version.allocation_seed) if is_over else None)
            for each in versions
        ]
    )
    return canonical_json(record.model_dump(mode="json"))
