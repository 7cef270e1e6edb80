"""The commands of the explainer."""

import argparse
import os
import sys
from pathlib import Path

from earshot.bundle import check_bundle
from earshot.compute import Workers
from earshot.errors import run_command
from explainer.build import build_bundle
from explainer.sources import DEFAULT_NETWORKS, DEFAULT_WORK, Effort, Places, read_sources


def main(arguments: list[str] | None = None) -> int:
    """Run one command; gives back its exit code."""
    # torch's threads shall sleep, not spin, while they wait for each other: on a busy machine that took a third of the
    # time. It counts only before torch is imported, and whoever has set it is left alone.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    options = _parser().parse_args(arguments)
    return run_command(lambda: options.command(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m explainer", description="From recordings to a bundle of stimuli.")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_build(commands.add_parser("build", help="train what is missing, explain, and write a bundle"))
    _add_train(commands.add_parser("train", help="train the recipe's networks only, or one per fold"))
    _add_explain(commands.add_parser("explain", help="write the relevance of every held-out clip, as arrays"))
    _add_check(commands.add_parser("check", help="name every damaged, missing or surplus file of a bundle"))
    _add_evaluate(
        commands.add_parser("evaluate", help="measure how faithful a bundle's renditions are, against controls")
    )
    _add_manipulate(commands.add_parser("manipulate", help="test what a network listens to, by changing its clips"))
    _add_bench(commands.add_parser("bench", help="time the engines against each other"))
    return parser


def _add_recipe(command: argparse.ArgumentParser) -> None:
    command.add_argument("recipe", type=Path, metavar="RECIPE.toml")
    command.add_argument("--corpus", type=Path, metavar="DIR", help="the recordings, instead of the recipe's path")
    command.add_argument("--networks", type=Path, default=DEFAULT_NETWORKS, metavar="DIR", help="trained networks")


def _add_workers(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--workers", type=_count, default=1, metavar="N", help="processes on this machine (default: 1)"
    )
    command.add_argument("--scheduler", metavar="tcp://…", help="a Dask scheduler, instead of --workers")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is no number of workers; expected 1 or more")
    return number


def _add_build(command: argparse.ArgumentParser) -> None:
    _add_recipe(command)
    _add_workers(command)
    command.add_argument("--out", type=Path, required=True, metavar="BUNDLE", help="the folder to write")
    command.add_argument("--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="finished batches, meanwhile")
    command.add_argument("--force", action="store_true", help="train and write again even when nothing has changed")
    command.set_defaults(command=_build)


def _add_train(command: argparse.ArgumentParser) -> None:
    _add_recipe(command)
    command.add_argument("--folds", action="store_true", help="one network per fold of the split, with mean and sd")
    command.add_argument("--out", type=Path, metavar="DIR", help="where to write confusion matrices, as pictures")
    command.add_argument("--force", action="store_true", help="train again even when the network is there")
    command.set_defaults(command=_train)


def _add_explain(command: argparse.ArgumentParser) -> None:
    _add_recipe(command)
    _add_workers(command)
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write")
    command.add_argument("--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="finished batches, meanwhile")
    command.add_argument("--layer", metavar="NAME", help="relevance at the input of this inner layer, too")
    command.set_defaults(command=_explain)


def _add_check(command: argparse.ArgumentParser) -> None:
    command.add_argument("bundle", type=Path, metavar="BUNDLE")
    command.set_defaults(command=_check)


def _add_evaluate(command: argparse.ArgumentParser) -> None:
    command.add_argument("bundle", type=Path, metavar="BUNDLE")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write")
    command.add_argument("--factory-folder", type=Path, metavar="DIR", help="where a network's factory lies")
    _add_workers(command)
    command.set_defaults(command=_evaluate)


def _add_manipulate(command: argparse.ArgumentParser) -> None:
    _add_recipe(command)
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write")
    command.set_defaults(command=_manipulate)


def _add_bench(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON instead of a table")
    command.add_argument("--quick", action="store_true", help="small batches and few runs, to see that it works")
    command.set_defaults(command=_bench)


def _places(options: argparse.Namespace) -> Places:
    return Places(
        recipe=options.recipe,
        networks=options.networks,
        work=getattr(options, "work", DEFAULT_WORK),
        corpus=options.corpus,
    )


def _workers(options: argparse.Namespace) -> Workers:
    return Workers(n_workers=options.workers, scheduler=options.scheduler)


def _build(options: argparse.Namespace) -> None:
    build_bundle(_places(options), out=options.out, effort=Effort(_workers(options), force=options.force))


def _train(options: argparse.Namespace) -> None:
    from explainer.bundling import train_recipe

    places = _places(options)
    train_recipe(read_sources(places), places=places, folds=options.folds, pictures=options.out, force=options.force)


def _explain(options: argparse.Namespace) -> None:
    from explainer.arrays import write_arrays

    places = _places(options)
    sources = read_sources(places)
    write_arrays(sources, places=places, out=options.out, workers=_workers(options), layer=options.layer)


def _check(options: argparse.Namespace) -> None:
    manifest = check_bundle(options.bundle)
    counts = {
        role: sum(stimulus.role == role for stimulus in manifest.stimuli) for role in ("main", "training", "attention")
    }
    print(
        f"whole: {len(manifest.stimuli)} stimuli ({counts['main']} main, {counts['training']} for training, "
        f"{counts['attention']} for attention), {len(manifest.files())} files"
    )


def _evaluate(options: argparse.Namespace) -> None:
    from explainer.faithfulness.evaluation import evaluate_bundle

    evaluate_bundle(options.bundle, out=options.out, workers=_workers(options), factory_folder=options.factory_folder)


def _manipulate(options: argparse.Namespace) -> None:
    from explainer.manipulation.report import manipulate_recipe

    places = _places(options)
    manipulate_recipe(read_sources(places), places=places, out=options.out)


def _bench(options: argparse.Namespace) -> None:
    from explainer.bench.report import print_bench

    print_bench(as_json=options.json, quick=options.quick)


if __name__ == "__main__":
    sys.exit(main())
