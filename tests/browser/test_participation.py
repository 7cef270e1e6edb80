"""One participant in each channel, from consent to the report; what their browsers met, and what was stored."""

import csv
import json
import re
import shutil
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from earshot.circumstances import Circumstances
from tests.browser.conftest import (
    DURATION_MS,
    DWELL_MS,
    N_RIGHT,
    N_TRAINING,
    N_WRONG,
    SLUG,
    join_channel,
    open_context,
    serve_copy,
)
from tests.browser.participant import Participant, Received, Watch
from tests.browser.server import Row, Server, run_command

pytestmark = pytest.mark.browser

N_TRIALS = N_TRAINING + N_RIGHT + N_WRONG
LABELS = ("0", "1", "2")

# What the page may know of a trial before it is answered (docs/participant.md): every key, and nothing else.
STATE_KEYS = {"n_trials", "n_answered", "next_url", "session", "turns", "preload", "expires_at", "level"}
TURN_KEYS = {"part", "breaks", "trial", "awaits"}
SESSION_KEYS = {"meets", "wrong_share", "n_training"}
PART_KEYS = {"kind", "number", "index", "n_trials", "is_first"}
TRIAL_KEYS = {
    *("id", "index", "kind", "task", "given", "word", "original", "explanations", "changed", "told", "instructed"),
    *("labels", "course", "steps", "exposure"),
}
PRESENTED_KEYS = {"sound", "picture", "whole"}
SOUND_KEYS = {"url", "duration_ms"}
PICTURE_KEYS = {
    *("kind", "alternative_text", *SOUND_KEYS),
    *("frequency_min_hz", "frequency_max_hz", "floor_db", "ceiling_db"),
}
ANSWER_KEYS = {
    *("client_id", "answers", "rt_ms", "onset_to_response_ms", "plays", "second_plays", "original_plays"),
    *("heard_share", "circumstances"),
}
DELIVERY_KEYS = {"begin_id", "age_ms"}
SECRETS = re.compile(r"predict|relevance|control|probab|correct|clip|stimul|mask|\barms?\b|seed", re.IGNORECASE)
MEDIUM = re.compile(r"/media/[0-9a-f]{64}\.(wav|png)")


def plan_answers(trials: list[Row]) -> list[str]:
    """By turns the computer's answer and another one: correctness is known beforehand."""
    return [
        trial["predicted_label"]
        if trial["index"] % 2 == 0
        else next(label for label in LABELS if label != trial["predicted_label"])
        for trial in trials
    ]


def complete_all(person: Participant, *, channel: str) -> str:
    """Every trial, and the completion code from the debrief page."""
    trials = person.server.trials(person.enrolment()["code"])
    person.go_on()
    for trial, label in zip(trials, plan_answers(trials), strict=True):
        if trial["index"] == N_TRAINING:
            person.page.locator('#trials[data-state="start"] [data-greeting="main"]:visible').wait_for()
            person.go_on()
        person.do_trial(trial, channel=channel, label=label, confidence=10 * (trial["index"] + 1))
    return person.page.locator("#code").inner_text()


@dataclass(frozen=True)
class Walk:
    """One person who went all the way, and what their browser met."""

    channel: str
    watch: Watch
    enrolment: Row
    shown_code: str


@dataclass(frozen=True)
class Walked:
    """A study two people went through, one by mouse and one by keyboard alone; nothing in it is changed any more."""

    server: Server
    walks: list[Walk]


@pytest.fixture(scope="module")
def walked(prepared: Path, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    with serve_copy(prepared, tmp_path_factory.mktemp("walked") / "var") as server:
        walks = [
            walk(server, browser, channel=channel, hands=hands)
            for channel, hands in (("picture", "mouse"), ("sound", "keyboard"))
        ]
        yield Walked(server, walks)


def walk(server: Server, browser: Browser, *, channel: str, hands: str) -> Walk:
    with open_context(browser) as context:
        watch = Watch()
        watch.follow(context)
        person = join_channel(server, context, channel=channel, hands=hands)
        code = complete_all(person, channel=channel)
        return Walk(channel, watch, person.enrolment(), code)


def test_every_answer_is_stored_as_it_was_given(walked: Walked) -> None:
    for walk in walked.walks:
        trials = walked.server.trials(walk.enrolment["code"])
        assert [trial["answer"] for trial in trials] == plan_answers(trials)
        assert [trial["confidence"] for trial in trials] == [10 * (index + 1) for index in range(N_TRIALS)]
        for trial, sent in zip(trials, walk.watch.posted(), strict=True):
            assert_row_is_what_was_sent(trial, sent, channel=walk.channel)


def test_completion_code_is_shown_when_all_is_stored(walked: Walked) -> None:
    for walk in walked.walks:
        assert walk.enrolment["channel"] == walk.channel
        assert walk.enrolment["completed_at"] is not None
        assert walk.shown_code == walk.enrolment["completion_code"]


def test_browser_met_no_error_and_nothing_from_outside(walked: Walked) -> None:
    for walk in walked.walks:
        assert walk.watch.errors == []
        assert_nothing_from_outside(walk.watch, walked.server)


def test_nothing_tells_the_computer_s_answer_before_the_answer(walked: Walked) -> None:
    for walk in walked.walks:
        assert_nothing_told(walk.watch)


def test_closed_study_is_exported_checked_and_reported(walked: Walked, browser: Browser, tmp_path: Path) -> None:
    folder, export, report = tmp_path / "var", tmp_path / "digits.zip", tmp_path / "report"
    shutil.copytree(walked.server.folder, folder)

    run_command("manage.py", "close_study", SLUG, folder=folder)
    run_command("manage.py", "export", SLUG, "--out", str(export), folder=folder)
    run_command("-m", "analysis", "check", str(export), folder=folder)
    run_command("-m", "analysis", "report", str(export), "--out", str(report), folder=folder)

    assert_exported(export, walked)
    page = browser.new_page()
    page.goto((report / "report.html").as_uri())
    assert page.locator("h1").first.inner_text()
    page.close()
    results = json.loads((report / "results.json").read_text())
    assert results["verdict"] == "not_estimable"  # two people are too few


def assert_exported(export: Path, walked: Walked) -> None:
    """Each exported trial says whether it was answered as the computer did."""
    with zipfile.ZipFile(export) as archive:
        rows = list(csv.DictReader(StringIO(archive.read("data/content-trials_data.csv").decode())))
    answered = [row for row in rows if row["answer"]]
    assert len(answered) == 2 * N_TRIALS
    for row in answered:
        assert (row["correct"] == "true") == (row["answer"] == row["predicted_label"])
        assert (row["correct"] == "true") == (int(row["trial_index"]) % 2 == 0)
    stored = [trial for walk in walked.walks for trial in walked.server.trials(walk.enrolment["code"])]
    assert sorted(int(row["rt"]) for row in answered) == sorted(trial["rt_ms"] for trial in stored)


def assert_row_is_what_was_sent(trial: Row, sent: dict[str, Any], *, channel: str) -> None:
    assert set(sent) - DELIVERY_KEYS == ANSWER_KEYS
    given = {name: sent[name] for name in ANSWER_KEYS}
    assert {name: trial[name] for name in ANSWER_KEYS} == given | {"client_id": sent["client_id"].replace("-", "")}
    assert trial["onset_to_response_ms"] >= DWELL_MS
    # Answering opened not before the dwell was over, nor before the sound was heard.
    opened_ms = trial["onset_to_response_ms"] - trial["rt_ms"]
    assert opened_ms >= (DWELL_MS if channel == "picture" else DURATION_MS) - 1  # two roundings
    assert (trial["plays"], trial["original_plays"], trial["heard_share"]) == (1, 1, 1.0)
    assert trial["n_begun"] == 1
    assert_circumstances_fit(trial, channel=channel)


def assert_circumstances_fit(trial: Row, *, channel: str) -> None:
    """The moments are in the order of the trial and agree with its times; what was heard fits the channel."""
    told = Circumstances(**trial["circumstances"])
    moments = (told.original_onset_ms, told.explanation_onset_ms, told.opened_ms, told.answered_ms)
    known = [moment for moment in moments if moment is not None]
    assert known == sorted(known)
    assert len(known) == len(moments)
    opened_ms = trial["onset_to_response_ms"] - trial["rt_ms"]
    assert told.opened_ms is not None
    assert told.explanation_onset_ms is not None
    assert told.opened_ms - told.explanation_onset_ms == pytest.approx(opened_ms, abs=1.2)  # two whole ms, two tenths
    is_heard = channel == "sound"
    assert told.heard_s == (DURATION_MS / 1000 if is_heard else 0.0)
    assert (told.sample_rate_hz is not None) == is_heard
    assert (told.n_cut, told.n_hidden, told.second_onset_ms) == (0, 0, None)
    assert (told.viewport_width_px, told.viewport_height_px) == (1280, 720)  # the driver's own


def assert_nothing_from_outside(watch: Watch, server: Server) -> None:
    hosts = {urlsplit(request.url).netloc for request in watch.requests if not request.url.startswith("blob:")}
    assert hosts == {urlsplit(server.address).netloc}
    pages = [
        received for received in watch.received if received.headers.get("content-type", "").startswith("text/html")
    ]
    assert pages
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def assert_nothing_told(watch: Watch) -> None:
    """No answer of the computer, probability, correctness, kind of mask or name of a stimulus before the answer."""
    paths = {urlsplit(received.url).path for received in watch.received}
    assert {f"/s/{SLUG}/sound", f"/s/{SLUG}/trials", f"/s/{SLUG}/api/state"} <= paths
    assert any(path.startswith("/media/") for path in paths)
    for received in watch.received:
        path = urlsplit(received.url).path
        if "/api/" in path:
            assert_only_state(received)
        elif path.endswith(("/sound", "/trials")) and received.status == 200:
            assert not SECRETS.search(strip_markup(received.body.decode())), received.url
        elif path.startswith("/media/"):
            assert MEDIUM.fullmatch(path)
            assert_only_content(received)
        assert "?" not in received.url


def strip_markup(page: str) -> str:
    """The page without what is the same for everybody: its links to scripts and styles, and its tags' own names."""
    return re.sub(r"<(script|link|meta)\b[^>]*>", "", page)


def assert_only_state(received: Received) -> None:
    body = json.loads(received.body)
    if received.url.endswith("/sound-check"):
        assert body == {"passed": True}
        return
    if received.url.endswith("/window"):
        assert set(body) == {"leads"}
        return
    if received.url.endswith("/begin"):
        assert body == {"n_reloads": 0}
        return
    if received.url.endswith("/response"):
        # Feedback on the trial just answered, in training; the rest is the next trial's state.
        assert set(body) == {"stored", "feedback", "state"}
        body = body["state"]
    assert set(body) == STATE_KEYS
    assert set(body["session"]) == SESSION_KEYS
    assert all(MEDIUM.fullmatch(url) for url in body["preload"])
    for turn in body["turns"]:
        assert set(turn) == TURN_KEYS
        assert set(turn["part"]) == PART_KEYS
        assert_only_trial(turn["trial"])


def assert_only_trial(trial: dict[str, Any]) -> None:
    assert set(trial) == TRIAL_KEYS
    assert (trial["told"], trial["changed"], trial["instructed"]) == (None, None, None)
    assert len(trial["explanations"]) == 1
    for presented in (trial["original"], *trial["explanations"]):
        assert set(presented) == PRESENTED_KEYS
        assert presented["sound"] is None or set(presented["sound"]) == SOUND_KEYS
        assert presented["picture"] is None or set(presented["picture"]) == PICTURE_KEYS
    assert [entry["label"] for entry in trial["labels"]] == list(LABELS)
    assert all(set(entry) == {"label", "word"} for entry in trial["labels"])


def assert_only_content(received: Received) -> None:
    """Pixels or samples, and no other chunk that could hold a word."""
    content = received.body
    if received.url.endswith(".wav"):
        assert (content[:4], content[8:16], content[36:40]) == (b"RIFF", b"WAVEfmt ", b"data")
        assert len(content) == 44 + struct.unpack("<I", content[40:44])[0]
        return
    kinds, place = [], 8
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        kinds.append(content[place + 4 : place + 8])
        place += 12 + length
    assert set(kinds) <= {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
