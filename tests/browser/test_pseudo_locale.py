"""Every word that a participant can meet is marked for translation, or is the study's own."""

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import serve_copy
from tests.browser.relabelled import Reader, pseudo, speaking_from, texts_in, write_pseudo_locale
from tests.browser.researcher_stations import look_at_every_round
from tests.browser.server import Server
from tests.browser.stations import ENDS_EARLY, EVERY_ITEM, PASSWORD, Tour, add_studies
from tests.designs import TEXTS, design_fields
from tests.every_task import every_task_fields
from tests.tiny_bundle import write_study_file

pytestmark = pytest.mark.browser

# What is in letters of its own in every language, or another library's word for a date.
OF_NO_LANGUAGE: Final = [
    *("Earshot", "UTC", "A picture of the kind", "matched", "overlay", "waveform", "mask"),
    *(date(2026, month, 1).strftime(form) for month in range(1, 13) for form in ("%B", "%b")),
    *(date(2026, 11, day).strftime("%A") for day in range(1, 8)),
    *("at", "AM", "PM"),
]
RESEARCHERS_ROOM: Final = "log in"
OF_THE_STUDIES: Final = ["Asking everything", "Not yet", "Do you understand English well?"]


@pytest.fixture(scope="module")
def server(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The studies that ask everything, on a server that speaks the pseudo-locale."""
    work = tmp_path_factory.mktemp("pseudo")
    write_pseudo_locale(work / "locale")
    with speaking_from(work / "locale"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
        with serve_copy(prepared, work / "var") as server:
            add_studies(server.folder, work=work)
            yield server


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Somebody who knows the study's own words."""
    file = write_study_file(tmp_path_factory.mktemp("own") / "study.toml").read_text(encoding="utf-8")
    designs = [TEXTS, design_fields(), every_task_fields(), EVERY_ITEM, tomllib.loads(file)]
    return Reader(own=texts_in([*designs, OF_NO_LANGUAGE, OF_THE_STUDIES]))


@pytest.fixture(scope="module")
def walked(server: Server, browser: Browser, reader: Reader) -> Reader:
    """Every page and state read."""

    def read(page: Page, place: str) -> None:
        if place != RESEARCHERS_ROOM:
            reader.read(page, place)

    context: BrowserContext = browser.new_context()
    tour = Tour(server, context, read, say=pseudo)
    tour.before_allocation()
    tour.trials("picture", to_the_end=True)
    tour.trials("sound", to_the_end=False)
    look_at_every_round(tour)
    tour.interruptions()
    tour.ended()
    tour.without_javascript()
    tour.closed_doors()
    context.close()
    return reader


def test_no_page_holds_an_unmarked_word(walked: Reader) -> None:
    assert "\n".join(": ".join(found) for found in sorted(walked.unmarked)) == ""


def test_every_page_and_state_was_read(walked: Reader) -> None:
    kinds = [place.partition(":")[0] for place in walked.places]
    assert kinds.count("ended") == len(ENDS_EARLY)
    assert kinds.count("round") == 11
    assert (kinds.count("window"), kinds.count("pause"), kinds.count("unavailable")) == (2, 1, 6)
    assert {"front", "start", "screens", "questionnaire", "error 404", "error 500"} <= set(kinds)


def test_an_unmarked_word_is_found_with_its_place(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(
        "<title>Plain title</title><main><p>You will hear</p><p>ḿäŕķéđ</p><p hidden>Not shown</p>"
        '<button id="go" aria-label="Unnamed">?</button>'
        '<template id="words"><data value="late">Too late</data></template>'
    )
    reader = Reader(own=texts_in(TEXTS))
    reader.read(page, "made up")
    page.close()
    assert reader.unmarked == {
        ("made up", "title", "Plain title"),
        ("made up", "button#go.", "Unnamed"),
        ("made up", "late", "Too late"),
    }
