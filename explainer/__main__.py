"""The commands of the explainer: build, train, check."""

import argparse
import os
import sys
from pathlib import Path

from earshot.bundle import check_bundle
from earshot.errors import run_command
from explainer.build import Places, build_bundle, train_recipe

DEFAULT_NETWORKS = Path("var/networks")


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
    build = commands.add_parser("build", help="train what is missing, explain, and write a bundle")
    build.add_argument("--out", type=Path, required=True, metavar="BUNDLE", help="the folder to write")
    build.add_argument("--force", action="store_true", help="train and write again even when nothing has changed")
    build.set_defaults(command=_build)
    train = commands.add_parser("train", help="train the recipe's network only")
    train.add_argument("--force", action="store_true", help="train again even when the network is there")
    train.set_defaults(command=_train)
    for command in (build, train):
        command.add_argument("recipe", type=Path, metavar="RECIPE.toml")
        command.add_argument("--corpus", type=Path, metavar="DIR", help="the recordings, instead of the recipe's path")
        command.add_argument("--networks", type=Path, default=DEFAULT_NETWORKS, metavar="DIR", help="trained networks")
    check = commands.add_parser("check", help="name every damaged, missing or surplus file of a bundle")
    check.add_argument("bundle", type=Path, metavar="BUNDLE")
    check.set_defaults(command=_check)
    return parser


def _places(options: argparse.Namespace) -> Places:
    return Places(recipe=options.recipe, networks=options.networks, corpus=options.corpus)


def _build(options: argparse.Namespace) -> None:
    build_bundle(_places(options), out=options.out, force=options.force)


def _train(options: argparse.Namespace) -> None:
    train_recipe(_places(options), force=options.force)


def _check(options: argparse.Namespace) -> None:
    manifest = check_bundle(options.bundle)
    n_main = sum(stimulus.role == "main" for stimulus in manifest.stimuli)
    print(
        f"whole: {len(manifest.stimuli)} stimuli ({n_main} main, {len(manifest.stimuli) - n_main} for training), "
        f"{len(manifest.files())} files"
    )


if __name__ == "__main__":
    sys.exit(main())
