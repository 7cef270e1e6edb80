"""The way of a participant, station by station: every page and every state of it, for whoever looks at them."""

import io
import json
import re
import sqlite3
import wave
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tomli_w
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import SLUG, join_channel
from tests.browser.participant import Mouse, Participant
from tests.browser.server import Server, run_command
from tests.every_task import SLUG as EVERY_TASK
from tests.every_task import every_task_fields
from tests.hearing import heard_interval, quietest_over_loudspeakers
from tests.study.rich_bundle import write_rich_bundle
from tests.tiny_bundle import write_study_file_2

ASKING: Final = "asking"
DRAFT: Final = "not-yet"
LEAST_WIDTH_PX: Final = 600
ADMIN: Final = "ada"
PASSWORD: Final = "a password of these tests alone"  # noqa: S105  # of a database that is deleted with them

# Why somebody goes no further, and what their row says then.
ENDS_EARLY: Final = {
    **{reason: f"screened_out = '{reason}'" for reason in ("window", "language", "hearing", "headphones", "full")},
    "expired": "screened_out = '', expires_at = '2020-01-01 00:00:00'",
    "withdrawn, kept": "withdrawn_at = '2020-01-01 00:00:00', withdrawal = 'keep'",
    "withdrawn, deleted": "withdrawal = 'delete', n_deleted = 3, deleted_sha256 = 'ab'",
}

Look = Callable[[Page, str], None]

_SEVERAL: Final = """
import os, json, sys, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "study.settings")
django.setup()
from django.core.management import call_command
for command in json.loads(sys.argv[1]):
    call_command(*command)
"""
_LONG_S: Final = 600
_NEEDS_JAVASCRIPT: Final = (
    "This study needs JavaScript to play sounds and to time them. Please switch it on in your browser and load this"
    " page again."
)


def text(words: str) -> dict[str, str]:
    return {"en": words}


ENDS: Final = {"low": text("not at all"), "high": text("very much")}
OPTIONS: Final = [{"value": value, "text": text(f"Option {value}")} for value in ("no", "little", "much")]
EVERY_ITEM: Final[dict[str, Any]] = {
    "name": "about-you",
    "title": text("About **you**"),
    "when": "before",
    "items": [
        {"kind": "single", "name": "music", "text": text("Do you make music?"), "options": OPTIONS},
        {"kind": "text", "name": "instrument", "text": text("Which instrument?"), "longest": 20},
        {"kind": "text", "name": "more", "text": text("What else?"), "longest": 2000, "required": False},
        {"kind": "multiple", "name": "devices", "text": text("Which devices?"), "options": OPTIONS, "most": 2},
        {"kind": "number", "name": "age", "text": text("Your age?"), "least": 18, "most": 120, "whole": True},
        {
            "kind": "likert-grid",
            "name": "trust",
            "text": text("How far do you agree?"),
            "points": 7,
            "ends": ENDS,
            "rows": [
                {"name": name, "text": text(f"I would trust {name} in matters of some weight.")}
                for name in ("machines", "people")
            ],
        },
        {"kind": "slider", "name": "awake", "text": text("How awake are you?"), "ends": ENDS},
    ],
}


def run_several(*commands: list[str], folder: Path) -> None:
    """Commands of ours in one process."""
    run_command("-c", _SEVERAL, json.dumps(commands), folder=folder)


def add_studies(folder: Path, *, work: Path) -> None:
    """Three more studies in a prepared folder: one that asks everything, one of every task, and a draft."""
    bundle, every, asking, draft = work / "rich", work / "every.toml", work / "asking.toml", work / "draft.toml"
    write_rich_bundle(bundle)
    every.write_text(tomli_w.dumps(every_task_fields(scale="visual-analogue", exemplars=True)), encoding="utf-8")
    screens = {
        "least_width_px": LEAST_WIDTH_PX,
        "speaks": text("Do you understand English well?"),
        "hears_well": True,
        "headphones": "antiphase",
    }
    write_study_file_2(
        asking,
        study={"slug": ASKING, "title": "Asking everything", "bundle": "tiny"},
        screens=screens,
        questionnaires=[EVERY_ITEM],
    )
    write_study_file_2(draft, study={"slug": DRAFT, "title": "Not yet", "bundle": "tiny"})
    run_several(
        ["load_bundle", str(bundle)],
        *(["load_study", str(file)] for file in (every, asking, draft)),
        *(["launch_study", slug] for slug in (EVERY_TASK, ASKING)),
        ["createsuperuser", "--no-input", "--username", ADMIN, "--email", "ada@example.org"],
        folder=folder,
    )


@dataclass
class Tour:
    """Somebody who goes everywhere and has everything looked at."""

    server: Server
    context: BrowserContext
    look: Look
    say: Callable[[str], str] = str
    """A sentence of the pages as they say it, where they do not speak English."""

    def open(self, path: str) -> Page:
        """A page of its own at an address of the server."""
        page = self.context.new_page()
        page.goto(f"{self.server.address}{path}")
        return page

    def visit(self, path: str, place: str, *, heading: str | None = None) -> None:
        """Look at a page that has one state, under the heading it is known by."""
        page = self.open(path)
        if heading is not None:
            expect(page.locator("h1")).to_have_text(self.say(heading))
        self.look(page, place)
        page.close()

    def before_allocation(self) -> None:
        """From the front page to the questionnaire, in the study that asks everything."""
        self.visit("/", "front")
        page = self.open(f"/s/{ASKING}/")
        person = Participant(self.server, page, Mouse(page), ASKING)
        self.look(page, "start")
        self._consent(page)
        self._screens(page)
        self._sound_check(person)
        self._headphone_check(person)
        self._questionnaire(page)
        page.close()
        self.context.clear_cookies()

    def _consent(self, page: Page) -> None:
        send_form(page)
        self.look(page, "consent missing")
        page.locator('input[name="consent"]').check()
        send_form(page)

    def _screens(self, page: Page) -> None:
        page.locator("#screens").wait_for()
        self.look(page, "screens")
        send_form(page)
        self.look(page, "screens missing")
        for name in ("speaks", "hears_well"):
            page.locator(f'input[name="{name}"][value="yes"]').check()
        send_form(page)

    def _sound_check(self, person: Participant) -> None:
        page, play = person.page, person.page.locator("#play-original button")
        page.locator('#sound[data-state="ready"]').wait_for()
        self.look(page, "sound check: ready")
        with media_replaced(page, drawn_out):
            page.reload()
            play.click()
            page.locator('#sound[data-state="playing"]').wait_for()
            self.look(page, "sound check: playing")
        with media_replaced(page, lambda route: route.abort()):
            page.reload()
            page.locator("#notice:visible").wait_for()
            self.look(page, "sound check: trouble")
        page.reload()
        play.click()
        page.locator('#sound[data-state="asking"]').wait_for()
        self.look(page, "sound check: asking")
        wrong = next(label for label in ("0", "1", "2") if label != person.heard_label())
        person.hands.choose(page.locator("#labels"), wrong)
        self.look(page, "sound check: chosen")
        page.locator("#submit").click()
        page.locator('#sound[data-state="retry"]').wait_for()
        self.look(page, "sound check: again")
        self._stopped(page, "**/api/sound-check", "sound check: stopped", lambda: self._name_word(person))
        page.reload()
        page.locator('#sound[data-state="ready"]').wait_for()
        person.pass_sound_check_only()

    def _name_word(self, person: Participant) -> None:
        person.page.locator("#play-original button").click()
        person.page.locator('#sound[data-state="asking"]').wait_for()
        person.hands.choose(person.page.locator("#labels"), person.heard_label())
        person.page.locator("#submit").click()

    def _headphone_check(self, person: Participant) -> None:
        page, play = person.page, person.page.locator("#play-interval button")
        page.route("**/headphones/**/*.wav", lambda route: serve_silence(route, seconds=0.1))
        page.reload()
        page.locator('#headphones[data-state="ready"]').wait_for()
        self.look(page, "headphone check: ready")
        play.click()
        page.locator('#headphones[data-state="asking"]').wait_for()
        self.look(page, "headphone check: asking")
        person.hands.choose(page.locator("#intervals"), "1")
        self.look(page, "headphone check: chosen")
        page.reload()
        page.locator('#headphones[data-state="ready"]').wait_for()
        person.name_intervals(quietest_over_loudspeakers)
        page.locator("#again:visible").wait_for()
        page.locator('#headphones[data-state="ready"]').wait_for()
        self.look(page, "headphone check: again")
        page.reload()  # the sounds of the next attempt are named by the page as it is loaded
        person.name_intervals(heard_interval)
        page.locator("form#questions").wait_for()

    def _questionnaire(self, page: Page) -> None:
        self.look(page, "questionnaire")
        send_form(page)
        page.locator(".faults").wait_for()
        self.look(page, "questionnaire: with faults")

    def trials(self, channel: str, *, to_the_end: bool) -> None:
        """All states of a round by one channel, and what stands around rounds."""
        person = join_channel(self.server, self.context, channel=channel)
        page, trials = person.page, self.server.trials(person.enrolment()["code"])
        self.look(page, f"{channel}: introduction")
        person.go_on()
        person.await_trial(0)
        self.look(page, f"{channel}: original")
        person.hands.press(page.locator("#play-original button"))
        person.await_stage("explanation")
        self.look(page, f"{channel}: explanation")
        person.hands.press(page.locator("#first .show-picture" if channel == "picture" else "#play-first button"))
        person.await_stage("answering")
        self.look(page, f"{channel}: answering")
        person.hands.choose(person.question("answer"), "1")
        person.hands.choose(person.question("confidence"), "50")
        self.look(page, f"{channel}: chosen")
        with no_way_through(page, "**/response"):
            page.locator("#submit").click()
            page.locator("#notice:visible").wait_for()
            self.look(page, f"{channel}: no connection")
        page.locator("#notice-button").click()
        person.await_stage("feedback")
        self.look(page, f"{channel}: feedback")
        page.reload()
        page.locator('#trials[data-state="start"] [data-greeting="return"]:visible').wait_for()
        self.look(page, f"{channel}: welcome back")
        person.go_on()
        self._main_part(person, trials[1], channel=channel)
        if to_the_end:
            for trial in trials[2:]:
                person.do_trial(trial, channel=channel, label="1", confidence=50)
            page.locator("#code").wait_for()
            self.look(page, f"{channel}: debrief")
        page.close()
        self.context.clear_cookies()

    def _main_part(self, person: Participant, practice: dict[str, Any], *, channel: str) -> None:
        page = person.page
        person.do_trial(practice, channel=channel, label="1", confidence=50)
        page.locator('#trials[data-state="start"] [data-greeting="main"]:visible').wait_for()
        self.look(page, f"{channel}: main part")
        self._stopped(page, "**/begin", f"{channel}: stopped", person.go_on)
        page.reload()
        person.go_on()

    def interruptions(self) -> None:
        """Two windows of one person, and a pause after which the level is set again."""
        person = join_channel(self.server, self.context, channel="sound")
        page, trials = person.page, self.server.trials(person.enrolment()["code"])
        person.go_on()
        person.await_trial(0)
        second = self.open(f"/s/{SLUG}/trials")
        second.locator("#notice:visible").wait_for()
        self.look(second, "window: another one leads")
        second.locator("#notice-button").click()
        second.locator('#trials[data-state="start"]').wait_for()
        page.bring_to_front()
        person.do_trial(trials[0], channel="sound", label="1", confidence=50)
        page.locator('#trials[data-state="stopped"]').wait_for()
        self.look(page, "window: overtaken by another one")
        second.close()
        self.server.change("UPDATE study_response SET received_at = datetime(received_at, '-1 day')")
        page.locator("#notice-button").click()
        page.locator('#trials[data-state="start"] [data-greeting="return"]:visible').wait_for()
        person.go_on()
        page.locator('[data-greeting="level"]:visible').wait_for()
        self.look(page, "pause: the level again")
        page.close()
        self.context.clear_cookies()

    def ended(self) -> None:
        """Ways to leave, and why somebody goes no further, each reason in turn."""
        self.visit(f"/s/{ASKING}/withdraw", "leaving: withdraw by receipt", heading="Withdraw from the study")
        page = self.open(f"/s/{ASKING}/")
        page.locator("#decline").click()
        expect(page.locator("h1")).to_have_text(self.say("Thank you for reading"))
        self.look(page, "leaving: declined")
        page.goto(f"{self.server.address}/s/{ASKING}/")
        page.locator('input[name="consent"]').check()
        send_form(page)
        page.goto(f"{self.server.address}/s/{ASKING}/withdraw")
        self.look(page, "leaving: withdraw")
        send_form(page)
        self.look(page, "leaving: withdraw, nothing chosen")
        for reason, assignment in ENDS_EARLY.items():
            newest = "(SELECT max(id) FROM study_enrolment)"
            change(self.server, f"UPDATE study_enrolment SET {assignment} WHERE id = {newest}")  # noqa: S608
            page.goto(f"{self.server.address}/s/{ASKING}/ended")
            expect(page).to_have_url(f"{self.server.address}/s/{ASKING}/ended")
            self.look(page, f"ended: {reason}")
        page.close()
        self.context.clear_cookies()

    def without_javascript(self) -> None:
        """The pages that need JavaScript, as a browser shows them that has it switched off."""
        for step in ("", "trials"):
            if step:  # the start page sends on whoever is enrolled
                join_channel(self.server, self.context).page.close()
            page = self.context.new_page()
            page.route(f"**/s/{SLUG}/{step}", serve_unscripted)
            page.goto(f"{self.server.address}/s/{SLUG}/{step}")
            expect(page.locator(".notice").first).to_contain_text(self.say(_NEEDS_JAVASCRIPT))
            self.look(page, f"no JavaScript: {step or 'start'}")
            page.close()
        self.context.clear_cookies()

    def closed_doors(self) -> None:
        """Studies that take nobody, requests that cannot be answered, and a server that fails."""
        self.visit("/s/no-such-study/", "unavailable: unknown", heading="There is no study here")
        self.visit(f"/s/{DRAFT}/", "unavailable: not open", heading="This study is not open yet")
        self.visit(f"/s/{SLUG}/p/made-up", "unavailable: personal link", heading="This personal link is not known")
        other_way = "This study is reached in another way"
        self.visit(f"/s/{SLUG}/?PROLIFIC_PID=", "unavailable: another way", heading=other_way)
        for stage in ("paused", "closed"):
            change(self.server, "UPDATE study_study SET stage = ? WHERE slug = ?", stage, SLUG)
            self.visit(f"/s/{SLUG}/", f"unavailable: {stage}", heading=f"This study is {stage}")
        change(self.server, "UPDATE study_study SET stage = 'running' WHERE slug = ?", SLUG)
        self.visit("/nowhere", "error 404", heading="There is no page here")
        page = self.open(f"/s/{ASKING}/")
        send_too_much(page)
        expect(page.locator("h1")).to_have_text(self.say("The page could not read this request"))
        self.look(page, "error 400")
        page.goto(f"{self.server.address}/s/{ASKING}/")
        self.context.clear_cookies()
        send_form(page)
        expect(page.locator("h1")).to_have_text(self.say("Your browser did not send the study’s cookie"))
        self.look(page, "error 403")
        page.close()
        change(self.server, "ALTER TABLE study_study RENAME TO gone")
        self.visit(f"/s/{ASKING}/", "error 500", heading="Something went wrong on our side")
        change(self.server, "ALTER TABLE gone RENAME TO study_study")

    def _stopped(self, page: Page, address: str, place: str, act: Callable[[], None]) -> None:
        """The page once the server refuses for good what `act` asks it for."""
        refusal = {"code": "study-closed", "message": "", "retry_after_ms": None}
        page.route(address, lambda route: route.fulfill(status=409, json=refusal))
        act()
        page.locator('[data-state="stopped"]').wait_for()
        self.look(page, place)
        page.unroute(address)


def change(server: Server, sql: str, *parameters: object) -> None:
    """Change the database behind the server's back, where going there by the pages takes long."""
    with closing(sqlite3.connect(server.folder / "earshot.sqlite3", timeout=30)) as connection, connection:
        connection.execute(sql, parameters)


def send_too_much(page: Page) -> None:
    """Send the page's form with more in it than the server reads."""
    page.locator("main form").first.evaluate("""form => {
      form.append(Object.assign(document.createElement("textarea"), { name: "more", value: "x".repeat(3_000_000) }));
    }""")
    send_form(page)


def send_form(page: Page) -> None:
    """Send the page's form as it stands, whatever the browser itself would say to it."""
    page.locator("main form").first.evaluate("form => { form.noValidate = true; }")
    with page.expect_navigation():
        page.locator('main form button[type="submit"]').first.click()


@contextmanager
def media_replaced(page: Page, answer: Callable[[Route], None]) -> Iterator[None]:
    """The page with another answer to every request for a sound or picture."""
    page.route("**/media/*", answer)
    yield
    page.unroute("**/media/*")


@contextmanager
def no_way_through(page: Page, address: str) -> Iterator[None]:
    """The page while no request of an address arrives."""
    page.route(address, lambda route: route.abort())
    yield
    page.unroute(address)


def serve_unscripted(route: Route) -> None:
    """The page as it is without scripts; the tools that look at it are scripts and have to run."""
    answer = route.fetch()
    body = re.sub(r"<script.*?</script>", "", answer.text()).replace("noscript", "div")
    route.fulfill(response=answer, body=body)


def drawn_out(route: Route) -> None:
    """A sound that does not end while somebody looks."""
    serve_silence(route, seconds=_LONG_S)


def serve_silence(route: Route, *, seconds: float) -> None:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 1, 8_000, 0, "NONE", ""))
        file.writeframes(b"\x80" * round(8_000 * seconds))
    route.fulfill(body=content.getvalue(), content_type="audio/wav")
