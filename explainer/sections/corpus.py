"""Which recordings, and what the weights never see: `[corpus]` and `[split]`."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from earshot.files import Strict
from explainer.sections.common import Seed, refuse_twice


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
        refuse_twice(names or [])
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
        refuse_twice(names)
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
