import csv
import io
import json
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from earshot.dataset import (
    DESCRIPTION_FILE,
    MANIFEST_FILE,
    PARTICIPANTS_FILE,
    PROTOCOL_FILE,
    README_FILE,
    TABLES,
    TRIALS_FILE,
    find_changed_files,
    read_provenance,
)
from earshot.errors import DatasetError
from earshot.files import read_zip
from study.export.download import dataset_download
from study.models import Enrolment, Stage, Study, Trial
from study.services.studies import study_close
from study.simulation.runs import SimulationPlan, study_simulate
from tests.study.conftest import Person

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
    assert [row["phase"] for row in trials] == ["training"] * 2 + ["main"] * 4
    first, last = trials[0], trials[-1]
    stored = Trial.objects.select_related("response", "stimulus").get(enrolment=ana.enrolment, index=0)
    assert first["answer"] == stored.response.answer == "1"
    assert first["correct"] == ("true" if stored.stimulus.predicted_label == "1" else "false")
    assert first["model_correct"] in ("true", "false")
    assert first["stimulus"] == stored.stimulus.name
    assert (first["rt"], first["onset_to_response_ms"], first["confidence"]) == ("1234", "5234", "70")
    assert (first["plays"], first["heard_share"], first["n_reloads"]) == ("1", "1.0", "0")
    assert (first["channel"], first["arm"], first["n_alternatives"]) == ("picture", "seen", "3")
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


def test_people_before_allocation_have_a_row_and_no_trials(study: Study, cleo: object, tmp_path: Path) -> None:
    from study.services.enrolments import enrolment_create

    enrolment, _ = enrolment_create(study=study, consent_id=uuid4())
    study_close(study=study)
    members = export("digits", tmp_path / "digits.zip")
    own = next(row for row in rows(members[PARTICIPANTS_FILE]) if row["subject_id"] == enrolment.code)
    assert (own["arm"], own["channel"], own["allocated_at"], own["n_main_answered"]) == ("", "", "", "0")
    assert enrolment.code not in {row["subject_id"] for row in rows(members[TRIALS_FILE])}


def test_columns_are_the_formats_own(study: Study, ana: Person, tmp_path: Path) -> None:
    study_close(study=study)
    members = export("digits", tmp_path / "digits.zip")
    for table, columns in TABLES.items():
        assert list(rows(members[table])[0]) == [column.name for column in columns]


def test_protocol_and_manifest_are_the_stored_bytes_and_every_hash_fits(study: Study, tmp_path: Path) -> None:
    study_close(study=study)
    members = export("digits", tmp_path / "digits.zip")
    version = study.versions.get()
    assert members[PROTOCOL_FILE] == bytes(version.protocol)
    assert members[MANIFEST_FILE] == bytes(study.bundle.manifest)
    provenance = read_provenance(json.loads(members[DESCRIPTION_FILE]))
    assert provenance.protocol_sha256 == version.protocol_sha256
    assert provenance.bundle_sha256 == study.bundle.sha256
    assert find_changed_files(members, provenance=provenance) == []


def test_no_secret_is_exported(study: Study, ana: Person, tmp_path: Path) -> None:
    ana.complete()
    study_close(study=study)
    ana.enrolment.refresh_from_db()
    content = b"".join(export("digits", tmp_path / "digits.zip").values())
    version = study.versions.get()
    for secret in (
        bytes(version.allocation_seed).hex(),
        ana.enrolment.token_sha256,
        ana.enrolment.completion_code,
    ):
        assert secret.encode() not in content
    assert bytes(version.allocation_seed) not in content


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
    trials = rows(members[TRIALS_FILE])
    assert not OUTCOMES & set(trials[0])
    assert sum(bool(row["answered_at"]) for row in trials) == 3
    description = json.loads(members[DESCRIPTION_FILE])
    assert not OUTCOMES & {entry["name"] for entry in description["variableMeasured"]}
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
    monitored = rows(export("digits", tmp_path / "digits.zip", "--monitoring")[TRIALS_FILE])
    assert OUTCOMES.isdisjoint(monitored[0])
    study.refresh_from_db()
    answer = dataset_download(study)
    downloaded = io.BytesIO(answer.getvalue())
    answer.close()
    with zipfile.ZipFile(downloaded) as archive:
        assert OUTCOMES.isdisjoint(rows(archive.read(TRIALS_FILE))[0])


def test_a_file_that_cannot_be_written_ends_with_exit_code_2(study: Study, tmp_path: Path) -> None:
    study_close(study=study)
    for out in (tmp_path, Path("/proc/digits.zip")):
        with pytest.raises(CommandError, match=f"^cannot read or write '{out}': ") as fault:
            export("digits", out)
        assert fault.value.returncode == 2
