"""A posted form read back into a design's fields, by the shapes that made the form."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict
from pydantic import BaseModel

from study.researcher.designing.shapes import Shape, ShapeKind, kind_field, kind_value, shapes_of

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_MOST_ROWS = 200  # of one list in one form; the formats allow fewer
Fields = dict[str, Any]  # what a study file's JSON holds


def read_group(model: type[BaseModel], *, path: str, posted: QueryDict, languages: Sequence[str]) -> Fields:
    """The fields of a group.

    What was left blank is None where the design may lack it, and left out elsewhere, so that its default holds or its
    lack is named.
    """
    shapes = {name: shape for name, shape in shapes_of(model).items() if name != kind_field(model)}
    read = {
        name: read_value(shape, path=f"{path}.{name}", posted=posted, languages=languages)
        for name, shape in shapes.items()
    }
    fields = {name: value for name, value in read.items() if value is not None or shapes[name].is_optional}
    kind = kind_field(model)
    return fields if kind is None else {kind: kind_value(model), **fields}


def read_value(shape: Shape, *, path: str, posted: QueryDict, languages: Sequence[str]) -> Any:
    """The value at a path, None for one that was left blank (Any: whatever the shape holds).

    A number that is none stays the text it is: the design's own validator names it at its field.
    """
    text = posted.get(path, "").replace("\r\n", "\n").strip()
    match shape.kind:
        case "flag":
            return path in posted
        case "whole-number" | "number":
            return _number(text, kind=shape.kind)
        case "line" | "text":
            return text if text or not shape.is_optional else None
        case "choice":
            return text or None
        case "name-list":
            return posted.getlist(path)
        case "list":
            return [_number(entry, kind=shape.entry) for part in text.split(",") if (entry := part.strip())]
        case "texts":
            return _texts(shape, path=path, posted=posted, languages=languages)
        case "table":
            return _table(shape, path=path, posted=posted, languages=languages)
        case "group":
            if shape.is_optional and f"{path}.on" not in posted:
                return None
            return read_group(shape.models[0], path=path, posted=posted, languages=languages)
        case "rows":
            return _rows(shape, path=path, posted=posted, languages=languages)


def renamed(posted: QueryDict, *, path: str) -> Mapping[str, str]:
    """Old name to new one, of the rows at a path whose name was changed to another that a row can have."""
    pairs = [
        (posted.get(f"{path}.{row}.was", ""), posted.get(f"{path}.{row}.name", "").strip())
        for row in range(_n_rows(path, posted=posted))
    ]
    return {was: name for was, name in pairs if was and was != name and _NAME.fullmatch(name)}


def _number(text: str, *, kind: ShapeKind | None) -> int | float | str | None:
    try:
        if kind == "whole-number":
            return int(text) if text else None
        return float(text) if kind == "number" and text else text or None
    except ValueError:
        return text


def _texts(shape: Shape, *, path: str, posted: QueryDict, languages: Sequence[str]) -> dict[str, str] | None:
    texts = {language: posted.get(f"{path}.{language}", "").replace("\r\n", "\n").strip() for language in languages}
    return None if shape.is_optional and not any(texts.values()) else texts


def _table(shape: Shape, *, path: str, posted: QueryDict, languages: Sequence[str]) -> Fields:
    """A mapping: of languages to groups, or of any keys to entries, blank ones left out and weights of nothing too."""
    if shape.entry == "group":
        model = shape.models[0]
        return {key: read_group(model, path=f"{path}.{key}", posted=posted, languages=languages) for key in languages}
    keys = [key.removeprefix(f"{path}.") for key in posted if key.startswith(f"{path}.")]
    entries = {key: _number(posted.get(f"{path}.{key}", "").strip(), kind=shape.entry) for key in keys}
    return {key: entry for key, entry in entries.items() if entry not in {None, 0}}


def _rows(shape: Shape, *, path: str, posted: QueryDict, languages: Sequence[str]) -> list[Any]:
    """The rows at a path, in their order; a row of an unknown kind is taken for one of the first kind."""
    rows: list[Any] = []
    by_kind = {kind_value(model): model for model in shape.models}
    for place in range(_n_rows(path, posted=posted)):
        row_path = f"{path}.{place}"
        if not shape.models:
            rows.append(_texts(shape, path=row_path, posted=posted, languages=languages))
            continue
        model = by_kind.get(posted.get(f"{row_path}.kind", ""), shape.models[0])
        rows.append(read_group(model, path=row_path, posted=posted, languages=languages))
    return rows


def _n_rows(path: str, *, posted: QueryDict) -> int:
    text = posted.get(f"{path}.rows", "0")
    return min(int(text), _MOST_ROWS) if text.isdecimal() else 0
