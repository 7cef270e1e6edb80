"""Bots at the real server: every behaviour, through cut connections and a killed server, and nothing is lost."""

import json
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from earshot.design.questionnaire_expertise import EXPERTISE
from earshot.errors import EXIT_INTERRUPTED
from study.bots.behaviours import BEHAVIOURS, Share
from study.bots.bot import Knowledge, Story
from study.bots.crowd import Crowd, run_crowd, summarise
from tests.accounts import Stored, draw_up, given_by
from tests.browser.server import ROOT, Server, environment, run_command
from tests.fault_proxy import TAG, FaultProxy, Faults
from tests.tiny_bundle import write_study_file_2

pytestmark = pytest.mark.browser

SLUG = "bots"
EVERYONE = tuple(Share(behaviour) for behaviour in BEHAVIOURS.values())
EXPECTED = dict.fromkeys(BEHAVIOURS, "completed") | {"dropout": "dropped out", "withdrawer": "withdrew"}
KNOWLEDGE = Knowledge(questionnaires=MappingProxyType({EXPERTISE.name: EXPERTISE}))
_LOOK_S = 0.05


@pytest.fixture
def bots_server(server: Server, tmp_path: Path) -> Server:
    """The server with a study that has every kind of page before its trials."""
    study_file = write_study_file_2(
        tmp_path / "bots.toml",
        study={"slug": SLUG, "title": "Bots", "bundle": "tiny"},
        screens={"headphones": "antiphase", "least_width_px": 600, "hears_well": True},
        expertise=True,
        exposure={"dwell_ms": 150},
    )
    run_command("manage.py", "load_study", str(study_file), folder=server.folder)
    run_command("manage.py", "launch_study", SLUG, folder=server.folder)
    return server


def kill_once_there_are(server: Server, *, n_responses: int) -> threading.Thread:
    """Kill the server and start it again as soon as so many answers are stored."""

    def kill() -> None:
        while server.query("SELECT count(*) AS n FROM study_response")[0]["n"] < n_responses:
            threading.Event().wait(_LOOK_S)  # a poll of the database's state: nothing tells when it changes
        server.kill()
        server.start()

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def by_behaviour(stories: list[Story]) -> dict[str, Story]:
    return {story.behaviour: story for story in stories}


def crowd_at(address: str, **more: Any) -> Crowd:
    n_bots = len(EVERYONE)
    fields: dict[str, Any] = {"n_bots": n_bots, "n_at_once": n_bots, "shares": EVERYONE, "seed": 3, "speed": 20.0}
    return Crowd(address=address, slug=SLUG, knowledge=KNOWLEDGE, **(fields | more))


def test_through_cut_connections_and_a_kill_nothing_is_lost_and_nothing_doubled(bots_server: Server) -> None:
    with FaultProxy(bots_server.port, Faults(lost_s=1.0)).running() as proxy:
        killing = kill_once_there_are(bots_server, n_responses=12)
        stories = run_crowd(crowd_at(proxy.address, offline_s=1.0, tag=TAG))
        killing.join()
    assert {story.behaviour: story.outcome for story in stories} == EXPECTED, summarise(stories)
    assert min(proxy.counts[fate] for fate in ("failed before", "failed after", "lost")) > 0

    codes = [story.code for story in stories if story.outcome == "completed"]
    account = draw_up(Stored.read(bots_server.folder), given=given_by(stories), codes=codes)
    assert account.is_clean, str(account)
    assert account.n_stored >= 7 * 6
    assert account.n_codes == len(set(codes)) == 7


def test_each_behaviour_leaves_its_mark(bots_server: Server) -> None:
    stories = by_behaviour(run_crowd(crowd_at(bots_server.address, offline_s=0.5, at_trial=3)))
    assert {name: story.outcome for name, story in stories.items()} == EXPECTED
    assert stories["fast-guesser"].refusals["too-early"] > 0
    assert stories["two-tabs"].refusals["other-window"] >= 2
    assert stories["offline"].refusals["unreachable"] > 0
    assert stories["reloader"].refusals["other-window"] == 0
    assert {name: len(story.given) for name, story in stories.items() if story.outcome != "completed"} == {
        "dropout": 3,
        "withdrawer": 3,
    }
    flags = bots_server.query("SELECT is_automated FROM study_enrolment")
    assert [row["is_automated"] for row in flags] == [1] * len(EVERYONE)
    begun = bots_server.query('SELECT n_begun FROM study_trial WHERE "index" = 3 ORDER BY n_begun')
    assert [row["n_begun"] for row in begun if row["n_begun"] > 1] == [2, 4]  # loaded again; two windows, to and fro


def test_command_sends_bots_through_the_whole_study_and_tells_what_happened(bots_server: Server) -> None:
    chosen = ["--participants", "3", "--seed", "1", "--speed", "50"]
    chosen += ["--behaviour", "truth-namer", "--behaviour", "dropout=2"]
    where = ["--http", bots_server.address, "--at-trial", "0", "--i-know-these-are-real-rows"]
    said = run_command("manage.py", "simulate", SLUG, *chosen, *where, folder=bots_server.folder)
    assert f"3 bots take part in '{SLUG}' (running): their rows are real ones" in said
    assert re.search(r"^truth-namer +1 +", said, flags=re.MULTILINE)
    assert re.search(r"^dropout +2 +", said, flags=re.MULTILINE)
    sql = """
        SELECT response.answers, stimulus.true_label FROM study_response AS response
        JOIN study_trial AS trial ON trial.id = response.trial_id
        JOIN study_stimulus AS stimulus ON stimulus.id = trial.stimulus_id
    """
    named = [(json.loads(row["answers"])["answer"], row["true_label"]) for row in bots_server.query(sql)]
    assert len(named) == 6
    assert all(answer == label for answer, label in named)


def test_interrupt_ends_all_bots_with_one_sentence(bots_server: Server) -> None:
    bots_server.kill()
    chosen = ["--participants", "4", "--seed", "1", "--http", bots_server.address, "--i-know-these-are-real-rows"]
    process = subprocess.Popen(
        [sys.executable, "-u", "manage.py", "simulate", SLUG, *chosen],
        cwd=ROOT,
        env=environment(bots_server.folder),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert "4 bots take part" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate()
    assert process.returncode == EXIT_INTERRUPTED, complaint
    assert complaint.strip().splitlines()[-1].endswith("interrupted; nothing half-written was left behind")
