"""The recipe: one TOML file that says from which recordings a bundle is built, and how.

Everything that can change a byte of the bundle stands in the recipe, in the corpus or in the code; where the corpus
lies and where the bundle goes do not.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, JsonValue, field_validator, model_validator

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
        if self.manifest is not None and (
            PurePosixPath(self.manifest).is_absolute() or ".." in self.manifest.split("/")
        ):
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


ArchitectureName = Literal["alexnet", "alexnet-quarter", "audionet", "audionet-small", "resnet-small", "sincnet-small"]
_FACTORY_KEYS: Final = ("factory", "weights", "input", "labels")
_TRAINING_KEYS: Final = ("seed", "n_epochs", "n_iterations", "batch_size", "max_learning_rate")


class LayerRule(Strict):
    """`[[network.layer_map]]`: which relevance rule the layers of a class, or the layer of a dotted name, get."""

    layer: str = Field(min_length=1)
    rule: str = Field(min_length=1)


class NetworkSection(Strict):
    """`[network]`: a network that Earshot makes and trains, or one that is brought with its weights.

    Attributes
    ----------
    architecture : str, optional
        One that Earshot makes; needs `seed`.
    training : {'fast', 'paper'}
        AdamW under one cycle of the learning rate, or what becker2024 did.
    seed : int or list of int, optional
        Of the first weights, the order and the places of clips; several give several networks.
    n_epochs, max_learning_rate : optional
        Of the fast training; the architecture's own unless given.
    n_iterations : int, optional
        Of the paper's training; the paper's unless given.
    batch_size : int, optional
        Of the fast training; the paper's is 100.
    factory : str, optional
        `module:function`, which takes nothing and gives the network; its code is run. The module lies beside the
        recipe, or is installed. Needs `weights`, `input` and `labels`.
    weights : str, optional
        File of the state dict, relative to the recipe's.
    input : table, optional
        What the network takes: the fields of `explainer.networks.inputs.NetworkInput`.
    labels : list of str, optional
        What its outputs stand for, in their order.
    layer_map : list of LayerRule
        Rules for a network brought whose layers no method covers; the first entry that fits a layer counts.
    n_threads : int
        Fixed, because sums depend on how they are shared out.
    """

    architecture: ArchitectureName | None = None
    training: Literal["fast", "paper"] = "fast"
    seed: Seed | list[Seed] | None = None
    n_epochs: int | None = Field(default=None, ge=1, le=1000)
    n_iterations: int | None = Field(default=None, ge=1, le=1_000_000)
    batch_size: int | None = Field(default=None, ge=2)
    max_learning_rate: float | None = Field(default=None, gt=0, lt=1)
    factory: str | None = Field(default=None, pattern=r"^[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*$")
    weights: str | None = Field(default=None, min_length=1)
    input: dict[str, JsonValue] | None = None
    labels: list[str] | None = Field(default=None, min_length=2)
    layer_map: list[LayerRule] = Field(default=[])
    n_threads: int = Field(default=2, ge=1, le=64)

    @field_validator("seed")
    @classmethod
    def _check_seeds(cls, seed: int | list[int] | None) -> int | list[int] | None:
        if isinstance(seed, list):
            if not seed:
                raise ValueError("seed is []; expected one seed or more")
            _refuse_twice(seed)
        return seed

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        if (self.architecture is None) == (self.factory is None):
            raise ValueError(
                f"architecture is {self.architecture!r} and factory {self.factory!r}; expected either an architecture, "
                "to be trained, or a factory, to be brought"
            )
        if self.factory is not None:
            self._need(_FACTORY_KEYS, whose="a network that is brought")
            self._refuse(_TRAINING_KEYS, why="a network that is brought is not trained")
            if self.training != "fast":
                raise ValueError(
                    f"training is '{self.training}'; a network that is brought is not trained: take it out"
                )
            return self
        self._need(("seed",), whose="a network to train")
        self._refuse((*_FACTORY_KEYS[1:], "layer_map"), why=f"architecture '{self.architecture}' has its own")
        if self.training == "paper":
            self._refuse(("n_epochs", "batch_size", "max_learning_rate"), why="training = 'paper' fixes it")
        else:
            self._refuse(("n_iterations",), why="training = 'fast' counts n_epochs")
        return self

    def _need(self, keys: Sequence[str], *, whose: str) -> None:
        for key in keys:
            if getattr(self, key) is None:
                raise ValueError(f"{key} is missing; {whose} needs {', '.join(keys)}")

    def _refuse(self, keys: Sequence[str], *, why: str) -> None:
        for key in keys:
            value = getattr(self, key)
            if value is not None and value != []:
                raise ValueError(f"{key} is {value!r}, but {why}; take it out")

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the networks to train, in order; none for a network that is brought."""
        if self.seed is None:
            return ()
        return tuple(self.seed) if isinstance(self.seed, list) else (self.seed,)


MethodName = Literal[
    "epsilon-plus-flat",
    "epsilon-plus",
    "epsilon-alpha2-beta1",
    "epsilon-alpha2-beta1-flat",
    "epsilon-gamma",
    "epsilon",
    "w-square",
    "gradient-x-input",
    "integrated-gradients",
    "smoothgrad",
    "occlusion",
]


class RelevanceSection(Strict):
    """`[relevance]`: which methods explain which class.

    `method` is the one that studies show (None: the default of the network's kind of input), `also` are further ones to
    compare with; `explained` is the class whose relevance is taken: the predicted, the true, or a label by name;
    `contrast` explains that class minus the strongest other; `batch_size` fixes which clips are explained together,
    because sums depend on it.
    """

    method: MethodName | None = None
    also: list[MethodName] = Field(default_factory=list)
    explained: str = "predicted"
    contrast: bool = False
    engine: Literal["auto", "direct", "zennit"] = "auto"
    batch_size: int = Field(default=16, ge=1, le=1024)


class MaskSection(Strict):
    """`[mask]`: how relevance becomes a mask: `exponent` of soft ones, `top_shares` of the live cells of others."""

    exponent: float = Field(default=2.0, gt=0, le=16)
    top_shares: list[Annotated[float, Field(gt=0, lt=1)]] = Field(default_factory=list)


MadeForm = Literal["soft-mask", "top-share", "envelope", "signal-times-relevance", "positive-signal-times-relevance"]
ControlMask = Literal["blobs", "other-clip", "randomised-network"]


class RenditionsSection(Strict):
    """`[renditions]`: what is made of every stimulus, the first form being the one that studies show.

    The original, the relevance and its rolled control are always there; `controls` are further ones, `pictures` further
    kinds of picture. `level` is one policy for sound and picture: all at one loudness, or one gain for all.
    """

    forms: list[MadeForm] = Field(default=["soft-mask"], min_length=1)
    controls: list[ControlMask] = Field(default_factory=list)
    pictures: list[Literal["overlay", "waveform", "mask"]] = Field(default_factory=list)
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

    Below about 90 % masks of relevance lose to their controls. `override` is the reason for going on all the same, and
    recorded in the bundle.
    """

    least_accuracy: float = Field(default=0.9, ge=0, le=1)
    override: str | None = Field(default=None, min_length=3)


Caliper = Annotated[float, Field(gt=0, le=100)] | Literal["off"]
Exact = Literal["speaker", "true_label"]


class CalipersSection(Strict):
    """`[selection.calipers]`: how far apart the right and the wrong stimulus of a pair may lie, or `"off"`.

    The unit is the standard deviation within right and within wrong candidates, pooled. Held-out speakers give tens of
    errors, not thousands: within .2 (austin2011, there of the logit of the propensity score) the 26 errors of one
    speaker of the spoken digits have 5 right partners of the same word, 113 errors of four synthetic voices none;
    within 1 they have 22 and 24, and the means of chosen sets of 12 pairs differ by at most .3 on average. Without the
    caliper on confidence the errors of the spoken digits are less confident by .8.
    """

    duration_sd: Caliper = 1.0
    energy_kept_sd: Caliper = 1.0
    confidence_sd: Caliper = 1.0


class SelectionSection(Strict):
    """`[selection]`: how many stimuli, from which clips that the weights never saw, and how right and wrong ones match.

    Attributes
    ----------
    n_right, n_wrong : int
        Main stimuli. As many pairs are matched as there are of the rarer kind; a surplus of the other is not.
    n_training, n_attention : int
        Items apart from the main ones.
    seed : int
        Breaks ties.
    source : {'heldout-speakers', 'heldout-takes', 'both'}
        Where errors are looked for. The takes of known speakers give few, unless the network is weak (a small
        `network.n_epochs`) or the clips are noisy.
    noise_snr_db : float, optional
        Signal-to-noise ratio at which noise is added to every clip to choose from: right and wrong ones then have the
        same by construction.
    n_per_true_label : int, optional
        How often each true label stands among the right and among the wrong main stimuli; as it comes unless given.
    exact : list of {'speaker', 'true_label'}
        What the two of a pair share; what is left out is shared where it can be.
    calipers : CalipersSection
        How far apart they may lie in duration, energy kept and confidence.
    """

    n_right: int = Field(ge=0)
    n_wrong: int = Field(ge=0)
    n_training: int = Field(ge=0)
    n_attention: int = Field(default=0, ge=0)
    seed: Seed
    source: Literal["heldout-speakers", "heldout-takes", "both"] = "heldout-speakers"
    noise_snr_db: float | None = Field(default=None, ge=-60, le=120)
    n_per_true_label: int | None = Field(default=None, ge=1)
    exact: list[Exact] = Field(default=["speaker", "true_label"])
    calipers: CalipersSection = CalipersSection()

    @model_validator(mode="after")
    def _check_exact(self) -> "SelectionSection":
        if len(set(self.exact)) < len(self.exact):
            raise ValueError(f"exact is {', '.join(self.exact)}; name each only once")
        if self.n_per_true_label is None:
            return self
        if self.n_right != self.n_wrong:
            raise ValueError(
                f"n_right is {self.n_right} and n_wrong {self.n_wrong}; give both the same number, because "
                "n_per_true_label counts right and wrong ones of a label alike"
            )
        if "true_label" not in self.exact:
            raise ValueError(
                f"exact is {', '.join(self.exact) or 'empty'}; it must name 'true_label' when n_per_true_label is given"
            )
        return self


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
