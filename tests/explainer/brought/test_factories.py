import hashlib
import sys
from pathlib import Path

import pytest
from torch import nn

from earshot.errors import RecipeError
from explainer.brought.factories import call_factory, factory_name, factory_sha256
from tests.explainer.brought.modules import write_modules


def test_factory_is_found_beside_the_recipe_with_what_it_imports(tmp_path: Path) -> None:
    network = call_factory(factory_name("ours_detector:make", recipe_folder=write_modules(tmp_path)))
    assert isinstance(network, nn.Sequential)


def test_recipes_folder_is_on_the_path_only_meanwhile(tmp_path: Path) -> None:
    path, modules = list(sys.path), set(sys.modules)
    call_factory(factory_name("ours_detector:make", recipe_folder=write_modules(tmp_path)))
    assert sys.path == path
    assert set(sys.modules) == modules


def test_two_recipes_may_have_modules_of_one_name(tmp_path: Path) -> None:
    for n_labels in (2, 5):
        folder = write_modules(tmp_path / str(n_labels), n_labels=n_labels)
        network = call_factory(factory_name("ours_detector:make", recipe_folder=folder))
        assert isinstance(network, nn.Sequential)
        assert network[-1].out_features == n_labels


def test_source_is_hashed_without_being_run(tmp_path: Path) -> None:
    (tmp_path / "ours_broken.py").write_text("raise SystemError", encoding="utf-8")
    found = factory_sha256(factory_name("ours_broken:make", recipe_folder=tmp_path))
    assert found == hashlib.sha256(b"raise SystemError").hexdigest()


def test_factory_of_an_installed_package_is_found(tmp_path: Path) -> None:
    factory = factory_name("torch.nn:Flatten", recipe_folder=tmp_path)
    assert isinstance(call_factory(factory), nn.Flatten)
    assert len(factory_sha256(factory)) == 64


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ours_absent:make", r"'ours_absent' cannot be imported \(ModuleNotFoundError.*put it beside the recipe"),
        ("ours_detector:absent", r"ours_detector\.py has no function 'absent'"),
        ("ours_detector:CONSTANT", r"has no function 'CONSTANT'; name one that takes nothing"),
        ("ours_detector:fails", r"fails \(OSError: no such card\)"),
    ],
)
def test_factory_that_cannot_be_run_is_named(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        call_factory(factory_name(name, recipe_folder=write_modules(tmp_path)))


def test_module_that_fails_while_imported_is_named(tmp_path: Path) -> None:
    (tmp_path / "ours_broken.py").write_text("1 / 0", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"'ours_broken' cannot be imported \(ZeroDivisionError"):
        call_factory(factory_name("ours_broken:make", recipe_folder=tmp_path))


@pytest.mark.parametrize("module", ["ours_absent", "ours_absent.inner", "sys"])
def test_module_without_a_file_has_no_hash(tmp_path: Path, module: str) -> None:
    with pytest.raises(RecipeError, match=f"network.factory is '{module}:make', but"):
        factory_sha256(factory_name(f"{module}:make", recipe_folder=tmp_path))
