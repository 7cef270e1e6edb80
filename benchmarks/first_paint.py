"""How soon the first trial's page can be seen and used, and what it loads of our own.

    PYTHONPATH=. python benchmarks/first_paint.py [N_LOADS]

Chromium without a screen, a cold cache for each load, the server on the same machine. First contentful paint is the
browser's own; blocking time is what tasks took beyond 50 ms until the page stood ready. The floor is the same for a
page of the same server without scripts of its own, loaded in turns.
"""

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import SLUG, prepare_var
from tests.browser.participant import Mouse, Participant, launch_chromium
from tests.browser.server import Server

N_LOADS: Final = 20
LONGEST_FREE_MS: Final = 50
READY: Final = {"trials": '#trials[data-state="start"]', "floor": "h1"}
WATCH: Final = """
    window.blocked = [];
    new PerformanceObserver(list => window.blocked.push(...list.getEntries().map(entry => entry.duration)))
        .observe({ type: "longtask", buffered: true });
"""
TELL: Final = """() => ({
    paint_ms: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    blocked: window.blocked,
    own: performance.getEntriesByType("resource").filter(each => /\\.(js|css)$/.test(new URL(each.name).pathname))
        .map(each => each.encodedBodySize),
    origins: [...new Set(performance.getEntriesByType("resource").map(each => new URL(each.name).origin))],
})"""


def main() -> int:
    """Print a table; 1 if anything was asked of another origin."""
    n_loads = int(sys.argv[1]) if len(sys.argv) > 1 else N_LOADS
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        server = Server(prepare_var(Path(folder)))
        server.start()
        try:
            browser = launch_chromium(driver)
            cookies = _take_part(server, browser)
            addresses = {"trials": f"/s/{SLUG}/trials", "floor": "/s/nothing-here/"}
            rounds = [
                {
                    name: _load(server, browser, path, ready=READY[name], cookies=cookies)
                    for name, path in addresses.items()
                }
                for _ in range(n_loads)
            ]
        finally:
            server.kill()
    return _tell(rounds, address=server.address)


def _take_part(server: Server, browser: Browser) -> Any:
    """The cookies of somebody before the first trial; Any is the driver's own type."""
    context = browser.new_context()
    page = context.new_page()
    person = Participant(server, page, Mouse(page), SLUG)
    person.consent()
    person.pass_sound_check()
    cookies = context.cookies()
    context.close()
    return cookies


def _load(server: Server, browser: Browser, path: str, *, ready: str, cookies: Any) -> dict[str, Any]:
    """One load in a browser that knows nothing but the cookies."""
    context = browser.new_context()
    context.add_cookies(cookies)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(f"{server.address}{path}")
    page.locator(f"{ready}, #notice-button:visible").first.wait_for()
    if page.locator("#notice-button:visible").count():  # the window of the load before has not let go yet
        page.locator("#notice-button").click()
    page.locator(ready).wait_for()
    told: dict[str, Any] = page.evaluate(TELL)
    context.close()
    return told


def _tell(rounds: list[dict[str, dict[str, Any]]], *, address: str) -> int:
    print(
        "| page | first contentful paint, median ms | times the floor | blocking time, median ms"
        " | own script and style, kB |"
    )
    print("|---|---|---|---|---|")
    medians = {}
    for name in ("floor", "trials"):
        loads = [each[name] for each in rounds]
        medians[name] = statistics.median(load["paint_ms"] for load in loads)
        blocked = statistics.median(sum(max(0, each - LONGEST_FREE_MS) for each in load["blocked"]) for load in loads)
        own_kb = max(sum(load["own"]) for load in loads) / 1000
        print(
            f"| {name} | {medians[name]:.0f} | {medians[name] / medians['floor']:.2f} | {blocked:.0f} | {own_kb:.1f} |"
        )
    strangers = {origin for each in rounds for load in each.values() for origin in load["origins"]} - {address}
    print(f"other origins asked: {', '.join(sorted(strangers)) or 'none'}")
    return 1 if strangers else 0


if __name__ == "__main__":
    sys.exit(main())
