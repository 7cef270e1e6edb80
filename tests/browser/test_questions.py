"""The pages with questions, by the keyboard or with a small window: what only a browser can tell."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.participant import Mouse, Participant, Watch
from tests.browser.server import Server, run_command
from tests.tiny_bundle import write_study_file_2

pytestmark = pytest.mark.browser

SLUG = "asking"
LEAST_WIDTH_PX = 500


def text(words: str) -> dict[str, str]:
    return {"en": words}


ABOUT_YOU: dict[str, Any] = {
    "name": "about-you",
    "title": text("About you"),
    "when": "before",
    "items": [
        {
            "kind": "number",
            "name": "years",
            "text": text("For how many years have you made music?"),
            "least": 0,
        },
        {
            "kind": "text",
            "name": "instrument",
            "text": text("Which instrument?"),
            "shown_if": {"item": "years", "at_least": 1},
        },
        {
            "kind": "slider",
            "name": "awake",
            "text": text("How awake are you?"),
            "ends": {"low": text("asleep"), "high": text("awake")},
        },
    ],
}


@pytest.fixture
def person(server: Server, tmp_path: Path, page: Page) -> Participant:
    """Somebody at the screens of a study with questions."""
    study_file = write_study_file_2(
        tmp_path / "asking.toml",
        study={"slug": SLUG, "title": "Asking", "bundle": "tiny"},
        screens={"least_width_px": LEAST_WIDTH_PX},
        questionnaires=[ABOUT_YOU],
    )
    run_command("manage.py", "load_study", str(study_file), folder=server.folder)
    run_command("manage.py", "launch_study", SLUG, folder=server.folder)
    person = Participant(server, page, Mouse(page), SLUG)
    page.goto(f"{server.address}/s/{SLUG}/")
    person.hands.press(page.locator('input[name="consent"]'))
    person.hands.press(page.locator('form button[type="submit"]'))
    page.locator("#width-said:not(:empty)").wait_for()  # the script has measured
    return person


@pytest.fixture
def page(watch: Watch, context: BrowserContext) -> Page:
    return context.new_page()


def go_on(person: Participant) -> None:
    person.hands.press(person.page.locator('form button[type="submit"]'))


def pass_to_questions(person: Participant) -> None:
    go_on(person)
    page = person.page
    page.locator('#sound[data-state="ready"]').wait_for()
    person.hands.press(page.locator("#play-original button"))
    page.locator('#sound[data-state="asking"]').wait_for()
    person.hands.choose(page.locator("#labels"), person.heard_label())
    person.hands.press(page.locator("#submit"))
    page.locator("#questions").wait_for()


def test_the_window_is_measured_as_it_changes_and_too_narrow_a_one_ends_the_way(person: Participant) -> None:
    said = person.page.locator("#width-said")
    expect(said).to_contain_text("that will do")
    person.page.set_viewport_size({"width": LEAST_WIDTH_PX - 1, "height": 800})
    expect(said).to_contain_text("Please make it wider")

    go_on(person)

    expect(person.page.locator("h1")).to_have_text("Thank you for your interest")
    assert [row["screened_out"] for row in person.server.query("SELECT * FROM study_enrolment")] == ["window"]


def test_an_item_appears_with_its_condition_and_what_is_hidden_is_not_sent(person: Participant, watch: Watch) -> None:
    pass_to_questions(person)
    page = person.page
    instrument = page.get_by_label("Which instrument?")
    expect(instrument).to_be_hidden()

    page.get_by_label("For how many years").fill("2,5")
    instrument.fill("Viola")
    page.get_by_label("For how many years").fill("0")

    expect(instrument).to_be_hidden()
    page.get_by_role("slider", name="How awake are you?").press("ArrowLeft")
    go_on(person)
    page.locator("#trials").wait_for()
    (row,) = person.server.query("SELECT answers FROM study_questionnaireresponse")
    assert json.loads(row["answers"]) == {"years": 0.0, "awake": 100}
    assert watch.errors == []


def test_an_untouched_line_is_no_answer_and_what_was_given_is_kept(person: Participant) -> None:
    pass_to_questions(person)
    page = person.page
    page.get_by_label("For how many years").fill("3")
    page.get_by_label("Which instrument?").fill("Viola")

    go_on(person)

    faults = page.locator(".faults")
    expect(faults).to_be_focused()
    expect(faults.get_by_role("link")).to_have_text(["How awake are you?"])
    expect(page.get_by_label("Which instrument?")).to_have_value("Viola")
    person.hands.press(faults.get_by_role("link"))
    line = page.get_by_role("slider", name="How awake are you?")
    expect(line).to_be_focused()
    line.click()  # its very middle
    go_on(person)
    page.locator("#trials").wait_for()
    (row,) = person.server.query("SELECT answers FROM study_questionnaireresponse")
    assert json.loads(row["answers"]) == {"years": 3.0, "instrument": "Viola", "awake": 50}
