"""The two files a network that is brought comes from; torch is not needed to see whether they have changed."""

from collections.abc import Mapping
from pathlib import Path

from earshot.errors import RecipeError
from earshot.files import sha256_file
from explainer.brought.factories import FactoryName, factory_name, factory_sha256
from explainer.sections.network import NetworkSection


def brought_factory(section: NetworkSection, *, recipe_folder: Path) -> FactoryName:
    """The factory that a recipe names.

    Raises
    ------
    ValueError
        If it names none.
    """
    if section.factory is None:
        raise ValueError("the recipe brings no network; call this only where network.factory is set")
    return factory_name(section.factory, recipe_folder=recipe_folder)


def weights_path(section: NetworkSection, *, recipe_folder: Path) -> Path:
    """The file of the state dict; RecipeError if there is none."""
    path = recipe_folder / str(section.weights)
    if not path.is_file():
        raise RecipeError(f"network.weights names {path}, which is no file; paths are relative to the recipe's")
    return path


def brought_hashes(section: NetworkSection, *, recipe_folder: Path) -> Mapping[str, str]:
    """SHA-256 of both files, under the names that `network.json` has for them: source and weights.

    Raises
    ------
    RecipeError
        If one of them is missing.
    """
    return {
        "source_sha256": factory_sha256(brought_factory(section, recipe_folder=recipe_folder)),
        "weights_sha256": sha256_file(weights_path(section, recipe_folder=recipe_folder)),
    }
