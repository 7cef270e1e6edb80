"""From a bundle to the tables and pages that say how faithful its explanations are."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from earshot.bundle import MEDIA_FOLDER, Manifest, bundle_sha256, check_bundle
from earshot.compute import Workers, work_through
from earshot.errors import BundleError
from earshot.files import folder_written_aside
from explainer.faithfulness.differences import differences_of, find_pairs
from explainer.faithfulness.opened import BundlePlace, check_measurable
from explainer.faithfulness.randomisation import Likeness, layers_from_output
from explainer.faithfulness.relevances import find_orderings
from explainer.faithfulness.results import Evaluation, Randomised
from explainer.faithfulness.stimuli import (
    RandomisationTask,
    StimulusTask,
    measure_randomisation,
    measure_stimulus,
    randomisation_stimuli,
)
from explainer.faithfulness.stimulus_page import render_stimuli
from explainer.faithfulness.summary_page import render_summary
from explainer.faithfulness.tables import differences_table, evaluation_record, relevance_table, renditions_table
from explainer.faithfulness.verdict import find_verdicts

SUMMARY_NAME: Final = "index.html"
STIMULI_NAME: Final = "stimuli.html"
RECORD_NAME: Final = "evaluation.json"
RENDITIONS_NAME: Final = "evaluation.csv"
RELEVANCE_NAME: Final = "relevance.csv"
DIFFERENCES_NAME: Final = "differences.csv"
_NAMES: Final = frozenset(
    {SUMMARY_NAME, STIMULI_NAME, RECORD_NAME, RENDITIONS_NAME, RELEVANCE_NAME, DIFFERENCES_NAME, MEDIA_FOLDER}
)


def evaluate_bundle(
    bundle: Path, *, out: Path, workers: Workers | None = None, factory_folder: Path | None = None
) -> Evaluation:
    """What was measured of the bundle in the folder `bundle`, once its tables and pages are in the folder `out`.

    Parameters
    ----------
    out : Path
        Written aside and renamed; an older evaluation there is replaced.
    factory_folder : Path, optional
        Where the code lies that makes a network which was brought; it is run.

    Raises
    ------
    BundleError
        If the bundle is not whole or too old, or `out` holds something else than an evaluation.
    RecipeError
        If a network of the bundle cannot be read.
    ComputeError
        If workers keep dying.
    """
    _check_out(out)
    manifest = check_bundle(bundle)
    check_measurable(manifest, folder=bundle)
    place = BundlePlace(
        bundle.absolute(),
        sha256=bundle_sha256(bundle),
        factory_folder=None if factory_folder is None else factory_folder.absolute(),
    )
    evaluation = measure_bundle(place, manifest=manifest, workers=workers)
    with folder_written_aside(out) as aside:
        _write(aside, evaluation=evaluation, bundle=bundle)
    for verdict in evaluation.verdicts:
        print(f"{verdict.network}: {verdict.headline} {verdict.numbers}".rstrip())
    print(f"{out / SUMMARY_NAME} has the summary, {out / STIMULI_NAME} every stimulus")
    return evaluation


def measure_bundle(place: BundlePlace, *, manifest: Manifest, workers: Workers | None = None) -> Evaluation:
    """Everything that is measured of a bundle; raises as `evaluate_bundle` does."""
    randomisations = _randomisation_tasks(place, manifest=manifest)
    measured = work_through(
        measure_stimulus,
        [StimulusTask(place, number) for number in range(len(manifest.stimuli))],
        label="measuring stimuli",
        workers=workers,
    )
    found = work_through(measure_randomisation, randomisations, label="shuffling layers", workers=workers)
    pairs = find_pairs(manifest, measured=measured)
    differences = [difference for one in pairs for difference in differences_of(one)]
    return Evaluation(
        manifest=manifest,
        bundle_sha256=place.sha256,
        measured=measured,
        pairs=pairs,
        differences=differences,
        orderings=find_orderings(manifest, measured=measured),
        randomised=_by_network(manifest, tasks=randomisations, found=found),
        verdicts=find_verdicts(manifest, differences=differences),
    )


def _check_out(out: Path) -> None:
    """Raise BundleError unless `out` is absent, empty, or holds an evaluation and nothing else: it will be replaced."""
    if out.exists() and not out.is_dir():
        raise BundleError(f"{out} is a file; name a folder with --out")
    foreign = sorted({path.name for path in out.iterdir()} - _NAMES) if out.is_dir() else []
    if foreign:
        raise BundleError(
            f"{out} holds what is no part of an evaluation ({', '.join(foreign)}), and would be replaced; move it away "
            "or name another folder with --out"
        )


def _randomisation_tasks(place: BundlePlace, *, manifest: Manifest) -> list[RandomisationTask]:
    """For each network: another label explained, then its layers shuffled one after the other."""
    tasks = []
    for network in manifest.networks:
        numbers = randomisation_stimuli(manifest, network=network.name)
        layers = layers_from_output(place.tools(network.name).network)
        if numbers:
            tasks.append(RandomisationTask(place, network.name, numbers, other_label=True))
            tasks += [
                RandomisationTask(place, network.name, numbers, layers=tuple(layers[: count + 1]))
                for count in range(len(layers))
            ]
    return tasks


def _by_network(
    manifest: Manifest, *, tasks: Sequence[RandomisationTask], found: Sequence[tuple[Likeness, ...]]
) -> list[Randomised]:
    randomised = []
    for network in manifest.networks:
        own = [(task, one) for task, one in zip(tasks, found, strict=True) if task.network == network.name]
        if not own:
            continue
        (_, other_label), *shuffled = own
        randomised.append(
            Randomised(
                network=network.name,
                layers=tuple(task.layers[-1] for task, _ in shuffled),
                likenesses=tuple(one for _, one in shuffled),
                other_label=other_label,
            )
        )
    return randomised


def _write(folder: Path, *, evaluation: Evaluation, bundle: Path) -> None:
    """Every file of an evaluation; the media that the page of stimuli plays are copied beside it."""
    (folder / RENDITIONS_NAME).write_bytes(renditions_table(evaluation))
    (folder / RELEVANCE_NAME).write_bytes(relevance_table(evaluation))
    (folder / DIFFERENCES_NAME).write_bytes(differences_table(evaluation))
    (folder / RECORD_NAME).write_bytes(evaluation_record(evaluation))
    (folder / SUMMARY_NAME).write_text(render_summary(evaluation), encoding="utf-8")
    (folder / STIMULI_NAME).write_text(render_stimuli(evaluation), encoding="utf-8")
    (folder / MEDIA_FOLDER).mkdir()
    for name in sorted(evaluation.manifest.media()):
        shutil.copyfile(bundle / MEDIA_FOLDER / name, folder / MEDIA_FOLDER / name)
