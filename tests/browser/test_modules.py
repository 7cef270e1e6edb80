"""Every module of the pages loads under its hashed name, with all that it imports."""

import gzip
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext

from study.storage import shrink
from tests.browser.participant import Watch
from tests.browser.server import ROOT, Server

pytestmark = pytest.mark.browser

SOURCES = ROOT / "study" / "static"
TEMPLATES = ROOT / "study" / "templates"


def shipped_modules(folder: Path) -> dict[str, str]:
    """Hashed name by source name of every script of ours."""
    paths = json.loads((folder / "static" / "staticfiles.json").read_text())["paths"]
    names = sorted(path.relative_to(SOURCES).as_posix() for path in (SOURCES / "participant").rglob("*.js"))
    return {name: paths[name] for name in names}


def test_every_module_loads_under_its_hashed_name(context: BrowserContext, watch: Watch, server: Server) -> None:
    modules = shipped_modules(server.folder)
    page = context.new_page()
    page.goto(f"{server.address}/")

    for name in modules.values():
        # Pages' own modules look for their elements and say so on this bare page; what counts is that all were found.
        page.evaluate("url => import(url).then(() => null, error => String(error))", f"/static/{name}")

    asked = {urlsplit(request.url).path for request in watch.requests if request.url.endswith(".js")}
    assert asked == {f"/static/{name}" for name in modules.values()}
    assert {received.status for received in watch.received} == {200}


PAGES_WITH_SCRIPTS = ("start", "trials", "sound", "headphones", "screens", "questionnaire", "debrief")


@pytest.mark.parametrize("page", PAGES_WITH_SCRIPTS)
def test_script_and_style_of_a_page_stay_small(page: str) -> None:
    linked = {path for name in ("base", f"participant/{page}") for path in linked_files(name)}
    asked = linked | {path for script in linked if script.suffix == ".js" for path in imported_files(script)}
    assert len(asked) >= len(linked) > 2
    assert sum(len(gzip.compress(as_served(path))) for path in asked) < 40_000


def test_every_page_with_a_script_is_measured() -> None:
    pages = {path.stem for path in (TEMPLATES / "participant").glob("*.html") if 'type="module"' in path.read_text()}
    assert pages == set(PAGES_WITH_SCRIPTS)


def test_scripts_are_served_without_comments(server: Server) -> None:
    modules = shipped_modules(server.folder)
    served = (server.folder / "static" / modules["participant/uuid.js"]).read_text()
    assert served == shrink((SOURCES / "participant/uuid.js").read_text())
    assert "/*" not in served
    assert "makeUuid" in served


def as_served(path: Path) -> bytes:
    return shrink(path.read_text()).encode() if path.suffix == ".js" else path.read_bytes()


def linked_files(template: str) -> set[Path]:
    """The scripts and styles that a template names."""
    names = re.findall(r"{% static '([^']+\.(?:js|css))' %}", (TEMPLATES / f"{template}.html").read_text())
    return {SOURCES / name for name in names}


def imported_files(script: Path) -> set[Path]:
    """A script and every script that it imports, and so on."""
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [path.parent / name for name in re.findall(r'from "\./([^"]+)"', path.read_text())]
    return found
