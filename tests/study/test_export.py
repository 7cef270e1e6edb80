"""Exports: what is in them, and what must not be."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from earshot import dataset_tables as dataset_tables_module
from earshot.circumstances import Circumstances
from earshot.dataset import (
    ALLOCATION_FILE,
    CODEBOOK_FILE,
    DESCRIPTION_FILE,
    EVENTS_FILE,
    MANIFEST_FILE,
    PARTICIPANTS_FILE,
    README_FILE,
    TRIALS_FILE,
    find_changed_files,
    format_cell,
    protocol_file,
    read_provenance,
)
from earshot.dataset_tables import dataset_tables
from earshot.errors import DatasetError
from earshot.files import read_zip
from study.export.download import dataset_download
from study.models import Enrolment, Event, Response, Stage, Study, Trial
from study.models.enrolment import ARRIVALS, WITHDRAWALS
from study.selectors import study_protocol
from study.services.allocations import enrolment_release, version_lock
from study.services.launches import study_amend_begin, study_close, study_launch
from study.simulation.runs import SimulationPlan, study_simulate
from tests.study.conftest import Person, enrol, make_answer

OUTCOMES = {"answer", "correct", "confidence"}


def export(slug: str, out: Path, *more: str) -> dict[str, bytes]:
    call_command("export", slug, "--out", str(out), *more, stdout=io.StringIO())
    return read_zip(out, error=DatasetError)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_closed_study_exports_every_planned_trial_with_its_answer(study: Study, ana: Person, tmp_path: Path) -> None:
    ana.complete(3)
    study_close(study=study)
    members = export("digits", tmp_path / "digits.zip")
    trials = [row for row in rows(members[TRIALS_FILE]) if row["subject_id"] == ana.enrolment.code]
    assert [row["trial_index"] for row in trials] == ["0", "1", "2", "3", "4", "5"]
    assert [row["kind"] for row in trials] == ["training"] * 2 + ["main"] * 4
    assert {row["block"] for row in trials} == {"practice", "main"}
    first, last = trials[0], trials[-1]
    stored = Trial.objects.select_related("response", "stimulus").get(enrolment=ana.enrolment, index=0)
    assert stored.stimulus
    assert first["answer"] == stored.response.answers["answer"] == "1"
    assert first["correct"] == ("true" if stored.stimulus.predicted_label == "1" else "false")
    assert first["model_correct"] in ("true", "false")
    assert first["stimulus"] == stored.stimulus.name
    assert (first["rt"], first["onset_to_response_ms"], first["confidence"]) == ("1234", "5234", "70")
    assert (first["plays"], first["heard_share"], first["n_reloads"]) == ("1", "1.0", "0")
    assert (first["channel"], first["arm"], first["n_alternatives"]) == ("picture", "seen", "3")
    assert first["condition"] == stored.condition == f"picture-{first['mask']}"
    assert (first["task"], first["given"]) == ("forward-simulation", "original-and-word")
    assert first["answered_at"].endswith("Z")
    unanswered = (
        "answer",
        "correct",
        "confidence",
        "rt",
        "onset_to_response_ms",
        "plays",
        "heard_share",
        "answered_at",
    )
    assert {last[name] for name in unanswered} == {""}
    assert last["n_reloads"] == "0"


def test_participants_count_their_stored_main_trials(study: Study, ana: Person, tmp_path: Path) -> None:
    ana.complete(3)
    study_close(study=study)
    participants = rows(export("digits", tmp_path / "digits.zip")[PARTICIPANTS_FILE])
    assert {row["subject_id"] for row in participants} == set(Enrolment.objects.values_list("code", flat=True))
    own = next(row for row in participants if row["subject_id"] == ana.enrolment.code)
    assert own["n_main_answered"] == "1"
    assert own["training_completed_at"].endswith("Z")
    assert own["completed_at"] == ""


def test_how_a_trial_was_met_is_exported_and_unknown_where_nothing_was_stored(
    study: Study, ana: Person, tmp_path: Path
) -> None:
    ana.complete(2)
    stored = list(Response.objects.filter(trial__enrolment=ana.enrolment).order_by("trial__index"))
    Response.objects.filter(pk=stored[1].pk).update(circumstances={}, received_at=None)  # as an older Earshot did
    study_close(study=study)
    trials = rows(export("digits", tmp_path / "digits.zip")[TRIALS_FILE])
    own = [row for row in trials if row["subject_id"] == ana.enrolment.code]
    sent = Circumstances(**make_answer()["circumstances"])
    for name, value in sent.model_dump().items():
        assert own[0][name] == format_cell(value)
        assert own[1][name] == own[2][name] == ""
    assert own[0]["received_at"] == format_cell(stored[0].received_at)
    assert own[1]["received_at"] == ""


def test_arrival_consent_and_withdrawal_are_exported(study: Study, ana: Person, tmp_path: Path) -> None:
    told = {"consent_sha256": "a" * 64, "language": "de", "utc_offset_min": -210, "arrival": "sona", "n_windows": 2}
    withdrawn_at = timezone.now()
    withdrawal = {"withdrawn_at": withdrawn_at, "withdrawal": "delete", "n_deleted": 3, "deleted_sha256": "b" * 64}
    Enrolment.objects.filter(pk=ana.enrolment.pk).update(**told, is_automated=True, **withdrawal)
    study_close(study=study)
    people = rows(export("digits", tmp_path / "digits.zip")[PARTICIPANTS_FILE])
    own = next(row for row in people if row["subject_id"] == ana.enrolment.code)
    assert {name: own[name] for name in told} == {name: str(value) for name, value in told.items()}
    assert own["is_automated"] == "true"
    assert (own["withdrawn_at"], own["withdrawal"], own["n_deleted"]) == (format_cell(withdrawn_at), "delete", "3")


def test_levels_of_arrival_and_withdrawal_are_the_models_own() -> None:
    assert dataset_tables_module.ARRIVALS == ARRIVALS
    assert dataset_tables_module.WITHDRAWALS == WITHDRAWALS


def test_people_before_allocation_have_a_row_and_no_trials(study: Study, cleo: object, tmp_path: Path) -> None:
    from study.services.consents import enrolment_create

    enrolment, _ = enrolment_create(study=study, consent_id=uuid4())
    study_close(study=study)
    members = export("digits", tmp_path / "digits.zip")
    own = next(row for row in rows(members[PARTICIPANTS_FILE]) if row["subject_id"] == enrolment.code)
    assert (own["arm"], own["place"], own["allocated_at"], own["n_main_answered"]) == ("", "", "", "0")
    assert enrolment.code not in {row["subject_id"] for row in rows(members[TRIALS_FILE])}


def test_columns_are_the_formats_own(study: Study, ana: Person, tmp_path: Path) -> None:
    study_close(study=study)
    members = export("digits", tmp_path / "digits.zip")
    tables = dataset_tables([study_protocol(study.versions.get()).design], monitoring=False)
    assert {name for name in members if name.startswith("data/")} == set(tables)
    for table, columns in tables.items():
        assert list(rows(members[table])[0]) == [column.name for column in columns]
    assert [(row["table"], row["column"]) for row in rows(members[CODEBOOK_FILE])] == [
        (table, column.name) for table, columns in tables.items() for column in columns
    ]


def test_protocol_and_manifest_are_the_stored_bytes_and_every_hash_fits(study: Study, tmp_path: Path) -> None:
    study_close(study=study)
    members = export("digits", tmp_path / "digits.zip")
    version = study.versions.get()
    assert members[protocol_file(version.number)] == bytes(version.protocol)
    assert members[MANIFEST_FILE] == bytes(study.bundle.manifest)
    provenance = read_provenance(json.loads(members[DESCRIPTION_FILE]))
    assert provenance.deciding_version.protocol_sha256 == version.protocol_sha256
    assert provenance.bundle_sha256 == study.bundle.sha256
    assert find_changed_files(members, named=provenance.files) == []


def test_events_are_in_order_and_tell_the_allocations(study: Study, ana: Person, ben: Person, tmp_path: Path) -> None:
    study_close(study=study)
    events = rows(export("digits", tmp_path / "digits.zip")[EVENTS_FILE])
    assert [row["event_id"] for row in events] == [str(number) for number in range(len(events))]
    allocated = {row["subject_id"]: row for row in events if row["event"] == "allocated"}
    for person in (ana, ben):
        told = allocated[person.enrolment.code]
        found = (told["arm"], told["place"], told["sequence"], told["refills"])
        own = person.enrolment
        assert found == (own.arm, str(own.place), str(own.sequence), "")
    assert events[-1]["event"] == "closed"


def test_a_release_and_its_refill_are_exported(study: Study, ana: Person, tmp_path: Path) -> None:
    enrolment_release(enrolment=ana.enrolment, version=version_lock(ana.enrolment.version_id), reason="returned")
    while not Event.objects.filter(kind="allocated", data__refills=ana.enrolment.place).exists():
        enrol(study)
    study_close(study=study)
    members = export("digits", tmp_path / "digits.zip")
    own = next(row for row in rows(members[PARTICIPANTS_FILE]) if row["subject_id"] == ana.enrolment.code)
    assert own["release_reason"] == "returned"
    assert own["released_at"]
    released, refilled = (
        next(row for row in rows(members[EVENTS_FILE]) if row[name] == value)
        for name, value in (("event", "released"), ("refills", str(ana.enrolment.place)))
    )
    assert (released["place"], released["reason"]) == (str(ana.enrolment.place), "returned")
    assert refilled["sequence"] == str(ana.enrolment.sequence)


def test_questionnaires_have_a_table_each(launch: Callable[..., Study], tmp_path: Path) -> None:
    study = launch(expertise=True)
    person = enrol(study)
    study_close(study=study)
    table = rows(export("digits", tmp_path / "digits.zip")["data/content-questionnaireexpertise_data.csv"])
    (own,) = table
    assert own["subject_id"] == person.enrolment.code
    stored = person.enrolment.questionnaires.get().answers
    assert own["expertise_audio"] == stored["audio"]
    assert own["expertise_machine_learning"] == stored["machine-learning"]


def test_every_version_has_its_protocol_and_its_rows(study: Study, ana: Person, tmp_path: Path) -> None:
    study_amend_begin(study=study)
    study_launch(study=Study.objects.get(pk=study.pk), reason="more of the same")
    newer = enrol(study)
    study_close(study=Study.objects.get(pk=study.pk))
    members = export("digits", tmp_path / "digits.zip")
    assert {protocol_file(1), protocol_file(2)} <= set(members)
    versions = {row["subject_id"]: row["version"] for row in rows(members[PARTICIPANTS_FILE])}
    assert (versions[ana.enrolment.code], versions[newer.enrolment.code]) == ("1", "2")
    assert read_provenance(json.loads(members[DESCRIPTION_FILE])).deciding_version.number == 2
    assert b"more of the same" in members["CHANGES.md"]


def test_the_seed_is_told_once_the_study_is_closed_and_no_other_secret_ever(
    study: Study, ana: Person, tmp_path: Path
) -> None:
    ana.complete()
    ana.enrolment.refresh_from_db()
    assert ana.enrolment.completion_code
    version = study.versions.get()
    seed = bytes(version.allocation_seed)
    for is_closed in (False, True):
        if is_closed:
            study_close(study=study)
        members = export("digits", tmp_path / "digits.zip", *([] if is_closed else ["--monitoring"]))
        content = b"".join(members.values())
        for secret in (ana.enrolment.token_sha256, ana.enrolment.completion_code):
            assert secret.encode() not in content
        assert seed not in content
        assert (seed.hex().encode() in content) == is_closed
        (record,) = json.loads(members[ALLOCATION_FILE])["versions"]
        assert record["seed"] == (seed.hex() if is_closed else None)


def test_a_monitoring_export_tells_nobodys_arm(study: Study, ana: Person, ben: Person, tmp_path: Path) -> None:
    ana.complete(3)
    members = export("digits", tmp_path / "digits.zip", "--monitoring")
    told = b"".join(content for name, content in members.items() if name.startswith("data/"))
    stimuli = Trial.objects.values_list("stimulus__name", flat=True)
    for word in ("seen", "heard", "picture", "relevance", "control", *filter(None, stimuli)):
        assert word.encode() not in told, word
    for table in (PARTICIPANTS_FILE, EVENTS_FILE):
        assert not {"arm", "place", "sequence", "refills", "n_main_answered"} & set(rows(members[table])[0])


def test_a_closed_study_exported_twice_gives_the_same_bytes(study: Study, ana: Person, tmp_path: Path) -> None:
    ana.complete(4)
    study_close(study=study)
    for name in ("first.zip", "second.zip"):
        export("digits", tmp_path / name)
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_a_running_study_without_monitoring_is_refused(study: Study, ana: Person, tmp_path: Path) -> None:
    out = tmp_path / "digits.zip"
    with pytest.raises(CommandError, match=r"'digits' is running; close it first, or take .* --monitoring") as fault:
        export("digits", out)
    assert fault.value.returncode == 2
    assert not out.exists()


def test_a_monitoring_export_has_no_outcome_in_any_file(study: Study, ana: Person, tmp_path: Path) -> None:
    ana.complete(3)
    members = export("digits", tmp_path / "digits.zip", "--monitoring")
    assert {name for name in members if name.startswith("data/")} == {PARTICIPANTS_FILE, EVENTS_FILE}
    description = json.loads(members[DESCRIPTION_FILE])
    assert not OUTCOMES & {entry["name"] for entry in description["variableMeasured"]}
    assert not OUTCOMES & {row["column"] for row in rows(members[CODEBOOK_FILE])}
    assert read_provenance(description).monitoring
    assert b"MONITORING" in members[README_FILE]


def test_a_draft_is_refused(draft: Study, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="'digits' is a draft and has no data; launch it first"):
        export("digits", tmp_path / "digits.zip", "--monitoring")


def test_a_simulated_export_says_so_and_holds_its_parameters(study: Study, tmp_path: Path) -> None:
    plan = SimulationPlan(n_per_arm=2, effect_log_odds=0.5, listeners="model", seed=3)
    clone = study_simulate(study=study, plan=plan)
    members = export(clone.slug, tmp_path / "simulated.zip")
    provenance = read_provenance(json.loads(members[DESCRIPTION_FILE]))
    assert provenance.stage == "simulated"
    assert provenance.simulation is not None
    assert provenance.simulation["effect_log_odds"] == 0.5
    assert provenance.simulation["seed"] == 3
    assert b"SIMULATED" in members[README_FILE]
    assert {row["stage"] for row in rows(members[TRIALS_FILE])} == {"simulated"}


def test_an_older_export_is_replaced_whole(study: Study, tmp_path: Path) -> None:
    study_close(study=study)
    out = tmp_path / "digits.zip"
    out.write_bytes(b"older")
    export("digits", out)
    assert zipfile.is_zipfile(out)
    assert [path.name for path in tmp_path.glob("*.zip*")] == ["digits.zip"]


@pytest.mark.parametrize("stage", [Stage.PILOT, Stage.RUNNING, Stage.PAUSED])
def test_no_outcome_is_exported_before_the_close(study: Study, ana: Person, tmp_path: Path, stage: Stage) -> None:
    ana.complete(3)
    Study.objects.filter(pk=study.pk).update(stage=stage)
    with pytest.raises(CommandError, match=f"is {stage}; close it first"):
        export("digits", tmp_path / "digits.zip")
    assert not (tmp_path / "digits.zip").exists()
    assert TRIALS_FILE not in export("digits", tmp_path / "digits.zip", "--monitoring")
    study.refresh_from_db()
    answer = dataset_download(study)
    downloaded = io.BytesIO(answer.getvalue())
    answer.close()
    with zipfile.ZipFile(downloaded) as archive:
        assert TRIALS_FILE not in archive.namelist()


def test_a_file_that_cannot_be_written_ends_with_exit_code_2(study: Study, tmp_path: Path) -> None:
    study_close(study=study)
    for out in (tmp_path, Path("/proc/digits.zip")):
        with pytest.raises(CommandError, match=f"^cannot read or write '{out}': ") as fault:
            export("digits", out)
        assert fault.value.returncode == 2
