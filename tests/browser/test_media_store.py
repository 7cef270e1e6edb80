"""Media that are fetched and decoded once, on a page of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import open_context, serve_copy
from tests.browser.test_modules import shipped_modules

pytestmark = pytest.mark.browser

# A network whose answers can be decoded by nobody, and a note of each request with how it goes about the cache.
BROKEN_NETWORK = """
  const asked = [];
  window.fetch = async (url, { cache = "default" }) => {
    asked.push([url, cache]);
    return new Response("broken");
  };
  const store = new MediaStore();
  const get = () => store.sound("a.wav").then(() => "there", fault => fault instanceof MediaFault);
"""


@pytest.fixture(scope="module")
def page(prepared: Path, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Any page of the server, with the store's module found on it."""
    with serve_copy(prepared, tmp_path_factory.mktemp("media") / "var") as server, open_context(browser) as context:
        page = context.new_page()
        page.goto(f"{server.address}/")
        url = f"/static/{shipped_modules(server.folder)['participant/media.js']}"
        page.evaluate("url => import(url).then(found => Object.assign(window, found))", url)
        yield page


def test_what_was_broken_is_asked_for_past_the_cache_before_it_is_read_again(page: Page) -> None:
    first, second, asked = page.evaluate(
        f"async () => {{ {BROKEN_NETWORK} return [await get(), await get(), asked]; }}"
    )
    assert (first, second) == (True, True)
    assert asked == [["a.wav", "default"], ["a.wav", "reload"], ["a.wav", "default"]]


def test_what_two_ask_for_at_once_is_fetched_once(page: Page) -> None:
    asked = page.evaluate(f"async () => {{ {BROKEN_NETWORK} await Promise.all([get(), get()]); return asked; }}")
    assert asked == [["a.wav", "default"]]
