"""Somebody who does whatever a page asks for, in any study: a bot in a real browser, led by what it sees alone."""

from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Locator

from tests.browser.participant import Keyboard, Participant

_ROOMS: Final = (
    '#code, #screens, form#questions, #sound[data-state="ready"], #headphones[data-state="ready"],'
    ' #trials:is([data-state="start"], [data-state="trial"])'
)
_DONE_TRIAL: Final = '#trial[data-stage="feedback"], #code, form#questions, #trials[data-state="start"]'
_IN_TRIAL: Final = (
    "#trial:is([data-stage=original], [data-stage=explanation], [data-stage=changed], [data-stage=answering])"
)
_MOST_STEPS: Final = 1000
# A break may ask to wait, and a trial dwells: longer than the driver's own patience.
_PATIENCE_MS: Final = 60_000


@dataclass
class Diligent:
    """One person on their way from the start page to the completion code."""

    person: Participant

    def enter(self) -> None:
        """Agree to take part, and pass all that comes before allocation."""
        page = self.person.page
        page.set_default_timeout(_PATIENCE_MS)
        page.goto(f"{self.person.server.address}/s/{self.person.slug}/")
        page.locator('input[name="consent"]').click()
        page.locator('form button[type="submit"]').click()
        while self._room() in ("screens", "questions", "sound", "headphones"):
            self._pass_room(self._room())

    def finish(self) -> str:
        """Do everything that is left; gives back the completion code."""
        for _ in range(_MOST_STEPS):
            room = self._room()
            if room == "code":
                return self.person.page.locator("#code").inner_text()
            self._pass_room(room)
        raise AssertionError(f"the code is not reached in {_MOST_STEPS} steps")

    def _room(self) -> str:
        standing = self.person.page.locator(_ROOMS).first
        standing.wait_for()
        return standing.get_attribute("id") or ""

    def _pass_room(self, room: str) -> None:
        if room == "sound":
            self.person.pass_sound_check_only()
        elif room == "headphones":
            self.person.pass_headphone_check()
        elif room == "trials":
            self._pass_trials_page()
        else:
            self._fill_form()

    def _fill_form(self) -> None:
        """Yes to every screen, the first option of every question."""
        page = self.person.page
        address = page.url
        if page.locator("#width-said").count():
            page.locator("#width-said:not(:empty)").wait_for()  # the window was measured
        for group in page.locator("form fieldset:has(input[type=radio])").all():
            group.locator("input[type=radio]").first.check(force=True)
        page.locator('form button[type="submit"]').click()
        page.wait_for_url(lambda url: url != address)

    def _pass_trials_page(self) -> None:
        page = self.person.page
        if page.locator('#trials[data-state="start"]').count():
            greeting = page.locator("[data-greeting]:visible").first.get_attribute("data-greeting")
            page.locator("#start-button").click()
            page.locator(
                f'#trials[data-state="trial"], [data-greeting]:visible:not([data-greeting="{greeting}"])'
            ).first.wait_for()
            return
        self._do_trial()

    def _do_trial(self) -> None:
        page = self.person.page
        page.locator(_IN_TRIAL).wait_for()  # the index changes before what was shown last is gone
        index = page.locator("#trials").get_attribute("data-index")
        gone = f'{_DONE_TRIAL}, #trials[data-state="trial"]:not([data-index="{index}"])'
        while not page.locator(gone).count():
            self._meet_all()
            for question in page.locator("[data-field]").all():
                self._answer(question)
            page.locator("#submit").click()
            page.locator(f'{gone}, #trial[data-stage="explanation"], #trial[data-stage="original"]').first.wait_for()
        if page.locator('#trial[data-stage="feedback"]').count():
            page.locator("#next").click()
            page.locator(
                f'#code, form#questions, #trials[data-state="start"], #trials:not([data-index="{index}"])'
            ).first.wait_for()

    def _meet_all(self) -> None:
        """Play and show whatever is to be met, until something is asked."""
        page = self.person.page
        for name in ("original", "first", "second", "changed"):
            page.locator(_IN_TRIAL).wait_for()
            if page.locator('#trial[data-stage="answering"]').count():
                return
            button = page.locator(f"#{name} button:visible")
            if button.count() and page.locator(f'.step[data-done="false"] #{name}').count():
                button.first.click()
                page.locator(f"#{name} .is-playing").wait_for(state="detached")
        self.person.await_stage("answering")

    def _answer(self, question: Locator) -> None:
        """The second choice of every question: neither end of a scale."""
        if question.locator(".line").count():
            Keyboard(self.person.page).go_to_group(question)
            self.person.page.keyboard.press("ArrowRight")
            return
        question.locator(".tile").nth(1).click()
