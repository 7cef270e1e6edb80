"""Opening a bundle for measuring, and what does not allow it."""

import json
from pathlib import Path
from typing import Any

import pytest

from earshot.bundle import MANIFEST_NAME, bundle_sha256, read_manifest
from earshot.errors import BundleError, RecipeError
from explainer.faithfulness.opened import BundlePlace, check_measurable
from tests.explainer.faithfulness.world import FACTORY, LABELS, NETWORK_NAME, SPECTROGRAM, plan, write_world


def place_of(folder: Path, *, factory_folder: Path | None = None) -> BundlePlace:
    bundle = folder / "bundle"
    return BundlePlace(bundle, sha256=bundle_sha256(bundle), factory_folder=factory_folder)


def change_manifest(bundle: Path, **changes: Any) -> None:
    path = bundle / MANIFEST_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_network_is_read_with_its_input_and_labels(world: Path) -> None:
    tools = place_of(world, factory_folder=world / "factory").tools(NETWORK_NAME)
    assert (tools.input, tools.labels) == (SPECTROGRAM, LABELS)
    assert tools.method == "epsilon"


def test_network_that_was_brought_needs_its_factory(world: Path) -> None:
    with pytest.raises(RecipeError, match=r"network 'tones' is made by tones:make_tones.*--factory-folder"):
        place_of(world).tools(NETWORK_NAME)


def test_factory_of_another_source_is_refused(world: Path, tmp_path: Path) -> None:
    (tmp_path / "tones.py").write_text(FACTORY + "\n# changed\n")
    with pytest.raises(RecipeError, match="of another source than the one in"):
        place_of(world, factory_folder=tmp_path).tools(NETWORK_NAME)


def test_recipe_of_another_version_is_refused(tmp_path: Path) -> None:
    bundle = write_world(tmp_path, planned=plan(n_right=1, n_wrong=0))
    change_manifest(bundle, recipe={"recipe": {"name": "old"}})
    with pytest.raises(BundleError, match=r"the recipe of .* is none of this version .*: rebuild the bundle"):
        place_of(tmp_path, factory_folder=tmp_path / "factory").tools(NETWORK_NAME)


def test_stimuli_of_the_first_format_are_refused(world: Path) -> None:
    bundle = world / "bundle"
    manifest = read_manifest(bundle)
    stimuli = [one.model_copy(update={"first_sample": None}) for one in manifest.stimuli]
    with pytest.raises(BundleError, match=r"stimulus 's00' does not say where it lies .* format 1 .*: rebuild"):
        check_measurable(manifest.model_copy(update={"stimuli": stimuli}), folder=bundle)


def test_stimulus_without_its_original_is_refused(world: Path) -> None:
    bundle = world / "bundle"
    manifest = read_manifest(bundle)
    stimuli = [one.model_copy(update={"renditions": one.renditions[1:]}) for one in manifest.stimuli]
    with pytest.raises(BundleError, match="begins with a rendition of mask 'relevance'"):
        check_measurable(manifest.model_copy(update={"stimuli": stimuli}), folder=bundle)


def test_bundle_without_stimuli_is_refused(world: Path) -> None:
    manifest = read_manifest(world / "bundle")
    with pytest.raises(BundleError, match="has no stimuli"):
        check_measurable(manifest.model_copy(update={"stimuli": []}), folder=world / "bundle")
