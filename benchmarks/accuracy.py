"""Accuracy of the networks of both recipes on what their weights never saw; exit code 1 below the target.

    python benchmarks/accuracy.py [--networks var/networks] [RECIPE.toml ...]

trains what is missing and prints, for each recipe, the accuracy on held-out takes of known speakers, which must be at
least 95 %, and on held-out speakers, which is expected to be lower: the wrong answers there become stimuli.
"""

import argparse
import os
import sys
from pathlib import Path

from earshot.errors import run_command
from explainer.build import Places, train_recipe
from explainer.recipe import read_recipe

TARGET_SHARE = 0.95
RECIPES = Path(__file__).parents[1] / "fixtures/recipes"


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0, 1 if a recipe's network stays under the target, 2 for bad input."""
    parser = argparse.ArgumentParser(description="accuracy of the recipes' networks on held-out takes and speakers")
    parser.add_argument(
        "recipes", nargs="*", type=Path, help="default: those of the voices and, if it is here, of FSDD"
    )
    parser.add_argument("--networks", type=Path, default=Path("var/networks"))
    options = parser.parse_args(arguments)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as python -m explainer does, with its reason
    under: list[str] = []
    code = run_command(
        lambda: under.extend(find_under_target(options.recipes or default_recipes(), networks=options.networks))
    )
    for line in under:
        print(f"under the target: {line}", file=sys.stderr)
    return code or int(bool(under))


def default_recipes(folder: Path = RECIPES) -> list[Path]:
    """The recipes in `folder` of the voices and of FSDD; the latter is left out, and said so, where FSDD is not."""
    recipes = [folder / "voices.toml"]
    fsdd = folder / "fsdd.toml"
    corpus = fsdd.parent / read_recipe(fsdd).corpus.path
    if corpus.is_dir():
        return [*recipes, fsdd]
    print(
        "FSDD is not here, skipped; where it lies elsewhere: "
        "python -m explainer train fixtures/recipes/fsdd.toml --corpus DIR"
    )
    return recipes


def find_under_target(recipes: list[Path], *, networks: Path) -> list[str]:
    """One sentence per recipe whose network is less accurate on held-out takes than the target."""
    under = []
    for recipe in recipes:
        print(f"== {recipe.name}")
        about = train_recipe(Places(recipe=recipe, networks=networks)).description
        if about["accuracy_heldout_takes"] < TARGET_SHARE:
            under.append(f"{recipe.name} reaches {about['accuracy_heldout_takes']:.1%}; expected {TARGET_SHARE:.0%}")
    return under


if __name__ == "__main__":
    sys.exit(main())
