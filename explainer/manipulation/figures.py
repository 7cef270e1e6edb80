"""The figures of a manipulation: accuracy over share zeroed, and over scaling; equal results give equal bytes."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from explainer.manipulation.results import (
    CHOICE_NAMES,
    EXPONENTS,
    FACTORS,
    PART_NAMES,
    SHARES,
    Choice,
    Manipulation,
    Part,
    ScalingCurve,
)
from explainer.manipulation.seeds import OverSeeds

Kind = Literal["svg", "png"]

_PANEL_INCHES: Final = (4.2, 3.3)
_DOTS_PER_INCH: Final = 150
_INK, _SOFT, _GRID = "#1d1f21", "#565b60", "#e3e6e9"
_FIRST, _SECOND, _THIRD = "#0067a3", "#b84a00", "#6b7075"
# The page's own names for the colours above: they follow its light and its dark dress.
_PAGE_COLOURS: Final = {
    "#ffffff": "--paper",
    _INK: "--ink",
    _SOFT: "--soft",
    _GRID: "--grid",
    _FIRST: "--relevance",
    _SECOND: "--energy",
    _THIRD: "--random",
}
_STYLE: Final[dict[str, Any]] = {  # matplotlib's settings have values of all kinds
    "svg.fonttype": "none",
    "svg.hashsalt": "manipulation",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.edgecolor": _SOFT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
}
# nothing of the time or of the software
_METADATA: Final = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}


@dataclass(frozen=True)
class _Look:
    """How a curve is drawn: told apart by marker and line as well as by colour."""

    colour: str
    marker: str
    line: str


_LOOKS: Final[dict[Choice, _Look]] = {
    "relevance": _Look(_FIRST, "o", "-"),
    "amplitude": _Look(_SECOND, "s", "--"),
    "random": _Look(_THIRD, "^", ":"),
}
_ALL_LOOK: Final = _Look(_INK, "o", "-")
_LABEL_LOOKS: Final = (_Look(_FIRST, "s", "--"), _Look(_SECOND, "^", ":"))


def draw_zeroing(found: Manipulation, *, parts: Sequence[Part], kind: Kind) -> bytes:
    """Accuracy over share zeroed, one panel per part: mean and 95 % interval over seeds, a thin line per seed.

    The shares stand at equal distances, not to scale.
    """
    return _draw(parts, fill=lambda axes, part: _fill_zeroing(axes, found=found, part=part), found=found, kind=kind)


def draw_scaling(found: Manipulation, *, parts: Sequence[Part], kind: Kind) -> bytes:
    """Accuracy over scaling of the frequency axis, one panel per part: all clips with intervals, and each label's."""
    curves = {curve.part: curve for curve in found.scaling}
    return _draw(parts, fill=lambda axes, part: _fill_scaling(axes, curve=curves[part]), found=found, kind=kind)


def inline(svg: bytes, *, label: str, prefix: str) -> Markup:
    """An SVG figure for a page: in the page's colours, named for readers of screens, with ids of its own.

    Parameters
    ----------
    label : str
        The alternative text.
    prefix : str
        Put before every id: several figures stand in one page.
    """
    text = svg.decode()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<(metadata|style)\b.*?</\1>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\b(id="|xlink:href="#|url\(#)', rf"\g<1>{prefix}-", text)
    text = re.sub(r'\s(width|height)="[\d.]+pt"', "", text, count=2)
    for colour, name in _PAGE_COLOURS.items():
        text = text.replace(colour, f"var({name})")
    head = Markup('<svg role="img" aria-label="{}"').format(label)
    return head + Markup(text.removeprefix("<svg"))  # noqa: S704  # drawn above, from numbers and names of this code


def describe_zeroing(found: Manipulation, *, part: Part) -> str:
    """The figure of one part in words."""
    said = []
    for choice, name in CHOICE_NAMES.items():
        curve = found.zeroed(part, choice=choice)
        values = ", ".join(f"{100 * curve.accuracy(share).mean:.0f} % at {100 * share:g} %" for share in SHARES)
        said.append(f"{name}: {values}")
    return (
        f"Accuracy on {PART_NAMES[part]} by share of {found.subject.unit} set to 0, mean over seeds. {'; '.join(said)}."
    )


def describe_scaling(curve: ScalingCurve) -> str:
    """The figure of one part in words."""
    values = ", ".join(
        f"{100 * curve.accuracy(exponent).mean:.0f} % at {_factors(exponent, joint=' and ')}" for exponent in EXPONENTS
    )
    return (
        f"Accuracy on {PART_NAMES[curve.part]} by factor of the frequency axis for {' and '.join(FACTORS)} voices, "
        f"mean over seeds: {values}."
    )


def _draw(parts: Sequence[Part], *, fill: Callable[[Axes, Part], None], found: Manipulation, kind: Kind) -> bytes:
    width, height = _PANEL_INCHES
    with matplotlib.rc_context(matplotlib.RcParams(_STYLE)):
        figure = Figure(figsize=(width * len(parts), height), layout="constrained")
        for number, part in enumerate(parts, start=1):
            axes = figure.add_subplot(1, len(parts), number)
            _frame(axes, part=part, guessing_percent=100 / len(found.subject.labels))
            fill(axes, part)
            legend = axes.legend(
                loc="lower left",
                bbox_to_anchor=(-0.02, 1.0),
                ncols=3,
                frameon=False,
                borderaxespad=0.2,
                columnspacing=1.2,
                handlelength=2.4,
            )
            legend.set_in_layout(False)  # or the panel would be as narrow as leaves room for one behind it
        picture = io.BytesIO()
        figure.savefig(
            picture, format=kind, dpi=_DOTS_PER_INCH, metadata=_METADATA[kind], transparent=False, facecolor="white"
        )
    return picture.getvalue()


def _frame(axes: Axes, *, part: Part, guessing_percent: float) -> None:
    """Title, accuracy axis, and the line of a uniform guesser."""
    axes.set_title(PART_NAMES[part].capitalize(), loc="left", fontsize=9.5, fontweight="bold", pad=24)
    axes.set_ylim(-3, 103)
    axes.set_yticks(range(0, 101, 20))
    axes.set_ylabel("right answers (%)")
    axes.grid(axis="y", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.axhline(guessing_percent, color=_SOFT, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
    axes.annotate(
        "guessing",
        (0.005, guessing_percent),
        xycoords=axes.get_yaxis_transform(),
        xytext=(0, 2),
        textcoords="offset points",
        fontsize=8,
        color=_SOFT,
    )


def _fill_zeroing(axes: Axes, *, found: Manipulation, part: Part) -> None:
    for offset, (choice, look) in zip((-0.1, 0.0, 0.1), _LOOKS.items(), strict=True):
        curve = found.zeroed(part, choice=choice)
        places = [place + offset for place in range(len(SHARES))]
        values = [curve.accuracy(share) for share in SHARES]
        _plot(axes, places=places, values=values, look=look, name=CHOICE_NAMES[choice])
        for by_seed in zip(*(each.values for each in values), strict=True):
            axes.plot(places, [100 * share for share in by_seed], color=look.colour, linewidth=0.7, alpha=0.4, zorder=2)
    axes.set_xticks(range(len(SHARES)), [f"{100 * share:g}" for share in SHARES])
    axes.set_xlabel(f"{found.subject.unit} set to 0 (% of the clip; steps not to scale)")


def _fill_scaling(axes: Axes, *, curve: ScalingCurve) -> None:
    for look, label in zip(_LABEL_LOOKS, FACTORS, strict=True):
        if label in curve.n_clips:
            shares = [100 * curve.accuracy(exponent, label=label).mean for exponent in EXPONENTS]
            axes.plot(
                EXPONENTS,
                shares,
                color=look.colour,
                marker=look.marker,
                markersize=3.5,
                linestyle=look.line,
                linewidth=1.2,
                label=label,
                zorder=3,
            )
    values = [curve.accuracy(exponent) for exponent in EXPONENTS]
    _plot(axes, places=EXPONENTS, values=values, look=_ALL_LOOK, name="all")
    axes.axvline(0, color=_SOFT, linewidth=0.8, zorder=1)
    axes.set_xticks(EXPONENTS[::2], [_factors(exponent, joint="\n") for exponent in EXPONENTS[::2]])
    axes.set_xlabel(
        f"factor of the frequency axis ({', '.join(FACTORS)} voices)\n← away from the other sex · towards it →"
    )


def _plot(axes: Axes, *, places: Sequence[float], values: Sequence[OverSeeds], look: _Look, name: str) -> None:
    """Means joined by a line, with their intervals."""
    means = [100 * each.mean for each in values]
    axes.plot(
        places,
        means,
        color=look.colour,
        marker=look.marker,
        markersize=4.5,
        linestyle=look.line,
        linewidth=1.7,
        label=name,
        zorder=4,
    )
    for place, each in zip(places, values, strict=True):
        if each.share_interval is not None:
            ends = [100 * end for end in each.share_interval]
            axes.plot([place] * 2, ends, color=look.colour, linewidth=1.1, alpha=0.65, zorder=3)


def _factors(exponent: float, *, joint: str) -> str:
    return joint.join(f"×\N{NO-BREAK SPACE}{factor**exponent:.2f}" for factor in FACTORS.values())
