"""From a recipe to a bundle; and nothing at all, within a second, when the bundle is there already.

torch and what needs it are imported only when there is work to do: their import alone takes longer than the check.
"""

from pathlib import Path

from earshot.bundle import NETWORK_DESCRIPTION_NAME, NETWORK_FOLDER, Manifest, find_faults, find_surplus, read_manifest
from earshot.errors import BundleError
from earshot.files import parse_json
from explainer.brought.sources import brought_hashes
from explainer.provenance import bundle_code_sha256, library_versions
from explainer.sources import Effort, Places, Sources, read_sources


def build_bundle(places: Places, *, out: Path, effort: Effort | None = None) -> Manifest:
    """The bundle of a recipe, written to `out` unless it is there already; what happens is printed.

    Raises
    ------
    RecipeError
        If the recipe, the recordings or the number of stimuli to choose from do not allow it.
    BundleError
        If `out` holds something else than a bundle.
    ComputeError
        If workers cannot be reached or keep dying.
    """
    effort = effort or Effort()
    _check_out(out)
    sources = read_sources(places)
    recipe_folder = places.recipe.parent
    if not effort.force and (manifest := _whole_bundle(out, sources=sources, recipe_folder=recipe_folder)) is not None:
        print(f"{out} is whole and of the same recipe, recordings and code; nothing to do")
        return manifest
    from explainer.bundling import make_bundle

    manifest = make_bundle(sources, places=places, out=out, effort=effort)
    print(
        f"{out}: {len(manifest.stimuli)} stimuli, {manifest.level_policy} levels up to {manifest.level_lufs:.1f} LUFS"
    )
    return manifest


def _check_out(out: Path) -> None:
    """Raise BundleError unless `out` is absent, empty, or a bundle with nothing else in it: it will be replaced.

    A bundle that is damaged or incomplete may be replaced; what it does not name is somebody's.
    """
    if out.exists() and not out.is_dir():
        raise BundleError(f"{out} is a file; name a folder with --out")
    if not out.is_dir() or not any(out.iterdir()):
        return
    try:
        foreign = find_surplus(out)
    except BundleError as fault:
        raise BundleError(
            f"{out} is not empty and holds no bundle that can be read ({fault}); name another folder with --out, or "
            "move this one away"
        ) from fault
    if foreign:
        raise BundleError(
            f"{out} is a bundle but holds files that are not the bundle's ({', '.join(foreign)}), which a build would "
            "delete; move them away or name another folder with --out"
        )


def _whole_bundle(out: Path, *, sources: Sources, recipe_folder: Path) -> Manifest | None:
    """The manifest in `out` if this very recipe, these recordings and this code made it and no file is damaged."""
    try:
        manifest = read_manifest(out)
        same = (
            manifest.recipe == sources.recipe.public()
            and manifest.corpus.sha256 == sources.recordings.sha256
            and manifest.code_sha256 == bundle_code_sha256()
            and manifest.versions == library_versions()
            and _is_of_same_network(out, sources=sources, recipe_folder=recipe_folder)
        )
        return manifest if same and not find_faults(out) else None
    except BundleError:
        return None


def _is_of_same_network(out: Path, *, sources: Sources, recipe_folder: Path) -> bool:
    """Whether the network that the recipe brings, if it brings one, is still the bundle's."""
    section = sources.recipe.network
    if section.factory is None:
        return True
    hashes = brought_hashes(section, recipe_folder=recipe_folder)
    described = [
        parse_json(path.read_bytes(), place=str(path), error=BundleError, way_out="rebuild the bundle")
        for path in (out / NETWORK_FOLDER).glob(f"*/{NETWORK_DESCRIPTION_NAME}")
    ]
    return all(hashes.items() <= network.get("factory", {}).items() for network in described)
