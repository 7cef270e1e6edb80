"""A browser, and the real server on a fresh copy of a prepared folder: database, static files and media."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.participant import Hands, Keyboard, Mouse, Participant, Watch, launch_chromium
from tests.browser.server import Server, run_command
from tests.tiny_bundle import write_study_file, write_tiny_bundle

SLUG = "digits"
N_TRAINING, N_RIGHT, N_WRONG = 2, 4, 4
DWELL_MS = 150
# Sounds longer than the dwell, so that hearing one to its end is what opens answering in the sound channel.
DURATION_MS = 250.0
_HANDS: dict[str, Callable[[Page], Hands]] = {"mouse": Mouse, "keyboard": Keyboard}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium where it is installed, else the driver's own.

    A module's own: its driver runs an event loop, and in one Django refuses the database to the modules after it.
    """
    with sync_playwright() as driver:
        browser = launch_chromium(driver)
        yield browser
        browser.close()


@contextmanager
def open_context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of one person: cookies and cache of its own."""
    context = browser.new_context()
    yield context
    context.unroute_all(behavior="wait")  # what is still being passed on is let through
    context.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with open_context(browser) as context:
        yield context


@pytest.fixture
def watch(context: BrowserContext) -> Watch:
    """What the browser of `context` meets; ask for it before the first page is opened."""
    watch = Watch()
    watch.follow(context)
    return watch


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A var folder with a running study on the tiny bundle; tests copy it."""
    return prepare_var(tmp_path_factory.mktemp("prepared"))


def prepare_var(folder: Path) -> Path:
    """The var folder made in `folder`: a running study on the tiny bundle, served static files."""
    bundle, study, var = folder / "bundle", folder / "digits.toml", folder / "var"
    write_tiny_bundle(bundle, n_training=N_TRAINING, n_right=N_RIGHT, n_wrong=N_WRONG, duration_ms=DURATION_MS)
    write_study_file(
        study,
        slug=SLUG,
        n_training=N_TRAINING,
        n_right=N_RIGHT,
        n_wrong=N_WRONG,
        more=f"\n[exposure]\ndwell_ms = {DWELL_MS}\n",
    )
    for command in (
        ["migrate", "--verbosity", "0"],
        ["collectstatic", "--no-input", "--verbosity", "0"],
        ["load_bundle", str(bundle)],
        ["load_study", str(study)],
        ["launch_study", SLUG],
    ):
        run_command("manage.py", *command, folder=var)
    return var


@contextmanager
def serve_copy(prepared: Path, folder: Path) -> Iterator[Server]:
    """The server on its own copy of the prepared folder."""
    shutil.copytree(prepared, folder)
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
def server(prepared: Path, tmp_path: Path) -> Iterator[Server]:
    with serve_copy(prepared, tmp_path / "var") as server:
        yield server


@pytest.fixture
def newcomer(server: Server, context: BrowserContext) -> Participant:
    """Somebody with a mouse who has not yet opened the study."""
    page = context.new_page()
    return Participant(server, page, Mouse(page), SLUG)


def join_channel(
    server: Server, context: BrowserContext, *, channel: str | None = None, hands: str = "mouse"
) -> Participant:
    """Somebody to whom `channel` was allocated, None for any; their page stands before the first trial."""
    while True:
        page = context.new_page()
        person = Participant(server, page, _HANDS[hands](page), SLUG)
        person.consent()
        person.pass_sound_check()
        if channel in {None, person.enrolment()["channel"]}:
            return person
        # The seed is secret, and a block holds both channels: somebody else goes first.
        page.close()
        context.clear_cookies()


@pytest.fixture
def join(server: Server, context: BrowserContext) -> Callable[..., Participant]:
    """`join_channel` in the test's own browser."""
    return partial(join_channel, server, context)
