"""Which recipes the accuracy benchmark takes when none is named; training itself is the benchmark's own work."""

import shutil
from pathlib import Path

import pytest

from benchmarks.accuracy import RECIPES, default_recipes, main
from earshot.errors import EXIT_BAD_INPUT


def copy_recipes(folder: Path) -> Path:
    """The recipes as a clone elsewhere has them: no recordings beside it."""
    return Path(shutil.copytree(RECIPES, folder / "clone/fixtures/recipes"))


def test_absent_fsdd_is_skipped_and_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipes = copy_recipes(tmp_path)
    assert default_recipes(recipes) == [recipes / "voices.toml"]
    assert "FSDD is not here, skipped" in capsys.readouterr().out


def test_fsdd_is_taken_where_it_lies_beside_the_clone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipes = copy_recipes(tmp_path)
    (tmp_path / "shared/data/fsdd").mkdir(parents=True)
    assert default_recipes(recipes) == [recipes / "voices.toml", recipes / "fsdd.toml"]
    assert capsys.readouterr().out == ""


def test_recipe_named_without_its_recordings_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = copy_recipes(tmp_path) / "fsdd.toml"
    assert main([str(recipe), "--networks", str(tmp_path / "networks")]) == EXIT_BAD_INPUT
    assert "is no folder; name the one that holds the recordings with --corpus" in capsys.readouterr().err
