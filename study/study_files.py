"""Designs as study files: what `load_study` reads, what `dump_study` writes, and the words that stand in them."""

from collections.abc import Iterator, Mapping
from typing import Any

import tomli_w
from pydantic import BaseModel

from earshot.design.conduct import NEVER
from earshot.design.names import LANGUAGE_CODES
from earshot.design.study_file import StudyFile, parse_study
from earshot.errors import StudyError
from study.markdown import check_text

_LANGUAGES = frozenset(LANGUAGE_CODES)
_HEADING = "# A study file of Earshot; docs/designing.md says what each key means.\n\n"


def parse_fields(fields: Mapping[str, Any], *, place: str) -> StudyFile:
    """The design of a file's or a form's fields (Any: whatever was typed), its texts held to limited Markdown.

    Line ends are those of Unix from here on, as a browser's would not survive the way through a file.

    Raises
    ------
    StudyError
        If the design does not fit, or a text holds HTML; the message names every fault with its place.
    """
    design = parse_study(_with_unix_lines(dict(fields)), place=place)
    faults = find_text_faults(design)
    if faults:
        raise StudyError(f"{place}: {'; '.join(faults)}")
    return design


def dump_design(design: StudyFile) -> str:
    """The design as TOML: `parse_study` of it gives an equal design, and equal designs give equal files."""
    fields = _plain(design)
    fields["release"].setdefault("idle_minutes", NEVER)
    return _HEADING + tomli_w.dumps(fields, multiline_strings=True)


def _plain(value: Any) -> Any:
    """A model's fields in their order, without those that are None; mappings by their keys (Any: what fields hold).

    Databases keep the keys of JSON in orders of their own: equal designs must give equal files, for versions to be
    compared line by line.
    """
    if isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        return {name: _plain(inner) for name, inner in fields.items() if inner is not None}
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def find_text_faults(design: StudyFile) -> list[str]:
    """One sentence for each text that a participant's page would not show as it is meant."""
    faults = []
    for place, text in _texts(design.model_dump(mode="json"), place=""):
        try:
            check_text(text, place=place)
        except StudyError as fault:
            faults.append(str(fault))
    return faults


def _texts(value: Any, *, place: str) -> Iterator[tuple[str, str]]:
    """Where each text below a value stands, and the text: all that is written per language (Any: JSON)."""
    if isinstance(value, dict):
        by_language = bool(value) and set(value) <= _LANGUAGES
        for key, inner in value.items():
            within = f"{place}.{key}" if place else str(key)
            if isinstance(inner, str) and (by_language or place.startswith("texts.")):
                yield within, inner
            else:
                yield from _texts(inner, place=within)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, place=f"{place}.{number}")


def _with_unix_lines(value: Any) -> Any:
    """The same value with line feeds alone in its strings (Any: JSON)."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    if isinstance(value, Mapping):
        return {key: _with_unix_lines(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_with_unix_lines(inner) for inner in value]
    return value
