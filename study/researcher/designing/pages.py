"""The pages of the way to a study: which part of the design each one edits, and its form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_noop as said

from earshot.bundle import Manifest
from earshot.design.questionnaire_expertise import EXPERTISE
from earshot.design.study_file import StudyFile
from study.models import Bundle
from study.researcher.designing.nodes import Faults, Form, Node
from study.researcher.designing.posted import Fields, read_value, renamed
from study.researcher.designing.shapes import default_of, shapes_of


@dataclass(frozen=True)
class DesignPage:
    """A page and the sections of the study file that it edits."""

    name: str
    title: str
    keys: tuple[str, ...]
    introduction: str


PAGES = (
    DesignPage("study", said("Study"), ("study",), said("What the study is called, and which bundle it shows.")),
    DesignPage(
        "conditions",
        said("Conditions and arms"),
        ("conditions", "arms", "exposure", "exposure_differs_because"),
        said("A condition is what one trial gives and asks; an arm is the set of conditions one participant gets."),
    ),
    DesignPage(
        "blocks", said("Blocks"), ("blocks", "tasks"), said("A session: training, main trials, breaks, questionnaires.")
    ),
    DesignPage("texts", said("Texts"), ("texts",), said("What participants read beside the pages' own words.")),
    DesignPage(
        "questions",
        said("Questions and screens"),
        ("screens", "expertise", "questionnaires"),
        said("What everyone is asked and has to pass, and when."),
    ),
    DesignPage(
        "recruitment",
        said("Recruitment and allocation"),
        ("recruitment", "participation", "allocation", "release"),
        said("How many are planned, how they come and leave, how arms are given out, and when a place passes on."),
    ),
    DesignPage(
        "analysis",
        said("Analysis plan"),
        ("analysis", "exclusions", "simulation"),
        said("Fixed before the first participant: one primary contrast, and what is secondary."),
    ),
)
_REFERENCES = {"conditions": "condition", "blocks": "block", "questionnaires": "questionnaire"}


def page_by_name(name: str) -> DesignPage | None:
    """The page with this name."""
    return next((page for page in PAGES if page.name == name), None)


def page_of_path(path: str) -> DesignPage | None:
    """The page that edits what stands at a path."""
    key = path.partition(".")[0]
    return next((page for page in PAGES if key in page.keys), None)


def page_nodes(page: DesignPage, *, fields: Fields, manifest: Manifest, faults: Faults) -> list[Node]:
    """The page's fields as they stand, with what is wrong with them."""
    form = make_form(fields, manifest=manifest, faults=faults)
    shapes = shapes_of(StudyFile)
    return [
        form.node(shapes[key], path=key, value=fields.get(key, default_of(StudyFile, key)), key=f"StudyFile.{key}")
        for key in page.keys
    ]


def make_form(fields: Fields, *, manifest: Manifest, faults: Faults) -> Form:
    """What the fields of a design are made with."""
    renditions = [rendition for stimulus in manifest.stimuli for rendition in stimulus.renditions]
    held = {
        "mask": frozenset(str(rendition.mask) for rendition in renditions),
        "form": frozenset(str(rendition.form) for rendition in renditions),
    }
    names = {
        "condition": _names(fields.get("conditions")),
        "main-block": _names(fields.get("blocks"), kind="main"),
        "training-block": _names(fields.get("blocks"), kind="training"),
        "questionnaire": _names([one for one in _rows(fields.get("questionnaires")) if one.get("when") == "block"]),
        "factor": _factors(fields),
        "method": sorted({rendition.method for rendition in renditions if rendition.method}),
        "network": [network.name for network in manifest.networks],
        "label": list(manifest.labels),
        "bundle": list(Bundle.objects.order_by("name").values_list("name", flat=True)),
    }
    return Form(languages=languages_of(fields), names=names, held=held, faults=faults)


def languages_of(fields: Fields) -> tuple[str, ...]:
    """The languages that the study speaks."""
    return tuple(map(str, fields.get("study", {}).get("languages") or ("en",)))


def read_page(page: DesignPage, *, fields: Fields, posted: QueryDict) -> Fields:
    """The whole design's fields, those of the page as they were posted, new names carried to where they are meant."""
    shapes, languages = shapes_of(StudyFile), languages_of(fields)
    changed = dict(fields)
    for key in page.keys:
        value = read_value(shapes[key], path=key, posted=posted, languages=languages)
        changed.pop(key, None)
        if value is not None:
            changed[key] = value
    for questionnaire in _rows(changed.get("questionnaires")) if "questionnaires" in page.keys else []:
        _number_answers(questionnaire)
    for key, subject in _REFERENCES.items():
        if key in page.keys:
            changed = _carry_names(changed, subject=subject, names=renamed(posted, path=key))
    return changed


def _number_answers(questionnaire: Fields) -> None:
    """Take the values that show an item for numbers where the earlier item asks for a number, in place."""
    items = _rows(questionnaire.get("items"))
    numbers = {item.get("name") for item in items if item.get("kind") in {"number", "slider"}}
    for item in items:
        shown_if = item.get("shown_if")
        if shown_if and shown_if.get("item") in numbers:
            shown_if["equals"] = [_as_number(value) for value in shown_if.get("equals", [])]


def _as_number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _carry_names(fields: Fields, *, subject: str, names: Mapping[str, str]) -> Fields:
    """The fields with renamed rows named anew wherever others refer to them."""
    if not names:
        return fields

    def carried(value: Any, *, key: str) -> Any:  # Any: JSON
        if isinstance(value, dict):
            if key == "weights" and subject == "condition":
                return {names.get(name, name): weight for name, weight in value.items()}
            return {name: carried(inner, key=name) for name, inner in value.items()}
        if isinstance(value, list):
            return [carried(inner, key=key) for inner in value]
        return names.get(value, value) if isinstance(value, str) and key in _KEYS_THAT_REFER[subject] else value

    result: Fields = carried(fields, key="")
    return result


_KEYS_THAT_REFER = {
    "condition": frozenset({"conditions", "against"}),
    "block": frozenset({"repeats", "block"}),
    "questionnaire": frozenset({"questionnaire"}),
}


def _rows(value: Any) -> list[dict[str, Any]]:
    """The rows of a list, whatever was typed (Any: JSON)."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _names(rows: Any, *, kind: str | None = None) -> list[str]:
    """The names of rows, of one kind where given (Any: JSON)."""
    return [str(row["name"]) for row in _rows(rows) if row.get("name") and kind in (None, row.get("kind"))]


def _factors(fields: Fields) -> Sequence[str]:
    """What allocation can be balanced over: required single choices before allocation."""
    return [
        f"{questionnaire.get('name')}-{item.get('name')}"
        for questionnaire in _asked_before(fields)
        for item in _rows(questionnaire.get("items"))
        if item.get("kind") == "single" and item.get("required", True) and not item.get("shown_if")
    ]


def _asked_before(fields: Fields) -> list[dict[str, Any]]:
    own = [one for one in _rows(fields.get("questionnaires")) if one.get("when") == "before"]
    return [*([EXPERTISE.model_dump(mode="json")] if fields.get("expertise", True) else []), *own]
