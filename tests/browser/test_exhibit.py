"""What is met in a trial, on a page of the test's own: the line over a picture that sounds, and plays that are cut."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import open_context, serve_copy
from tests.browser.test_modules import shipped_modules

pytestmark = pytest.mark.browser

Evaluate = Callable[..., Any]

# A page with one exhibit's elements and words, a picture of one pixel, and a speaker whose plays the test moves.
STAGE = """
const words = ["play", "playing", "play-again", "plays-left", "one-play-left", "show-picture", "show-again",
  "picture-gone", "one-view-left", "views-left", "axis-time", "axis-frequency", "axis-level"];
document.body.innerHTML = `<template id="words">${words.map(word => `<data value="${word}">${word}</data>`).join("")}
  </template><div id="notice"></div><div id="first"><div class="player"><button></button>
  <span class="play-label"></span><div class="bar-fill"></div><p class="plays"></p></div>
  <button class="show-picture"></button><div class="picture-place"></div><p class="views" tabindex="-1"></p></div>`;
const canvas = new OffscreenCanvas(1, 1);
canvas.getContext("2d");
const image = new Image();
image.src = URL.createObjectURL(await canvas.convertToBlob());
await image.decode();
const picture = { kind: "mask", alternative_text: "x", duration_ms: 500, frequency_min_hz: 0, frequency_max_hz: 4000 };
const told = [];
const play = { onsetMs: performance.now(), output: "output", share: 0, position: 0 };
play.ended = new Promise(resolve => { play.end = resolve; });
play.stop = () => play.end(play.share);
const owner = {
  onStart: (onsetMs, output) => told.push(["start", output]),
  onEnd: share => told.push(["end", share]),
  onGone: () => told.push(["gone"]),
};
const exhibit = new Exhibit(document.querySelector("#first"), { play: async () => play }, owner);
const meet = shown => {
  exhibit.load({ sound: null, image: null, picture: null, viewMs: null, ...shown });
  exhibit.render({ isEnabled: true, playsLeft: 3 });
};
const press = name => document.querySelector(name).click();
const frame = () => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
const until = async isThere => {
  for (let n = 0; !isThere(); n += 1) {
    if (n === 1000) throw new Error(`waited in vain: ${isThere}`);
    await frame();
  }
};
const line = () => document.querySelector("#first .plot .position");
const sound = {};
"""


@pytest.fixture(scope="module")
def page_of_ours(prepared: Path, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Any page of the server, with the exhibit's module found on it."""
    with serve_copy(prepared, tmp_path_factory.mktemp("exhibit") / "var") as server, open_context(browser) as context:
        page = context.new_page()
        page.goto(f"{server.address}/")
        url = f"/static/{shipped_modules(server.folder)['participant/exhibit.js']}"
        page.evaluate("url => import(url).then(({ Exhibit }) => { window.Exhibit = Exhibit; })", url)
        yield page


@pytest.fixture
def evaluate(page_of_ours: Page) -> Iterator[Evaluate]:
    """Runs a function body on the stage."""

    def run(body: str, *, reduced_motion: bool = False) -> Any:
        page_of_ours.emulate_media(reduced_motion="reduce" if reduced_motion else "no-preference")
        return page_of_ours.evaluate(f"async () => {{ {STAGE} {body} }}")

    yield run
    page_of_ours.emulate_media(reduced_motion="no-preference")


@pytest.mark.parametrize(("reduced_motion", "expected"), [(False, "30%"), (True, "25%")])
def test_line_follows_the_sound_and_leaps_where_motion_is_reduced(
    evaluate: Evaluate, reduced_motion: bool, expected: str
) -> None:
    standing, ended = evaluate(
        """
        meet({ sound, image, picture });
        press(".player button");
        await until(() => told.length);
        play.position = 0.3;
        await frame();
        const standing = [line().hidden, line().style.left, line().getAttribute("aria-hidden")];
        play.share = 1;
        play.end(1);
        await until(() => told.length > 1);
        return [standing, line().hidden];
        """,
        reduced_motion=reduced_motion,
    )
    assert standing == [False, expected, "true"]
    assert ended is True


def test_a_picture_alone_has_no_line(evaluate: Evaluate) -> None:
    told, has_line = evaluate(
        """
        meet({ image, picture });
        press(".show-picture");
        await until(() => told.length);
        return [told, line() !== null];
        """
    )
    assert told == [["start", None]]
    assert has_line is False


def test_what_is_cut_is_told_before_silence_is(evaluate: Evaluate) -> None:
    told = evaluate(
        """
        meet({ sound });
        press(".player button");
        await until(() => told.length);
        play.share = 0.4;
        await exhibit.silence();
        return told;
        """
    )
    assert told == [["start", "output"], ["end", 0.4]]


def test_a_sound_that_starts_after_another_trial_began_is_stopped_and_told_to_nobody(evaluate: Evaluate) -> None:
    told, is_playing = evaluate(
        """
        meet({ sound });
        press(".player button");
        meet({ sound: {} });
        await play.ended;
        await frame();
        return [told, exhibit.isPlaying];
        """
    )
    assert told == []
    assert is_playing is False


def test_a_picture_that_is_taken_away_ends_no_play(evaluate: Evaluate) -> None:
    told = evaluate(
        """
        meet({ image, picture, viewMs: 1 });
        press(".show-picture");
        await until(() => told.length > 1);
        return told;
        """
    )
    assert told == [["start", None], ["gone"]]


def test_a_button_that_is_used_up_keeps_the_focus_and_starts_nothing(evaluate: Evaluate) -> None:
    kept, left, told = evaluate(
        """
        meet({ sound });
        const button = document.querySelector(".player button");
        const seen = () => [document.activeElement === button, button.disabled, button.getAttribute("aria-disabled")];
        button.focus();
        button.click();
        await until(() => told.length);
        play.end(1);
        await until(() => told.length > 1);
        exhibit.render({ isEnabled: true, playsLeft: 0 });
        await frame();
        const kept = seen();
        button.click();
        await frame();
        button.blur();
        return [kept, seen(), told.length];
        """
    )
    assert kept == [True, False, "true"]
    assert left == [False, True, "true"]
    assert told == 2


def test_the_focus_goes_from_the_last_view_to_what_says_so(evaluate: Evaluate) -> None:
    is_told, kept_px = evaluate(
        """
        meet({ image, picture, viewMs: 1 });
        document.querySelector(".show-picture").focus();
        press(".show-picture");
        await until(() => told.length);
        exhibit.render({ isEnabled: true, playsLeft: 0 });
        const heightPx = document.querySelector(".picture-place").offsetHeight;
        await until(() => told.length > 1);
        await frame();
        const place = document.querySelector(".picture-place");
        return [document.activeElement === document.querySelector(".views"), place.offsetHeight - heightPx];
        """
    )
    assert is_told is True
    assert kept_px == 0  # nothing below has moved
