"""What a bot reads in a page: its forms' fields, its data attributes, the token for requests, the code at the end."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

_LONG_SPACE = re.compile(r"\s+")
_INPUTS = ("input", "textarea", "select")


@dataclass(frozen=True)
class Form:
    """A form of a page: where it is sent, its hidden fields, and the values to choose from of the others.

    Fields that take any text have no values.
    """

    action: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A page as far as a bot reads it.

    `address` is the path that it stands at after redirects. `elements` are the attributes of whatever has an id, with
    the lists of addresses for scripts in `sounds`; `code` is the completion code, empty where none is shown.
    """

    address: str
    elements: Mapping[str, Mapping[str, str]]
    forms: tuple[Form, ...]
    sounds: tuple[tuple[str, ...], ...] = ()
    csrf_token: str = ""
    labels: tuple[str, ...] = ()
    code: str = ""

    def form(self, *, having: str) -> Form | None:
        """The form that asks for a field of this name, hidden or not."""
        return next((form for form in self.forms if having in form.hidden or having in form.choices), None)


def read_page(html: str, *, address: str) -> Page:
    """The page as a bot reads it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Page(
        address=address,
        elements=reader.elements,
        forms=tuple(reader.forms),
        sounds=tuple(tuple(urls) for urls in reader.sounds),
        csrf_token=reader.csrf_token,
        labels=tuple(reader.labels),
        code=_LONG_SPACE.sub("", reader.code),
    )


class _Reader(HTMLParser):
    """Collects as it reads; a page has no forms in forms."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: dict[str, dict[str, str]] = {}
        self.forms: list[Form] = []
        self.sounds: list[list[str]] = []
        self.labels: list[str] = []
        self.csrf_token = ""
        self.code = ""
        self._is_in_code = False
        self._hidden: dict[str, str] = {}
        self._choices: dict[str, list[str]] = {}
        self._action: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if "id" in named:
            self.elements[named["id"]] = named
        self._is_in_code = named.get("id") == "code"
        if tag == "meta" and named.get("name") == "csrf-token":
            self.csrf_token = named.get("content", "")
        if tag == "form":
            self._action, self._hidden, self._choices = named.get("action", ""), {}, {}
        elif tag in _INPUTS and self._action is not None and "name" in named:
            self._take_input(named)
        if "data-attempt-sounds" in named:
            self.sounds.append([])
        if tag == "li" and "data-url" in named and self.sounds:
            self.sounds[-1].append(named["data-url"])
        if tag == "li" and "data-label" in named:
            self.labels.append(named["data-label"])

    def handle_endtag(self, tag: str) -> None:
        self._is_in_code = False
        if tag == "form" and self._action is not None:
            self.forms.append(Form(self._action, hidden=self._hidden, choices=self._choices))
            self._action = None

    def handle_data(self, data: str) -> None:
        if self._is_in_code:
            self.code += data

    def _take_input(self, named: Mapping[str, str]) -> None:
        if named.get("type") == "hidden":
            self._hidden[named["name"]] = named.get("value", "")
            return
        values = self._choices.setdefault(named["name"], [])
        if named.get("type") in ("radio", "checkbox"):
            values.append(named.get("value", ""))
