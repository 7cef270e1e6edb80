"""The command, from a recipe to page, tables and figures, on a corpus of tones."""

import csv
from pathlib import Path

import pytest

from earshot.errors import EXIT_BAD_INPUT
from explainer.__main__ import main
from tests.explainer.corpora.miniature import write_clip

RECIPE = """
[recipe]
name = "tones"
[corpus]
name = "tones"
path = "."
layout = "manifest"
manifest = "clips.csv"
label = "sex"
[split]
heldout_takes = [3]
heldout_speakers = ["cy", "di"]
[network]
architecture = "alexnet-quarter"
seed = [1, 2, 3]
n_epochs = 1
batch_size = 3
n_threads = 1
[selection]
n_right = 0
n_wrong = 0
n_training = 0
seed = 1
"""
SPEAKERS = {"al": "male", "bea": "female", "cy": "male", "di": "female"}
NAMES = {
    "index.html", "zeroing.csv", "zeroing.svg", "zeroing.png", "scaling.csv", "scaling.svg", "scaling.png"
}  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe and its recordings."""
    folder = tmp_path_factory.mktemp("tones")
    rows = ["path,sex,speaker,take"]
    for number, (speaker, sex) in enumerate(SPEAKERS.items()):
        for take in range(4):
            name = f"{speaker}{take}.wav"
            base_hz = 120 if sex == "male" else 220
            write_clip(folder / name, duration_s=0.1, frequency_hz=base_hz + 10 * number + take)
            rows.append(f"{name},{sex},{speaker},{take}")
    (folder / "clips.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def out(corpus: Path) -> Path:
    """What the command writes."""
    assert manipulate(corpus, out=corpus / "out") == 0
    return corpus / "out"


def manipulate(corpus: Path, *, out: Path, recipe: str = "recipe.toml") -> int:
    return main(
        ["manipulate", str(corpus / recipe), "--networks", str(corpus / "networks"), "--out", str(out)],
    )


def test_page_tables_and_figures_are_written(out: Path) -> None:
    assert {path.name for path in out.iterdir()} == NAMES
    with (out / "scaling.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["part"] for row in rows} == {"heldout_takes", "heldout_speakers"}
    assert {row["n_clips"] for row in rows if row["true_label"] == "all"} == {"2", "8"}


def test_second_run_replaces_the_first_with_the_same_bytes(corpus: Path, out: Path) -> None:
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert manipulate(corpus, out=out) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_findings_are_printed(corpus: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert manipulate(corpus, out=out) == 0
    printed = capsys.readouterr().out
    assert "On held-out speakers, scaling the voices towards the other sex" in printed
    assert "On held-out takes, zeroing 1 % of the cells by relevance" in printed
    assert f"{out / 'index.html'} has the figures and tables" in printed


def test_other_files_are_not_replaced(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    assert manipulate(corpus, out=tmp_path) == EXIT_BAD_INPUT
    assert "holds what is no part of a manipulation (thesis.txt)" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_file_is_no_folder(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert manipulate(corpus, out=tmp_path / "file") == EXIT_BAD_INPUT
    assert "is a file; name a folder with --out" in capsys.readouterr().err


def test_too_few_seeds_are_refused_before_anything_is_trained(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = RECIPE.replace("seed = [1, 2, 3]", "seed = [8, 9]")
    (corpus / "few.toml").write_text(few, encoding="utf-8")
    assert manipulate(corpus, out=tmp_path / "out", recipe="few.toml") == EXIT_BAD_INPUT
    refusal = capsys.readouterr()
    assert "network.seed is [8, 9], and intervals are over seeds" in refusal.err
    assert "training" not in refusal.err
    assert not (tmp_path / "out").exists()
