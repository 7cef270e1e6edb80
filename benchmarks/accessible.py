"""Every room of a researcher and a report, looked at in every way that tests/browser/looking.py knows.

    python benchmarks/accessible.py

The pages of participants, and one room of each kind, are looked at by tests/browser/test_accessible.py. Prints what is
wrong with each page, then the seconds it took; exit code 1 if anything is.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import SLUG, prepare_var
from tests.browser.looking import Look
from tests.browser.participant import launch_chromium
from tests.browser.researcher_stations import log_in, look_at_all_rooms
from tests.browser.server import ROOT, Server, run_command
from tests.browser.stations import PASSWORD, Tour, add_studies

EXPORT = ROOT / "fixtures" / "part2" / "export.zip"


def report(server: Server) -> None:
    """A report in the place where the server looks for one."""
    out = server.folder / "reports" / SLUG
    run_command("-m", "analysis", "report", str(EXPORT), "--out", str(out), folder=server.folder)


def look_around(server: Server, *, folder: Path) -> Look:
    """A look at every page that a researcher has."""
    add_studies(server.folder, work=folder)
    report(server)
    look = Look(with_targets=False)
    with sync_playwright() as driver:
        browser = launch_chromium(driver)
        tour = Tour(server, browser.new_context(device_scale_factor=2), look.at)
        log_in(tour)
        look_at_all_rooms(tour)
        tour.visit(f"/reports/{SLUG}/", "a report")
        browser.close()
    return look


def main() -> int:
    """1 if anything is wrong with any page."""
    started = time.monotonic()
    os.environ["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = Server(prepare_var(folder))
        server.start()
        try:
            look = look_around(server, folder=folder)
        finally:
            server.kill()
    for finding in look.findings:
        print(finding)
    print(f"{len(look.places)} pages, {len(look.findings)} findings, {time.monotonic() - started:.0f} s")
    return 1 if look.findings else 0


if __name__ == "__main__":
    sys.exit(main())
