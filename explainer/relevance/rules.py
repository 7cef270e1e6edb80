"""The rules of layer-wise relevance propagation, as data that both engines read.

A rule says how the relevance of a layer's output is shared among its inputs. `bias` says whether the layer's bias takes
part in the denominator, and so absorbs relevance: with it the median of sum(R) / logit fell to .62-.91 for z+ in
convolutions; without it, it is 1. Where contributions of both signs meet (epsilon, gamma) the bias stays in, lest
denominators be near 0 where outputs are not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

STABILISER: Final = 1e-6
"""Added to every denominator with its sign (+ at 0), in units of the layer's output; zennit's default (anders2021)."""


@dataclass(frozen=True)
class Epsilon:
    """Shares in proportion to `input * weight`; denominators are pushed away from 0 by `epsilon` (bach2015, eq. 58)."""

    epsilon: float = STABILISER
    bias: bool = True


@dataclass(frozen=True)
class ZPlus:
    """Shares in proportion to the positive `input * weight` (montavon2017, eq. 12; inputs of any sign)."""

    bias: bool = False


@dataclass(frozen=True)
class AlphaBeta:
    """`alpha` times the positive minus `beta` times the negative contributions (bach2015, eq. 60).

    Raises
    ------
    ValueError
        Unless `alpha - beta` is 1 and `beta` is at least 0.
    """

    alpha: float = 2.0
    beta: float = 1.0
    bias: bool = False

    def __post_init__(self) -> None:
        if self.beta < 0 or self.alpha - self.beta != 1:
            raise ValueError(f"alpha is {self.alpha}, beta {self.beta}; expected beta >= 0 and alpha - beta = 1")


@dataclass(frozen=True)
class Gamma:
    """Favours contributions of the output's own sign by `1 + gamma` (montavon2019, section 10.2.3; andeol2021).

    Without the bias the denominator can be near 0, or of the other sign, where the output is not: then relevance in
    single precision was off by up to a quarter of its maximum, in either engine.
    """

    gamma: float = 0.25
    bias: bool = True


@dataclass(frozen=True)
class WSquare:
    """Shares in proportion to the squared weights, whatever the input is (montavon2017, eq. 7)."""

    bias: bool = False


@dataclass(frozen=True)
class Flat:
    """Shares equally among the inputs that a weight connects to the output (lapuschkin2019)."""


@dataclass(frozen=True)
class Winner:
    """Everything to the input that was the maximum, the first of equal ones: max pooling."""


@dataclass(frozen=True)
class Norm:
    """Shares in proportion to the inputs: average pooling, sums."""


@dataclass(frozen=True)
class Pass:
    """Relevance goes through as it is: activations, dropout, reshaping."""


Rule = Epsilon | ZPlus | AlphaBeta | Gamma | WSquare | Flat | Winner | Norm | Pass

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "epsilon": Epsilon(),
        "epsilon-without-bias": Epsilon(bias=False),
        "z-plus": ZPlus(),
        "z-plus-with-bias": ZPlus(bias=True),
        "alpha2-beta1": AlphaBeta(),
        "alpha2-beta1-with-bias": AlphaBeta(bias=True),
        "gamma": Gamma(),
        "gamma-without-bias": Gamma(bias=False),
        "w-square": WSquare(),
        "w-square-with-bias": WSquare(bias=True),
        "flat": Flat(),
        "winner": Winner(),
        "norm": Norm(),
        "pass": Pass(),
    }
)
"""The rules a layer map may name."""


def rule_name(rule: Rule) -> str:
    """The name of a rule in `RULES`, as a manifest records it.

    Raises
    ------
    KeyError
        If the rule's settings are none of those named there.
    """
    return {named: name for name, named in RULES.items()}[rule]
