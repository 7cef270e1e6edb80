"""A trial without its page: what the shipped modules send of a run, a play on two clocks, and lapses of attention."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from earshot.circumstances import Circumstances
from tests.browser.conftest import open_context, serve_copy
from tests.browser.test_modules import shipped_modules

pytestmark = pytest.mark.browser

Evaluate = Callable[..., Any]

SOUND = {"url": "/media/x.wav", "duration_ms": 500}
PICTURE = {"url": "/media/x.png", "duration_ms": 500}
OUTPUT = {"baseLatencyMs": 10.04, "outputLatencyMs": None, "sampleRateHz": 48000}
SURROUNDINGS = {
    "n_device_changes": 1,
    "viewport_width_px": 390,
    "viewport_height_px": 844,
    "pixel_ratio": 3,
    "n_hidden": 0,
    "hidden_ms": 0,
    "n_unfocused": 2,
    "unfocused_ms": 12.34,
}
ANSWER = {"name": "answer", "widget": "labels", "values": ["0", "1"], "rated": None, "is_timed": True}


def presented(*, sound: bool = False, picture: bool = False) -> dict[str, Any]:
    return {"sound": SOUND if sound else None, "picture": PICTURE if picture else None, "whole": False}


def make_trial(**fields: Any) -> dict[str, Any]:
    """A trial as the server tells it: the original, then an explanation by sound, then one question."""
    return {
        "original": presented(sound=True),
        "explanations": [presented(sound=True)],
        "changed": None,
        "course": ["original", "explanation", "ask"],
        "steps": [{"fields": [ANSWER], "reveals": False}],
        "exposure": {"dwell_ms": 100, "max_plays": 3, "view_ms": None},
        **fields,
    }


@pytest.fixture(scope="module")
def evaluate(prepared: Path, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluate]:
    """Runs a function body in a page of ours; the modules' exports, `trial`, `output` and `surroundings` are there."""
    with serve_copy(prepared, tmp_path_factory.mktemp("run") / "var") as server, open_context(browser) as context:
        page = context.new_page()
        page.goto(f"{server.address}/")
        modules = shipped_modules(server.folder)
        urls = [f"/static/{modules[f'participant/{name}.js']}" for name in ("trial", "audio", "attention")]

        def run(body: str, **more: Any) -> Any:
            code = (
                "async ({ urls, trial, output, surroundings }) => {"
                " const [{ TrialRun }, { mapMoment }, { Lapses }] = await Promise.all(urls.map(url => import(url)));"
                f" {body} }}"
            )
            given = {"urls": urls, "trial": make_trial(), "output": OUTPUT, "surroundings": SURROUNDINGS, **more}
            return page.evaluate(code, given)

        yield run


def test_circumstances_count_every_moment_from_the_beginning(evaluate: Evaluate) -> None:
    sent = evaluate(
        """
        const run = new TrialRun(trial, 1000);
        run.start("original", 1200.26, output); run.end("original", 0.5); run.move(1500);
        run.start("original", 1600, output); run.end("original", 1); run.move(2100);
        run.start("first", 2300, output); run.end("first", 1); run.move(2800);
        run.choose("answer", "1", 3000);
        run.start("first", 3100, { ...output, outputLatencyMs: 25 }); run.end("first", 0.4);
        return run.toAnswer(3456.78, surroundings);
        """
    )
    assert sent["circumstances"] == {
        **SURROUNDINGS,
        "original_onset_ms": 200.3,
        "explanation_onset_ms": 1300,
        "second_onset_ms": None,
        "opened_ms": 1800,
        "answered_ms": 2456.8,
        "heard_s": 0.7,  # of 500 ms: once all, once 0.4 of it; the original does not count
        "n_cut": 2,
        "base_latency_ms": 10,
        "output_latency_ms": 25,
        "sample_rate_hz": 48000,
        "unfocused_ms": 12.3,
    }
    assert (sent["rt_ms"], sent["onset_to_response_ms"]) == (200, 700)
    assert (sent["plays"], sent["original_plays"], sent["heard_share"]) == (2, 2, 1)


def test_the_core_takes_what_is_sent_as_it_is(evaluate: Evaluate) -> None:
    sent = evaluate(
        """
        const run = new TrialRun(trial, 0);
        run.start("original", 10, output); run.end("original", 1); run.move(20);
        run.start("first", 30, output); run.end("first", 1); run.move(200); run.choose("answer", "0", 300);
        return run.toAnswer(400, surroundings);
        """
    )
    assert set(sent["circumstances"]) == set(Circumstances.model_fields)
    assert Circumstances(**sent["circumstances"]).opened_ms == 200


def test_a_picture_sounds_by_nothing_and_is_not_heard(evaluate: Evaluate) -> None:
    trial = make_trial(original=None, explanations=[presented(picture=True)], course=["explanation", "ask"])
    sent = evaluate(
        """
        const run = new TrialRun(trial, 50);
        run.start("first", 150, null); run.move(250); run.choose("answer", "0", 300);
        return run.toAnswer(300, surroundings);
        """,
        trial=trial,
    )
    told = sent["circumstances"]
    assert (told["explanation_onset_ms"], told["opened_ms"], told["original_onset_ms"]) == (100, 200, None)
    assert (told["heard_s"], told["n_cut"]) == (0, 0)
    assert (told["base_latency_ms"], told["output_latency_ms"], told["sample_rate_hz"]) == (None, None, None)
    assert sent["heard_share"] == 1


def test_of_two_explanations_both_are_heard_and_the_second_has_its_onset(evaluate: Evaluate) -> None:
    trial = make_trial(original=None, explanations=[presented(sound=True)] * 2, course=["explanation", "ask"])
    sent = evaluate(
        """
        const run = new TrialRun(trial, 0);
        run.start("second", 100, output); run.end("second", 1); run.move(700);
        run.start("first", 800, output); run.end("first", 1); run.move(1400); run.choose("answer", "0", 1500);
        return run.toAnswer(1500, surroundings);
        """,
        trial=trial,
    )
    told = sent["circumstances"]
    assert (told["explanation_onset_ms"], told["second_onset_ms"], told["heard_s"]) == (800, 100, 1)
    assert sent["onset_to_response_ms"] == 700  # from the later one


def test_of_two_steps_the_last_one_s_opening_counts(evaluate: Evaluate) -> None:
    trial = make_trial(
        course=["original", "ask", "explanation", "ask"],
        steps=[{"fields": [ANSWER], "reveals": False}, {"fields": [ANSWER], "reveals": True}],
    )
    opened = evaluate(
        """
        const run = new TrialRun(trial, 0);
        run.start("original", 10, output); run.end("original", 1); run.move(600);
        run.choose("answer", "0", 700); run.send(); run.finishStep(800);
        run.start("first", 900, output); run.end("first", 1); run.move(1500); run.choose("answer", "1", 1600);
        return run.toAnswer(1700, surroundings).circumstances.opened_ms;
        """,
        trial=trial,
    )
    assert opened == 1500


def test_a_run_without_an_answer_sends_nothing(evaluate: Evaluate) -> None:
    message = evaluate(
        "try { new TrialRun(trial, 0).toAnswer(1, surroundings); } catch (fault) { return fault.message; }"
    )
    assert message == "the trial has no answer yet"


def test_a_run_begins_when_it_is_made(evaluate: Evaluate) -> None:
    before, began, after = evaluate(
        "const before = performance.now(); const run = new TrialRun(trial);"
        " return [before, run.beganMs, performance.now()];"
    )
    assert before <= began <= after


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ({"contextTime": 1.0, "performanceTime": 4000}, {"contextTime": 2.0, "performanceTime": 5000}, 5500),
        ({}, {"contextTime": 2.0, "performanceTime": 5000}, 5500),
        # the audio clock stands still, the page's clock stands still, nothing is told, told before a pause
        ({"contextTime": 2.0, "performanceTime": 4000}, {"contextTime": 2.0, "performanceTime": 5000}, None),
        ({"contextTime": 1.0, "performanceTime": 5000}, {"contextTime": 2.0, "performanceTime": 5000}, None),
        ({}, {}, None),
        ({}, {"contextTime": 2.0, "performanceTime": 3900}, None),
    ],
)
def test_a_moment_is_mapped_where_both_clocks_move(
    evaluate: Evaluate, earlier: dict[str, float], later: dict[str, float], expected: float | None
) -> None:
    body = f"return mapMoment(2.5, {{ earlier: {earlier}, later: {later}, nowMs: 5000 }});"
    assert evaluate(body) == expected


def test_lapses_are_counted_and_timed_those_that_last_included(evaluate: Evaluate) -> None:
    told = evaluate(
        """
        const lapses = new Lapses("here", 100);
        lapses.note("unfocused", 200); lapses.note("unfocused", 250); lapses.note("hidden", 300);
        lapses.note("here", 1000);
        lapses.note("unfocused", 1500);
        return [lapses.tell(1600), lapses.tell(1700)];
        """
    )
    assert told == [
        {"n_hidden": 1, "hidden_ms": 700, "n_unfocused": 2, "unfocused_ms": 200},
        {"n_hidden": 1, "hidden_ms": 700, "n_unfocused": 2, "unfocused_ms": 300},
    ]


def test_a_trial_that_begins_in_a_lapse_counts_it(evaluate: Evaluate) -> None:
    told = evaluate("return new Lapses('hidden', 100).tell(150);")
    assert told == {"n_hidden": 1, "hidden_ms": 50, "n_unfocused": 0, "unfocused_ms": 0}
