"""Nothing is lost: participants at a server that is killed, behind a network that fails; everything given is counted.

    PYTHONPATH=. python benchmarks/faults.py [--participants 200] [--browsers 20] [--kills 5] [--database postgres]

So many people take part, some in Chromium on the shipped page and the others as HTTP bots of every behaviour. A proxy
cuts 10 % of the API requests before they reach the server and 10 % after it answered, and takes the network from each
of them once for 30 s; the server is killed -9 and started again. At the end every answer that somebody gave has to be
stored once and unchanged, and no code may stand for an incomplete set. Exit code 1 if anything is not as it should be.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from earshot.bundle import read_manifest
from study.bots.behaviours import BEHAVIOURS, Share
from study.bots.bot import Knowledge, Story
from study.bots.crowd import Crowd, run_crowd, summarise
from tests.accounts import Account, Stored, draw_up, given_by
from tests.browser.patient import Venue, Visit, visit_all
from tests.browser.server import Server, run_command
from tests.fault_proxy import TAG, FaultProxy, Faults
from tests.postgres import private_server
from tests.tiny_bundle import write_study_file, write_tiny_bundle

SLUG = "faults"
N_TRAINING, N_RIGHT, N_WRONG = 2, 4, 4
DWELL_MS, DURATION_MS = 300, 250.0
# Longer than the longest back-off and any restart of the server.
PATIENCE_S = 240.0
# Amid this trial bots drop out, withdraw and so on: by then everybody has lost the network.
AT_TRIAL = 6


@dataclass(frozen=True)
class Plan:
    """The size of a run; the server is killed at `first_kill_s`, and again every `between_kills_s`."""

    n_participants: int
    n_browsers: int
    n_browsers_at_once: int
    n_bots_at_once: int
    n_kills: int
    lost_s: float
    first_kill_s: float = 20.0
    between_kills_s: float = 25.0


def prepare(folder: Path) -> dict[str, str]:
    """Launch the study on a tiny bundle; gives back what is said in its recordings, by their address."""
    bundle, study = folder / "bundle", folder / "study.toml"
    write_tiny_bundle(bundle, n_training=N_TRAINING, n_right=N_RIGHT, n_wrong=N_WRONG, duration_ms=DURATION_MS)
    more = f"\n[exposure]\ndwell_ms = {DWELL_MS}\n"
    write_study_file(study, slug=SLUG, n_training=N_TRAINING, n_right=N_RIGHT, n_wrong=N_WRONG, more=more)
    for command in (
        ["migrate", "--verbosity", "0"],
        ["collectstatic", "--no-input", "--verbosity", "0"],
        ["load_bundle", str(bundle)],
        ["load_study", str(study)],
        ["launch_study", SLUG],
    ):
        run_command("manage.py", *command, folder=folder)
    return {
        f"/media/{rendition.sound.file}": stimulus.true_label
        for stimulus in read_manifest(bundle).stimuli
        for rendition in stimulus.renditions
        if rendition.mask == "none"
    }


@contextmanager
def killing(server: Server, *, plan: Plan) -> Iterator[list[float]]:
    """Kill the server and start it again while the block runs; gives the moments (s since then) at which it was."""
    is_over, begun_s, moments = threading.Event(), time.monotonic(), list[float]()

    def kill_all() -> None:
        for number in range(plan.n_kills):
            due_s = begun_s + plan.first_kill_s + number * plan.between_kills_s
            if is_over.wait(max(0.0, due_s - time.monotonic())):
                return
            server.kill()
            moments.append(time.monotonic() - begun_s)
            server.start()

    with ThreadPoolExecutor(1, thread_name_prefix="killer") as pool:
        killer = pool.submit(kill_all)
        try:
            yield moments
        finally:
            is_over.set()
        killer.result()


def take_part(
    server: Server, proxy: FaultProxy, *, plan: Plan, words: dict[str, str]
) -> tuple[list[Story], list[Visit]]:
    """Everybody at once: bots, and people in browsers."""
    crowd = Crowd(
        address=proxy.address,
        slug=SLUG,
        n_bots=plan.n_participants - plan.n_browsers,
        n_at_once=plan.n_bots_at_once,
        shares=tuple(Share(behaviour) for behaviour in BEHAVIOURS.values()),
        seed=1,
        at_trial=AT_TRIAL,
        patience_s=PATIENCE_S,
        tag=TAG,
        knowledge=Knowledge(words=words),
    )
    venue = Venue(Server(server.folder, port=proxy.port), slug=SLUG, words=words)
    names = [f"browser-{number}" for number in range(plan.n_browsers)]
    with ThreadPoolExecutor(1) as pool:
        browsing = pool.submit(visit_all, venue, names=names, n_at_once=plan.n_browsers_at_once)
        stories = run_crowd(crowd)
        return stories, browsing.result()


@dataclass(frozen=True)
class Run:
    """What happened: to bots, to people in browsers, at the proxy, and to the server, killed at these moments (s)."""

    stories: Sequence[Story]
    visits: Sequence[Visit]
    proxy: FaultProxy
    moments: Sequence[float]
    took_s: float

    def account(self, stored: Stored) -> Account:
        """Everything that was given and shown against what is stored."""
        codes = [story.code for story in self.stories if story.outcome == "completed"]
        codes += [visit.code for visit in self.visits if visit.code]
        given = [*given_by(self.stories), *(each for visit in self.visits for each in visit.given)]
        return draw_up(stored, given=given, codes=codes)

    def describe(self) -> str:
        """What everybody met, in some lines."""
        n_codes, n_loads = sum(bool(visit.code) for visit in self.visits), Counter(each.n_loads for each in self.visits)
        times = ", ".join(f"{often} times by {n}" for often, n in sorted(n_loads.items()))
        fates = ", ".join(f"{fate} {n}" for fate, n in sorted(self.proxy.counts.items()))
        moments = ", ".join(f"{moment:.0f}" for moment in self.moments)
        return "\n".join(
            [
                summarise(self.stories),
                f"browsers: {len(self.visits)} people, {n_codes} codes; the study was opened {times}",
                f"requests at the proxy: {fates}; the network was lost by {len(self.proxy.lost)} people",
                f"the server was killed at {moments} s; all took {self.took_s:.0f} s",
            ]
        )

    def find_faults(self, *, plan: Plan) -> list[str]:
        """What was not as planned, or who did not come to an end."""
        faults = [f"a {each.behaviour} gave up: {each.reason}" for each in self.stories if each.outcome == "refused"]
        faults += [f"somebody in a browser has no code: {visit.trouble}" for visit in self.visits if not visit.code]
        if len(self.moments) != plan.n_kills:
            faults.append(f"the server was killed {len(self.moments)} times, not {plan.n_kills}: all were done before")
        if len(self.proxy.lost) != plan.n_participants:
            faults.append(f"{len(self.proxy.lost)} of {plan.n_participants} people lost the network")
        return faults


def run(folder: Path, *, plan: Plan) -> list[str]:
    """Print the figures of one run; gives back what is wrong."""
    words = prepare(folder)
    server = Server(folder)
    server.start()
    begun_s = time.monotonic()
    faults = Faults(lost_s=plan.lost_s)
    try:
        with FaultProxy(server.port, faults).running() as proxy, killing(server, plan=plan) as moments:
            stories, visits = take_part(server, proxy, plan=plan, words=words)
    finally:
        server.kill()
    done = Run(stories, visits, proxy=proxy, moments=moments, took_s=time.monotonic() - begun_s)
    account = done.account(Stored.read(folder))
    print(done.describe())
    print(account, flush=True)
    return [*([] if account.is_clean else [str(account)]), *done.find_faults(plan=plan)]


def main() -> int:
    """Exit code: 0, or 1 if anything was lost, doubled or altered, or a code stands for an incomplete set."""
    parser = argparse.ArgumentParser(description="participants at a server that is killed, behind a failing network")
    parser.add_argument("--participants", type=int, default=200)
    parser.add_argument("--browsers", type=int, default=20, help="how many of them are people in Chromium")
    parser.add_argument("--browsers-at-once", type=int, default=4)
    parser.add_argument("--bots-at-once", type=int, default=60)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--lost-s", type=float, default=30.0, help="how long each loses the network")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    options = parser.parse_args()
    plan = Plan(
        n_participants=options.participants,
        n_browsers=options.browsers,
        n_browsers_at_once=options.browsers_at_once,
        n_bots_at_once=options.bots_at_once,
        n_kills=options.kills,
        lost_s=options.lost_s,
    )
    with tempfile.TemporaryDirectory() as folder:
        if options.database == "postgres":
            with private_server(is_durable=True) as address:
                os.environ["EARSHOT_DATABASE_URL"] = address
                faults = run(Path(folder), plan=plan)
        else:
            os.environ.pop("EARSHOT_DATABASE_URL", None)
            faults = run(Path(folder), plan=plan)
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
