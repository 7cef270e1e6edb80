"""The verdict: what the intervals over seeds say, either way.

What is read was named before anything was measured: the share and the scaling of which becker2024 is quoted, in each
part of the clips. All other points describe.
"""

from dataclasses import dataclass
from typing import Literal

from explainer.faithfulness.wording import interval as written
from explainer.faithfulness.wording import number, signed
from explainer.manipulation.results import (
    CHOICE_NAMES,
    FACTORS,
    PART_NAMES,
    READ_SHARE,
    SHARES,
    Choice,
    Manipulation,
    Part,
    ScalingCurve,
)
from explainer.manipulation.seeds import Interval, OverSeeds

Reading = Literal["above", "below", "open", "nothing"]
_SAID: dict[Reading, str] = {
    "above": "it lies above no difference",
    "below": "it lies below no difference",
    "open": "it includes no difference",
}


@dataclass(frozen=True)
class Finding:
    """One difference that the verdict reads.

    Attributes
    ----------
    part : {'heldout_takes', 'heldout_speakers'}
    claim : str
        What was found, without its interval.
    difference : OverSeeds
        In accuracy, -1 to 1; positive where what the claim names first costs more.
    """

    part: Part
    claim: str
    difference: OverSeeds

    @property
    def reading(self) -> Reading:
        """Where the interval lies."""
        return read_interval(self.difference)

    @property
    def sentence(self) -> str:
        """The finding in plain words, with its numbers."""
        if self.difference.interval is None:
            n_seeds = len(self.difference.values)
            return f"{self.claim}. All {n_seeds} seeds agree, so that no interval can be given."
        return (
            f"{self.claim}. Extra loss {points(self.difference.mean, is_signed=True)} points, 95 % interval "
            f"{points_interval(self.difference.interval)}: {_SAID[self.reading]}."
        )


def read_interval(difference: OverSeeds) -> Reading:
    """Where the interval of a difference lies; "nothing" where there is none."""
    ends = difference.interval
    if ends is None:
        return "nothing"
    if ends[0] > 0:
        return "above"
    return "below" if ends[1] < 0 else "open"


def describe_shares(found: Manipulation, *, part: Part, other: Choice) -> str:
    """At which shares the intervals leave out no difference between relevance and another choice, either way."""
    by_relevance, curve = found.zeroed(part, choice="relevance"), found.zeroed(part, choice=other)
    shares = [share for share in SHARES if share > 0]
    readings = [read_interval(curve.accuracy(share).minus(by_relevance.accuracy(share))) for share in shares]

    def listed(reading: Reading) -> str:
        return ", ".join(f"{100 * share:g}" for share, own in zip(shares, readings, strict=True) if own == reading)

    more, less = listed("above"), listed("below")
    return (
        f"By the intervals of single shares, zeroing by relevance costs more than {CHOICE_NAMES[other]} at "
        f"{f'{more} %' if more else 'no share'}, and less at {f'{less} %' if less else 'no share'}."
    )


def find_zeroing(found: Manipulation) -> list[Finding]:
    """Relevance against amplitude and against random places, in each part."""
    others: tuple[Choice, ...] = ("amplitude", "random")
    return [_zeroing(found, part=part, other=other) for part in found.parts for other in others]


def find_scaling(found: Manipulation) -> list[Finding]:
    """The paper's scaling against none and against one as far the other way, in each part; none where not scaled."""
    return [finding for curve in found.scaling for finding in (_scaling(curve), _other_way(curve))]


def points(share: float, *, is_signed: bool = False) -> str:
    """A share as percentage points with one decimal."""
    return (signed if is_signed else number)(100 * share, n_decimals=1)


def points_interval(ends: Interval | None) -> str:
    """An interval of differences in percentage points."""
    return written(None) if ends is None else " to ".join(points(end, is_signed=True) for end in ends)


def _zeroing(found: Manipulation, *, part: Part, other: Choice) -> Finding:
    by_relevance = found.zeroed(part, choice="relevance").accuracy(READ_SHARE)
    difference = found.zeroed(part, choice=other).accuracy(READ_SHARE).minus(by_relevance)
    return Finding(
        part,
        f"On {PART_NAMES[part]}, zeroing {100 * READ_SHARE:g} % of the {found.subject.unit} by relevance "
        f"{_costs(difference.mean)} {CHOICE_NAMES[other]}",
        difference,
    )


def _costs(difference: float) -> str:
    size = points(abs(difference))
    if float(size) == 0:
        return "costs as much as"
    return f"costs {size} points {'more' if difference > 0 else 'less'} than"


def _scaling(curve: ScalingCurve) -> Finding:
    plain, scaled = curve.accuracy(0.0), curve.accuracy(1.0)
    factors = ", ".join(f"{label} ×\N{NO-BREAK SPACE}{factor:g}" for label, factor in FACTORS.items())
    return Finding(
        curve.part,
        f"On {PART_NAMES[curve.part]}, scaling the voices towards the other sex ({factors}) takes accuracy from "
        f"{points(plain.mean)} % to {points(scaled.mean)} %",
        plain.minus(scaled),
    )


def _other_way(curve: ScalingCurve) -> Finding:
    other, scaled = curve.accuracy(-1.0), curve.accuracy(1.0)
    difference = other.minus(scaled)
    return Finding(
        curve.part,
        f"On {PART_NAMES[curve.part]}, scaling them as far the other way leaves {points(other.mean)} %, so that "
        f"towards the other sex {_costs(difference.mean)} away from it",
        difference,
    )
