"""Progress of long work, on a terminal or in a log."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

Item = TypeVar("Item")

_BAR_CELLS = 24
_REDRAW_SECONDS = 0.1


def progress(
    items: Iterable[Item], *, label: str, n_items: int | None = None, stream: TextIO | None = None
) -> Iterator[Item]:
    """The items again, with a bar on stderr (on a terminal), or one line at the end (in a log).

    Parameters
    ----------
    items : Iterable
        What is worked through; its length is read from `n_items` when it has none.
    label : str
        What is being done, as a reader says it.
    """
    out = stream or sys.stderr
    total = n_items if n_items is not None else len(items)  # type: ignore[arg-type]  # a sized iterable by contract
    started, drawn = time.monotonic(), 0.0
    for done, item in enumerate(items):
        now = time.monotonic()
        if out.isatty() and now - drawn >= _REDRAW_SECONDS:
            drawn = now
            out.write("\r" + _bar(label, done=done, total=total, elapsed_s=now - started))
            out.flush()
        yield item
    ending = "\r" if out.isatty() else ""
    out.write(ending + _bar(label, done=total, total=total, elapsed_s=time.monotonic() - started) + "\n")
    out.flush()


def _bar(label: str, *, done: int, total: int, elapsed_s: float) -> str:
    share = done / total if total else 1.0
    filled = round(share * _BAR_CELLS)
    left = f", {elapsed_s / done * (total - done):.0f} s left" if 0 < done < total else f", {elapsed_s:.0f} s"
    return f"{label:<28} [{'#' * filled}{'.' * (_BAR_CELLS - filled)}] {done}/{total}{left}   "
