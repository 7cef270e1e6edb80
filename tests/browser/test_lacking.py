"""A browser that lacks something, or media that do not arrive: a sentence and a way to the researcher, no waiting."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.conftest import SLUG
from tests.browser.participant import Mouse, Participant
from tests.browser.server import Server, run_command
from tests.tiny_bundle import write_study_file_2

pytestmark = pytest.mark.browser

Join = Callable[..., Participant]

CONTACT = "study@example.org"
CONTENT_TYPES = {"wav": "audio/wav", "png": "image/png"}
NO_WEB_AUDIO = """
for (const name of ["AudioContext", "OfflineAudioContext", "webkitAudioContext"]) delete window[name];
"""
NO_STORAGE = """
for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });
}
"""


def assert_told(page: Page, words: str) -> None:
    """A sentence stands on the page, and below it whom to write to; nothing of it turns or waits."""
    expect(page.locator("#notice-text")).to_contain_text(words)
    expect(page.locator("#notice-button")).to_be_visible()
    expect(page.locator("footer")).to_contain_text(CONTACT)


def agree(person: Participant, *, before_sending: Callable[[], None] = lambda: None) -> None:
    """Tick the box and send the form; wherever that leads."""
    person.page.goto(f"{person.server.address}/s/{person.slug}/")
    person.page.locator('input[name="consent"]').check()
    before_sending()
    with person.page.expect_navigation():
        person.page.locator('form button[type="submit"]').click()


def garbage(route: Route) -> None:
    route.fulfill(
        body=b"RIFF, and nothing that could be heard or seen", content_type=CONTENT_TYPES[route.request.url[-3:]]
    )


def missing(route: Route) -> None:
    route.fulfill(status=404, body=b"")


def cut_off(route: Route) -> None:
    route.abort()


NO_MEDIA = (missing, garbage, cut_off)


@pytest.fixture
def at_headphones(server: Server, tmp_path: Path, context: BrowserContext) -> Participant:
    """Somebody at the headphone check."""
    slug = "both-ears"
    study_file = write_study_file_2(
        tmp_path / "both-ears.toml",
        study={"slug": slug, "title": "Both ears", "bundle": "tiny"},
        screens={"headphones": "huggins"},
    )
    run_command("manage.py", "load_study", str(study_file), folder=server.folder)
    run_command("manage.py", "launch_study", slug, folder=server.folder)
    page = context.new_page()
    person = Participant(server, page, Mouse(page), slug)
    person.consent()
    person.pass_sound_check_only()
    return person


def test_sound_check_without_web_audio_says_so(newcomer: Participant) -> None:
    newcomer.page.add_init_script(NO_WEB_AUDIO)
    agree(newcomer)
    assert_told(newcomer.page, "cannot play the sounds")
    expect(newcomer.page.locator("#play-original button")).to_be_disabled()


def test_trials_without_web_audio_say_so(join: Join) -> None:
    page = join().page
    page.add_init_script(NO_WEB_AUDIO)
    page.reload()
    assert_told(page, "cannot play the sounds")
    expect(page.locator("#start-button")).to_be_hidden()


def test_headphone_check_without_sounds_or_web_audio_says_so(at_headphones: Participant) -> None:
    page = at_headphones.page
    for answer in NO_MEDIA:
        page.route("**/headphones/**/*.wav", answer)
        page.reload()
        assert_told(page, "could not be loaded")
        page.unroute("**/headphones/**/*.wav")
    page.locator("#notice-button").click()
    page.locator('#headphones[data-state="ready"]').wait_for()
    expect(page.locator("#notice")).to_be_hidden()

    page.add_init_script(NO_WEB_AUDIO)
    page.reload()
    assert_told(page, "cannot play the sounds")
    expect(page.get_by_role("button", name="I cannot use headphones")).to_be_enabled()


def test_sound_check_without_its_sound_says_so_and_goes_on_when_it_comes(newcomer: Participant) -> None:
    page = newcomer.page
    page.route("**/media/*", missing)
    agree(newcomer)
    assert_told(page, "could not be loaded")
    for answer in NO_MEDIA:
        page.unroute("**/media/*")
        page.route("**/media/*", answer)
        page.reload()
        assert_told(page, "could not be loaded")
    page.unroute("**/media/*")
    page.locator("#notice-button").click()
    page.locator('#sound[data-state="ready"]').wait_for()
    expect(page.locator("#notice")).to_be_hidden()


@pytest.mark.parametrize("channel", ["picture", "sound"])
def test_trial_without_its_media_says_so_and_does_not_begin(join: Join, server: Server, channel: str) -> None:
    person = join(channel=channel)
    page, media = person.page, f"**/media/*.{'png' if channel == 'picture' else 'wav'}"
    for answer in NO_MEDIA:
        page.route(media, answer)
        page.reload()
        person.go_on()
        assert_told(page, "could not be loaded")
        page.unroute(media)
    assert server.trials(person.enrolment()["code"])[0]["n_begun"] == 0
    page.locator("#notice-button").click()
    person.await_trial(0)


def test_blocked_storage_keeps_nobody_from_taking_part(join: Join, server: Server, context: BrowserContext) -> None:
    context.add_init_script(NO_STORAGE)
    person = join()
    enrolment = person.enrolment()
    trials = server.trials(enrolment["code"])
    person.go_on()
    person.do_trial(trials[0], channel=enrolment["channel"], label="1", confidence=50)
    person.await_trial(1)
    assert server.trials(enrolment["code"])[0]["answer"] == "1"


def test_blocked_cookies_are_told_with_whom_to_write_to(newcomer: Participant) -> None:
    agree(newcomer, before_sending=newcomer.page.context.clear_cookies)
    expect(newcomer.page.locator("h1")).to_have_text("Your browser did not send the study’s cookie")
    expect(newcomer.page.locator("footer")).to_contain_text(CONTACT)
    assert newcomer.server.enrolments() == []


@pytest.fixture
def unscripted(browser: Browser) -> Iterator[BrowserContext]:
    """A browser with JavaScript switched off."""
    context = browser.new_context(java_script_enabled=False)
    yield context
    context.close()


def test_without_javascript_nobody_consents_to_what_they_could_not_do(
    server: Server, unscripted: BrowserContext
) -> None:
    page = unscripted.new_page()
    page.goto(f"{server.address}/s/{SLUG}/")
    assert_asks_for_javascript(page)
    expect(page.locator("#consent")).to_be_hidden()
    page.locator("#decline").click()
    expect(page.locator("h1")).to_have_text("Thank you for reading")


def test_sound_check_without_javascript_asks_for_it(newcomer: Participant, unscripted: BrowserContext) -> None:
    newcomer.consent()
    newcomer.page.locator("#sound").wait_for()
    unscripted.add_cookies(newcomer.page.context.cookies())  # type: ignore[arg-type]  # the driver's own two shapes
    page = unscripted.new_page()
    page.goto(newcomer.page.url)
    assert_asks_for_javascript(page)
    expect(page.locator("#sound section")).to_be_hidden()


def test_trials_without_javascript_ask_for_it(join: Join, unscripted: BrowserContext) -> None:
    person = join()
    unscripted.add_cookies(person.page.context.cookies())  # type: ignore[arg-type]  # the driver's own two shapes
    page = unscripted.new_page()
    page.goto(person.page.url)
    assert_asks_for_javascript(page)


def assert_asks_for_javascript(page: Page) -> None:
    expect(page.locator("noscript .notice, noscript p").first).to_contain_text("needs JavaScript")
    expect(page.locator("footer")).to_contain_text(CONTACT)
