"""Which rows the accuracy benchmark has and how they are printed; training itself is the benchmark's own work."""

from pathlib import Path

import pytest
import torch

from benchmarks.accuracy import HEADER, Row, format_row, measure_row, plan_rows
from earshot.errors import RecipeError
from explainer.accuracies.measures import measure
from explainer.networks.description import NetworkDescription
from explainer.networks.inputs import PEAK_WAVEFORM

DESCRIPTION = NetworkDescription(
    architecture="audionet-small",
    seed=1,
    n_threads=1,
    input=PEAK_WAVEFORM,
    labels=["0", "1"],
    n_parameters=1,
    n_training_clips=840,
    heldout_takes=measure(torch.eye(2).repeat(10, 1), labels=[0, 1] * 9 + [0, 0]),
)


def tasks_of(rows: list[Row], *, corpus: str) -> set[tuple[str, bool]]:
    return {(row.label, bool(row.heldout_speakers)) for row in rows if row.corpus == corpus}


def test_absent_fsdd_is_skipped_and_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = plan_rows(tmp_path / "absent")
    assert tasks_of(rows, corpus="voices") == {("digit", True), ("sex", True), ("speaker", False)}
    assert tasks_of(rows, corpus="FSDD") == set()
    assert "FSDD is not in" in capsys.readouterr().err


def test_fsdd_has_no_sex_task_as_all_its_speakers_are_male(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = plan_rows(tmp_path)
    assert tasks_of(rows, corpus="FSDD") == {("digit", True), ("speaker", False)}
    assert capsys.readouterr().err == ""


def test_every_task_has_both_kinds_of_networks(tmp_path: Path) -> None:
    rows = plan_rows(tmp_path)
    for task in {(row.corpus, row.label) for row in rows}:
        kinds = [row.architecture for row in rows if (row.corpus, row.label) == task]
        assert kinds == ["alexnet-quarter", "audionet-small"]


def test_every_row_has_a_whole_recipe(tmp_path: Path) -> None:
    for row in plan_rows(tmp_path):
        recipe = row.recipe()
        assert recipe.network.architecture == row.architecture
        assert recipe.corpus.label == row.label


def test_row_has_share_interval_and_number_and_a_dash_where_nothing_was_held_out(tmp_path: Path) -> None:
    line = format_row(plan_rows(tmp_path)[0], description=DESCRIPTION)
    # R 4.2.2: prop.test(19, 20, correct=FALSE)$conf.int is .7638688066 to .9911185512
    assert line == "| voices | digit | alexnet-quarter | 840 | 95.0% (76.4% to 99.1%; 20) | - |"
    assert line.count("|") == HEADER[0].count("|")


def test_corpus_without_recordings_is_an_error(tmp_path: Path) -> None:
    row = next(row for row in plan_rows(tmp_path) if row.corpus == "FSDD")
    with pytest.raises(RecipeError, match="holds no recording"):
        measure_row(row, networks=tmp_path / "networks")
