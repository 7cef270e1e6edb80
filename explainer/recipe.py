"""The recipe: one TOML file that says from which recordings a bundle is built, and how.

Everything that can change a byte of the bundle stands in the recipe, in the corpus or in the code; where the corpus
lies and where the bundle goes do not.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from earshot.bundle import LevelPolicy
from earshot.errors import RecipeError
from earshot.files import Strict, read_toml

Seed = Annotated[int, Field(ge=0, lt=2**31)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class RecipeSection(Strict):
    """`[recipe]`: the bundle's name."""

    name: Name


class CorpusSection(Strict):
    """`[corpus]`: which recordings, and what a network is to tell of them.

    Attributes
    ----------
    name : str
    path : str
        The corpus' folder, relative to the recipe's file.
    layout : str
        How the folder is laid out: `manifest` means that a CSV file lists the recordings.
    manifest : str, optional
        That file, relative to the corpus' folder; needed with the layout `manifest`, and only there.
    label : str
        The column to tell: `digit`, `sex`, `speaker`, or any other of the corpus. `digit` unless a manifest is read,
        where it is the column `label`.
    labels : list of str, optional
        The values to tell apart, in the order of the network's outputs; recordings with others are left out.
    speakers : list of str, optional
        The only ones used.
    too_long : str
        What happens to a clip that does not fit the network's window.
    """

    name: str = Field(min_length=1)
    path: str = Field(min_length=1)
    layout: Literal["audiomnist", "fsdd", "manifest"]
    manifest: str | None = Field(default=None, min_length=1)
    label: str = Field(
        default_factory=lambda fields: "label" if fields.get("layout") == "manifest" else "digit", min_length=1
    )
    labels: list[str] | None = Field(default=None, min_length=2)
    speakers: list[str] | None = None
    too_long: Literal["error", "skip"] = "error"

    @field_validator("labels", "speakers")
    @classmethod
    def _check_names(cls, names: list[str] | None) -> list[str] | None:
        _refuse_twice(names or [])
        return names

    @model_validator(mode="after")
    def _check_manifest(self) -> Self:
        if (self.layout == "manifest") != (self.manifest is not None):
            raise ValueError(
                f"layout is '{self.layout}' and manifest {self.manifest!r}; expected the name of a CSV file with the "
                "layout 'manifest', and none with another"
            )
        if self.manifest is not None and (PurePosixPath(self.manifest).is_absolute() or ".." in self.manifest.split("/")):
            raise ValueError(f"manifest is '{self.manifest}'; expected a path below the corpus' folder")
        return self


_FOLD_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "heldout": (),
    "takes": ("n_folds", "fold", "seed"),
    "speakers": ("n_folds", "fold", "seed"),
    "official": ("fold",),
}


def _refuse_twice(names: Sequence[str] | Sequence[int]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name!r} stands twice in {list(names)}; take one of them out")


class SplitSection(Strict):
    """`[split]`: what the weights never see.

    Attributes
    ----------
    by : str
        `heldout`: the named takes of every speaker, and the named speakers altogether. `takes`, `speakers`: one of
        `n_folds` folds, dealt by `seed`, is held out to test, the one before it to validate. `official`: the same with
        the speakers' folds of AudioMNIST's authors (becker2024), five for digits and four for sex.
    heldout_takes, heldout_speakers : list
        With `heldout`, and only there; one of them may be empty.
    n_folds : int, optional
        With `takes` and `speakers`; three or more, as two of them do not train.
    fold : int, optional
        Which fold tests, from 0.
    seed : int, optional
        With `takes` and `speakers`.
    """

    by: Literal["heldout", "takes", "speakers", "official"] = "heldout"
    heldout_takes: list[int] = Field(default=[])
    heldout_speakers: list[str] = Field(default=[])
    n_folds: int | None = Field(default=None, ge=3)
    fold: int | None = Field(default=None, ge=0)
    seed: Seed | None = None

    @field_validator("heldout_takes", "heldout_speakers")
    @classmethod
    def _check_names(cls, names: list[int] | list[str]) -> list[int] | list[str]:
        _refuse_twice(names)
        return names

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        if (self.by == "heldout") != bool(self.heldout_takes or self.heldout_speakers):
            raise ValueError(
                f"heldout_takes is {self.heldout_takes} and heldout_speakers {self.heldout_speakers}; expected takes, "
                "speakers or both with by = 'heldout', and neither with folds"
            )
        needed = _FOLD_KEYS[self.by]
        for key, value in (("n_folds", self.n_folds), ("fold", self.fold), ("seed", self.seed)):
            if (value is not None) != (key in needed):
                allowed = f"needs {', '.join(needed)} and nothing else" if needed else "has no folds"
                raise ValueError(f"{key} is {value}; by = '{self.by}' {allowed}")
        return self


class NetworkSection(Strict):
    """`[network]`: architecture and training; `n_threads` is fixed because sums depend on how they are shared out."""

    architecture: Literal["alexnet-quarter"]
    seed: Seed
    n_epochs: int = Field(ge=1, le=1000)
    batch_size: int = Field(default=64, ge=2)
    max_learning_rate: float = Field(default=4e-3, gt=0, lt=1)
    n_threads: int = Field(default=2, ge=1, le=64)


class RelevanceSection(Strict):
    """`[relevance]`: which methods explain which class.

    `method` is the one that studies show (None: the default of the network's kind of input), `also` are further ones to
    compare with; `explained` is the class whose relevance is taken: the predicted, the true, or a label by name;
    `contrast` explains that class minus the strongest other; `batch_size` fixes which clips are explained together,
    because sums depend on it.
    """

    method: str | None = None
    also: list[str] = []
    explained: str = "predicted"
    contrast: bool = False
    engine: Literal["auto", "direct", "zennit"] = "auto"
    batch_size: int = Field(default=16, ge=1, le=1024)


class MaskSection(Strict):
    """`[mask]`: how relevance becomes a mask: `exponent` of soft ones, `top_shares` of the live cells of others."""

    exponent: float = Field(default=2.0, gt=0, le=16)
    top_shares: list[Annotated[float, Field(gt=0, lt=1)]] = []


MadeForm = Literal["soft-mask", "top-share", "envelope", "signal-times-relevance", "positive-signal-times-relevance"]
ControlMask = Literal["blobs", "other-clip", "randomised-network"]


class RenditionsSection(Strict):
    """`[renditions]`: what is made of every stimulus, the first form being the one that studies show.

    The original, the relevance and its rolled control are always there; `controls` are further ones, `pictures` further
    kinds of picture. `level` is one policy for sound and picture: all at one loudness, or one gain for all.
    """

    forms: list[MadeForm] = Field(default=["soft-mask"], min_length=1)
    controls: list[ControlMask] = []
    pictures: list[Literal["overlay", "waveform", "mask"]] = []
    level: LevelPolicy = "normalised"
    seed: Seed = 1

    @model_validator(mode="after")
    def _check_first_form(self) -> "RenditionsSection":
        if self.forms[0] not in ("soft-mask", "top-share"):
            raise ValueError(
                f"forms begins with '{self.forms[0]}'; studies show the first one, which must be a time-frequency mask "
                "with a fair control: put 'soft-mask' or 'top-share' first"
            )
        return self


class GateSection(Strict):
    """`[gate]`: how good a network must be on clean clips that its weights never saw before it is explained.

    Below about 90 % masks of relevance lose to their controls. `override` is the reason for going on all the same: it is
    recorded in the bundle.
    """

    least_accuracy: float = Field(default=0.9, ge=0, le=1)
    override: str | None = Field(default=None, min_length=3)


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
