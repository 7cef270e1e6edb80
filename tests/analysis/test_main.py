"""The commands of `python -m analysis`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.__main__ import main
from earshot.dataset import README_FILE
from earshot.files import write_zip


def test_check_counts_a_whole_export(study_zip: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    path = study_zip(n_participants=4, n_right=4, n_wrong=4, n_training=2)
    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().out == "whole: 4 participants, 40 trials\n"


def test_check_says_that_an_open_study_tells_no_trials(
    study_zip: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = study_zip(n_participants=4, stage="running", row_stage="running", monitoring=True)
    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().out == "whole: 4 participants; trials are withheld while the study is open\n"


def test_check_names_every_fault_on_its_line_and_ends_with_two(
    study_files: Callable[..., dict[str, bytes]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = study_files(n_participants=4)
    del members[README_FILE]
    members["more.txt"] = b""
    write_zip(tmp_path / "x.zip", members=members)
    assert main(["check", str(tmp_path / "x.zip")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "error: x.zip is not whole (2 faults):"
    assert len(lines) == 3


def test_report_prints_the_verdict_and_where_it_is(
    study_zip: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(study_zip(n_participants=6)), "--out", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert out.startswith("not_estimable: Simulated: The primary contrast is not estimable")
    assert (tmp_path / "out" / "report.html").is_file()


def test_report_refuses_a_missing_file_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path / "no.zip"), "--out", str(tmp_path / "out")]) == 2
    assert "no.zip is missing" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_report_below_a_file_is_refused_with_two(
    study_zip: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    assert main(["report", str(study_zip(n_participants=6)), "--out", str(tmp_path / "file" / "r")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert str(tmp_path / "file") in line
    assert (tmp_path / "file").read_text() == "mine"
