"""A private screen and sound card, the real server, and somebody who comes with either browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar, cast

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import serve_copy
from tests.browser.participant import Mouse, Participant
from tests.browser.server import Server, run_command
from tests.tiny_bundle import write_study_file_2, write_tiny_bundle
from tests.webkit.machine import SoundCard, private_screen, private_sound_card
from tests.webkit.webkit import WebKitPage, webkit_page

SLUG, HEADPHONES_SLUG = "digits", "both-ears"
DWELL_MS = 150
# Chromium keeps some 10 ms of sound ready, too little for a busy machine without real-time threads.
_CUSHION_MS = "200"
_FAVOURED = -10
# Longer than the dwell, so that hearing a sound to its end is what opens answering.
DURATION_MS = 250.0

N_TRAINING, N_MAIN = 2, 4

AnyPage = Page | WebKitPage
P = TypeVar("P", covariant=True)


class OpenPage(Protocol[P]):
    """Opens a fresh browser at each call, and closes it afterwards."""

    def __call__(self) -> AbstractContextManager[P]: ...


@dataclass(frozen=True)
class Machine:
    """What browsers draw and play on."""

    card: SoundCard
    environment: dict[str, str]


@contextmanager
def favoured() -> Iterator[None]:
    """Go before the machine's other work, browsers and all, where that is allowed: sound does not wait for its turn."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, _FAVOURED)
    yield
    os.setpriority(os.PRIO_PROCESS, 0, usual)


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with favoured(), private_screen() as screen, private_sound_card(tmp_path_factory.mktemp("card")) as card:
        yield Machine(card, {**os.environ, **screen, **card.environment})


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle") / "tiny"
    write_tiny_bundle(folder, duration_ms=DURATION_MS)
    return folder


@pytest.fixture(scope="session")
def server(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all: people do not meet, and each looks at their own rows."""
    folder = tmp_path_factory.mktemp("webkit")
    prepared = folder / "prepared"
    studies = [
        write_study_file_2(folder / "digits.toml", expertise=True, exposure={"dwell_ms": DWELL_MS}),
        write_study_file_2(
            folder / "both-ears.toml",
            study={"slug": HEADPHONES_SLUG, "title": "Both ears", "bundle": "tiny"},
            screens={"headphones": "antiphase"},
        ),
    ]
    run_command("manage.py", "migrate", "--verbosity", "0", folder=prepared)
    run_command("manage.py", "collectstatic", "--no-input", "--verbosity", "0", folder=prepared)
    run_command("manage.py", "load_bundle", str(bundle), folder=prepared)
    for study, slug in zip(studies, (SLUG, HEADPHONES_SLUG), strict=True):
        run_command("manage.py", "load_study", str(study), folder=prepared)
        run_command("manage.py", "launch_study", slug, folder=prepared)
    with serve_copy(prepared, folder / "var") as server:
        yield server


@contextmanager
def open_chromium(machine: Machine) -> Iterator[Page]:
    """A page of a fresh Chromium whose sound goes to the card: playwright mutes it unless told otherwise."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=document-user-activation-required"],
            ignore_default_args=["--mute-audio"],
            env={**machine.environment, "PULSE_LATENCY_MSEC": _CUSHION_MS},
        )
        yield browser.new_page()
        browser.close()


@pytest.fixture
def open_webkit(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> OpenPage[WebKitPage]:
    """Each call is a fresh browser's page."""
    return lambda: webkit_page(machine.environment, folder=tmp_path_factory.mktemp("home"))


@pytest.fixture(params=["chromium", "webkit"])
def open_page(request: pytest.FixtureRequest, machine: Machine, open_webkit: OpenPage[WebKitPage]) -> OpenPage[AnyPage]:
    """Each call is a fresh page of either browser."""
    return open_webkit if request.param == "webkit" else lambda: open_chromium(machine)


def come(server: Server, page: AnyPage, *, slug: str = SLUG) -> Participant:
    """Somebody with a mouse in front of either browser."""
    # WebKit's page answers all that a participant asks of playwright's, and is no subclass of it.
    known = cast(Page, page)
    return Participant(server, known, Mouse(known), slug)
