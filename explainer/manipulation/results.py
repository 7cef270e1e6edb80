"""What was found when the input of a recipe's networks was changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from explainer.manipulation.seeds import OverSeeds

Part = Literal["heldout_takes", "heldout_speakers"]
Choice = Literal["relevance", "amplitude", "random"]

PART_NAMES: Final[Mapping[Part, str]] = MappingProxyType(
    {"heldout_takes": "held-out takes", "heldout_speakers": "held-out speakers"}
)
CHOICES: Final[tuple[Choice, ...]] = ("relevance", "amplitude", "random")
CHOICE_NAMES: Final[Mapping[Choice, str]] = MappingProxyType(
    {"relevance": "by relevance", "amplitude": "by amplitude", "random": "at random"}
)
SHARES: Final = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Of the samples of a clip, or of the live cells of its spectrogram, that are set to 0."""
READ_SHARE: Final = 0.01
"""The share that the verdict reads, named beforehand: the one of which becker2024 is quoted."""

FACTORS: Final[Mapping[str, float]] = MappingProxyType({"male": 1.5, "female": 0.66})
"""By which the frequency axis is multiplied, by the true label (becker2024)."""
EXPONENTS: Final = (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)
"""Powers of `FACTORS`: 1 is the paper's scaling towards the other sex, 0 none, -1 as far the other way."""


@dataclass(frozen=True)
class ZeroingCurve:
    """Right answers by share zeroed, for one part of the clips and one way to choose what is zeroed.

    Attributes
    ----------
    part : {'heldout_takes', 'heldout_speakers'}
    choice : {'relevance', 'amplitude', 'random'}
    n_clips : int
    n_right : tuple of tuple of int, (seed, share)
        Shares as `SHARES`.
    """

    part: Part
    choice: Choice
    n_clips: int
    n_right: tuple[tuple[int, ...], ...]

    def accuracy(self, share: float) -> OverSeeds:
        """Accuracy, 0 to 1, with one of `SHARES` zeroed."""
        index = SHARES.index(share)
        return OverSeeds(tuple(counts[index] / self.n_clips for counts in self.n_right))


@dataclass(frozen=True)
class ScalingCurve:
    """Right answers by how far the frequency axis is scaled, for one part of the clips.

    Attributes
    ----------
    part : {'heldout_takes', 'heldout_speakers'}
    n_clips : mapping of str to int
        By true label, for those that have any.
    n_right : tuple of tuple of mapping of str to int, (seed, exponent), by true label
        Exponents as `EXPONENTS`.
    """

    part: Part
    n_clips: Mapping[str, int]
    n_right: tuple[tuple[Mapping[str, int], ...], ...]

    def accuracy(self, exponent: float, *, label: str | None = None) -> OverSeeds:
        """Accuracy, 0 to 1, at one of `EXPONENTS`; of the clips of one label, or of all."""
        index = EXPONENTS.index(exponent)
        labels = [label] if label is not None else list(self.n_clips)
        n_clips = sum(self.n_clips[each] for each in labels)
        return OverSeeds(tuple(sum(counts[index][each] for each in labels) / n_clips for counts in self.n_right))


@dataclass(frozen=True)
class Subject:
    """What was manipulated.

    Attributes
    ----------
    name : str
        The recipe's.
    corpus, corpus_sha256 : str
    label_column : str
        What the networks tell.
    labels : tuple of str
    architecture : str
    seeds : tuple of int
    unit : {'samples', 'cells'}
        What is zeroed.
    method : str
        How relevance was found.
    explained : str
        Whose relevance: the predicted label, the true one, or a label by name.
    networks_sha256 : tuple of str
        Of each seed's weights.
    """

    name: str
    corpus: str
    corpus_sha256: str
    label_column: str
    labels: tuple[str, ...]
    architecture: str
    seeds: tuple[int, ...]
    unit: Literal["samples", "cells"]
    method: str
    explained: str
    networks_sha256: tuple[str, ...]


@dataclass(frozen=True)
class Manipulation:
    """Both tests; `scaling` is empty where `not_scaled` says why there is none."""

    subject: Subject
    zeroing: tuple[ZeroingCurve, ...]
    scaling: tuple[ScalingCurve, ...]
    not_scaled: str | None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the clips that were tested."""
        return tuple(dict.fromkeys(curve.part for curve in self.zeroing))

    def zeroed(self, part: Part, *, choice: Choice) -> ZeroingCurve:
        """One curve."""
        (curve,) = [one for one in self.zeroing if (one.part, one.choice) == (part, choice)]
        return curve
