"""A study is designed, checked, previewed and launched by somebody who only follows visible links."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DURATION_MS, N_RIGHT, N_TRAINING, N_WRONG
from tests.browser.participant import Watch
from tests.browser.server import Server, run_command
from tests.tiny_bundle import write_tiny_bundle

pytestmark = pytest.mark.browser

PASSWORD = "a password of this test alone"  # noqa: S105  # of a database that is deleted with the test
CONDITIONS = ["picture-control", "picture-relevance", "sound-control", "sound-relevance"]


@pytest.fixture
def empty_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server on an empty database with one account; a bundle lies in the folder of bundles, not loaded."""
    var = tmp_path / "var"
    bundle = var / "bundles" / "tiny"
    bundle.parent.mkdir(parents=True)
    write_tiny_bundle(bundle, n_training=N_TRAINING, n_right=N_RIGHT, n_wrong=N_WRONG, duration_ms=DURATION_MS)
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    for command in (
        ["migrate", "--verbosity", "0"],
        ["collectstatic", "--no-input", "--verbosity", "0"],
        ["createsuperuser", "--no-input", "--username", "ada", "--email", "ada@example.org"],
    ):
        run_command("manage.py", *command, folder=var)
    server = Server(var)
    server.start()
    yield server
    server.kill()


def test_a_study_of_four_conditions_is_designed_and_launched_by_visible_links(
    empty_server: Server, context: BrowserContext, watch: Watch
) -> None:
    page = context.new_page()
    log_in(page, empty_server)
    load_the_bundle(page)
    begin_from_scratch(page)
    build_four_conditions(page)
    see_a_fault_while_typing(page)
    walk_through_the_other_pages(page)
    mend_what_is_missing(page)
    look_at_previews_and_allocation(page)
    launch(page)
    studies = empty_server.query("SELECT slug, stage, draft FROM study_study")
    assert [(study["slug"], study["stage"], study["draft"]) for study in studies] == [("four-ways", "running", None)]
    shown = page.locator("#hash-1").inner_text()
    assert [row["protocol_sha256"] for row in empty_server.query("SELECT protocol_sha256 FROM study_version")] == [
        shown
    ]
    page.get_by_role("link", name="Where participants begin").click()
    expect(page.get_by_role("heading", name="Four ways")).to_be_visible()
    assert watch.errors == []


def log_in(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/")
    page.get_by_role("link", name="Administration").click()
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def load_the_bundle(page: Page) -> None:
    page.get_by_role("main").get_by_role("link", name="Bundles").click()
    expect(page.get_by_text("No bundle is loaded yet.")).to_be_visible()
    page.get_by_role("link", name="Load a bundle").click()
    page.get_by_role("button", name="Load tiny").click()
    expect(page.get_by_text("Bundle “tiny” was loaded.")).to_be_visible()


def begin_from_scratch(page: Page) -> None:
    page.get_by_role("link", name="New study").click()
    page.get_by_label("From scratch").check()
    page.get_by_label("Title").fill("Four ways")
    page.get_by_role("button", name="Make the draft").click()
    expect(page.get_by_role("heading", name="Conditions and arms")).to_be_visible()


def build_four_conditions(page: Page) -> None:
    """Channel between and mask within: what the builder begins with."""
    page.get_by_text("Build a factorial design").click()
    page.get_by_role("button", name="Make conditions and arms").click()
    expect(page.get_by_text("were made from the factors")).to_be_visible()
    names = page.locator("[name^='conditions.'][name$='.name']")
    expect(names).to_have_count(len(CONDITIONS))
    assert sorted(names.nth(place).input_value() for place in range(len(CONDITIONS))) == CONDITIONS


def see_a_fault_while_typing(page: Page) -> None:
    """The server's sentence comes to the field without saving, stays when saving is refused, and goes once mended."""
    weight = page.get_by_role("group", name="Arm 1").get_by_label("Weight")
    faults = page.locator("[data-path='arms.0.weight']")
    weight.fill("0")
    expect(faults).to_contain_text("greater than or equal to 1")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("Not saved: 1 thing needs mending.")).to_be_visible()
    expect(weight).to_have_value("0")
    weight.fill("1")
    expect(faults).to_be_empty()


def walk_through_the_other_pages(page: Page) -> None:
    for title in ("Blocks", "Texts", "Questions and screens", "Recruitment and allocation", "Analysis plan"):
        page.get_by_role("button", name="Save and go on").click()
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        if title == "Texts":
            page.get_by_label("Contact").fill("ada@example.org")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", name="Check and launch", exact=True)).to_be_visible()


def mend_what_is_missing(page: Page) -> None:
    """A launch needs a word on power; the link leads to its field."""
    expect(page.get_by_role("heading", name="1 thing is missing before launch")).to_be_visible()
    page.get_by_role("link", name="Mend it").click()
    page.get_by_label("State the power").check()
    page.get_by_label("Or why there is no figure").fill("A test of the pages.")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    page.get_by_role("link", name="Check and launch").click()
    expect(page.get_by_role("heading", name="Ready to launch")).to_be_visible()


def look_at_previews_and_allocation(page: Page) -> None:
    for arm in ("picture", "sound"):
        page.get_by_role("link", name=f"Preview of arm {arm}").click()
        expect(page.get_by_text("PREVIEW", exact=True)).to_be_visible()
        page.go_back()
    page.get_by_role("link", name="Simulate the allocation").click()
    expect(page.get_by_role("heading", name="How predictable is the next assignment?")).to_be_visible()
    expect(page.get_by_role("img", name="At its worst along the way")).to_be_visible()
    page.get_by_role("link", name="Back to the check").click()


def launch(page: Page) -> None:
    page.get_by_role("link", name="Launch", exact=True).click()
    expect(page.get_by_text("The design is frozen with the bundle")).to_be_visible()
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_text("Done: Launch.")).to_be_visible()
    page.get_by_role("button", name="Copy").click()
