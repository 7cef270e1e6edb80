"""People in real browsers who do whatever the page asks for, and load it again when it leads nowhere; many at once."""

import json
import re
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Error, Page, Request, sync_playwright

from study.bots.bot import Given
from tests.browser.diligent import Diligent
from tests.browser.participant import Mouse, Participant, launch_chromium
from tests.browser.server import Server
from tests.fault_proxy import TAG

_ANSWER = re.compile(r"/api/trials/([0-9a-f-]{36})/response$")
# A page that stands still for so long is loaded again.
_PATIENCE_MS = 20_000
_LOOK_AGAIN_S = 2.0


@dataclass
class Hearing(Participant):
    """Somebody who knows what is said in recordings, by their address."""

    words: Mapping[str, str] = field(default_factory=dict)

    def heard_label(self) -> str:
        return self.words[self.page.locator("#sound").get_attribute("data-url") or ""]


@dataclass(frozen=True)
class Visit:
    """What one person did: the code that they read at the end (empty if they gave up), what their page sent, faults.

    `n_loads` counts how often the study was opened.
    """

    code: str
    given: tuple[Given, ...]
    n_loads: int
    trouble: str = ""


@dataclass(frozen=True)
class Venue:
    """Where people go: `server` has the address of what stands before it; `at_most_s` is the time of each of them."""

    server: Server
    slug: str
    words: Mapping[str, str]
    at_most_s: float = 400.0


def visit_all(venue: Venue, *, names: Sequence[str], n_at_once: int) -> list[Visit]:
    """What became of everybody; as many browsers as people at the same time, and each with cookies of their own."""
    left = list(names)
    lock = threading.Lock()

    def take() -> str | None:
        with lock:
            return left.pop(0) if left else None

    def work() -> list[Visit]:
        visits = []
        with sync_playwright() as driver:
            browser = launch_chromium(driver)
            while (name := take()) is not None:
                visits.append(_visit(browser, venue=venue, name=name))
            browser.close()
        return visits

    with ThreadPoolExecutor(n_at_once, thread_name_prefix="browser") as pool:
        return [visit for future in [pool.submit(work) for _ in range(n_at_once)] for visit in future.result()]


def _visit(browser: Browser, *, venue: Venue, name: str) -> Visit:
    context = browser.new_context(extra_http_headers={TAG: name})
    sent: dict[str, Given] = {}
    context.on("request", lambda request: _note(request, sent=sent))
    page = context.new_page()
    person = Hearing(venue.server, page, Mouse(page), venue.slug, words=venue.words)
    code, n_loads, trouble = "", 0, ""
    end_s = time.monotonic() + venue.at_most_s
    while not code and time.monotonic() < end_s:
        n_loads += 1
        try:
            code = _go_on(person)
        except (Error, AssertionError) as fault:
            trouble = str(fault).partition("\n")[0]
            threading.Event().wait(_LOOK_AGAIN_S)  # as a person who finds no network looks again
    context.close()
    return Visit(code, given=tuple(sent.values()), n_loads=n_loads, trouble="" if code else trouble)


def _go_on(person: Hearing) -> str:
    """Open the study and do everything that is left; gives back the completion code."""
    page = person.page
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(f"{person.server.address}/s/{person.slug}/")
    _consent_if_asked(page)
    return Diligent(person).finish()


def _consent_if_asked(page: Page) -> None:
    if page.locator("form#consent").count():
        page.locator('input[name="consent"]').click()
        page.locator('form button[type="submit"]').click()


def _note(request: Request, *, sent: dict[str, Given]) -> None:
    """Keep an answer that a page sends; a repeat is the same answer."""
    match = _ANSWER.search(request.url)
    if match and request.post_data:
        body = json.loads(request.post_data)
        sent[body["client_id"]] = Given(match[1], body)
