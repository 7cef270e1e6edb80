"""A form's fields as a tree for the template: what stands there, what may be chosen, and what is wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from study.researcher.designing.shapes import Shape, default_of, kind_field, kind_value, shapes_of
from study.researcher.designing.words import (
    BESIDE,
    CHOICES,
    field_help,
    field_label,
    language_word,
    row_word,
    value_word,
)

NodeKind = Literal["flag", "number", "line", "text", "choice", "checks", "group", "optional", "rows", "row"]
Faults = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Choice:
    """One value of a select or of check boxes, with its words."""

    value: str
    word: str
    is_chosen: bool


@dataclass(frozen=True)
class Node:
    """One field, or a group or list of them.

    `path` is its place in the design and its name in the form; `more` are the fields that most designs leave as they
    are; `adds` are kinds of rows that can be added, with their words.
    """

    path: str
    kind: NodeKind
    label: str
    help: str = ""
    value: str = ""
    is_on: bool = False
    choices: tuple[Choice, ...] = ()
    children: tuple["Node", ...] = ()
    more: tuple["Node", ...] = ()
    adds: tuple[tuple[str, str], ...] = ()
    faults: tuple[str, ...] = ()
    is_open: bool = False

    @property
    def id(self) -> str:
        """The field's id in the page."""
        return "field-" + "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in self.path)

    @property
    def described_by(self) -> str:
        """The ids of what describes the field."""
        return f"{self.id}-faults {self.id}-help" if self.help else f"{self.id}-faults"


@dataclass(frozen=True)
class Form:
    """What fields are made with: the languages of texts, names to choose from by subject, and faults by path.

    `held` are the values that the bundle has something for, by subject; others are marked.
    """

    languages: tuple[str, ...]
    names: Mapping[str, Sequence[str]]
    held: Mapping[str, frozenset[str]] = field(default_factory=dict)
    faults: Faults = field(default_factory=dict)

    def node(self, shape: Shape, *, path: str, value: Any, key: str) -> Node:
        """The node of a value (Any: whatever the shape holds); `key` is `Model.field`, which words are looked up by."""
        label, name = field_label(key), key.partition(".")[2]
        common: dict[str, Any] = {"path": path, "label": label, "help": field_help(key), "faults": self._faults(path)}
        match shape.kind:
            case "flag":
                return Node(kind="flag", is_on=bool(value), **common)
            case "whole-number" | "number":
                return Node(kind="number", value=_written(value), **common)
            case "line" if CHOICES.get(key) in self.names:
                return Node(kind="choice", choices=self._named(CHOICES[key], chosen=[value], key=key), **common)
            case "line" | "text":
                return Node(kind=shape.kind, value=_written(value), **common)
            case "choice":
                return Node(kind="choice", choices=self._values(shape, value=value, name=name), **common)
            case "name-list":
                return Node(kind="checks", choices=self._named(CHOICES[key], chosen=value or [], key=""), **common)
            case "list":
                return Node(kind="line", value=", ".join(map(_written, value or [])), **common)
            case "texts":
                children = self._texts(shape, path=path, value=value or {}, label=label, sentence=common["help"])
                return children[0] if len(children) == 1 else Node(kind="group", children=children, **common)
            case "table":
                return Node(kind="group", children=self._table(shape, path=path, value=value or {}, key=key), **common)
            case "group":
                return self._group(shape, value=value, common=common)
            case "rows":
                return self._rows(shape, rows=value or [], key=key, common=common)

    def fields_of(self, model: type[BaseModel], *, path: str, value: Mapping[str, Any]) -> list[tuple[str, Node]]:
        """The name and node of each field of a model, but that of its kind and those with a single value."""
        prefix = f"{path}." if path else ""
        return [
            (
                name,
                self.node(
                    shape,
                    path=f"{prefix}{name}",
                    value=value.get(name, default_of(model, name)),
                    key=f"{model.__name__}.{name}",
                ),
            )
            for name, shape in shapes_of(model).items()
            if name != kind_field(model) and not (shape.kind == "choice" and len(shape.options) == 1)
        ]

    def _group(self, shape: Shape, *, value: Any, common: dict[str, Any]) -> Node:
        model = shape.models[0]
        nodes = self.fields_of(model, path=common["path"], value=value or {})
        kind: NodeKind = "optional" if shape.is_optional else "group"
        return Node(kind=kind, is_on=value is not None, **_split(model, nodes=nodes), **common)

    def _rows(self, shape: Shape, *, rows: Sequence[Any], key: str, common: dict[str, Any]) -> Node:
        by_kind = {kind_value(model): model for model in shape.models}
        children = []
        for place, value in enumerate(rows):
            path = f"{common['path']}.{place}"
            if not by_kind:
                inner = self._texts(shape, path=path, value=value or {}, label=row_word(key))
                children.append(Node(path=path, kind="row", label=f"{row_word(key)} {place + 1}", children=inner))
                continue
            first = shape.models[0]
            tag = value.get(kind_field(first) or "", "")
            children.append(self._row(by_kind.get(tag, first), place=place, path=path, value=value, key=key))
        adds = tuple((tag, row_word(f"{key}.{tag}" if tag else key)) for tag in by_kind) or (("", row_word(key)),)
        return Node(kind="rows", children=tuple(children), adds=adds, value=str(len(children)), **common)

    def _row(self, model: type[BaseModel], *, place: int, path: str, value: Mapping[str, Any], key: str) -> Node:
        nodes = self.fields_of(model, path=path, value=value)
        tag = kind_value(model)
        return Node(
            path=path,
            kind="row",
            label=f"{row_word(f'{key}.{tag}' if tag else key)} {place + 1}",
            help=str(value.get("name", "")),
            value=tag,
            faults=self._faults(path),
            **_split(model, nodes=nodes),
        )

    def _texts(
        self, shape: Shape, *, path: str, value: Mapping[str, str], label: str, sentence: str = ""
    ) -> tuple[Node, ...]:
        return tuple(
            Node(
                path=f"{path}.{language}",
                kind="text" if shape.entry == "text" else "line",
                label=label if len(self.languages) == 1 else f"{label} ({language})",
                help=sentence,
                value=value.get(language, ""),
                faults=(*self._faults(path), *self._faults(f"{path}.{language}")),
            )
            for language in self.languages
        )

    def _table(self, shape: Shape, *, path: str, value: Mapping[str, Any], key: str) -> tuple[Node, ...]:
        if shape.entry == "group":
            return tuple(
                Node(
                    path=f"{path}.{language}",
                    kind="group",
                    label=language_word(language),
                    children=tuple(
                        node
                        for _, node in self.fields_of(
                            shape.models[0], path=f"{path}.{language}", value=value.get(language, {})
                        )
                    ),
                )
                for language in self.languages
            )
        known = self.names.get(CHOICES[key], ())
        return tuple(
            Node(
                path=f"{path}.{name}",
                kind="number" if shape.entry == "number" else "line",
                label=name,
                value=_written(value.get(name)),
                faults=self._faults(f"{path}.{name}"),
            )
            for name in (*known, *(name for name in value if name not in known))
        )

    def _named(self, subject: str, *, chosen: Sequence[Any], key: str) -> tuple[Choice, ...]:
        """Names to choose from, those that are chosen but unknown last; with a key, none of them first."""
        picked = [str(one) for one in chosen if one]
        known = list(self.names.get(subject, ()))
        choices = [Choice(name, name, name in picked) for name in known]
        choices += [Choice(name, f"{name} (not there any more)", True) for name in picked if name not in known]
        none = [Choice("", value_word(f"{key}.none"), not picked)] if key else []
        return (*none, *choices)

    def _values(self, shape: Shape, *, value: Any, name: str) -> tuple[Choice, ...]:
        """The values of a choice; those the bundle has nothing for are marked."""
        held = self.held.get(name)
        choices = [
            Choice(
                option,
                value_word(f"{name}.{option}") + ("" if held is None or option in held else " (not in this bundle)"),
                option == value,
            )
            for option in shape.options
        ]
        needs_none = shape.is_optional or value not in shape.options
        return (*([Choice("", value_word(f"{name}.none"), value is None)] if needs_none else []), *choices)

    def _faults(self, path: str) -> tuple[str, ...]:
        return tuple(self.faults.get(path, ()))


def _split(model: type[BaseModel], *, nodes: Sequence[tuple[str, Node]]) -> dict[str, Any]:
    """The fields to show and those to show on demand, which stand open where one of them is wrong (Any: of a Node)."""
    beside = BESIDE.get(model.__name__, frozenset())
    more = tuple(node for name, node in nodes if name in beside)
    return {
        "children": tuple(node for name, node in nodes if name not in beside),
        "more": more,
        "is_open": any(map(has_faults, more)),
    }


def has_faults(node: Node) -> bool:
    """Whether something is wrong in a node or below it."""
    return bool(node.faults) or any(map(has_faults, (*node.children, *node.more)))


def list_faults(nodes: Iterable[Node], *, within: str = "") -> list[tuple[str, str, str]]:
    """Id, place in words and sentence of every fault of nodes and of what is below them, in the page's order."""
    found: list[tuple[str, str, str]] = []
    for node in nodes:
        place = f"{within} › {node.label}" if within else node.label
        found += [(node.id, place, fault) for fault in node.faults]
        found += list_faults((*node.children, *node.more), within=place)
    return found


def paths_of(nodes: Iterable[Node]) -> set[str]:
    """The paths of nodes and of all below them: where faults can be shown."""
    found: set[str] = set()
    for node in nodes:
        found |= {node.path} | paths_of(node.children) | paths_of(node.more)
    return found


def _written(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)
