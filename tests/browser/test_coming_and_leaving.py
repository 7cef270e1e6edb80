"""Consent, refusal and withdrawal in a browser, by mouse and by keys."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from tests.browser.conftest import SLUG
from tests.browser.participant import Keyboard, Participant, Watch
from tests.browser.server import Server

pytestmark = pytest.mark.browser


def follow(link: Locator) -> None:
    """Follow a link by keys alone."""
    for _ in range(60):
        if link.evaluate("element => element === document.activeElement"):
            link.page.keyboard.press("Enter")
            return
        link.page.keyboard.press("Tab")
    raise AssertionError(f"{link} is not reached by Tab")


def test_the_form_of_consent_brings_the_local_clock_and_that_a_program_drives_the_browser(
    server: Server, browser: Browser
) -> None:
    context = browser.new_context(timezone_id="Asia/Kolkata")
    person = Participant(server, context.new_page(), Keyboard(context.pages[0]), SLUG)
    person.consent()
    [row] = server.query("SELECT utc_offset_min, is_automated, language, arrival FROM study_enrolment")
    assert row == {"utc_offset_min": 330, "is_automated": 1, "language": "en", "arrival": "link"}
    context.close()


def test_whoever_declines_is_thanked_and_unknown(newcomer: Participant, watch: Watch) -> None:
    newcomer.page.goto(f"{newcomer.server.address}/s/{SLUG}/")
    newcomer.page.locator("#decline").click()
    expect(newcomer.page.get_by_role("heading", name="Thank you for reading")).to_be_visible()
    assert newcomer.server.query("SELECT * FROM study_enrolment") == []
    assert [row["kind"] for row in newcomer.server.query("SELECT kind FROM study_event")][-1] == "declined"
    assert watch.errors == []


def test_somebody_withdraws_amid_the_trials_by_keys_alone_and_cannot_go_on(
    join: Callable[..., Participant], watch: Watch
) -> None:
    person = join(hands="keyboard")
    keys = Keyboard(person.page)
    follow(person.page.get_by_role("link", name="Withdraw from the study"))
    person.page.wait_for_url(re.compile("/withdraw$"))
    # The two choices are one stop of Tab: the first is reached, and an arrow goes on to the second.
    keys.go_to(person.page.locator('input[value="keep"]'))
    person.page.keyboard.press("ArrowDown")
    keys.press(person.page.locator("#withdraw"))
    expect(person.page.get_by_role("heading", name="You have withdrawn")).to_be_visible()
    assert person.enrolment()["withdrawal"] == "delete"
    person.page.goto(f"{person.server.address}/s/{SLUG}/trials")
    person.page.wait_for_url(re.compile("/ended$"))
    assert watch.errors == []


def test_the_receipt_from_the_footer_withdraws_in_another_browser(
    join: Callable[..., Participant], browser: Browser
) -> None:
    person = join()
    receipt = person.page.locator(".receipt").inner_text()
    elsewhere: BrowserContext = browser.new_context()
    page = elsewhere.new_page()
    page.goto(f"{person.server.address}/s/{SLUG}/withdraw")
    page.get_by_label("Your receipt code").fill(receipt.lower())
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Keep what I answered").check()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("heading", name="You have withdrawn")).to_be_visible()
    assert person.enrolment()["withdrawal"] == "keep"
    elsewhere.close()
