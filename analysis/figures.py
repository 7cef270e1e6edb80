"""The figure of a report: accuracy by condition over participant dots, as inline SVG."""

import io
import re
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from analysis.cells import Cell, participant_accuracies
from analysis.wording import level_name

Layout = Literal["wide", "narrow"]

# Okabe and Ito's blue and vermillion: told apart with every common colour blindness, and in grey by their lightness.
COLOURS = {"picture": "#0072B2", "sound": "#D55E00"}
_MARKERS = {"picture": "s", "sound": "o"}
_PLACES = {
    ("picture", "control"): 0.0,
    ("picture", "relevance"): 1.0,
    ("sound", "control"): 2.8,
    ("sound", "relevance"): 3.8,
}
_GAP = 1.9
_INK, _PALE = "#222222", "#767676"
# inches; narrow is drawn for a phone's width, so that its letters are not scaled down there
_SIZES: dict[Layout, tuple[float, float]] = {"wide": (7.6, 3.7), "narrow": (3.7, 6.9)}
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "earshot",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.edgecolor": _PALE,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


@dataclass(frozen=True)
class Panel:
    """One panel: its stratum, its title, and what naming the spoken word would score, 0-1."""

    model_correct: bool
    title: str
    truth_namer: float


_PANELS = (Panel(False, "Network wrong (decides)", 0.0), Panel(True, "Network right", 1.0))


def draw_accuracies(
    trials: pd.DataFrame, *, cells: list[Cell], chance_share: float, level: float, layout: Layout
) -> str:
    """Inline SVG: both strata, mean and interval of each condition over one dot per participant.

    Parameters
    ----------
    trials : DataFrame
        Reads subject_id, channel, mask, model_correct, correct; one row per answered main trial.
    cells : list of Cell
        From `describe_cells`.
    chance_share : float
        Accuracy of a uniform guesser, 0-1.
    level : float
        Coverage of the intervals in `cells`, for the alternative text.
    layout : str
        "wide" has the panels side by side, "narrow" one above the other.
    """
    with mpl.rc_context(mpl.RcParams(_STYLE)):
        figure = Figure(figsize=_SIZES[layout], layout=ConstrainedLayoutEngine(hspace=0.09, wspace=0.03))
        FigureCanvasSVG(figure)
        grid = (1, 2) if layout == "wide" else (2, 1)
        for place, panel in enumerate(_PANELS, start=1):
            axes = figure.add_subplot(*grid, place)
            _draw_panel(axes, panel, trials=trials, cells=cells, chance_share=chance_share)
            axes.set_ylabel("Correct answers (%)" if layout == "narrow" or place == 1 else "")
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    return _inline(out.getvalue(), label=describe_figure(cells, level=level), prefix=layout)


def _draw_panel(axes: Axes, panel: Panel, *, trials: pd.DataFrame, cells: list[Cell], chance_share: float) -> None:
    axes.set_title(panel.title, fontsize=10, fontweight="bold", loc="left", pad=10)
    axes.set_xlim(-0.65, 4.45)
    axes.set_ylim(-4, 104)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.set_xticks(list(_PLACES.values()), [f"{mask}" for _, mask in _PLACES])
    axes.tick_params(axis="x", length=0, pad=4)
    for channel, middle in (("picture", 0.5), ("sound", 3.3)):
        axes.annotate(
            channel,
            (middle, 0),
            xycoords=axes.get_xaxis_transform(),
            xytext=(0, -21),
            textcoords="offset points",
            ha="center",
            va="top",
            color=COLOURS[channel],
            fontweight="bold",
        )
    _draw_references(axes, panel, chance_share=chance_share)
    stratum = trials[trials["model_correct"] == panel.model_correct]
    own = [cell for cell in cells if cell.model_correct == panel.model_correct and cell.n_trials]
    for cell in own:
        of_cell = stratum[(stratum["channel"] == cell.channel) & (stratum["mask"] == cell.mask)]
        _draw_dots(axes, 100 * participant_accuracies(of_cell).to_numpy(dtype=np.float64), cell=cell)
    for channel in COLOURS:
        _draw_means(axes, [cell for cell in own if cell.channel == channel], channel=channel)


def _draw_references(axes: Axes, panel: Panel, *, chance_share: float) -> None:
    """Lines of the strategies that understand nothing, named in the gap between the channels."""
    below = panel.truth_namer > 0.5
    for share, name, style, lifted in (
        (panel.truth_namer, "truth-namer", (0, (6, 3)), not below),
        (chance_share, "guessing", (0, (1, 2)), True),
    ):
        axes.axhline(100 * share, color=_PALE, linewidth=0.9, linestyle=style, zorder=1)
        axes.annotate(
            name,
            (_GAP, 100 * share),
            xytext=(0, 2 if lifted else -2),
            textcoords="offset points",
            ha="center",
            va="bottom" if lifted else "top",
            fontsize=7.5,
            color="#555555",
        )


def _draw_dots(axes: Axes, percents: npt.NDArray[np.floating[Any]], *, cell: Cell) -> None:
    """One dot per participant; equal values stand in a row around the middle."""
    levels, counts = np.unique(np.round(percents, 6), return_counts=True)
    step = min(0.075, 0.82 / max(int(counts.max()), 1))
    for value, count in zip(levels.tolist(), counts.tolist(), strict=True):
        offsets = (np.arange(count) - (count - 1) / 2) * step
        axes.scatter(
            _PLACES[cell.channel, cell.mask] + offsets,
            np.full(count, value),
            s=7,
            color=COLOURS[cell.channel],
            alpha=0.4,
            linewidths=0,
            zorder=2,
        )


def _draw_means(axes: Axes, cells: list[Cell], *, channel: str) -> None:
    """Means with intervals, control hollow, relevance filled, joined by a line."""
    places = [_PLACES[cell.channel, cell.mask] for cell in cells]
    axes.plot(places, [100 * cell.accuracy for cell in cells], color=_INK, linewidth=1.1, zorder=3)
    for place, cell in zip(places, cells, strict=True):
        if not np.isnan(cell.interval[0]):
            axes.plot([place, place], [100 * end for end in cell.interval], color=_INK, linewidth=1.8, zorder=4)
        axes.plot(
            [place],
            [100 * cell.accuracy],
            marker=_MARKERS[channel],
            markersize=7.5,
            color=COLOURS[channel] if cell.mask == "relevance" else "white",
            markeredgecolor=_INK,
            markeredgewidth=1.3,
            zorder=5,
        )


def describe_figure(cells: list[Cell], *, level: float) -> str:
    """The figure in words, for those who cannot see it."""
    parts = []
    for panel in _PANELS:
        values = ", ".join(
            f"{cell.channel} {cell.mask} {100 * cell.accuracy:.0f} %"
            for cell in cells
            if cell.model_correct == panel.model_correct and cell.n_trials
        )
        parts.append(f"{panel.title}: {values or 'no trials'}.")
    return f"Mean accuracy by channel and mask with {level_name(level)} intervals. " + " ".join(parts)


def _inline(svg: str, *, label: str, prefix: str) -> str:
    """The SVG element alone, named for screen readers, with ids of its own and without links or fixed size."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<(metadata|style)\b.*?</\1>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\b(id="|xlink:href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    svg = re.sub(r'\s(width|height)="[\d.]+pt"', "", svg)
    return svg.replace("<svg", f'<svg role="img" aria-label="{_escape(label)}" class="{prefix}"', 1).strip()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
