"""The demo as a user runs it, on the tiny recipe; the suite's own bundle stands for the one it would build."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.browser.server import await_listening

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "fixtures/recipes/tiny.toml"
STUDY = ROOT / "fixtures/studies/tiny.toml"
COMMAND = [sys.executable, "manage.py", "demo", "--recipe", str(RECIPE), "--study", str(STUDY)]


@dataclass
class Run:
    """A folder in which the demo ran once, and what it said."""

    var: Path
    said: str


def environment(var: Path) -> dict[str, str]:
    return {**os.environ, "EARSHOT_VAR": str(var), "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def run_demo(var: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, env=environment(var), capture_output=True, text=True, check=False
    )


def rows(var: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(var / "earshot.sqlite3")) as database:
        return database.execute(query).fetchall()


def fetch(url: str) -> str:
    with urllib.request.urlopen(url) as answer:  # noqa: S310  # our own server
        content: bytes = answer.read()
    return content.decode()


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory, tiny_bundle: Path, tiny_networks: Path) -> Run:
    var = tmp_path_factory.mktemp("demo") / "var"
    shutil.copytree(tiny_bundle, var / "bundles" / "tiny")
    shutil.copytree(tiny_networks, var / "networks")
    done = run_demo(var, "--no-serve")
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(var, done.stdout)


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def test_the_demo_makes_a_running_study_and_a_simulated_one_with_its_report(first_run: Run) -> None:
    assert dict(rows(first_run.var, "SELECT slug, stage FROM study_study")) == {
        "tiny": "running",
        "tiny-simulated-1": "simulated",
    }
    report = (first_run.var / "reports" / "tiny-simulated-1" / "report.html").read_text(encoding="utf-8")
    assert "SIMULATED" in report
    assert len(re.findall(r"Admin account 'admin', password \(shown this once\): \S{16}", first_run.said)) == 1
    assert re.search(r"Ready after \d+\.\d s", first_run.said)


def test_a_second_run_keeps_everything_and_serves_until_interrupted(first_run: Run, free_port: int) -> None:
    tables = ("study_study", "study_bundle", "study_version", "study_enrolment", "study_response", "auth_user")
    before = {table: rows(first_run.var, f"SELECT * FROM {table}") for table in tables}  # noqa: S608  # our own names
    report = first_run.var / "reports" / "tiny-simulated-1" / "report.html"
    written_at = report.stat().st_mtime_ns
    with subprocess.Popen(
        [*COMMAND, "--port", str(free_port)],
        cwd=ROOT,
        env=environment(first_run.var),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        said = []
        for line in demo.stdout:
            said.append(line)
            if "Started worker" in line:
                break
        base = f"http://127.0.0.1:{free_port}"
        try:
            await_listening(free_port)
            front = fetch(f"{base}/")
            assert 'href="/s/tiny/"' in front
            assert 'href="/reports/tiny-simulated-1/"' in front
            assert 'href="/admin/"' in front
            assert "SIMULATED" in fetch(f"{base}/reports/tiny-simulated-1/")
        finally:
            demo.send_signal(signal.SIGINT)
            said.append(demo.stdout.read())
        assert demo.wait() == 130
    text = "".join(said)
    assert "keeps its password" in text
    assert "changepassword admin" in text
    for path in ("/s/tiny/", "/admin/", "/reports/tiny-simulated-1/"):
        assert f"{base}{path}" in text
    assert "Traceback" not in text
    assert report.stat().st_mtime_ns == written_at
    after = {table: rows(first_run.var, f"SELECT * FROM {table}") for table in tables}  # noqa: S608  # our own names
    assert after == before


def test_a_taken_port_is_named_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_demo(tmp_path / "var", "--port", str(port))
    assert done.returncode == 2
    assert f"port is {port}" in done.stderr
    assert "--port" in done.stderr
    assert not (tmp_path / "var" / "bundles").exists()
    assert not (tmp_path / "var" / "static").exists()


def test_a_recipe_that_is_not_there_ends_the_demo_with_its_reason(tmp_path: Path) -> None:
    done = run_demo(tmp_path / "var", "--no-serve", "--recipe", str(tmp_path / "none.toml"))
    assert done.returncode == 2
    assert "none.toml is missing" in done.stderr
    assert "Traceback" not in done.stderr
