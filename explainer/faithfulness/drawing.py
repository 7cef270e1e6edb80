"""Figures as inline SVG whose places are percentages: they fit any width, and letters and dots keep their size.

Colours come from the page's classes, so that they follow its dark and its light dress. What is right is a filled dot,
what is wrong a hollow one: nothing is told by colour alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from explainer.faithfulness.intervals import Interval
from explainer.faithfulness.wording import interval as written
from explainer.faithfulness.wording import signed

_STEPS = (0.1, 0.2, 0.5, 1.0)
_EDGE_PERCENT = 4.0  # so that a dot at the end of the axis is whole


@dataclass(frozen=True)
class Axis:
    """An axis of differences from `-limit` to `limit`, 0 in its middle."""

    limit: float

    def percent(self, value: float) -> float:
        """Where a value lies, in percent of the figure's width."""
        return 50 + (50 - _EDGE_PERCENT) * max(-1.0, min(1.0, value / self.limit))

    @property
    def ticks(self) -> tuple[float, ...]:
        """The values with a mark."""
        return (-self.limit, -self.limit / 2, 0.0, self.limit / 2, self.limit)


def axis_for(values: Sequence[float]) -> Axis:
    """The smallest axis of even steps that holds some differences."""
    largest = max((abs(value) for value in values), default=0.0)
    return Axis(next((step for step in _STEPS if largest <= step), float(math.ceil(largest))))


def draw_interval(difference: float | None, *, ends: Interval | None, axis: Axis, filled: bool, label: str) -> Markup:
    """A dot and its interval on an axis of differences; empty where there is no difference.

    Parameters
    ----------
    label : str
        What is compared: the beginning of the alternative text.
    """
    if difference is None:
        return Markup("")
    told = f"{label}: {signed(difference)}, {'95 % interval ' if ends else ''}{written(ends)}"
    shapes = [_line(axis.percent(tick), css="zero" if tick == 0 else "grid") for tick in axis.ticks]
    if ends is not None:
        low, high = (axis.percent(end) for end in ends)
        shapes.append(f'<line class="whisker" x1="{low:.2f}%" x2="{high:.2f}%" y1="50%" y2="50%"/>')
    css = "dot" if filled else "dot hollow"
    shapes.append(f'<circle class="{css}" cx="{axis.percent(difference):.2f}%" cy="50%" r="4.5"/>')
    return _svg("".join(shapes), css="interval", told=told)


def draw_axis(axis: Axis) -> Markup:
    """The numbers of an axis of differences; readers of screens have them in the table."""
    n_decimals = 1 if axis.limit == 1 else 2
    texts = "".join(
        f'<text x="{axis.percent(tick):.2f}%" y="11" text-anchor="middle">{signed(tick, n_decimals=n_decimals)}</text>'
        for tick in axis.ticks
    )
    return Markup(f'<svg class="ticks" aria-hidden="true">{texts}</svg>')  # noqa: S704  # numbers only


def draw_bar(value: float, *, lowest: float, highest: float, label: str) -> Markup:
    """A correlation from -1 to 1 with the span of single stimuli, from 0 on."""
    axis = Axis(1.0)
    start, end = sorted((axis.percent(0), axis.percent(value)))
    told = f"{label}: {signed(value)}, single stimuli {signed(lowest)} to {signed(highest)}"
    shapes = [_line(axis.percent(tick), css="zero" if tick == 0 else "grid") for tick in axis.ticks]
    shapes.append(f'<rect class="bar" x="{start:.2f}%" width="{end - start:.2f}%" y="30%" height="40%"/>')
    low, high = axis.percent(lowest), axis.percent(highest)
    shapes.append(f'<line class="whisker" x1="{low:.2f}%" x2="{high:.2f}%" y1="50%" y2="50%"/>')
    return _svg("".join(shapes), css="interval", told=told)


def _line(percent: float, *, css: str) -> str:
    return f'<line class="{css}" x1="{percent:.2f}%" x2="{percent:.2f}%" y1="0" y2="100%"/>'


def _svg(shapes: str, *, css: str, told: str) -> Markup:
    return Markup('<svg class="{}" role="img" aria-label="{}">').format(css, told) + Markup(shapes + "</svg>")  # noqa: S704  # shapes hold numbers only


@dataclass(frozen=True)
class Line:
    """A curve over the share silenced, with its name and its class."""

    name: str
    css: str
    values: Sequence[float]


def draw_curves(lines: Sequence[Line], *, label: str) -> Markup:
    """Curves of probability, 0 to 1, over the share of cells silenced, 0 to 1.

    The plane is stretched to its frame and the lines keep their width; the page writes axes and names around it.
    """
    told = f"{label}. {'; '.join(_tell(line) for line in lines)}"
    grid = "".join(f'<path class="grid" d="M0 {level}H100M{level} 0V100"/>' for level in (0, 25, 50, 75, 100))
    paths = "".join(f'<polyline class="curve {line.css}" points="{_points(line.values)}"/>' for line in lines)
    head = Markup('<svg class="plane" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="{}">')
    return head.format(told) + Markup(grid + paths + "</svg>")  # noqa: S704  # numbers, and classes from this code


def _tell(line: Line) -> str:
    first, quarter, half, *_, last = line.values[:: (len(line.values) - 1) // 4]
    return (
        f"{line.name}: {first:.2f} at first, {quarter:.2f} with a quarter silenced, {half:.2f} with half, {last:.2f} "
        "with all"
    )


def _points(values: Sequence[float]) -> str:
    n_steps = len(values) - 1
    return " ".join(f"{100 * step / n_steps:.2f},{100 - 100 * value:.2f}" for step, value in enumerate(values))
