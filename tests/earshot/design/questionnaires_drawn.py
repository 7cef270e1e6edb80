"""Questionnaires for tests: one item of every kind, one questionnaire of all kinds, and any questionnaire at all."""

import random
from typing import Any

from hypothesis import strategies as st

from earshot.design.questionnaires import Questionnaire

SINGLE: dict[str, Any] = {
    "kind": "single",
    "name": "hearing",
    "text": {"en": "Do you wear a hearing aid?"},
    "options": [{"value": "no", "text": {"en": "No"}}, {"value": "yes", "text": {"en": "Yes"}}],
}
MULTIPLE: dict[str, Any] = {
    "kind": "multiple",
    "name": "devices",
    "text": {"en": "Which do you own?"},
    "options": [
        {"value": "headphones", "text": {"en": "Headphones"}},
        {"value": "ear-buds", "text": {"en": "Ear buds"}},
        {"value": "loudspeakers", "text": {"en": "Loudspeakers"}},
    ],
    "most": 2,
}
TEXT: dict[str, Any] = {"kind": "text", "name": "remarks", "text": {"en": "What did you notice?"}, "longest": 20}
NUMBER: dict[str, Any] = {
    "kind": "number",
    "name": "age",
    "text": {"en": "How old are you?"},
    "least": 18,
    "most": 120,
    "whole": True,
    "unit": "years",
}
GRID: dict[str, Any] = {
    "kind": "likert-grid",
    "name": "trust",
    "text": {"en": "How far do you agree?"},
    "rows": [
        {"name": "reliable", "text": {"en": "The computer is reliable."}},
        {"name": "easy-to-follow", "text": {"en": "It is easy to follow."}},
    ],
    "points": 5,
    "ends": {"low": {"en": "not at all"}, "high": {"en": "fully"}},
}
SLIDER: dict[str, Any] = {
    "kind": "slider",
    "name": "effort",
    "text": {"en": "How hard was it?"},
    "most": 1,
    "step": 0.1,
    "ends": {"low": {"en": "easy"}, "high": {"en": "hard"}},
}
EVERY_KIND: list[dict[str, Any]] = [SINGLE, MULTIPLE, TEXT, NUMBER, GRID, SLIDER]
GIVEN: dict[str, Any] = {
    "hearing": "no",
    "devices": ["loudspeakers", "headphones"],
    "remarks": "  a tone\r\n",
    "age": 40,
    "trust": {"easy-to-follow": 2, "reliable": 5},
    "effort": 0.1 + 0.2,
}


def asking(*items: dict[str, Any], **fields: Any) -> Questionnaire:
    """A questionnaire named `about` of these items."""
    whole = {"name": "about", "title": {"en": "About you"}, "when": "after", "items": list(items)}
    return Questionnaire.model_validate(whole | fields)


def seeded(seed: int) -> random.Random:
    """The draws of a simulated participant."""
    return random.Random(seed)  # noqa: S311  # simulated people need no secrecy


def texts() -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({"en": st.sampled_from(["Yes", "A question?", "Two\n\nparagraphs"])})


@st.composite
def items(draw: st.DrawFn, *, name: str) -> dict[str, Any]:
    """Any item of this name, without a condition."""
    kind = draw(st.sampled_from([item["kind"] for item in EVERY_KIND]))
    item: dict[str, Any] = {"kind": kind, "name": name, "text": draw(texts()), "required": draw(st.booleans())}
    n_parts = draw(st.integers(2, 5))
    ends = {"low": draw(texts()), "high": draw(texts())}
    least = draw(st.integers(-1000, 1000)) / draw(st.sampled_from([1, 10]))
    match kind:
        case "single":
            return item | {"options": [{"value": f"{n}", "text": draw(texts())} for n in range(n_parts)]}
        case "multiple":
            most = draw(st.integers(1, n_parts))
            options = [{"value": f"o{n}", "text": draw(texts())} for n in range(n_parts)]
            return item | {"options": options, "most": most, "least": draw(st.integers(0, most))}
        case "text":
            return item | {"longest": draw(st.integers(1, 50))}
        case "number":
            whole = draw(st.booleans())
            least = float(round(least)) if whole else least
            return item | {"least": least, "most": least + draw(st.integers(1, 50)), "whole": whole}
        case "likert-grid":
            rows = [{"name": f"r{n}", "text": draw(texts())} for n in range(n_parts)]
            return item | {"rows": rows, "points": draw(st.integers(3, 11)), "ends": ends}
        case _:
            step = draw(st.sampled_from([0.001, 0.1, 0.25, 1.0, 5.0]))
            least = float(round(least))
            return item | {"least": least, "most": least + 5 * draw(st.integers(1, 2)), "step": step, "ends": ends}


@st.composite
def questionnaires(draw: st.DrawFn) -> Questionnaire:
    """Any questionnaire; some items are shown by a possible answer to an earlier one."""
    drawn = [draw(items(name=f"item-{n}")) for n in range(draw(st.integers(1, 6)))]
    for place, item in enumerate(drawn):
        others = [other for other in drawn[:place] if other["kind"] in {"single", "multiple", "number"}]
        conditional = draw(st.booleans())
        if others and conditional:
            other = draw(st.sampled_from(others))
            values = [option["value"] for option in other.get("options", [])]
            shown = {"equals": [draw(st.sampled_from(values))]} if values else {"at_least": other["least"]}
            item["shown_if"] = {"item": other["name"], **shown}
    return asking(*drawn)
