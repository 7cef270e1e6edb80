"""Every page and state can be used by everyone: WCAG 2.2 A and AA, small windows, large text, targets, stillness."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.conftest import serve_copy
from tests.browser.looking import Look, Subject
from tests.browser.researcher_stations import look_at_every_round, look_at_some_rooms
from tests.browser.server import Server
from tests.browser.stations import ENDS_EARLY, PASSWORD, Tour, add_studies

pytestmark = pytest.mark.browser

SUBJECTS: tuple[Subject, ...] = ("axe", "fit", "target", "motion")
# What is wrong with this page is what each way of looking has to find.
FAULTY_PAGE = """<!doctype html><html lang="en"><title>faulty</title><style>
  p { width: 500px; color: #999; background: #fff; }
  @media (prefers-color-scheme: dark) { p { color: #000; background: #111; } }
  .button { transition: color 2s; height: 30px; }
  h1 { height: 1.5rem; overflow: hidden; margin: 0; }
</style><main><h1>Words that need more than one line in a small window</h1><p>Pale words.</p>
<button class="button">Press</button></main></html>"""


@pytest.fixture(scope="module")
def server(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all that is looked at, with studies that ask everything."""
    work = tmp_path_factory.mktemp("looked")
    with pytest.MonkeyPatch.context() as patch, serve_copy(prepared, work / "var") as server:
        patch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
        add_studies(server.folder, work=work)
        yield server


@pytest.fixture(scope="module")
def wide(browser: Browser) -> Iterator[BrowserContext]:
    """A browser with two device pixels to a CSS pixel, as at a zoom of 200 %."""
    context = browser.new_context(device_scale_factor=2)
    yield context
    context.close()


@pytest.fixture(scope="module")
def participants_pages(server: Server, wide: BrowserContext) -> Look:
    """A look at everything that a participant can meet."""
    look = Look()
    tour = Tour(server, wide, look.at)
    tour.before_allocation()
    tour.trials("picture", to_the_end=True)
    tour.trials("sound", to_the_end=False)
    look_at_every_round(tour)
    tour.interruptions()
    tour.ended()
    tour.without_javascript()
    tour.closed_doors()
    return look


@pytest.fixture(scope="module")
def researchers_pages(server: Server, wide: BrowserContext, participants_pages: Look) -> Look:
    """A look at one room of each kind that a researcher has; `benchmarks/accessible.py` looks at all."""
    look = Look(with_targets=False)
    look_at_some_rooms(Tour(server, wide, look.at))
    return look


@pytest.mark.parametrize("subject", SUBJECTS)
def test_nothing_is_wrong_with_any_page_of_a_participant(participants_pages: Look, subject: Subject) -> None:
    assert participants_pages.of(subject) == []


@pytest.mark.parametrize("subject", SUBJECTS)
def test_nothing_is_wrong_with_the_rooms_of_a_researcher(researchers_pages: Look, subject: Subject) -> None:
    assert researchers_pages.of(subject) == []


def test_every_state_was_looked_at(participants_pages: Look) -> None:
    kinds = [place.partition(":")[0] for place in participants_pages.places]
    n_looks = {kind: kinds.count(kind) for kind in kinds}
    assert n_looks["ended"] == len(ENDS_EARLY)
    assert (n_looks["sound check"], n_looks["headphone check"]) == (7, 4)
    assert (n_looks["picture"], n_looks["sound"]) == (11, 10)
    assert (n_looks["window"], n_looks["pause"], n_looks["unavailable"]) == (2, 1, 6)
    assert n_looks["round"] == 11  # the study's eight tasks, an example, a practice and a check of attention
    assert len(set(participants_pages.places)) == len(participants_pages.places)


def test_a_faulty_page_is_found_out(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(FAULTY_PAGE)
    look = Look()
    look.at(page, "faulty")
    found = {subject: "\n".join(look.of(subject)) for subject in SUBJECTS}
    for way in ("light, 1280 px", "light, 390 px", "dark, 1280 px", "dark, 390 px"):
        assert f"faulty ({way}): color-contrast: p" in found["axe"]
    assert "faulty (390x844): scrolls sideways" in found["fit"]
    assert 'faulty (320x640): cut: "Words that need' in found["fit"]
    assert "needs 44" in found["target"]
    assert "BUTTON.button takes 2s" in found["motion"]
    page.close()
