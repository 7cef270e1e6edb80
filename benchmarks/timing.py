"""What the page adds to a response time: keys sent from outside at known times, in both channels by turns.

    PYTHONPATH=. python benchmarks/timing.py [N]

Prints the overhead of `rt` over the truth, by channel, and the difference between the channels; N trials in each (200,
a multiple of 4), some ten minutes. Needs a Chromium. The truth of a trial is the time from when its answers were open
on the page, as an observer of our own saw it, to when this script handed the key over: everything on the key's way is
overhead.
"""

import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.sync_api import CDPSession, Playwright, sync_playwright

from tests.browser.conftest import SLUG, join_channel
from tests.browser.participant import Participant, launch_chromium
from tests.browser.server import Server, run_command
from tests.tiny_bundle import write_study_file, write_tiny_bundle

CHANNELS: Final = ("picture", "sound")
N_TRAINING: Final = 2
DWELL_MS: Final = 100
DURATION_MS: Final = 60.0
SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.1, 0.5
N_ROUND_TRIPS: Final = 50
N_RESAMPLES: Final = 4000
KEY: Final = {"key": "1", "code": "Digit1", "text": "1", "windowsVirtualKeyCode": 49}

# When answers were open for the first time in each trial, by its index; and how long a frame takes.
OBSERVE: Final = """
window.openings = {};
new MutationObserver(() => {
  const index = document.querySelector("#trials")?.dataset.index;
  if (document.querySelector("#trial")?.dataset.stage === "answering") window.openings[index] ??= performance.now();
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-stage"] });
"""
FRAME_MS: Final = """
() => new Promise(resolve => {
  const moments = [];
  const note = now => {
    if (moments.push(now) < 61) requestAnimationFrame(note);
    else resolve((now - moments[0]) / 60);
  };
  requestAnimationFrame(note);
})
"""


@dataclass
class Sitting:
    """Somebody in a browser of their own; `offset_ms` is this script's clock minus the page's.

    `true_ms` holds the true response times by trial index.
    """

    channel: str
    code: str
    person: Participant
    wire: CDPSession
    offset_ms: float
    frame_ms: float
    true_ms: dict[int, float] = field(default_factory=dict)


def main() -> None:
    """Sit two people down, let them answer by turns, and print the table."""
    n_trials = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    draw = random.Random(1)  # noqa: S311  # when a key is pressed, nothing to keep secret
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        server = Server(prepare(Path(folder), n_trials=n_trials))
        server.start()
        try:
            sittings = {channel: sit_down(driver, server, channel=channel) for channel in CHANNELS}
            for index in range(N_TRAINING, N_TRAINING + n_trials):
                for sitting in sittings.values():
                    answer(sitting, index=index, wait_s=draw.uniform(SHORTEST_WAIT_S, LONGEST_WAIT_S))
            found = {channel: overheads_ms(sitting, server=server) for channel, sitting in sittings.items()}
            frame_ms = statistics.median(sitting.frame_ms for sitting in sittings.values())
        finally:
            server.kill()
    print_table(found, frame_ms=frame_ms)


def prepare(folder: Path, *, n_trials: int) -> Path:
    """A var folder with a running study of small media, `n_trials` in its main block."""
    bundle, study, var = folder / "bundle", folder / "digits.toml", folder / "var"
    n_each = n_trials // 2
    write_tiny_bundle(bundle, n_training=N_TRAINING, n_right=n_each, n_wrong=n_each, duration_ms=DURATION_MS)
    exposure = f"\n[exposure]\ndwell_ms = {DWELL_MS}\n"
    write_study_file(study, slug=SLUG, n_training=N_TRAINING, n_right=n_each, n_wrong=n_each, more=exposure)
    for command in (
        ["migrate", "--verbosity", "0"],
        ["collectstatic", "--no-input", "--verbosity", "0"],
        ["load_bundle", str(bundle)],
        ["load_study", str(study)],
        ["launch_study", SLUG],
    ):
        run_command("manage.py", *command, folder=var)
    return var


def sit_down(driver: Playwright, server: Server, *, channel: str) -> Sitting:
    """Somebody of that channel, past the training, in a browser that is never behind another."""
    context = launch_chromium(driver).new_context()
    context.add_init_script(OBSERVE)
    person = join_channel(server, context, channel=channel)
    page, code = person.page, person.enrolment()["code"]
    wire = context.new_cdp_session(page)
    sitting = Sitting(channel, code, person, wire, clock_offset_ms(person), page.evaluate(FRAME_MS))
    person.go_on()
    for trial in server.trials(code)[:N_TRAINING]:
        person.do_trial(trial, channel=channel, label="0", confidence=50)
    page.locator('#trials[data-state="start"] [data-greeting="main"]:visible').wait_for()
    person.go_on()
    return sitting


def clock_offset_ms(person: Participant) -> float:
    """The script's clock minus the page's, in ms: the middle of the fastest of many round trips."""
    trips: list[tuple[float, float]] = []
    for _ in range(N_ROUND_TRIPS):
        before = time.time()
        page_ms = person.page.evaluate("performance.timeOrigin + performance.now()")
        after = time.time()
        trips.append((after - before, 500 * (before + after) - page_ms))
    return min(trips)[1]


def answer(sitting: Sitting, *, index: int, wait_s: float) -> None:
    """One trial: meet everything, wait, send the key, then sureness and the answer by hand."""
    person, page = sitting.person, sitting.person.page
    person.await_trial(index)
    person.explore(sitting.channel)
    time.sleep(wait_s)
    origin_ms, opened_ms = page.evaluate("index => [performance.timeOrigin, window.openings[index]]", index)
    sent_ms = 1000 * time.time() - sitting.offset_ms - origin_ms
    sitting.wire.send("Input.dispatchKeyEvent", {"type": "keyDown", **KEY})
    sitting.wire.send("Input.dispatchKeyEvent", {"type": "keyUp", **KEY})
    sitting.true_ms[index] = sent_ms - opened_ms
    person.hands.choose(person.question("confidence"), "50")
    person.hands.press(page.locator("#submit"))
    page.locator(f'#code, #trials[data-index="{index + 1}"]').first.wait_for()


def overheads_ms(sitting: Sitting, *, server: Server) -> list[float]:
    """Stored response time minus the true one, of every trial."""
    stored = {trial["index"]: trial["rt_ms"] for trial in server.trials(sitting.code)}
    return [stored[index] - true_ms for index, true_ms in sitting.true_ms.items()]


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """A 95 % interval for the median by order statistics, free of the distribution: at least 95 % (binomial)."""
    ordered, n = sorted(values), len(values)
    place = max(0, math.floor((n - 1.96 * math.sqrt(n)) / 2))
    return ordered[place], ordered[n - 1 - place]


def difference_interval(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """A 95 % percentile interval for the difference of the medians, by resampling trials."""
    draw = random.Random(2)  # noqa: S311  # a resampling
    drawn = sorted(
        statistics.median(draw.choices(one, k=len(one))) - statistics.median(draw.choices(other, k=len(other)))
        for _ in range(N_RESAMPLES)
    )
    return drawn[round(0.025 * N_RESAMPLES)], drawn[round(0.975 * N_RESAMPLES) - 1]


def print_table(found: dict[str, list[float]], *, frame_ms: float) -> None:
    """Medians with intervals, in ms and in frames."""
    print(f"frame: {frame_ms:.2f} ms\n")
    print("| channel | n | overhead of rt, median ms (95 %) | in frames | 90th percentile, ms |\n" + "|---" * 5 + "|")
    for channel, values in found.items():
        middle, (low, high) = statistics.median(values), median_interval(values)
        last = statistics.quantiles(values, n=10)[-1]
        print(
            f"| {channel} | {len(values)} | {middle:.1f} ({low:.1f} to {high:.1f}) | {middle / frame_ms:.2f} |"
            f" {last:.1f} |"
        )
    picture, sound = (found[channel] for channel in CHANNELS)
    low, high = difference_interval(sound, picture)
    middle = statistics.median(sound) - statistics.median(picture)
    print(f"\nsound minus picture: {middle:.2f} ms ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
