"""The recipe: one TOML file that says from which recordings a bundle is built, and how.

Everything that can change a byte of the bundle stands in the recipe, in the corpus or in the code; where the corpus
lies and where the bundle goes do not.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from earshot.errors import RecipeError
from earshot.files import Strict, read_toml

Seed = Annotated[int, Field(ge=0, lt=2**31)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class RecipeSection(Strict):
    """`[recipe]`: the bundle's name."""

    name: Name


class CorpusSection(Strict):
    """`[corpus]`: which recordings.

    `path` is relative to the recipe's file; `speakers`, when given, are the only ones used; `too_long` says what
    happens to a clip that does not fit the network's window.
    """

    name: str = Field(min_length=1)
    path: str = Field(min_length=1)
    layout: Literal["audiomnist", "fsdd"]
    speakers: list[str] | None = None
    too_long: Literal["error", "skip"] = "error"


class SplitSection(Strict):
    """`[split]`: what the weights never see: these takes of every speaker, and these speakers altogether."""

    heldout_takes: list[int] = Field(min_length=1)
    heldout_speakers: list[str] = Field(min_length=1)


class NetworkSection(Strict):
    """`[network]`: architecture and training; `n_threads` is fixed because sums depend on how they are shared out."""

    architecture: Literal["alexnet-quarter"]
    seed: Seed
    n_epochs: int = Field(ge=1, le=1000)
    batch_size: int = Field(default=64, ge=2)
    max_learning_rate: float = Field(default=4e-3, gt=0, lt=1)
    n_threads: int = Field(default=2, ge=1, le=64)


class RelevanceSection(Strict):
    """`[relevance]`: the composite of layer-wise relevance propagation."""

    composite: Literal["epsilon-plus-flat"]


class MaskSection(Strict):
    """`[mask]`: how sharp the soft mask is that relevance becomes."""

    exponent: float = Field(default=2.0, gt=0, le=16)


class SelectionSection(Strict):
    """`[selection]`: how many stimuli of the held-out speakers, and the seed that breaks ties."""

    n_right: int = Field(ge=0)
    n_wrong: int = Field(ge=0)
    n_training: int = Field(ge=0)
    seed: Seed


class Recipe(Strict):
    """A whole recipe."""

    recipe: RecipeSection
    corpus: CorpusSection
    split: SplitSection
    network: NetworkSection
    relevance: RelevanceSection
    mask: MaskSection = MaskSection()
    selection: SelectionSection

    def public(self) -> dict[str, Any]:
        """The recipe as the manifest keeps it: every value that was used, without the path of the corpus."""
        return self.model_dump(mode="json", exclude={"corpus": {"path"}})


def read_recipe(path: Path) -> Recipe:
    """The recipe in the TOML file at `path`; raises RecipeError naming every fault."""
    return read_toml(path, Recipe, error=RecipeError)


def corpus_folder(recipe: Recipe, *, recipe_path: Path, override: Path | None = None) -> Path:
    """Where the recordings lie: `override`, else the recipe's path relative to the recipe's file.

    Raises
    ------
    RecipeError
        If there is no such folder.
    """
    folder = override or recipe_path.parent / recipe.corpus.path
    if not folder.is_dir():
        raise RecipeError(f"{folder} is no folder; name the one that holds the recordings with --corpus")
    return folder
