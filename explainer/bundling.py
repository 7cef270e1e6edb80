"""What a build does when there is work: hear, train, explain, choose, write, and put the bundle in its place."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from earshot.bundle import MEDIA_FOLDER, NETWORK_FOLDER, Corpus, Gate, Manifest, Network, write_manifest
from earshot.errors import RecipeError
from earshot.files import folder_written_aside
from explainer.accuracies.confusion_picture import draw_confusion
from explainer.accuracies.folds import train_folds
from explainer.batches.job import Job
from explainer.batches.stages import WrittenSet, write_stimuli
from explainer.batches.store import Store, store_key
from explainer.choosing import NetworkStimuli, choose_stimuli, hard_clips
from explainer.corpora.hearing import Heard, hear
from explainer.corpora.remarks import describe_left_out
from explainer.corpora.splits import split_clips
from explainer.gate import pass_gate
from explainer.networks.declared import declared_input
from explainer.networks.description import NetworkDescription, PartAccuracy
from explainer.provenance import bundle_code_sha256, library_versions
from explainer.recipe import Recipe
from explainer.relevance.explaining import describe_method
from explainer.sources import Effort, Places, Sources
from explainer.trained import Task, TrainedNetwork, network_hashes, trained_networks

_N_DECIMALS = 6


@dataclass(frozen=True)
class _Explained:
    """A network that passed its gate, under the name the bundle gives it, with what explains it."""

    trained: TrainedNetwork
    job: Job
    gate: Gate


def hear_task(sources: Sources, *, recipe_folder: Path) -> Task:
    """What the recipe's networks are trained and measured for; what was left out of the recordings is printed.

    Raises
    ------
    RecipeError
        If a recording cannot be heard, or the split does not fit the recordings.
    """
    recipe = sources.recipe
    transform = declared_input(recipe.network).transform
    heard = hear(
        sources.recordings,
        sample_rate_hz=transform.sample_rate_hz,
        window_samples=transform.n_samples,
        shortest_samples=transform.n_stft,
        too_long=recipe.corpus.too_long,
    )
    split = split_clips(heard.recordings, section=recipe.split)
    _check_explained(recipe, labels=heard.recordings.labels)
    for remark in describe_left_out(heard, split=split):
        print(remark)
    return Task(recipe=recipe, recipe_folder=recipe_folder, heard=heard, split=split)


def _check_explained(recipe: Recipe, *, labels: Sequence[str]) -> None:
    """Raise RecipeError if the recipe explains a label that there is not."""
    wanted = recipe.relevance.explained
    if wanted not in ("predicted", "true", *labels):
        raise RecipeError(
            f"relevance.explained is '{wanted}'; expected 'predicted', 'true', or one of the labels {', '.join(labels)}"
        )


def train_recipe(
    sources: Sources, *, places: Places, folds: bool = False, pictures: Path | None = None, force: bool = False
) -> tuple[TrainedNetwork, ...]:
    """The recipe's networks, trained or brought unless they are there already; their accuracies are printed.

    Parameters
    ----------
    folds : bool
        Train one network per fold of the split instead, and print their mean and standard deviation; none is given
        back.
    pictures : Path, optional
        Folder for the confusion matrices, one SVG per network and part.

    Raises
    ------
    RecipeError
        If the recipe or the recordings do not allow it.
    """
    task = hear_task(sources, recipe_folder=places.recipe.parent)
    if folds:
        print(train_folds(task, networks=places.networks, force=force))
        return ()
    trained = _train(task, places=places, force=force)
    if pictures is not None:
        _draw_confusions(trained, folder=pictures)
    return trained


def _draw_confusions(trained: Sequence[TrainedNetwork], *, folder: Path) -> None:
    with folder_written_aside(folder) as aside:
        for description in (one.description for one in trained):
            for name in ("validation", "heldout_takes", "heldout_speakers"):
                part: PartAccuracy | None = getattr(description, name)
                if part is not None:
                    picture = draw_confusion(part.confusion, labels=description.labels, kind="svg")
                    (aside / f"{bundle_name(description)}-{name.replace('_', '-')}.svg").write_bytes(picture)
    print(f"{folder}: confusion matrices")


def make_bundle(sources: Sources, *, places: Places, out: Path, effort: Effort) -> Manifest:
    """The bundle written to `out`, finished batches of an interrupted build included.

    Raises
    ------
    RecipeError
        If a network is too poor, or the clips give too few stimuli.
    """
    task = hear_task(sources, recipe_folder=places.recipe.parent)
    trained = _train(task, places=places, force=effort.force)
    with open_stores(places.work, sources=sources, trained=trained, force=effort.force) as stores:
        explained = [_pass(one, task=task, stores=stores) for one in trained]
        clips = hard_clips(task.heard.clips, split=task.split, section=task.recipe.selection)
        chosen = [choose_stimuli(one.job, clips=clips, workers=effort.workers) for one in explained]
        with folder_written_aside(out) as aside:
            written = write_stimuli(
                [batch for one in chosen for batch in one.batches],
                policy=task.recipe.renditions.level,
                media=aside / MEDIA_FOLDER,
                workers=effort.workers,
            )
            for one in explained:
                shutil.copytree(one.trained.folder, aside / NETWORK_FOLDER / one.job.network_name)
            manifest = _manifest(sources, task=task, explained=explained, chosen=chosen, written=written)
            write_manifest(aside, manifest=manifest)
    return manifest


def _train(task: Task, *, places: Places, force: bool) -> tuple[TrainedNetwork, ...]:
    trained = trained_networks(task, networks=places.networks, force=force)
    for one in trained:
        print(_describe_accuracies(one.description))
    return trained


def _describe_accuracies(description: NetworkDescription) -> str:
    def said(part: PartAccuracy | None) -> str:
        return "not measured" if part is None else f"{part.share:.1%} (n = {part.n_clips})"

    return (
        f"{description.name}: trained on {description.n_training_clips} clips; right on held-out takes: "
        f"{said(description.heldout_takes)}, on held-out speakers: {said(description.heldout_speakers)}"
    )


@dataclass(frozen=True)
class Stores:
    """Where finished batches are kept: what was explained serves any selection among the same clips."""

    explained: Store
    chosen: Store

    def clear(self) -> None:
        """Remove all that is kept."""
        self.explained.clear()
        self.chosen.clear()


@contextmanager
def open_stores(work: Path, *, sources: Sources, trained: Sequence[TrainedNetwork], force: bool) -> Iterator[Stores]:
    """The stores of a build: found again after an interruption or a refusal, removed once the bundle is written."""
    recipe = sources.recipe.public()
    selection = recipe["selection"]
    made_from = {
        "corpus_sha256": sources.recordings.sha256,
        "corpus": recipe["corpus"],
        "split": recipe["split"],
        "networks": [network_hashes(one.folder) for one in trained],
        "code_sha256": bundle_code_sha256(),
        "versions": library_versions(),
    }
    explained = {name: recipe[name] for name in ("network", "relevance", "mask", "renditions")} | {
        "source": selection["source"],
        "noise": None if selection["noise_snr_db"] is None else [selection["noise_snr_db"], selection["seed"]],
    }
    stores = Stores(
        explained=Store(work.absolute() / store_key(made_from | {"explained": explained})),
        chosen=Store(work.absolute() / store_key(made_from | {"recipe": recipe})),
    )
    if force:
        stores.clear()
    yield stores
    stores.clear()


def make_job(trained: TrainedNetwork, *, task: Task, stores: Stores) -> Job:
    """What workers are told of a network of the recipe."""
    name = bundle_name(trained.description)
    return Job(
        recipe=task.recipe,
        recipe_folder=task.recipe_folder.absolute(),
        network_folder=trained.folder.absolute(),
        network_name=name,
        explained=Store(stores.explained.folder / name),
        chosen=Store(stores.chosen.folder / name),
    )


def _pass(trained: TrainedNetwork, *, task: Task, stores: Stores) -> _Explained:
    job = make_job(trained, task=task, stores=stores)
    gate = pass_gate(trained.description, name=job.network_name, section=task.recipe.gate)
    return _Explained(trained=trained, job=job, gate=gate)


def bundle_name(description: NetworkDescription) -> str:
    """The architecture with its seed, or the factory's function, as a folder may be called."""
    if description.factory is not None:
        return description.factory.name.rpartition(":")[2].replace("_", "-").lower()
    return f"{description.architecture}-{description.seed}"


def _manifest(
    sources: Sources,
    *,
    task: Task,
    explained: Sequence[_Explained],
    chosen: Sequence[NetworkStimuli],
    written: WrittenSet,
) -> Manifest:
    recipe = task.recipe
    return Manifest(
        name=recipe.recipe.name,
        labels=list(sources.recordings.labels),
        recipe=recipe.public(),
        code_sha256=bundle_code_sha256(),
        versions=library_versions(),
        seeds=_seeds(recipe),
        corpus=_describe_corpus(sources, heard=task.heard),
        networks=[_describe_network(one) for one in explained],
        selections=[one.selection for one in chosen],
        level_policy=recipe.renditions.level,
        level_lufs=_level_lufs(written),
        stimuli=written.stimuli,
    )


def _seeds(recipe: Recipe) -> dict[str, int | list[int]]:
    return {
        "networks": list(recipe.network.seeds),
        "selection": recipe.selection.seed,
        "renditions": recipe.renditions.seed,
    }


def _level_lufs(written: WrittenSet) -> float:
    """The level of all sounds, or of the loudest one where levels are preserved."""
    if written.common.level_lufs is not None:
        return written.common.level_lufs
    levels = [one.sound.level_lufs for stimulus in written.stimuli for one in stimulus.renditions]
    return round(max(levels), _N_DECIMALS)


def _describe_corpus(sources: Sources, *, heard: Heard) -> Corpus:
    return Corpus(
        name=sources.recordings.name,
        sha256=sources.recordings.sha256,
        label=sources.recordings.label_column,
        n_clips=len(heard.clips),
        n_skipped_too_long=heard.n_skipped_too_long,
        n_speakers=len(sources.recordings.speakers),
        sample_rate_hz=heard.recorded_rate_hz,
    )


def _describe_network(explained: _Explained) -> Network:
    description, name, tools = explained.trained.description, explained.job.network_name, explained.job.tools()
    takes, speakers = description.heldout_takes, description.heldout_speakers
    return Network(
        name=name,
        architecture=description.architecture or description.name,
        files={f"{name}/{file}": sha256 for file, sha256 in network_hashes(explained.trained.folder).items()},
        n_parameters=description.n_parameters,
        n_training_clips=description.n_training_clips,
        accuracy_heldout_takes=None if takes is None else takes.share,
        n_heldout_takes=0 if takes is None else takes.n_clips,
        accuracy_heldout_speakers=None if speakers is None else speakers.share,
        n_heldout_speakers_clips=0 if speakers is None else speakers.n_clips,
        gate=explained.gate,
        methods={method: describe_method(tools.explainer(method)) for method in tools.methods},
    )
