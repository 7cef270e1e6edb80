"""Somebody who takes part in a real browser, by mouse or by keyboard alone, and what their browser met on the way."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Playwright,
    Request,
    Response,
    Route,
)

from tests.browser.server import Row, Server
from tests.hearing import heard_interval

_MOST_TABS = 40
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--autoplay-policy=document-user-activation-required",
]
_MEDIUM = re.compile(r"/media/([0-9a-f]{64}\.(?:wav|png))$")


def launch_chromium(driver: Playwright) -> Browser:
    """Debian's Chromium where it is installed, else the driver's own."""
    return driver.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)


class Hands(Protocol):
    """How somebody presses things."""

    def press(self, target: Locator) -> None: ...
    def choose(self, group: Locator, value: str) -> None: ...


@dataclass
class Mouse:
    """Clicks, and nothing else."""

    page: Page

    def press(self, target: Locator) -> None:
        target.click()

    def choose(self, group: Locator, value: str) -> None:
        group.locator(f'.tile:has(input[value="{value}"])').click()


@dataclass
class Keyboard:
    """Keys, and nothing else: Tab to what is wanted, then Enter, Space, arrows or the label's own key."""

    page: Page

    def press(self, target: Locator) -> None:
        self.go_to(target)
        is_box = target.get_attribute("type") == "checkbox"
        self.page.keyboard.press("Space" if is_box else "Enter")

    def go_to(self, target: Locator) -> None:
        target.and_(self.page.locator(":enabled")).wait_for()
        for _ in range(_MOST_TABS):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} is not reached by {_MOST_TABS} presses of Tab")

    def choose(self, group: Locator, value: str) -> None:
        if group.locator(f'input[value="{value}"]').count() and len(value) == 1:
            self.page.keyboard.press(value)
            return
        values = [box.get_attribute("value") for box in group.locator("input").all()]
        self.go_to_group(group)
        for _ in range(values.index(value) + 1):
            self.page.keyboard.press("ArrowRight")

    def go_to_group(self, group: Locator) -> None:
        for _ in range(_MOST_TABS):
            if group.evaluate("group => group.contains(document.activeElement)"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{group} is not reached by {_MOST_TABS} presses of Tab")


@dataclass(frozen=True)
class Received:
    """One answer of a server, as the browser got it."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Watch:
    """Everything a browser met: requests, bodies that came back, errors and violations of the content policy."""

    requests: list[Request] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.requests.append(request))
        context.on("console", self._hear)
        context.on("weberror", lambda fault: self.errors.append(str(fault.error)))
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation', event =>"
            " console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));"
        )
        context.route("**/*", self._read)
        context.on("response", self._read_redirected)

    def _read(self, route: Route) -> None:
        """Pass an answer on as it is, and keep it: bodies are gone from the browser after a navigation."""
        response = route.fetch(max_redirects=0)
        self.received.append(Received(route.request.url, response.status, response.headers, response.body()))
        route.fulfill(response=response)

    def _read_redirected(self, response: Response) -> None:
        """Keep where a redirect led: such requests pass by the route."""
        if response.request.redirected_from is not None:
            self.received.append(Received(response.url, response.status, response.all_headers(), response.body()))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def posted(self) -> list[dict[str, Any]]:
        """Every answer the browser sent."""
        return [json.loads(request.post_data or "") for request in self.requests if request.url.endswith("/response")]


@dataclass
class Participant:
    """One person on their way through a study."""

    server: Server
    page: Page
    hands: Hands
    slug: str = "tiny"

    def consent(self) -> None:
        self.page.goto(f"{self.server.address}/s/{self.slug}/")
        self.hands.press(self.page.locator('input[name="consent"]'))
        self.hands.press(self.page.locator('form button[type="submit"]'))
        self.page.locator('#sound[data-state="ready"]').wait_for()

    def pass_sound_check(self) -> None:
        self.pass_sound_check_only()
        self.page.locator('#trials[data-state="start"]').wait_for()

    def pass_sound_check_only(self) -> None:
        """Hear and name the word; ends when the next page is there."""
        self.hands.press(self.page.locator("#play-original button"))
        self.page.locator('#sound[data-state="asking"]').wait_for()
        self.hands.choose(self.page.locator("#labels"), self.heard_label())
        self.hands.press(self.page.locator("#submit"))
        self.page.locator("#trials, form#questions, #screens, #headphones").first.wait_for()

    def pass_headphone_check(self) -> None:
        """Hear the six sounds and name the intervals; ends when the next page is there."""
        self.name_intervals(heard_interval)
        self.page.locator("#trials, form#questions").first.wait_for()

    def name_intervals(self, ear: Callable[[bytes], int]) -> None:
        """Go through an attempt at the headphone check with what an ear makes of each sound."""
        for trial, url in enumerate(self._headphone_sounds()):
            self.page.locator(f'#headphones[data-state="ready"][data-trial="{trial}"]').wait_for()
            self.hands.press(self.page.locator("#play-interval button"))
            self.page.locator('#headphones[data-state="asking"]').wait_for()
            self.hands.choose(self.page.locator("#intervals"), str(ear(self._fetch(url))))
            self.hands.press(self.page.locator("#submit"))

    def _headphone_sounds(self) -> list[str]:
        attempt = int(self.page.locator("#headphones").get_attribute("data-attempt") or 0)  # as it was loaded
        items = self.page.locator("[data-attempt-sounds]").nth(attempt).locator("li").all()
        return [item.get_attribute("data-url") or "" for item in items]

    def _fetch(self, url: str) -> bytes:
        return self.page.request.get(f"{self.server.address}{url}").body()

    def heard_label(self) -> str:
        """What the person in the sound check says: known from outside, as an ear would."""
        match = _MEDIUM.search(self.page.locator("#sound").get_attribute("data-url") or "")
        assert match
        sql = """
            SELECT true_label FROM study_stimulus AS stimulus
            JOIN study_rendition AS rendition ON rendition.stimulus_id = stimulus.id WHERE rendition.sound_file = ?
        """
        label: str = self.server.query(sql, [match[1]])[0]["true_label"]
        return label

    def enrolment(self) -> Row:
        """The newest enrolment: this one, as long as people come one after the other."""
        return self.server.enrolments()[-1]

    def go_on(self) -> None:
        """Press the button before the trials."""
        self.hands.press(self.page.locator("#start-button"))

    def await_trial(self, index: int) -> None:
        self.page.locator(f'#trials[data-state="trial"][data-index="{index}"] #trial[data-stage="original"]').wait_for()

    def await_stage(self, stage: str) -> None:
        self.page.locator(f'#trial[data-stage="{stage}"]').wait_for()

    def explore(self, channel: str) -> None:
        """Hear the original, then see or hear the explanation, until answering opens."""
        self.hands.press(self.page.locator("#play-original button"))
        self.await_stage("explanation")
        self.hands.press(self.page.locator("#first .show-picture" if channel == "picture" else "#play-first button"))
        self.await_stage("answering")

    def answer(self, label: str, *, confidence: int) -> None:
        self.hands.choose(self.question("answer"), label)
        self.hands.choose(self.question("confidence"), str(confidence))
        self.hands.press(self.page.locator("#submit"))

    def question(self, field: str) -> Locator:
        """Where a field of the present step is answered."""
        return self.page.locator(f'[data-field="{field}"]')

    def do_trial(self, trial: Row, *, channel: str, label: str, confidence: int) -> None:
        """One whole trial, from the server's row; ends when the next thing is on the page."""
        self.await_trial(trial["index"])
        self.explore(channel)
        self.answer(label, confidence=confidence)
        if trial["kind"] == "training":
            self.await_stage("feedback")
            self.hands.press(self.page.locator("#next"))
