"""Every kind of task, trial and channel, gone through by the keyboard alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli_w
from playwright.sync_api import BrowserContext

from tests.browser.conftest import serve_copy
from tests.browser.participant import Keyboard, Participant, Watch
from tests.browser.server import Row, Server, run_command
from tests.every_task import SLUG, every_task_fields
from tests.study.rich_bundle import write_rich_bundle

pytestmark = pytest.mark.browser

ANSWERS: dict[str, dict[str, str | int]] = {
    "forward": {"answer": "2", "confidence": 30},
    "forward-both": {"answer": "2", "confidence": 30},
    "perceived": {"perceived_label": "4", "answer": "2", "confidence": 30},
    "errors": {"judgement": "wrong", "confidence": 30},
    "changed": {"answer": "2", "confidence": 30},
    "advised": {"answer_before": "5", "confidence_before": 60, "answer": "2", "confidence": 30},
    # The first arrow marks an end of the line, the second goes on by one.
    "rated": {"rating_clear": 1, "rating_of_use": 1},
    "preferred": {"preferred": "second", "confidence": 30},
}
ATTENTION_ANSWER: dict[str, str | int] = {"answer": "3"}


@pytest.fixture
def every_server(tmp_path: Path) -> Iterator[Server]:
    """A server with the study of every task running."""
    bundle, study, var = tmp_path / "bundle", tmp_path / "every.toml", tmp_path / "prepared"
    write_rich_bundle(bundle)
    study.write_text(tomli_w.dumps(every_task_fields(scale="visual-analogue")))
    for command in (
        ["migrate", "--verbosity", "0"],
        ["collectstatic", "--no-input", "--verbosity", "0"],
        ["load_bundle", str(bundle)],
        ["load_study", str(study)],
        ["launch_study", SLUG],
    ):
        run_command("manage.py", *command, folder=var)
    with serve_copy(var, tmp_path / "var") as server:
        yield server


def test_every_task_is_done_by_keyboard_and_stored_as_answered(
    every_server: Server, context: BrowserContext, watch: Watch
) -> None:
    page = context.new_page()
    person = Participant(every_server, page, Keyboard(page), SLUG)
    person.consent()
    person.pass_sound_check()
    trials = every_server.trials(person.enrolment()["code"])
    for trial in trials:
        pass_greetings(person, index=trial["index"])
        do_trial(person, trial)
    page.locator("#code").wait_for()

    for trial in every_server.trials(person.enrolment()["code"]):
        expected = ATTENTION_ANSWER if trial["kind"] == "attention" else ANSWERS[trial["condition"]]
        assert trial["answers"] == expected, trial
        assert trial["n_begun"] == 1
    assert watch.errors == []


def pass_greetings(person: Participant, *, index: int) -> None:
    """Go on past whatever stands before a trial."""
    standing = f'#trials[data-state="trial"][data-index="{index}"]'
    for _ in range(3):
        person.page.locator(f'{standing}, #trials[data-state="start"][data-index="{index}"]').wait_for()
        if person.page.locator(standing).count():
            return
        greeting = person.page.locator("[data-greeting]:visible")
        name = greeting.get_attribute("data-greeting")
        person.go_on()
        person.page.locator(f'{standing}, [data-greeting]:visible:not([data-greeting="{name}"])').first.wait_for()


def do_trial(person: Participant, trial: Row) -> None:
    """One trial, whatever it shows and asks."""
    n_steps = 2 if trial["condition"] == "advised" else 1
    for _ in range(n_steps):
        meet_all(person)
        answer_step(person, trial)
    if trial["kind"] == "training":
        person.await_stage("feedback")
        person.hands.press(person.page.locator("#next"))


def meet_all(person: Participant) -> None:
    """Play and show, by what has the page's mark of what is next, until something is asked."""
    page = person.page
    stage = "#trial:is([data-stage=original], [data-stage=explanation], [data-stage=changed], [data-stage=answering])"
    for name in ("original", "first", "second", "changed"):
        page.locator(stage).wait_for()
        if page.locator("#trial").get_attribute("data-stage") == "answering":
            return
        button = page.locator(f"#{name} button:visible")
        if button.count() and page.locator(f'.step[data-done="false"] #{name}').count():
            person.hands.press(button.first)
            page.locator(f"#{name} .is-playing").wait_for(state="detached")
    person.await_stage("answering")


def answer_step(person: Participant, trial: Row) -> None:
    """Answer what is asked, each by its widget."""
    wanted = ATTENTION_ANSWER if trial["kind"] == "attention" else ANSWERS[trial["condition"]]
    for question in person.page.locator("[data-field]").all():
        value = wanted[question.get_attribute("data-field") or ""]
        if question.locator(".line").count():
            Keyboard(person.page).go_to_group(question)
            person.page.keyboard.press("ArrowRight")
            person.page.keyboard.press("ArrowRight")
        else:
            person.hands.choose(question, str(value))
    person.hands.press(person.page.locator("#submit"))  # the page leaves the question with the key press
