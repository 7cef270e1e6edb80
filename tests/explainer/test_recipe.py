from pathlib import Path
from typing import get_args

import pytest

from earshot.errors import RecipeError
from explainer.recipe import corpus_folder, read_recipe
from explainer.relevance.explaining import METHODS
from explainer.sections.explanation import MethodName

RECIPES = Path(__file__).parents[2] / "fixtures/recipes"
TINY = (RECIPES / "tiny.toml").read_text(encoding="utf-8")


def write_recipe(folder: Path, *, old: str = "", new: str = "") -> Path:
    assert old in TINY
    path = folder / "recipe.toml"
    path.write_text(TINY.replace(old, new, 1) if old else TINY, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", [path.stem for path in sorted(RECIPES.glob("*.toml"))])
def test_committed_recipe_is_read(name: str) -> None:
    assert read_recipe(RECIPES / f"{name}.toml").recipe.name == name


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[mask]", "[mask]\nsharpness = 3", r"unknown key 'mask\.sharpness'"),
        ("[mask]", "[masks]", r"unknown key 'masks'"),
        ('"epsilon-plus-flat"', '"gamma"', r"relevance\.method is 'gamma'; input should be 'epsilon-plus-flat'"),
        ('"alexnet-quarter"', '"vgg"', r"network\.architecture is 'vgg'; input should be 'alexnet', 'alexnet-quarter'"),
        (
            'layout = "audiomnist"',
            'layout = "timit"',
            r"corpus\.layout is 'timit'; input should be 'audiomnist', 'fsdd' or 'manifest'",
        ),
        ("heldout_takes = [7]", "heldout_takes = [7, 7]", r"split\.heldout_takes: 7 stands twice"),
        ("heldout_takes = [7]", 'by = "takes"', r"split: heldout_takes is \[\] and heldout_speakers \['10'\]"),
        ("exponent = 2.0", "exponent = 0", r"mask\.exponent is 0"),
        ("exponent = 2.0", "top_shares = [0.1]", r"expected shares where a form is 'top-share', and only there"),
        ("[mask]", '[renditions]\nforms = ["envelope"]\n[mask]', "put 'soft-mask' or 'top-share' first"),
        ('name = "tiny"', 'name = "../tiny"', r"recipe\.name is '\.\./tiny'"),
    ],
)
def test_unknown_key_or_rule_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        read_recipe(write_recipe(tmp_path, old=old, new=new))


def test_a_recipe_may_name_every_method_there_is() -> None:
    assert set(get_args(MethodName)) == set(METHODS)


def test_every_fault_of_a_recipe_is_named(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, old="exponent = 2.0", new="exponent = -1\nfloor = 3")
    with pytest.raises(RecipeError, match=r"mask\.exponent is -1.*unknown key 'mask\.floor'"):
        read_recipe(path)


def test_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.toml is missing"):
        read_recipe(tmp_path / "none.toml")


def test_public_recipe_holds_every_default_but_no_path(tmp_path: Path) -> None:
    public = read_recipe(write_recipe(tmp_path)).public()
    assert "path" not in public["corpus"]
    assert public["gate"]["least_accuracy"] == 0.9
    assert public["corpus"]["too_long"] == "error"


def test_corpus_is_found_beside_the_recipe_unless_named(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, old='"../voices"', new='"sounds"')
    recipe = read_recipe(path)
    with pytest.raises(RecipeError, match=r"sounds is no folder; name the one that holds the recordings with --corpus"):
        corpus_folder(recipe, recipe_path=path)
    (tmp_path / "sounds").mkdir()
    (tmp_path / "others").mkdir()
    assert corpus_folder(recipe, recipe_path=path) == tmp_path / "sounds"
    assert corpus_folder(recipe, recipe_path=path, override=tmp_path / "others") == tmp_path / "others"
