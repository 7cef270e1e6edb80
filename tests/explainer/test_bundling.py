"""Training from the command line: one network per fold, and confusion matrices as pictures."""

from pathlib import Path

import pytest

from earshot.errors import EXIT_BAD_INPUT
from explainer.__main__ import main

VOICES = Path(__file__).parents[2] / "fixtures/voices"

RECIPE = """
[recipe]
name = "short"

[corpus]
name = "voices"
path = "{voices}"
layout = "audiomnist"
speakers = ["01", "02"]
labels = ["0", "1"]

[split]
{split}

[network]
architecture = "sincnet-small"
seed = 1
n_epochs = 1
batch_size = 8
n_threads = 1

[selection]
n_right = 0
n_wrong = 0
n_training = 0
seed = 1
"""
FOLDS = 'by = "takes"\nn_folds = 4\nfold = 0\nseed = 1'
HELD_OUT = "heldout_takes = [7]\nheldout_speakers = []"


def train(folder: Path, *options: str, split: str) -> int:
    recipe = folder / "recipe.toml"
    recipe.write_text(RECIPE.format(voices=VOICES, split=split), encoding="utf-8")
    return main(["train", str(recipe), "--networks", str(folder / "networks"), *options])


def test_folds_are_trained_and_tested_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path, "--folds", split=FOLDS) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "short: sincnet-small, by takes" in lines
    # 32 clips in 8 takes: two takes test, two validate, four train
    assert [line.split()[:3] for line in lines if line.endswith("%") and line[:4].strip().isdigit()] == [
        [str(fold), "16", "8"] for fold in range(4)
    ]
    assert lines[-1].startswith("mean ")
    assert ", sd " in lines[-1]


def test_a_split_without_folds_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path, "--folds", split=HELD_OUT) == EXIT_BAD_INPUT
    assert (
        "split.by is 'heldout', which has no folds; take 'takes', 'speakers' or 'official'" in capsys.readouterr().err
    )


def test_confusion_matrices_are_drawn_of_every_part(tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    assert train(tmp_path, "--out", str(out), split=HELD_OUT) == 0
    (picture,) = out.iterdir()
    assert picture.name == "sincnet-small-1-heldout-takes.svg"
    assert picture.read_text(encoding="utf-8").startswith("<?xml")
