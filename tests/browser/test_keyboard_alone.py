"""The whole way by Tab, arrows, Space and Enter alone: all is in reach, the focus seen and never lost."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Locator, Page

from tests.browser.conftest import SLUG
from tests.browser.participant import Keyboard, Participant
from tests.browser.server import Server, run_command
from tests.browser.test_headphones import shorten
from tests.hearing import heard_interval
from tests.tiny_bundle import write_study_file_2

pytestmark = pytest.mark.browser

LEAST_OUTLINE_PX = 2
LEAST_CONTRAST = 3  # WCAG 2.2, 1.4.11

# The outline may be drawn around the element, its tile, the group nothing is chosen in, or the box it ticks.
_SEEN = """() => {
  const focused = document.activeElement;
  const face = focused.closest(".tile")?.querySelector(".tile-face");
  const drawn = [focused, face, focused.closest(".tiles"), focused.closest(".check")]
    .filter(each => each && getComputedStyle(each).outlineStyle !== "none")
    .map(each => [each, parseFloat(getComputedStyle(each).outlineWidth)]);
  const [element, width] = drawn.sort((one, other) => other[1] - one[1])[0] ?? [null, 0];
  if (!element) return { width: 0, contrast: 0 };
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const behind = start => {
    for (let each = start; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if ((numbers(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const luminance = colour => numbers(colour).slice(0, 3).map(value => value / 255)
    .map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
  const pair = [getComputedStyle(element).outlineColor, behind(element.parentElement)].map(luminance);
  return { width, contrast: (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05) };
}"""
_IS_LOST = """async () => {
  // The focus leaves what was disabled when the page is next drawn.
  await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const isNew = window.walked !== true;  // a page that was just loaded has the focus nowhere yet
  window.walked = true;
  return !isNew && (document.activeElement === document.body || document.activeElement === null);
}"""


@dataclass
class WatchedKeyboard(Keyboard):
    """A keyboard whose owner notes each time that the focus is lost, or cannot be seen where something is pressed."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def press(self, target: Locator) -> None:
        target.and_(self.page.locator(":enabled")).wait_for()
        self._note_loss(f"before {target}")
        self.go_to(target)
        self._note_sight(str(target))
        super().press(target)

    def choose(self, group: Locator, value: str) -> None:
        """By arrows, also where a label has a key of its own."""
        self._note_loss(f"before {group}")
        values = [box.get_attribute("value") for box in group.locator("input").all()]
        self.go_to_group(group)
        self._note_sight(f"{group}, nothing chosen")
        for _ in range(values.index(value) + 1):
            self.page.keyboard.press("ArrowRight")
        self._note_sight(f"{group}, chosen")

    def _note_loss(self, place: str) -> None:
        if self.page.evaluate(_IS_LOST):
            self.faults.append(f"{place}: the focus is lost")

    def _note_sight(self, place: str) -> None:
        seen = self.page.evaluate(_SEEN)
        if seen["width"] < LEAST_OUTLINE_PX or seen["contrast"] < LEAST_CONTRAST:
            self.faults.append(f"{place}: an outline of {seen['width']} px and a contrast of {seen['contrast']:.1f}")


@dataclass
class OnTheWay:
    """Somebody on the whole way by the keyboard."""

    person: Participant
    hands: WatchedKeyboard

    def do_all_trials(self) -> str:
        """Every round, and the completion code."""
        server, page = self.person.server, self.person.page
        enrolment = self.person.enrolment()
        for trial in server.trials(enrolment["code"]):
            here = f'[data-index="{trial["index"]}"]'
            page.locator(f'#trials[data-state="start"]{here}, #trials[data-state="trial"]{here}').wait_for()
            if page.locator('#trials[data-state="start"]').count():
                self.person.go_on()
            self.person.do_trial(trial, channel=enrolment["channel"], label="1", confidence=50)
        return page.locator("#code").inner_text()


def join_by_keyboard(
    server: Server, context: BrowserContext, *, channel: str, scheme: Literal["light", "dark"]
) -> OnTheWay:
    """Somebody before the first round of a channel, having come there by the keyboard."""
    while True:
        page = context.new_page()
        page.emulate_media(color_scheme=scheme)
        hands = WatchedKeyboard(page)
        person = Participant(server, page, hands, SLUG)
        person.consent()
        person.pass_sound_check()
        if person.enrolment()["channel"] == channel:
            return OnTheWay(person, hands)
        page.close()
        context.clear_cookies()


def test_a_focus_that_is_lost_or_unseen_is_noted(context: BrowserContext) -> None:
    page = context.new_page()
    page.set_content("""
        <style>#pale { outline: 3px solid #eee } #bare { outline: none } #gone { outline: 3px solid #000 }</style>
        <button id="pale">pale</button> <button id="bare">bare</button> <button id="gone">gone</button>
    """)
    page.locator("#gone").evaluate("gone => { gone.onclick = () => { gone.disabled = true; }; }")
    hands = WatchedKeyboard(page)
    for name in ("pale", "bare", "gone", "pale"):
        hands.press(page.locator(f"#{name}"))
    assert [fault.rpartition(": ")[2].partition(" and")[0] for fault in hands.faults] == [
        "an outline of 3 px",
        "an outline of 0 px",
        "the focus is lost",
        "an outline of 3 px",
    ]


@pytest.mark.parametrize(("channel", "scheme"), [("picture", "light"), ("sound", "dark")])
def test_whole_way_from_the_start_to_the_code(
    server: Server, context: BrowserContext, channel: str, scheme: Literal["light", "dark"]
) -> None:
    way = join_by_keyboard(server, context, channel=channel, scheme=scheme)
    code = way.do_all_trials()
    assert code == way.person.enrolment()["completion_code"]
    assert way.hands.faults == []


def test_headphone_check_is_passed(server: Server, context: BrowserContext, tmp_path: Path) -> None:
    slug = "both-ears"
    study_file = write_study_file_2(
        tmp_path / "both-ears.toml",
        study={"slug": slug, "title": "Both ears", "bundle": "tiny"},
        screens={"headphones": "antiphase"},
    )
    run_command("manage.py", "load_study", str(study_file), folder=server.folder)
    run_command("manage.py", "launch_study", slug, folder=server.folder)
    page = context.new_page()
    page.route("**/headphones/**/*.wav", shorten)
    hands = WatchedKeyboard(page)
    person = Participant(server, page, hands, slug)
    person.consent()
    person.pass_sound_check_only()
    page.locator('#headphones[data-state="ready"]').wait_for()
    person.name_intervals(heard_interval)
    page.locator("#trials").wait_for()
    assert hands.faults == []
