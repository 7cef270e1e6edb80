"""What is wrong with a design, each sentence at the path of the field it is about."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from earshot.design.study_file import StudyFile, parse_study
from earshot.errors import StudyError, validation_faults
from study.feasibility import check_design, find_bundle
from study.study_files import find_text_faults

WHOLE = ""
"""The path of a fault that is of no single field."""

_NAMED = re.compile(r"\b(arm|condition|block|questionnaire|contrast) '([^']+)'")
_LISTS = {"arm": "arms", "condition": "conditions", "block": "blocks", "questionnaire": "questionnaires"}
# Sentences on the fit of parts that name no row, by their first words.
_SUBJECTS = (
    ("quotas sum", "arms"),
    ("conditions dwell", "exposure"),
    ("the design has no block", "blocks"),
    ("blocks ", "blocks"),
    ("a block ", "blocks"),
    ("allocation.strata", "allocation.strata"),
    ("strata", "allocation.strata"),
    ("stratum", "allocation.strata"),
    ("exclusions", "exclusions"),
    ("an exclusion rule", "exclusions"),
    ("texts", "texts"),
    ("two labels", "texts"),
    ("screens", "screens"),
    ("tasks", "tasks"),
    ("study.bundle", "study.bundle"),
)


# What pydantic says in a programmer's words.
_PLAIN_WORDS = (
    (
        re.compile(r"string should match pattern '\^\[a-z\]\S*'"),
        "begin with a small letter and use small letters, digits and hyphens alone",
    ),
    (
        re.compile(r"string should match pattern '\^\[a-z0-9\]\S*'"),
        "use small letters, digits and hyphens alone",
    ),
    (re.compile(r"^is ''; string should have at least 1 character"), "is blank; write something"),
    (re.compile(r"input should be a valid (?:integer|number), unable to parse string as an? \w+"), "give a number"),
    (
        re.compile(r"^is \[\]; list should have at least (\d+) items? after validation, not 0"),
        r"is empty; give at least \1",
    ),
    (re.compile(r"\binput should be\b"), "it should be"),
)


def find_faults(fields: Mapping[str, Any]) -> dict[str, list[str]]:
    """The faults of a design's fields by path, empty where there is none (Any: whatever was typed).

    What pydantic refuses comes alone: texts, and whether the bundle can serve it, are asked of a design that stands.
    """
    try:
        design = parse_study(dict(fields), place="the design")
    except StudyError as fault:
        if isinstance(fault.__cause__, ValidationError):
            return _by_path(
                (_path(location, fields=fields), _plain(sentence), fields)
                for location, sentence in validation_faults(fault.__cause__)
            )
        return {WHOLE: [str(fault)]}
    return _faults_of_whole(design, fields=fields)


def _faults_of_whole(design: StudyFile, *, fields: Mapping[str, Any]) -> dict[str, list[str]]:
    texts = [(sentence.partition(" ")[0], sentence.partition(" ")[2], fields) for sentence in find_text_faults(design)]
    if texts:
        return _by_path(texts)
    try:
        check_design(design, bundle=find_bundle(design))
    except StudyError as fault:
        return _by_path([(WHOLE, str(fault), fields)])
    return {}


def gather_faults(faults: Mapping[str, Sequence[str]], *, shown: set[str]) -> dict[str, list[str]]:
    """The faults of a page, each at its own path or the nearest one above that the page shows; others at `WHOLE`."""
    gathered: defaultdict[str, list[str]] = defaultdict(list)
    for path, sentences in faults.items():
        place = path
        while place and place not in shown:
            place = place.rpartition(".")[0]
        gathered[place].extend(sentences)
    return dict(gathered)


def _by_path(faults: Iterable[tuple[str, str, Mapping[str, Any]]]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path, sentence, fields in faults:
        found[path or _place_of(sentence, fields=fields)].append(sentence)
    return dict(found)


def _plain(sentence: str) -> str:
    for words, plain in _PLAIN_WORDS:
        sentence = words.sub(plain, sentence)
    return sentence


def _path(location: Sequence[int | str], *, fields: Mapping[str, Any]) -> str:
    """A location as a path of the form, without the tags of unions."""
    parts, value = [], fields
    for part in location:
        if isinstance(value, Mapping) and part not in value and part in (value.get("kind"), value.get("rule")):
            continue
        parts.append(str(part))
        value = _inside(value, part=part)
    return ".".join(parts)


def _inside(value: Any, *, part: int | str) -> Any:
    """What a key or an index leads to, None where it leads nowhere (Any: whatever was typed)."""
    if isinstance(value, Mapping):
        return value.get(part)
    return value[part] if isinstance(value, list) and isinstance(part, int) and part < len(value) else None


def _place_of(sentence: str, *, fields: Mapping[str, Any]) -> str:
    """The path of what a sentence on the fit of parts is about: the row it names first, or its subject."""
    for start, path in _SUBJECTS:
        if sentence.startswith(start):
            return path
    for what, name in _NAMED.findall(sentence):
        if what == "contrast":
            return _contrast_path(name, fields=fields)
        rows = fields.get(_LISTS[what])
        for place, row in enumerate(rows if isinstance(rows, list) else []):
            if isinstance(row, Mapping) and row.get("name") == name:
                return f"{_LISTS[what]}.{place}"
    return WHOLE


def _contrast_path(name: str, *, fields: Mapping[str, Any]) -> str:
    analysis = fields.get("analysis")
    families = analysis.get("secondary") if isinstance(analysis, Mapping) else None
    for place, family in enumerate(families or []):
        for number, contrast in enumerate(family.get("contrasts") or []):
            if contrast.get("name") == name:
                return f"analysis.secondary.{place}.contrasts.{number}"
    return "analysis.primary"
