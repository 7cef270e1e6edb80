"""The tables of an export: from the bytes of a CSV to text cells, and from text cells to typed columns."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from earshot.dataset import Column, DataType

_INTEGER = re.compile(r"-?\d{1,18}")
_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?")
_FORMS: dict[DataType, str] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a finite number",
    "boolean": "true or false",
    "time": "an ISO-8601 time in UTC",
}


@dataclass(frozen=True, eq=False)
class TextTable:
    """A CSV as text.

    Parameters
    ----------
    name : str
        Archive path.
    header : tuple of str
        Column names as they stand in the first line.
    cells : DataFrame, str
        One row per line after the header; an empty cell is an empty string. Index: line number in the file.
    """

    name: str
    header: tuple[str, ...]
    cells: pd.DataFrame


def parse_table(content: bytes, *, name: str) -> tuple[TextTable | None, list[str]]:
    """The table in a CSV's bytes, or None with one sentence per fault of its form."""
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8")), strict=True))
    except UnicodeDecodeError as fault:
        return None, [f"{name} is no UTF-8 text ({fault.reason} at byte {fault.start}); export it again"]
    except csv.Error as fault:
        return None, [f"{name} is no CSV ({fault}); export it again"]
    if not lines or not lines[0]:
        return None, [f"{name} has no header line; export it again"]
    header, rows = lines[0], lines[1:]
    faults = _find_form_faults(header, rows, name=name)
    if faults:
        return None, faults
    index = pd.RangeIndex(2, len(rows) + 2)
    cells = pd.DataFrame(rows, columns=header, index=index, dtype="object")
    return TextTable(name=name, header=tuple(header), cells=cells), []


def _find_form_faults(header: Sequence[str], rows: Sequence[Sequence[str]], *, name: str) -> list[str]:
    faults = [
        f"{name}: column '{column}' stands {header.count(column)} times in the header; each name may stand once"
        for column in dict.fromkeys(header)
        if header.count(column) > 1
    ]
    uneven = [line for line, row in enumerate(rows, start=2) if len(row) != len(header)]
    if uneven:
        n_found = len(rows[uneven[0] - 2])
        faults.append(
            f"{name}: line {uneven[0]} has {n_found} cells, the header {len(header)}{_and_more(len(uneven) - 1)}; "
            "all rows must be equally long"
        )
    return faults


def find_column_faults(table: TextTable, *, columns: Sequence[Column]) -> list[str]:
    """One sentence per column that is missing, surplus, or holds cells of another type or level than defined."""
    defined = [column.name for column in columns]
    faults = [f"{table.name}: column '{name}' is missing" for name in defined if name not in table.header]
    faults += [
        f"{table.name}: column '{name}' is surplus; this version defines {', '.join(defined)}"
        for name in table.header
        if name not in defined
    ]
    for column in columns:
        if column.name in table.header:
            faults += _find_cell_faults(table, column)
    return faults


def _find_cell_faults(table: TextTable, column: Column) -> list[str]:
    cells = table.cells[column.name]
    if column.levels:
        allowed, fits = "one of " + ", ".join(column.levels), cells.isin(["", *column.levels])
    else:
        allowed, fits = _FORMS[column.data_type], cells.map(_fits(column.data_type)).astype(bool)
    wrong = cells[~fits]
    if wrong.empty:
        return []
    return [
        f"{table.name}: column '{column.name}' has {wrong.iloc[0]!r} in line {wrong.index[0]}"
        f"{_and_more(len(wrong) - 1)}; expected {allowed}"
    ]


def _fits(data_type: DataType) -> Callable[[str], bool]:
    tests: dict[DataType, Callable[[str], bool]] = {
        "string": lambda cell: True,
        "integer": lambda cell: not cell or _INTEGER.fullmatch(cell) is not None,
        "number": lambda cell: not cell or (_NUMBER.fullmatch(cell) is not None and bool(np.isfinite(float(cell)))),
        "boolean": lambda cell: cell in ("", "true", "false"),
        "time": lambda cell: not cell or _is_utc_time(cell),
    }
    return tests[data_type]


def _is_utc_time(cell: str) -> bool:
    try:
        return datetime.fromisoformat(cell).utcoffset() == timedelta(0)
    except ValueError:
        return False


def _and_more(n_more: int) -> str:
    return f" (and in {n_more} more)" if n_more else ""


def typed_frame(table: TextTable, *, columns: Sequence[Column]) -> pd.DataFrame:
    """The table with typed columns; an empty cell becomes a missing value.

    Parameters
    ----------
    table : TextTable
        One in which `find_column_faults` found nothing.
    columns : sequence of Column
        In the order of the result.

    Returns
    -------
    DataFrame
        "string" as str, "integer" as Int64, "number" as Float64, "boolean" as boolean, "time" as datetime64 in UTC.
        Index: 0, 1, ...
    """
    cells = table.cells.reset_index(drop=True)
    return pd.DataFrame({column.name: _typed(cells[column.name], column.data_type) for column in columns})


def _typed(cells: "pd.Series[str]", data_type: DataType) -> "pd.Series[Any]":  # Any: the type depends on a value
    known = cells.where(cells != "", None)
    if data_type == "integer":
        return known.map(int, na_action="ignore").astype("Int64")
    if data_type == "number":
        return known.map(float, na_action="ignore").astype("Float64")
    if data_type == "boolean":
        return known.map({"true": True, "false": False}, na_action="ignore").astype("boolean")
    if data_type == "time":
        return pd.to_datetime(known, utc=True, format="ISO8601")
    return known.astype("str")
