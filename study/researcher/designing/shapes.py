"""What a design's types ask of a form: each annotation of a study file's models as one of a few shapes."""

from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, StringConstraints
from pydantic_core import PydanticUndefined

ShapeKind = Literal[
    "flag", "whole-number", "number", "line", "text", "choice", "name-list", "list", "texts", "table", "group", "rows"
]
_LONGEST_LINE = 300  # characters; more is written into several lines
_NUMBERS: dict[type, ShapeKind] = {bool: "flag", int: "whole-number", float: "number"}


@dataclass(frozen=True)
class Shape:
    """How a value is asked for.

    `options` are a choice's values; `models` those of a group (one) or of rows (several where rows differ in kind);
    `entry` is the shape of a list's or a table's entries.
    """

    kind: ShapeKind
    is_optional: bool = False
    options: tuple[str, ...] = ()
    models: tuple[type[BaseModel], ...] = ()
    entry: ShapeKind | None = None


@cache
def shapes_of(model: type[BaseModel]) -> dict[str, Shape]:
    """The shape of each field of a model, in the model's order."""
    hints = get_type_hints(model, include_extras=True)
    return {name: find_shape(hints[name]) for name in model.model_fields}


def default_of(model: type[BaseModel], name: str) -> Any:
    """A field's default as JSON has it, None where there is none (Any: whatever JSON can say)."""
    value = model.model_fields[name].get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        return None
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return list(value) if isinstance(value, tuple) else value


def kind_field(model: type[BaseModel]) -> str | None:
    """The field that tells a row's kind among others: the one with a single possible value."""
    for name, shape in shapes_of(model).items():
        if shape.kind == "choice" and len(shape.options) == 1 and name in {"kind", "rule"}:
            return name
    return None


def kind_value(model: type[BaseModel]) -> str:
    """What `kind_field` holds in rows of this model; empty where rows have one kind."""
    name = kind_field(model)
    return "" if name is None else shapes_of(model)[name].options[0]


def find_shape(annotation: Any) -> Shape:
    """The shape of an annotation (Any: a type expression).

    Raises
    ------
    TypeError
        If no form is known for it.
    """
    bare, is_long = _strip(annotation)
    if get_origin(bare) in {Union, UnionType}:
        kept = [one for one in get_args(bare) if one is not NoneType]
        if len(kept) < len(get_args(bare)):
            inner = find_shape(kept[0])
            return Shape(inner.kind, True, inner.options, inner.models, inner.entry)
    if bare in _NUMBERS:
        return Shape(_NUMBERS[bare])
    if bare is str:
        return Shape("text" if is_long else "line")
    if get_origin(bare) is Literal:
        return Shape("choice", options=tuple(map(str, get_args(bare))))
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return Shape("group", models=(bare,))
    if get_origin(bare) is dict:
        return _table(bare)
    if get_origin(bare) in {list, tuple}:
        return _list(get_args(bare)[0])
    raise TypeError(f"no form is known for {annotation!r}")


def _table(bare: Any) -> Shape:
    """A mapping: from languages to texts, or from names to entries."""
    keys, values = get_args(bare)
    inner = find_shape(values)
    if get_origin(keys) is Literal and inner.kind in {"line", "text"}:
        return Shape("texts", entry=inner.kind)
    return Shape("table", models=inner.models, entry=inner.kind)


def _list(entry: Any) -> Shape:
    """Rows of one model or of several, names, texts, or plain values."""
    bare, _ = _strip(entry)
    if get_origin(bare) in {Union, UnionType}:
        members = get_args(bare)
        if all(isinstance(one, type) and issubclass(one, BaseModel) for one in members):
            return Shape("rows", models=members)
        return Shape("list", entry="line")
    inner = find_shape(entry)
    if inner.kind == "group":
        return Shape("rows", models=inner.models)
    if inner.kind == "texts":
        return Shape("rows", entry="texts")
    return Shape("name-list" if inner.kind == "line" else "list", entry=inner.kind)


def _strip(annotation: Any) -> tuple[Any, bool]:
    """The annotation without what stands beside its type, and whether that allows more than a line."""
    is_long = False
    while get_origin(annotation) is Annotated:
        annotation, *beside = get_args(annotation)
        is_long = is_long or any(
            isinstance(one, StringConstraints) and (one.max_length or 0) > _LONGEST_LINE for one in beside
        )
    return annotation, is_long
