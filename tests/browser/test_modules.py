"""Every module of the pages loads under its hashed name, with all that it imports."""

import gzip
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.participant import Watch
from tests.browser.server import ROOT, Server

pytestmark = pytest.mark.browser

SOURCES = ROOT / "study" / "static"


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


def test_script_and_style_stay_small() -> None:
    files = [path for path in (SOURCES / "participant").iterdir() if path.suffix in {".js", ".css"}]

    assert 0 < sum(len(gzip.compress(path.read_bytes())) for path in files) < 40_000
