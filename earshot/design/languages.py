"""Whether every text of a design is there in every language of the study."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from earshot.design.names import LANGUAGE_CODES
from earshot.design.whole import Design

_LANGUAGES = set(LANGUAGE_CODES)


def find_missing_languages(design: Design) -> str | None:
    """A sentence on the first text that lacks a language, or has one that the study does not speak; None if whole."""
    wanted: set[str] = set(design.study.languages)
    for place, languages in _local_texts(design):
        if languages != wanted:
            return (
                f"{place} is written in {_listed(languages)}, and the study speaks {_listed(wanted)}; write every text"
                " in every language"
            )
    return None


def _local_texts(design: Design) -> Iterator[tuple[str, set[str]]]:
    """Where each text stands, with its languages."""
    yield "texts", set(design.texts)
    parts: list[tuple[str, Any]] = [
        *((f"questionnaire '{one.name}'", one) for one in design.questionnaires),
        *((f"block '{block.name}'", block) for block in design.blocks),
        ("screens", design.screens),
        ("tasks", design.tasks),
    ]
    for place, part in parts:
        yield from _walk(part, place=place)


def _walk(value: Any, *, place: str) -> Iterator[tuple[str, set[str]]]:
    """The local texts below a value: mappings from languages to text (Any: every part has types of its own)."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _walk(getattr(value, name), place=place)
    elif isinstance(value, Mapping):
        if value and set(value) <= _LANGUAGES and all(isinstance(text, str) for text in value.values()):
            yield place, set(value)
            return
        for inner in value.values():
            yield from _walk(inner, place=place)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _walk(inner, place=place)


def _listed(languages: set[str]) -> str:
    return ", ".join(sorted(languages)) or "no language"
