"""Adding, taking out and moving rows of a design that is being typed."""

from typing import Any

from study.researcher.designing.posted import Fields

DEEDS = ("add", "remove", "up")
_NAMED_LISTS = ("conditions", "arms", "blocks", "questionnaires", "items", "rows", "statements")


def change_rows(fields: Fields, *, deed: str) -> Fields | None:
    """The fields after a deed such as `add:blocks:main`, `remove:arms.1` or `up:blocks.2`; None for no such deed."""
    verb, _, target = deed.partition(":")
    path, _, kind = target.partition(":")
    if verb not in DEEDS or not path:
        return None
    if verb == "add":
        return _with_rows(fields, path=path, rows=[*_rows_at(fields, path=path), _new_row(fields, path, kind=kind)])
    parent, _, last = path.rpartition(".")
    rows = _rows_at(fields, path=parent)
    if not last.isdecimal() or int(last) >= len(rows):
        return None
    place = int(last)
    row = rows.pop(place)
    if verb == "up":
        rows.insert(max(place - 1, 0), row)
    return _with_rows(fields, path=parent, rows=rows)


def _new_row(fields: Fields, path: str, *, kind: str) -> dict[str, Any]:
    """An empty row of a kind, with a name of its own where rows have names (Any: JSON)."""
    key = path.rpartition(".")[2]
    row: dict[str, Any] = {"rule" if key == "exclusions" else "kind": kind} if kind else {}
    if key not in _NAMED_LISTS:
        return row
    taken = {one.get("name") for one in _rows_at(fields, path=path) if isinstance(one, dict)}
    word = kind if key == "blocks" else key.removesuffix("s")
    names = (f"{word}-{number}" for number in range(1, len(taken) + 2))
    return row | {"name": next(name for name in names if name not in taken)}


def _rows_at(fields: Fields, *, path: str) -> list[Any]:
    """A copy of the list at a path, empty where there is none (Any: JSON)."""
    value: Any = fields
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return []
    return list(value) if isinstance(value, list) else []


def _with_rows(fields: Fields, *, path: str, rows: list[Any]) -> Fields:
    """The fields with a list in its place (Any: JSON)."""
    changed: Fields = _replaced(fields, path=path, rows=rows)
    return changed


def _replaced(fields: Any, *, path: str, rows: list[Any]) -> Any:
    key, _, rest = path.partition(".")
    if isinstance(fields, list):
        inner = [*fields]
        inner[int(key)] = _replaced(inner[int(key)], path=rest, rows=rows) if rest else rows
        return inner
    held = fields.get(key, {}) if isinstance(fields, dict) else {}
    return {**fields, key: _replaced(held if held is not None else {}, path=rest, rows=rows) if rest else rows}
