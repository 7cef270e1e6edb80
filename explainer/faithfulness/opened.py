"""A bundle opened for measuring: its manifest, its media, and its networks with what explains them."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from torch import nn

from earshot.bundle import MEDIA_FOLDER, NETWORK_FOLDER, Manifest, Stimulus, read_manifest
from earshot.errors import BundleError, RecipeError, describe_validation
from explainer.batches.job import Tools
from explainer.brought.factories import factory_name, factory_sha256
from explainer.brought.networks import make_brought
from explainer.networks.description import NetworkDescription
from explainer.networks.files import read_network
from explainer.recipe import Recipe
from explainer.rendering.played import PlayedSound
from explainer.sections.network import NetworkSection


@dataclass(frozen=True)
class BundlePlace:
    """Where a bundle lies, which one it is, and where the code of a network that was brought lies.

    Attributes
    ----------
    folder : Path
    sha256 : str
        The bundle's hash: another bundle in the same place is another one.
    factory_folder : Path or None
    """

    folder: Path
    sha256: str
    factory_folder: Path | None = None

    def manifest(self) -> Manifest:
        """The bundle's manifest, read once per process."""
        return _read_manifest(self)

    def tools(self, network: str) -> Tools:
        """A network of the bundle and what explains it as it was explained when the bundle was built.

        Raises
        ------
        BundleError
            If the bundle's recipe is none that this version knows.
        RecipeError
            If the network cannot be read, or was brought and its factory is not in `factory_folder`.
        """
        return _read_tools(self, network)

    def played(self, stimulus: Stimulus) -> list[PlayedSound]:
        """The sounds of a stimulus in the order of its renditions."""
        media = self.folder / MEDIA_FOLDER
        return [((media / one.sound.file).read_bytes(), one.sound.gain_db) for one in stimulus.renditions]


def check_measurable(manifest: Manifest, *, folder: Path) -> None:
    """Raise BundleError unless every stimulus of a bundle can be heard by its network as it was played."""
    if not manifest.stimuli:
        raise BundleError(f"{folder} has no stimuli; build a bundle that has some")
    for stimulus in manifest.stimuli:
        if stimulus.first_sample is None:
            raise BundleError(
                f"stimulus '{stimulus.id}' does not say where it lies in its network's window (first_sample), as "
                "bundles of format 1 do not: rebuild the bundle"
            )
        if stimulus.renditions[0].mask != "none":
            raise BundleError(
                f"stimulus '{stimulus.id}' begins with a rendition of mask '{stimulus.renditions[0].mask}'; expected "
                "the original, 'none': rebuild the bundle"
            )


@lru_cache(maxsize=2)
def _read_manifest(place: BundlePlace) -> Manifest:
    return read_manifest(place.folder)


@lru_cache(maxsize=2)
def _read_tools(place: BundlePlace, name: str) -> Tools:
    recipe = _recipe_of(place.manifest(), folder=place.folder)
    folder = place.folder / NETWORK_FOLDER / name
    if recipe.network.factory is None:
        network, description = read_network(folder)
    else:
        network, description = _read_brought(folder, section=recipe.network, factory_folder=place.factory_folder)
    return Tools(network, description.input, tuple(description.labels), recipe)


def _read_brought(
    folder: Path, *, section: NetworkSection, factory_folder: Path | None
) -> tuple[nn.Module, NetworkDescription]:
    if factory_folder is None:
        raise RecipeError(
            f"network '{folder.name}' is made by {section.factory}, whose code is not in the bundle; name the folder "
            "that holds it with --factory-folder"
        )
    network, description = read_network(folder, factory=lambda: make_brought(section, recipe_folder=factory_folder))
    found = factory_sha256(factory_name(str(section.factory), recipe_folder=factory_folder))
    if description.factory is None or description.factory.source_sha256 != found:
        raise RecipeError(
            f"network '{folder.name}' was made by {section.factory} of another source than the one in "
            f"{factory_folder}; name the folder that holds the one it was built with"
        )
    return network, description


def _recipe_of(manifest: Manifest, *, folder: Path) -> Recipe:
    """The recipe a manifest keeps; it is kept without the path of the corpus, which nothing here reads."""
    fields: dict[str, Any] = manifest.recipe  # values of JSON
    try:
        return Recipe.model_validate(fields | {"corpus": {**fields.get("corpus", {}), "path": "."}})
    except ValidationError as fault:
        raise BundleError(
            f"the recipe of {folder} is none of this version ({describe_validation(fault)}): rebuild the bundle"
        ) from fault
