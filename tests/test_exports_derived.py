"""From a simulated study of any design through its export to a checked and reported dataset."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from analysis.check import examine
from analysis.load import load_dataset
from analysis.report import write_report
from earshot.dataset import DESCRIPTION_FILE, PARTICIPANTS_FILE
from earshot.errors import DatasetError
from earshot.files import read_zip, sha256_bytes
from study.export.dataset import dataset_export
from study.models import Study
from study.presets import PRESETS, preset_fields
from study.services.bundles import bundle_load
from study.services.drafts import study_create
from study.services.launches import study_launch
from study.simulation.runs import SimulationPlan, study_simulate
from tests.designs import design_fields
from tests.every_task import every_task_fields
from tests.study.conftest import enrol
from tests.study.rich_bundle import write_rich_bundle

pytestmark = pytest.mark.django_db

N_PER_ARM = 6


@pytest.fixture(scope="module")
def rich_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "rich"
    write_rich_bundle(folder)
    return folder


@pytest.fixture
def export(db: None, rich_folder: Path, tmp_path: Path, settings: Settings) -> Callable[[dict[str, Any]], Path]:
    """The export of a simulated clone of a draft with these fields."""
    settings.MEDIA_ROOT = tmp_path / "media"
    bundle_load(folder=rich_folder)

    def make(fields: dict[str, Any]) -> Path:
        plan = SimulationPlan(n_per_arm=N_PER_ARM, effect_log_odds=0.5, listeners="model", seed=5)
        clone: Study = study_simulate(study=study_create(fields=fields), plan=plan)
        dataset_export(study=clone, out=tmp_path / "export.zip")
        return tmp_path / "export.zip"

    return make


@pytest.mark.parametrize("name", [preset.name for preset in PRESETS])
def test_every_preset_is_derived_again_from_its_export_and_reported(
    export: Callable[[dict[str, Any]], Path], tmp_path: Path, name: str
) -> None:
    path = export(preset_fields(name, slug=f"my-{name}", title="Mine", bundle="rich"))
    dataset = load_dataset(path)
    assert (dataset.trials["answered_at"].notna()).all()
    results = write_report(path, out=tmp_path / "report")
    estimated = name == "explanation-by-channel"
    assert (results.verdict != "not_estimated") == estimated
    if not estimated:
        assert sum(one.n_trials for one in results.conditions) == int((dataset.trials["kind"] == "main").sum())
    if name == "visual-vs-audible":
        assert any("what is recognised" in note for note in results.notes)


def test_every_kind_of_task_is_derived_again_from_its_export(
    export: Callable[[dict[str, Any]], Path], tmp_path: Path
) -> None:
    path = export(every_task_fields())
    assert load_dataset(path).trials["task"].nunique() == 6
    assert write_report(path, out=tmp_path / "report").verdict == "not_estimated"


def test_an_open_study_is_checked_and_reported_without_arms(
    db: None, rich_folder: Path, tmp_path: Path, settings: Settings
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    bundle_load(folder=rich_folder)
    fields = preset_fields("explanation-by-channel", slug="mine", title="Mine", bundle="rich")
    study = study_launch(study=study_create(fields=fields)).study
    people = [enrol(study) for _ in range(3)]
    dataset_export(study=study, out=tmp_path / "open.zip", monitoring=True)
    results = write_report(tmp_path / "open.zip", out=tmp_path / "report")
    assert (results.verdict, results.arms, results.model) == ("not_estimable", [], None)
    assert {step.step: step.n for step in results.flow}["Allocated"] == 3
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert not [one for one in people if one.enrolment.code in page]


def test_answers_to_a_questionnaire_are_of_a_participant_and_stand_once(
    export: Callable[[dict[str, Any]], Path],
) -> None:
    fields = design_fields(expertise=True)
    fields["study"]["bundle"] = "rich"
    members = dict(read_zip(export(fields), error=DatasetError))
    assert examine(members).faults == []
    table = "data/content-questionnaireexpertise_data.csv"
    lines = members[table].splitlines(keepends=True)
    for added, expected in (
        (lines[1], "subject_id stands in several rows; each answers once"),
        (b"nobody" + lines[1][lines[1].index(b",") :], "are of no participant"),
    ):
        content = members[table] + added
        description = json.loads(members[DESCRIPTION_FILE])
        description["earshot"]["files"][table] = sha256_bytes(content)
        changed = {**members, table: content, DESCRIPTION_FILE: json.dumps(description).encode()}
        (fault,) = examine(changed).faults
        assert expected in fault


def test_strata_are_read_from_the_export(export: Callable[[dict[str, Any]], Path]) -> None:
    options = [{"value": value, "text": {"en": value}} for value in ("left", "right")]
    item = {"kind": "single", "name": "hand", "text": {"en": "Which hand?"}, "options": options}
    questionnaire = {"name": "about", "title": {"en": "You"}, "when": "before", "items": [item]}
    fields = design_fields(
        questionnaires=[questionnaire], allocation={"method": "minimisation", "strata": ["about-hand"]}
    )
    fields["study"]["bundle"] = "rich"
    members = dict(read_zip(export(fields), error=DatasetError))
    assert examine(members).faults == []
    people = list(csv.DictReader(io.StringIO(members[PARTICIPANTS_FILE].decode())))
    assert {row["factor_about_hand"] for row in people} == {"left", "right"}
