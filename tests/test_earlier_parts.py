"""What earlier parts wrote can still be opened: a bundle checked, a database migrated, an export reported."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.__main__ import main as analyse
from earshot.bundle import FORMAT_VERSION, check_bundle

ROOT = Path(__file__).parents[1]
PARTS = sorted(path.name for path in (ROOT / "fixtures").glob("part*"))


def test_there_are_earlier_parts() -> None:
    assert "part1" in PARTS


@pytest.mark.parametrize("part", PARTS)
def test_bundle_of_an_earlier_part_is_whole_and_upgraded(part: str) -> None:
    manifest = check_bundle(ROOT / "fixtures" / part / "bundle")
    assert manifest.format_version == FORMAT_VERSION
    (network,) = manifest.networks
    for stimulus in manifest.stimuli:
        assert stimulus.network == network.name
        assert stimulus.rendition("control").method in network.methods
        assert stimulus.rendition("control").form == "soft-mask"


@pytest.mark.parametrize("part", PARTS)
def test_export_of_an_earlier_part_is_reported(part: str, tmp_path: Path) -> None:
    export = ROOT / "fixtures" / part / "export.zip"
    assert analyse(["check", str(export)]) == 0
    assert analyse(["report", str(export), "--out", str(tmp_path)]) == 0
    assert "made up" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("part", PARTS)
def test_database_of_an_earlier_part_is_migrated_loaded_and_exported(part: str, tmp_path: Path) -> None:
    fixture = ROOT / "fixtures" / part
    shutil.copy(fixture / "earshot.sqlite3", tmp_path / "earshot.sqlite3")
    for command in (
        ["migrate", "-v0"],
        ["load_bundle", str(fixture / "bundle")],
        ["simulate", "digits", "--participants", "2", "--seed", "2"],
        ["export", "digits-simulated-1", "--out", str(tmp_path / "export.zip")],
    ):
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=os.environ | {"EARSHOT_VAR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert analyse(["check", str(tmp_path / "export.zip")]) == 0
    database = sqlite3.connect(tmp_path / "earshot.sqlite3")
    (n_bundles,) = database.execute("SELECT count(*) FROM study_bundle").fetchone()
    database.close()
    assert n_bundles == 1  # the same bundle again, not another one
