"""How bots behave: what each kind does beside answering, and how a crowd is mixed from them."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from earshot.errors import StudyError

Manner = Literal["by-lot", "names-the-word", "guesses-at-once"]
Deed = Literal["nothing", "drop-out", "reload", "second-window", "lose-network", "withdraw"]

LARGEST_WEIGHT: Final = 1000


@dataclass(frozen=True)
class Behaviour:
    """One way to take part.

    Attributes
    ----------
    manner : str
        How trials are answered: `by-lot` after everything was met, `names-the-word` that was said, or
        `guesses-at-once`, by lot and without waiting for anything.
    deed : str
        What is done once, in the middle of one trial.
    clicks_twice : bool
        Whether everything is sent twice.
    """

    name: str
    manner: Manner = "by-lot"
    deed: Deed = "nothing"
    clicks_twice: bool = False


BEHAVIOURS: Final[Mapping[str, Behaviour]] = MappingProxyType(
    {
        behaviour.name: behaviour
        for behaviour in (
            Behaviour("diligent"),
            Behaviour("truth-namer", manner="names-the-word"),
            Behaviour("fast-guesser", manner="guesses-at-once"),
            Behaviour("dropout", deed="drop-out"),
            Behaviour("reloader", deed="reload"),
            Behaviour("double-clicker", clicks_twice=True),
            Behaviour("two-tabs", deed="second-window"),
            Behaviour("offline", deed="lose-network"),
            Behaviour("withdrawer", deed="withdraw"),
        )
    }
)
"""Every behaviour by its name."""


@dataclass(frozen=True)
class Temper:
    """How somebody behaves: the kind, the trial (from 0) of what they do once, drawn where None, and their pace.

    `speed` divides every wait of the bot's own; the network is lost for `offline_s`.
    """

    behaviour: Behaviour
    at_trial: int | None = None
    offline_s: float = 30.0
    speed: float = 1.0


@dataclass(frozen=True)
class Share:
    """A behaviour, and how often it comes relative to the others of a crowd."""

    behaviour: Behaviour
    weight: int = 1


def parse_shares(texts: Sequence[str]) -> tuple[Share, ...]:
    """The shares that `NAME` or `NAME=WEIGHT` name, each at most once; StudyError for any other text."""
    shares = tuple(_parse_share(text) for text in texts)
    names = [share.behaviour.name for share in shares]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise StudyError(f"behaviour '{twice}' is named twice; name it once, with its weight: {twice}=2")
    return shares


def mix(shares: Sequence[Share], *, n_bots: int, draw: random.Random) -> list[Behaviour]:
    """The behaviours of `n_bots`, in a drawn order; as near to the weights as whole bots allow."""
    whole = sum(share.weight for share in shares)
    ends = [sum(share.weight for share in shares[: place + 1]) for place in range(len(shares))]
    # Every bot stands at the middle of its own part of the whole, so that no share is off by more than one bot.
    places = [(number + 0.5) * whole / n_bots for number in range(n_bots)]
    mixed = [shares[next(at for at, end in enumerate(ends) if place < end)].behaviour for place in places]
    draw.shuffle(mixed)
    return mixed


def _parse_share(text: str) -> Share:
    name, has_weight, weight = text.partition("=")
    if name not in BEHAVIOURS:
        raise StudyError(f"behaviour is '{name}'; expected one of {', '.join(BEHAVIOURS)}")
    if not has_weight:
        return Share(BEHAVIOURS[name])
    if not (weight.isascii() and weight.isdigit() and 1 <= int(weight) <= LARGEST_WEIGHT):
        raise StudyError(f"behaviour is '{text}'; its weight has to be a whole number from 1 to {LARGEST_WEIGHT}")
    return Share(BEHAVIOURS[name], weight=int(weight))
