"""From a recipe to a bundle; and nothing at all, within a second, when the bundle is there already.

torch and what needs it are imported only when there is work to do: their import alone takes longer than the check.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from earshot.bundle import (
    NETWORK_FOLDER,
    Corpus,
    Manifest,
    Network,
    Selection,
    find_faults,
    find_surplus,
    read_manifest,
    write_manifest,
)
from earshot.errors import BundleError
from earshot.files import folder_written_aside
from explainer.candidates import Choice, Giveaway, count_choice, find_giveaway
from explainer.provenance import bundle_code_sha256, library_versions
from explainer.recipe import Recipe, corpus_folder, read_recipe
from explainer.recordings import LABELS, Heard, Recordings, Split, find_recordings, hear, split_clips
from explainer.selection import select_stimuli

if TYPE_CHECKING:
    from explainer.trained import TrainedNetwork


_N_DECIMALS = 6


@dataclass(frozen=True)
class Places:
    """Where a build finds things: the recipe's file, the trained networks, the recordings if not at the recipe's."""

    recipe: Path
    networks: Path
    corpus: Path | None = None


@dataclass(frozen=True)
class _Sources:
    """A recipe with the recordings it names."""

    recipe: Recipe
    recordings: Recordings


def build_bundle(places: Places, *, out: Path, force: bool = False) -> Manifest:
    """The bundle of a recipe, written to `out` unless it is there already; what happens is printed.

    Raises
    ------
    RecipeError
        If the recipe, the recordings or the number of stimuli to choose from do not allow it.
    BundleError
        If `out` holds something else than a bundle.
    """
    _check_out(out)
    sources = _read_sources(places)
    if not force and (manifest := _whole_bundle(out, sources=sources)) is not None:
        print(f"{out} is whole and of the same recipe, recordings and code; nothing to do")
        return manifest
    with folder_written_aside(out) as aside:
        manifest = _make_bundle(aside, sources=sources, networks=places.networks, force=force)
    print(f"{out}: {len(manifest.stimuli)} stimuli at {manifest.level_lufs:.1f} LUFS")
    return manifest


def train_recipe(places: Places, *, force: bool = False) -> "TrainedNetwork":
    """The recipe's network, trained unless it is there already; its accuracies are printed.

    Raises
    ------
    RecipeError
        If the recipe or the recordings do not allow it.
    """
    sources = _read_sources(places)
    heard, split = _hear(sources)
    return _get_network(sources, heard=heard, split=split, networks=places.networks, force=force)


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


def _read_sources(places: Places) -> _Sources:
    recipe = read_recipe(places.recipe)
    folder = corpus_folder(recipe, recipe_path=places.recipe, override=places.corpus)
    return _Sources(recipe=recipe, recordings=find_recordings(folder, section=recipe.corpus))


def _whole_bundle(out: Path, *, sources: _Sources) -> Manifest | None:
    """The manifest in `out` if this very recipe, these recordings and this code made it and no file is damaged."""
    try:
        manifest = read_manifest(out)
        same = (
            manifest.recipe == sources.recipe.public()
            and manifest.corpus.sha256 == sources.recordings.sha256
            and manifest.code_sha256 == bundle_code_sha256()
            and manifest.versions == library_versions()
        )
        return manifest if same and not find_faults(out) else None
    except BundleError:
        return None


def _hear(sources: _Sources) -> tuple[Heard, Split]:
    heard = hear(sources.recordings, too_long=sources.recipe.corpus.too_long)
    if heard.n_skipped_too_long:
        print(f"skipped {heard.n_skipped_too_long} clips longer than the window")
    return heard, split_clips(heard.clips, section=sources.recipe.split)


def _get_network(sources: _Sources, *, heard: Heard, split: Split, networks: Path, force: bool) -> "TrainedNetwork":
    from explainer.trained import trained_network

    trained = trained_network(
        sources.recipe, recordings=sources.recordings, heard=heard, split=split, networks=networks, force=force
    )
    about = trained.description
    print(
        f"{about['architecture']} trained on {about['n_training_clips']} clips; accuracy "
        f"on held-out takes {about['accuracy_heldout_takes']:.1%} (n = {about['n_heldout_takes_clips']}), "
        f"on held-out speakers {about['accuracy_heldout_speakers']:.1%} (n = {about['n_heldout_speakers_clips']})"
    )
    return trained


def _make_bundle(folder: Path, *, sources: _Sources, networks: Path, force: bool) -> Manifest:
    recipe = sources.recipe
    heard, split = _hear(sources)
    from explainer.stimuli import explain_clips, find_candidates, write_stimuli

    trained = _get_network(sources, heard=heard, split=split, networks=networks, force=force)
    explained = explain_clips(trained.network, heard=heard, indices=split.heldout_speakers, recipe=recipe)
    candidates = find_candidates(explained, recipe=recipe)
    choice = count_choice(candidates)
    print(f"to choose from on held-out speakers: {choice}")
    chosen = select_stimuli(candidates, section=recipe.selection)
    giveaway = find_giveaway([candidates[index] for index in chosen.main])
    print(f"main stimuli: {giveaway}")
    print(f"training items: {find_giveaway([candidates[index] for index in chosen.training])}")
    stimuli, common = write_stimuli(folder, explained=explained, chosen=chosen, recipe=recipe)
    shutil.copytree(trained.folder, folder / NETWORK_FOLDER)
    manifest = Manifest(
        name=recipe.recipe.name,
        labels=list(LABELS),
        recipe=recipe.public(),
        code_sha256=bundle_code_sha256(),
        versions=library_versions(),
        seeds={"network": recipe.network.seed, "selection": recipe.selection.seed},
        corpus=_describe_corpus(sources, heard=heard),
        network=_describe_network(trained),
        composite=_describe_composite(recipe),
        selection=_describe_selection(recipe, choice=choice, giveaway=giveaway),
        level_lufs=common.level_lufs,
        stimuli=stimuli,
    )
    write_manifest(folder, manifest=manifest)
    return manifest


def _describe_corpus(sources: _Sources, *, heard: Heard) -> Corpus:
    return Corpus(
        name=sources.recordings.name,
        sha256=sources.recordings.sha256,
        n_clips=len(heard.clips),
        n_skipped_too_long=heard.n_skipped_too_long,
        n_speakers=len(sources.recordings.speakers),
        sample_rate_hz=heard.sample_rate_hz,
    )


def _describe_network(trained: "TrainedNetwork") -> Network:
    from explainer.trained import network_hashes

    about = trained.description
    return Network(
        name=about["architecture"],
        files=network_hashes(trained.folder),
        n_parameters=about["n_parameters"],
        n_training_clips=about["n_training_clips"],
        accuracy_heldout_takes=about["accuracy_heldout_takes"],
        n_heldout_takes=about["n_heldout_takes_clips"],
        accuracy_heldout_speakers=about["accuracy_heldout_speakers"],
        n_heldout_speakers_clips=about["n_heldout_speakers_clips"],
    )


def _describe_composite(recipe: Recipe) -> str:
    from explainer.relevance.lrp import describe_composite

    return describe_composite(recipe.relevance.composite)


def _describe_selection(recipe: Recipe, *, choice: Choice, giveaway: Giveaway) -> Selection:
    return Selection(
        heldout_speakers=sorted(recipe.split.heldout_speakers),
        n_right=choice.n_right,
        n_wrong=choice.n_wrong,
        n_right_with_fair_control=choice.n_right_with_fair_control,
        n_wrong_with_fair_control=choice.n_wrong_with_fair_control,
        n_matched_speaker_and_label=giveaway.n_matched,
        best_rule_by_true_label_share=round(giveaway.by_true_label_share, _N_DECIMALS),
        best_rule_by_speaker_and_true_label_share=round(giveaway.by_speaker_and_true_label_share, _N_DECIMALS),
    )
