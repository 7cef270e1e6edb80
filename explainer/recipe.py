"""The recipe: one TOML file that says from which recordings a bundle is built, and how.

Everything that can change a byte of the bundle stands in the recipe, in the corpus or in the code; where the corpus
lies and where the bundle goes do not.
"""

from pathlib import Path
from typing import Any

from pydantic import model_validator

from earshot.errors import RecipeError
from earshot.files import Strict, read_toml
from explainer.sections.common import Name
from explainer.sections.corpus import CorpusSection, SplitSection
from explainer.sections.explanation import GateSection, MaskSection, RelevanceSection, RenditionsSection
from explainer.sections.network import NetworkSection
from explainer.sections.selection import SelectionSection


class RecipeSection(Strict):
    """`[recipe]`: the bundle's name."""

    name: Name


class Recipe(Strict):
    """A whole recipe."""

    recipe: RecipeSection
    corpus: CorpusSection
    split: SplitSection
    network: NetworkSection
    relevance: RelevanceSection = RelevanceSection()
    mask: MaskSection = MaskSection()
    renditions: RenditionsSection = RenditionsSection()
    gate: GateSection = GateSection()
    selection: SelectionSection

    @model_validator(mode="after")
    def _check_shares(self) -> "Recipe":
        if ("top-share" in self.renditions.forms) != bool(self.mask.top_shares):
            raise ValueError(
                f"renditions.forms are {', '.join(self.renditions.forms)} and mask.top_shares {self.mask.top_shares}; "
                "expected shares where a form is 'top-share', and only there"
            )
        return self

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
