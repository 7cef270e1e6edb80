"""A pseudo-locale: pages whose every marked sentence is in letters that nobody else uses, and what is not found out."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from babel.messages.catalog import Catalog
from playwright.sync_api import Page

from fixtures.messages import compiled, find_marked, template_catalogue
from tests.browser.server import ROOT

_PLAIN: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ODD: Final = "åƀçđéƒĝħíĵķłɱñöþɋřšŧûṽŵẋýžÅƁÇĐÉƑĜĦÎĴĶĻṀÑÖÞɊŘŠŦÛṼŴẊÝŽ"
_LETTERS: Final = str.maketrans(_PLAIN, _ODD)
_KEPT: Final = re.compile(r"(%\(\w+\)s|%%|\{\w+\}|<[^>]+>)")
# Words in plain letters, with nothing between them that would end a name or an item of a list.
_PLAIN_WORDS: Final = re.compile(r"[A-Za-z]+(?:[ ’'-][A-Za-z]+)*")

# Every text that is shown or told, with the element it belongs to; and the sentences that wait for a script.
_COLLECT: Final = """() => {
  const NAMING = ["aria-label", "alt", "title", "placeholder", "aria-description", "aria-valuetext"];
  const OTHERS = "script, style, svg, time, .receipt, .code, .preview-banner";
  const found = [["title", document.title]];
  const name = element => `${element.tagName.toLowerCase()}#${element.id}.${element.className}`;
  const read = (root, isShown) => {
    for (const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT); walker.nextNode();) {
      const { data, parentElement: parent } = walker.currentNode;
      if (data.trim() && parent && !parent.closest(OTHERS) && isShown(parent)) found.push([name(parent), data]);
    }
    for (const element of root.querySelectorAll("*")) {
      if (element.closest(OTHERS) || !isShown(element)) continue;
      const names = NAMING.map(each => element.getAttribute(each)).filter(Boolean);
      found.push(...names.map(each => [name(element), each]));
    }
  };
  read(document.body, element => element.checkVisibility({ visibilityProperty: true }));
  for (const template of document.querySelectorAll("template")) {
    for (const each of template.content.querySelectorAll("data")) found.push([each.value, each.textContent]);
  }
  return found;
}"""


def pseudo(text: str) -> str:
    """A sentence in odd letters, between brackets; what is filled in and what is HTML stay as they are."""
    parts = [part if _KEPT.fullmatch(part) else part.translate(_LETTERS) for part in _KEPT.split(text)]
    return f"[!! {''.join(parts)} !!]"


def write_pseudo_locale(folder: Path) -> None:
    """The catalogue of odd letters, to be laid over English."""
    catalogue = template_catalogue(find_marked())
    for message in catalogue:
        if message.id:
            is_counted = isinstance(message.id, tuple)
            message.string = tuple(map(pseudo, message.id)) if is_counted else pseudo(str(message.id))
    write_over_english(catalogue, folder=folder)


def write_over_english(catalogue: Catalog, *, folder: Path) -> None:
    """The catalogue where Django looks for the words of English pages."""
    place = folder / "en" / "LC_MESSAGES"
    place.mkdir(parents=True)
    place.joinpath("django.mo").write_bytes(compiled(catalogue))


@contextmanager
def speaking_from(folder: Path) -> Iterator[None]:
    """Servers that are started meanwhile say what the catalogues in `folder` say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_SETTINGS_MODULE", "tests.pseudo_settings")
        patch.setenv("EARSHOT_OTHER_WORDS", str(folder))
        patch.setenv("PYTHONPATH", str(ROOT))
        yield


@dataclass
class Reader:
    """Reads pages for words that are neither marked nor the study's own."""

    own: set[str]
    places: list[str] = field(default_factory=list)
    unmarked: set[tuple[str, str, str]] = field(default_factory=set)

    def read(self, page: Page, place: str) -> None:
        """Read a page as it stands; notes each unmarked text with its place and its element."""
        self.places.append(place)
        for element, text in page.evaluate(_COLLECT):
            for words in _PLAIN_WORDS.findall(_KEPT.sub("", text)):
                if not any(f" {letters_of(words)} " in f" {own} " for own in self.own):
                    self.unmarked.add((place, element, words))


def texts_in(fields: Any) -> set[str]:
    """The letters of every text below a value (Any: what a study file holds)."""
    if isinstance(fields, str):
        return {letters_of(fields)}
    inner = fields.values() if isinstance(fields, Mapping) else fields if isinstance(fields, list | tuple) else ()
    return {text for each in inner for text in texts_in(each)}


def letters_of(text: str) -> str:
    """A text's words alone, so that no mark of Markdown and no line end tells two apart."""
    return re.sub(r"[^A-Za-z]+", " ", text).strip()
