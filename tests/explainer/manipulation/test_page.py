"""The page: self-contained, and what it says of each kind of task."""

import re
from html.parser import HTMLParser

from explainer.manipulation.page import render_page
from explainer.manipulation.results import Part
from explainer.manipulation.sentences import find_scaling, find_zeroing
from tests.explainer.manipulation.made import made, scaling_curve

PARTS: tuple[Part, ...] = ("heldout_takes", "heldout_speakers")
SEXES = made(parts=PARTS, scaling=[scaling_curve(part, ends=((50, 10), (48, 12), (49, 14))) for part in PARTS])
DIGITS = made(parts=PARTS)


class Reader(HTMLParser):
    """Texts, ids, and what is asked for, of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.asked_for: list[str] = []
        self.text = ""
        self.n_figures = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.ids += [named["id"] or ""] if "id" in named else []
        self.asked_for += [named[name] or "" for name in ("src", "href") if name in named]
        self.n_figures += tag == "svg" and named.get("role") == "img" and bool(named.get("aria-label"))

    def handle_data(self, data: str) -> None:
        self.text += data


def said(page: str) -> str:
    return re.sub(r"\s+", " ", Reader(page).text.replace("\N{NO-BREAK SPACE}", " "))


def test_page_asks_for_nothing_outside_of_itself() -> None:
    for found in (SEXES, DIGITS):
        reader = Reader(render_page(found))
        assert set(reader.asked_for) == {"data:,"}
        assert len(set(reader.ids)) == len(reader.ids)


def test_each_part_has_its_figures_with_alternative_texts() -> None:
    assert Reader(render_page(SEXES)).n_figures == 4
    assert Reader(render_page(DIGITS)).n_figures == 2


def test_equal_results_give_equal_pages() -> None:
    assert render_page(SEXES) == render_page(SEXES)


def test_page_says_every_finding() -> None:
    text = said(render_page(SEXES))
    for finding in (*find_zeroing(SEXES), *find_scaling(SEXES)):
        assert finding.sentence.replace("\N{NO-BREAK SPACE}", " ") in text
    assert "over 3 seeds of one network: few, so they are wide" in text
    assert "These 8 differences were named beforehand and are not corrected for their number" in text


def test_paper_stands_beside_the_task_that_it_tested() -> None:
    digits, sexes = said(render_page(DIGITS)), said(render_page(SEXES))
    for text in (digits, sexes):
        assert "this is not a replication" in text
        assert "(from memory)" in text
    assert "about 77about 85about 92" in digits
    assert "20.3 ± 12.6" not in digits
    assert "20.3 ± 12.6" in sexes


def test_what_is_our_own_extension_is_said_so() -> None:
    assert "This is our extension: the paper zeroes samples of waveforms only." in said(render_page(SEXES))
    assert "our extension" not in said(render_page(DIGITS))


def test_scaling_that_does_not_apply_says_why() -> None:
    assert "Not applicable: the networks tell 'digit'." in said(render_page(DIGITS))


def test_names_are_escaped() -> None:
    assert "made &lt;corpus&gt;" in render_page(DIGITS)
