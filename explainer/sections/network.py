"""Which networks: `[network]`."""

from collections.abc import Sequence
from typing import Final, Literal, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from earshot.files import Strict
from explainer.sections.common import Seed, refuse_twice

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
            refuse_twice(seed)
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
