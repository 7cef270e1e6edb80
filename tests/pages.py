"""Reads a page as a browser would send it back: the fields of its forms with what stands in them."""

from html.parser import HTMLParser
from typing import Any


class _Reader(HTMLParser):
    """Collects (name, value) of the controls of the form that has an attribute."""

    def __init__(self, *, marker: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._marker = marker
        self._is_inside = False
        self._select: str | None = None
        self._first_option: str | None = None
        self._chosen: str | None = None
        self._area: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._is_inside = self._marker in given
        if not self._is_inside:
            return
        if tag == "input":
            self._read_input(given)
        elif tag == "select":
            self._select, self._first_option, self._chosen = given.get("name"), None, None
        elif tag == "option" and self._select is not None:
            value = given.get("value") or ""
            self._first_option = value if self._first_option is None else self._first_option
            self._chosen = value if "selected" in given else self._chosen
        elif tag == "textarea":
            self._area, self._text = given.get("name"), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        if tag == "select" and self._select is not None:
            value = self._chosen if self._chosen is not None else self._first_option
            self.fields.append((self._select, value or ""))
            self._select = None
        if tag == "textarea" and self._area is not None:
            # A browser drops the line break right after the tag, and sends line ends as the network has them.
            self.fields.append((self._area, self._text.removeprefix("\n").replace("\n", "\r\n")))
            self._area = None

    def _read_input(self, given: dict[str, str | None]) -> None:
        name, kind = given.get("name"), given.get("type")
        if name and (kind not in {"checkbox", "radio"} or "checked" in given):
            self.fields.append((name, given.get("value") or ("on" if kind == "checkbox" else "")))


def read_form(page: str, *, marker: str) -> dict[str, Any]:
    """What the form with the attribute `marker` would send, lists where a name stands several times."""
    reader = _Reader(marker=marker)
    reader.feed(page)
    sent: dict[str, Any] = {}
    for name, value in reader.fields:
        sent.setdefault(name, []).append(value)
    assert sent, f"the page has no form with the attribute {marker}"
    return {name: values if len(values) > 1 else values[0] for name, values in sent.items()}
