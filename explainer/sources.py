"""Where a build finds things, who does its work, and the recipe with the recordings it names; torch is not needed."""

from dataclasses import dataclass, field
from pathlib import Path

from earshot.compute import Workers
from explainer.corpora.clips import Recordings
from explainer.corpora.layouts import find_recordings
from explainer.recipe import Recipe, corpus_folder, read_recipe

DEFAULT_NETWORKS = Path("var/networks")
DEFAULT_WORK = Path("var/work")


@dataclass(frozen=True)
class Places:
    """Where a build finds things.

    Attributes
    ----------
    recipe : Path
        The recipe's file.
    networks, work : Path
        Folders of trained networks, and of finished batches while a build is under way.
    corpus : Path, optional
        The recordings, if not at the recipe's path.
    """

    recipe: Path
    networks: Path = DEFAULT_NETWORKS
    work: Path = DEFAULT_WORK
    corpus: Path | None = None


@dataclass(frozen=True)
class Effort:
    """Who does the work, and whether what is there is done again."""

    workers: Workers = field(default_factory=Workers)
    force: bool = False


@dataclass(frozen=True)
class Sources:
    """A recipe with the recordings it names."""

    recipe: Recipe
    recordings: Recordings


def read_sources(places: Places) -> Sources:
    """The recipe and the recordings it names; RecipeError if one of them does not fit."""
    recipe = read_recipe(places.recipe)
    folder = corpus_folder(recipe, recipe_path=places.recipe, override=places.corpus)
    return Sources(recipe=recipe, recordings=find_recordings(folder, section=recipe.corpus))
