"""Limited Markdown for what researchers write: paragraphs, emphasis, lists, two levels of headings, links.

HTML is refused where a text is saved (`check_text`), never interpreted where it is shown, and what is shown is
sanitised on top (`render_text`): three doors, because these texts reach every participant's page.
"""

import re
from collections.abc import Iterator, Sequence

import nh3
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

from earshot.errors import StudyError

# Code blocks are out on purpose: indented lines, as TOML files have them, stay paragraphs.
_RULES = ["heading", "list", "emphasis", "link", "autolink", "escape", "entity", "newline"]
_REFUSED_RULES = ["html_block", "html_inline", "image"]
_LINK = re.compile(r"(https?://|mailto:)\S", re.IGNORECASE)
# The page's title is its only heading of the first level.
_HEADINGS = {"h1": "h2", "h2": "h3"}
_LONGEST_SHOWN = 60  # characters of a text in an error
_ALLOWED = (
    "write Markdown: paragraphs, *emphasis*, lists, headings with # or ##, links to http, https or mailto; the sign < "
    r"itself is written \<"
)


class _LimitedMarkdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802  # the library's name
        """Whether a link to `url` is made; else its source is shown as it stands."""
        return _LINK.match(url) is not None


class _EveryLink(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802  # the library's name
        """True: what is no link in the end is found here, to be named."""
        return True


_SHOWN = _LimitedMarkdown("zero").enable(_RULES)
_CHECKED = _EveryLink("zero", {"html": True}).enable([*_RULES, *_REFUSED_RULES])
_SANITISER = nh3.Cleaner(
    tags={"p", "br", "h2", "h3", "em", "strong", "ul", "ol", "li", "a"},
    attributes={"a": {"href"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener",
)


def check_text(text: str, *, place: str = "the text") -> None:
    """Refuse what a participant's page would not show as it is meant.

    Parameters
    ----------
    text : str
        As a researcher wrote it.
    place : str
        Whose text it is, for the message.

    Raises
    ------
    StudyError
        If it holds HTML, an image, a heading below the second level, or a link to anything but http, https or mailto.
    """
    for token in _flatten(_CHECKED.parse(text)):
        fault = _find_fault(token)
        if fault is not None:
            raise StudyError(f"{place} contains {fault}; {_ALLOWED}")


def render_text(text: str) -> SafeString:
    """The text as HTML of a participant's page, sanitised; whatever is not limited Markdown is shown as it stands."""
    tokens = _SHOWN.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = _HEADINGS.get(token.tag, "h3")
    html: str = _SHOWN.renderer.render(tokens, _SHOWN.options, {})
    return SafeString(_SANITISER.clean(html))


def _flatten(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flatten(token.children or [])


def _find_fault(token: Token) -> str | None:
    match token.type:
        case "html_block" | "html_inline":
            tag = token.content.strip().split("\n")[0]
            return f"HTML '{_cut(tag[: tag.find('>') + 1] or tag)}'"
        case "image":
            return f"an image '{_cut(str(token.attrs.get('src', '')))}'"
        case "link_open" if not _LINK.match(str(token.attrs["href"])):
            return f"a link to '{_cut(str(token.attrs['href']))}'"
        case "heading_open" if token.tag not in _HEADINGS:
            return f"a heading of level {token.tag[1:]}"
    return None


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
