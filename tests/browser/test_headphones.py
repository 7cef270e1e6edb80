"""The headphone check in a browser: missed once by loudspeakers, then passed over headphones."""

import io
import wave
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.participant import Keyboard, Participant, Watch
from tests.browser.server import Server, run_command
from tests.hearing import heard_interval, quietest_over_loudspeakers
from tests.tiny_bundle import write_study_file_2

pytestmark = pytest.mark.browser

SLUG = "both-ears"


@pytest.fixture
def page(watch: Watch, context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def person(server: Server, tmp_path: Path, page: Page) -> Participant:
    """Somebody at the headphone check, by the keyboard alone; its sounds are short, which nothing here depends on."""
    study_file = write_study_file_2(
        tmp_path / "both-ears.toml",
        study={"slug": SLUG, "title": "Both ears", "bundle": "tiny"},
        screens={"headphones": "antiphase"},
    )
    run_command("manage.py", "load_study", str(study_file), folder=server.folder)
    run_command("manage.py", "launch_study", SLUG, folder=server.folder)
    page.route("**/headphones/**/*.wav", shorten)
    person = Participant(server, page, Keyboard(page), SLUG)
    person.consent()
    person.pass_sound_check_only()
    page.locator('#headphones[data-state="ready"]').wait_for()
    return person


def shorten(route: Route) -> None:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((2, 2, 44_100, 0, "NONE", ""))
        file.writeframes(bytes(4 * 4_410))
    route.fulfill(body=content.getvalue(), content_type="audio/wav")


def test_loudspeakers_miss_it_and_headphones_pass_it(person: Participant, watch: Watch) -> None:
    page = person.page
    expect(page.locator("#counted")).to_have_text("Task 1 of 6")
    person.name_intervals(quietest_over_loudspeakers)
    expect(page.locator("#again")).to_contain_text("did not come over headphones")
    expect(page.locator("#counted")).to_have_text("Task 1 of 6")
    page.reload()  # what was missed stays missed
    page.locator('#headphones[data-state="ready"]').wait_for()

    person.name_intervals(heard_interval)

    page.locator("#trials").wait_for()
    (row,) = person.server.query("SELECT headphones_right, place, screened_out FROM study_enrolment")
    assert dict(row) == {"headphones_right": 6, "place": 0, "screened_out": ""}
    assert watch.errors == []


def test_the_way_out_is_a_button_away(person: Participant, watch: Watch) -> None:
    person.hands.press(person.page.locator("#without button"))
    expect(person.page.locator("h1")).to_have_text("Thank you for your interest")
    (row,) = person.server.query("SELECT screened_out FROM study_enrolment")
    assert row["screened_out"] == "headphones"
    assert watch.errors == []
