"""Modules of the page by themselves, on an address without TLS such as a laboratory's network has."""

import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, Route

from tests.browser.server import ROOT

pytestmark = pytest.mark.browser

SOURCES = ROOT / "study" / "static" / "participant"
ADDRESS = "http://laboratory.test"
PAGE = """<!doctype html><title>tiles</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/earshot.css"><link rel="stylesheet" href="/widgets.css">
<fieldset><div class="tiles" id="labels"></div></fieldset>
<fieldset><div class="tiles" id="confidences"></div></fieldset>
<script type="module">
import { fillChoices, listenForKeys } from "/choices.js";
const group = (id) => document.getElementById(id);
const fill = (id, values) => fillChoices(group(id), {
  name: id, tiles: values.map((value) => ({ value, text: value })), onChoose: () => undefined });
fill("labels", ["0", "1", "2"]);
fill("confidences", ["10", "20", "30"]);
listenForKeys({ group: group("labels"), next: group("confidences") });
document.body.dataset.ready = "";
</script>"""
LOOKS = """group => [...group.querySelectorAll(".tile-face")].map(face => {
  const style = getComputedStyle(face);
  return [style.outlineStyle, style.backgroundColor, style.borderColor, style.color].join(" ");
})"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with two groups of tiles, served by the test itself."""

    def serve(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path == "/":
            route.fulfill(body=PAGE, content_type="text/html")
        elif path == "/said":
            route.fulfill(json={})
        else:
            route.fulfill(path=SOURCES / path.removeprefix("/"))

    page = browser.new_page()
    page.route(f"{ADDRESS}/**", serve)
    page.goto(ADDRESS)
    page.locator("body[data-ready]").wait_for()
    yield page
    page.close()


def test_trial_has_its_identifiers_without_a_secure_context(page: Page) -> None:
    assert page.evaluate("isSecureContext") is False
    found = page.evaluate("""async () => {
        const { TrialRun } = await import("/trial.js");
        const runs = [1, 2].map(() => new TrialRun({ original: null, explanations: [], changed: null }));
        return runs.flatMap(run => [run.clientId, run.beginId]);
    }""")
    assert len(set(found)) == 4
    assert {uuid.UUID(each).version for each in found} == {4}
    assert [str(uuid.UUID(each)) for each in found] == found


def test_request_waits_longer_than_the_server_does_for_its_turn_to_write(page: Page) -> None:
    asked_ms = page.evaluate("""async () => {
        const asked = [];
        const timeout = AbortSignal.timeout;
        AbortSignal.timeout = (ms) => { asked.push(ms); return timeout.call(AbortSignal, ms); };
        const { request } = await import("/api.js");
        await request("/said");
        return asked;
    }""")
    (limit_ms,) = asked_ms
    assert limit_ms > 1000 * connections.databases["default"]["OPTIONS"]["timeout"]


def test_no_confidence_stands_out_before_one_is_chosen(page: Page) -> None:
    group = page.locator("#confidences")
    page.keyboard.press("1")
    assert group.evaluate("group => group.contains(document.activeElement)")
    assert group.locator(":checked").count() == 0
    assert len(set(group.evaluate(LOOKS))) == 1
    assert group.evaluate("group => getComputedStyle(group).outlineStyle") == "solid"


@pytest.mark.parametrize(("key", "value"), [("ArrowRight", "10"), ("ArrowLeft", "30")])
def test_first_arrow_chooses_an_end(page: Page, key: str, value: str) -> None:
    page.keyboard.press("1")
    page.keyboard.press(key)
    assert page.locator("#confidences :checked").input_value() == value
    assert page.evaluate("document.activeElement.value") == value


def test_tiles_are_not_filled_in_by_the_browser(page: Page) -> None:
    assert page.locator('input:not([autocomplete="off"])').count() == 0


def test_choice_and_focus_are_told_apart_with_the_systems_own_colours(page: Page) -> None:
    page.emulate_media(forced_colors="active", reduced_motion="reduce")  # no colour is on its way to another
    page.keyboard.press("1")  # chooses, and goes on to the other group
    page.keyboard.press("ArrowRight")
    unchosen, chosen, _ = page.locator("#labels").evaluate(LOOKS)
    chosen_in_focus = page.locator("#confidences").evaluate(LOOKS)[0]
    assert len({unchosen, chosen, chosen_in_focus}) == 3
    assert chosen.split()[0] == "none"
    assert chosen_in_focus == chosen.replace("none", "solid", 1)
