"""The picture of a confusion matrix."""

import io
from collections.abc import Sequence
from typing import Final, Literal

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_CELL_INCHES: Final = 0.5
_MARGIN_INCHES: Final = 1.6
_DOTS_PER_INCH: Final = 150
_DARK_SHARE: Final = 0.6  # from here on white numbers read better than black ones
# nothing of the time or of the software: equal matrices give equal bytes
_METADATA: Final = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}


def draw_confusion(confusion: Sequence[Sequence[int]], *, labels: Sequence[str], kind: Literal["svg", "png"]) -> bytes:
    """A picture of how many clips of each label (row) got which answer (column); equal ones give equal bytes.

    A cell's shade is its share of the row, its number the count.

    Parameters
    ----------
    confusion : sequence of sequence of int, (label, answer)
    labels : sequence of str
        Names of rows and columns.
    kind : {'svg', 'png'}

    Raises
    ------
    ValueError
        If the matrix does not have a row and a column per label.
    """
    counts = np.array(confusion, dtype=np.int64)
    if counts.shape != (len(labels), len(labels)):
        raise ValueError(f"confusion has shape {counts.shape}; expected a row and a column for {len(labels)} labels")
    side_inches = _MARGIN_INCHES + _CELL_INCHES * len(labels)
    with matplotlib.rc_context({"svg.hashsalt": "confusion", "svg.fonttype": "none"}):
        figure = Figure(figsize=(side_inches, side_inches), layout="constrained")
        _fill(figure.add_subplot(), counts=counts, labels=labels)
        picture = io.BytesIO()
        figure.savefig(picture, format=kind, dpi=_DOTS_PER_INCH, metadata=_METADATA[kind])
    return picture.getvalue()


def _fill(axes: Axes, *, counts: np.typing.NDArray[np.int64], labels: Sequence[str]) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Greys", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > _DARK_SHARE else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(labels)), labels, rotation=90 if max(map(len, labels)) > 2 else 0)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("answer of the network")
    axes.set_ylabel("true label")
