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

TARGET_SHARE = 0.95
RECIPES = Path(__file__).parents[1] / "fixtures/recipes"


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0, 1 if a recipe's network stays under the target, 2 for bad input."""
    parser = argparse.ArgumentParser(description="accuracy of the recipes' networks on held-out takes and speakers")
    parser.add_argument("recipes", nargs="*", type=Path, default=[RECIPES / "voices.toml", RECIPES / "fsdd.toml"])
    parser.add_argument("--networks", type=Path, default=Path("var/networks"))
    options = parser.parse_args(arguments)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as python -m explainer does, with its reason
    under: list[str] = []
    code = run_command(lambda: under.extend(find_under_target(options.recipes, networks=options.networks)))
    for line in under:
        print(f"under the target: {line}", file=sys.stderr)
    return code or int(bool(under))


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
