"""The demo's steps that find what an earlier run left; `tests/test_demo.py` runs the whole."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from study.management.demonstration import Demonstration
from study.models import Stage, Study, Version
from study.selectors import current_version, study_protocol
from study.services.bundles import bundle_load
from study.services.studies import study_close
from tests.tiny_bundle import write_study_file

PART = Path(__file__).parents[2] / "fixtures" / "part1"


@pytest.fixture
def demonstration(tmp_path: Path) -> Demonstration:
    return Demonstration(recipe=tmp_path / "none.toml", study_file=write_study_file(tmp_path / "digits.toml"))


@pytest.fixture
def older(db: None) -> Study:
    """A study that runs under what the first part's Earshot froze."""
    bundle, _ = bundle_load(folder=PART / "bundle")
    study = Study.objects.create(slug="digits", title="Digits", stage=Stage.RUNNING, bundle=bundle)
    with closing(sqlite3.connect(PART / "earshot.sqlite3")) as database:
        query = "SELECT v.protocol, v.protocol_sha256, v.allocation_seed FROM study_version v"
        row = database.execute(f"{query} JOIN study_study s ON s.id = v.study_id WHERE s.slug = 'digits'").fetchone()
    protocol, sha256, seed = row
    Version.objects.create(study=study, number=1, protocol=protocol, protocol_sha256=sha256, allocation_seed=seed)
    return study


def test_a_study_that_runs_is_left_as_it_is(demonstration: Demonstration, study: Study) -> None:
    assert demonstration.running_study() == study
    assert study.versions.count() == 1


def test_what_an_older_earshot_froze_gets_a_version_that_takes_people(
    demonstration: Demonstration, older: Study
) -> None:
    assert study_protocol(current_version(older)).upgraded_from == 1
    assert demonstration.running_study() == older
    version = current_version(older)
    assert (version.number, study_protocol(version).upgraded_from) == (2, None)
    assert "older Earshot" in version.reason


def test_a_closed_study_stays_closed(demonstration: Demonstration, older: Study) -> None:
    study_close(study=older)
    assert demonstration.running_study().stage == Stage.CLOSED
    assert older.versions.count() == 1
