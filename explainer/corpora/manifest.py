"""A corpus that a CSV file lists: one row per recording, with whatever is known of it in further columns."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from earshot.errors import RecipeError
from explainer.corpora.clips import Clip

_OWN_COLUMNS: Final = ("path", "speaker", "take")  # what a clip keeps elsewhere than in its attributes


@dataclass(frozen=True)
class _Row:
    """The cells of a row by column, without the spaces around them, and the line that it ends on."""

    line: int
    cells: Mapping[str, str]


def read_manifest(path: Path, *, label_column: str) -> list[Clip]:
    """The clips that a CSV file lists, ordered by id; none is opened.

    Parameters
    ----------
    path : Path
        UTF-8, separated by commas; the first line names the columns: `path` (relative to the file's folder), `speaker`,
        `label_column`, perhaps `take` (whole numbers), and any others, which become attributes. Without `take`, the
        recordings that a speaker made of a label are numbered from 0 in the order of their paths.
    label_column : str

    Raises
    ------
    RecipeError
        If the file is missing or no such CSV, lacks a column or has one twice, or if a row has too few or too many
        cells, an empty one that is needed, a take that is no number, or a path that is absolute, leads outside the
        folder, stands there twice or names no file.
    """
    header, rows = _read_rows(path)
    for column in dict.fromkeys(("path", "speaker", label_column)):
        if column not in header:
            raise RecipeError(
                f"{path} has no column '{column}'; its first line names {', '.join(header)}: add it, separated by "
                "commas" + (", or name another column under corpus.label" if column == label_column else "")
            )
    clips = [_read_clip(row, manifest=path, label_column=label_column) for row in rows]
    if not clips:
        raise RecipeError(f"{path} lists no recording; add a row for each below the names of the columns")
    _check_once(clips, rows=rows, path=path)
    in_order = sorted(clips, key=lambda clip: clip.id)
    return in_order if "take" in header else _number_takes(in_order)


def _read_rows(path: Path) -> tuple[list[str], list[_Row]]:
    """The names of the columns, and the rows below that hold anything."""
    if not path.is_file():
        raise RecipeError(f"{path} is missing; name the CSV file within the corpus under corpus.manifest")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise RecipeError(f"{path} is not in UTF-8 ({fault.reason}, byte {fault.start}); save it as UTF-8") from fault
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header, path=path)
        rows = [_read_row(cells, header=header, path=path, line=reader.line_num) for cells in reader if any(cells)]
    except csv.Error as fault:
        raise RecipeError(f"{path}, line {reader.line_num}: {fault}; save it as CSV again") from fault
    return header, rows


def _check_header(header: Sequence[str], *, path: Path) -> None:
    twice = [column for column, count in Counter(header).items() if count > 1]
    if twice:
        raise RecipeError(f"{path} has the column '{twice[0]}' twice; rename one of them or take it out")


def _read_row(cells: Sequence[str], *, header: Sequence[str], path: Path, line: int) -> _Row:
    if len(cells) != len(header):
        raise RecipeError(
            f"{path}, line {line} has {len(cells)} cells; expected {len(header)}, one per column: put text that holds "
            "a comma between quotation marks"
        )
    return _Row(line=line, cells={column: cell.strip() for column, cell in zip(header, cells, strict=True)})


def _read_clip(row: _Row, *, manifest: Path, label_column: str) -> Clip:
    place = f"{manifest}, line {row.line}"
    needed = [column for column in (*_OWN_COLUMNS, label_column) if column in row.cells]
    for column in needed:
        if not row.cells[column]:
            raise RecipeError(f"{place} has no '{column}'; fill the cell in or take the row out")
    name = _check_path(row.cells["path"], folder=manifest.parent, place=place)
    return Clip(
        id=name,
        path=manifest.parent / name,
        label=row.cells[label_column],
        speaker=row.cells["speaker"],
        take=_read_take(row.cells.get("take", "0"), place=place),
        attributes={column: cell for column, cell in row.cells.items() if cell and column not in _OWN_COLUMNS},
    )


def _check_path(text: str, *, folder: Path, place: str) -> str:
    """The path relative to `folder`, in one way of writing it."""
    path = PurePosixPath(text)
    # the corpus' hash holds these names and must not depend on where the corpus lies
    if path.is_absolute() or ".." in path.parts or "\\" in text:
        raise RecipeError(f"{place}: path is '{text}'; expected one below {folder}, with / between folders and no '..'")
    if not (folder / path).is_file():
        raise RecipeError(f"{place}: '{text}' is no file in {folder}; mend the path or take the row out")
    return path.as_posix()


def _read_take(text: str, *, place: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise RecipeError(f"{place}: take is '{text}'; expected a whole number from 0")
    return int(text)


def _check_once(clips: Sequence[Clip], *, rows: Sequence[_Row], path: Path) -> None:
    lines: dict[str, int] = {}
    for clip, row in zip(clips, rows, strict=True):
        if clip.id in lines:
            raise RecipeError(
                f"{path}, line {row.line}: '{clip.id}' stands already in line {lines[clip.id]}; take one of them out"
            )
        lines[clip.id] = row.line


def _number_takes(clips: Sequence[Clip]) -> list[Clip]:
    """The clips with takes from 0 for each speaker and label, in their order."""
    counts: Counter[tuple[str, str]] = Counter()
    numbered = []
    for clip in clips:
        numbered.append(replace(clip, take=counts[clip.speaker, clip.label]))
        counts[clip.speaker, clip.label] += 1
    return numbered
