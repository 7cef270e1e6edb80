"""64 people enrol at the same moment, each by a process of their own, on SQLite and on PostgreSQL.

    PYTHONPATH=. python benchmarks/enrolments.py [--processes 64] [--repeats 3]

Commits are flushed to disk on both. Prints the seconds from the word to the last commit, enrolments per second, and
the ratio to the floor measured in the same run: as many bare rows inserted by as many processes. Exit code 1 if an
enrolment is lost, a place is given twice or left out, or an arm is given more often than another in whole blocks.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.server import ROOT
from tests.enrolling import enrol_together
from tests.postgres import private_server
from tests.tiny_bundle import write_study_file, write_tiny_bundle

SLUG = "digits"
# Places in order, with arm: what stands in the database, whoever wrote it.
LOOK = """
import django, json; django.setup()
from study.models import Enrolment
rows = Enrolment.objects.filter(place__isnull=False).order_by("place")
print(json.dumps([list(row) for row in rows.values_list("code", "place", "arm")]))
"""


@contextmanager
def running_study(address: str, *, folder: Path) -> Iterator[None]:
    """A launched study in an empty database; commands and processes find both by the environment."""
    os.environ.update(EARSHOT_DATABASE_URL=address, EARSHOT_VAR=str(folder), DJANGO_SETTINGS_MODULE="study.settings")
    write_tiny_bundle(folder / "tiny")
    study_file = write_study_file(folder / "digits.toml")
    for command in (
        ["migrate", "--verbosity", "0"],
        ["load_bundle", str(folder / "tiny")],
        ["load_study", str(study_file)],
        ["launch_study", SLUG],
    ):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    yield
    del os.environ["EARSHOT_DATABASE_URL"], os.environ["EARSHOT_VAR"]


def find_faults(codes: list[str]) -> list[str]:
    """What is wrong in the rows, given the codes of all who were told that they are enrolled."""
    done = subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    rows: list[tuple[str, int, str]] = json.loads(done.stdout)
    arms = [arm for _, _, arm in rows]
    faults = []
    if sorted(code for code, _, _ in rows) != sorted(codes):
        faults.append(f"{len(codes)} were told that they are enrolled, {len(rows)} are allocated")
    if [place for _, place, _ in rows] != list(range(len(rows))):
        faults.append("a place was given twice or left out")
    if len({arms.count(arm) for arm in ("heard", "seen")}) != 1:
        faults.append(f"heard was given {arms.count('heard')} times, seen {arms.count('seen')} times")
    return faults


def measure(name: str, address: str, *, options: argparse.Namespace) -> list[str]:
    """Print the row of one database; gives back what was wrong."""
    codes: list[str] = []
    took_s: dict[str, list[float]] = {"bare": [], "whole": []}
    with tempfile.TemporaryDirectory() as folder, running_study(address, folder=Path(folder)):
        for _ in range(options.repeats):
            for kind, seconds in took_s.items():
                crowd = enrol_together(SLUG, address=address, n_processes=options.processes, kind=kind)
                seconds.append(crowd.took_s)
                codes += crowd.codes if kind == "whole" else []
        faults = find_faults(codes)
    floor_s, whole_s = statistics.median(took_s["bare"]), statistics.median(took_s["whole"])
    print(
        f"| {name} | {whole_s:.2f} | {options.processes / whole_s:.0f} | {floor_s:.2f} | {whole_s / floor_s:.1f} |",
        flush=True,
    )
    return [f"{name}: {fault}" for fault in faults]


def main() -> int:
    """Exit code: 0, or 1 if anything was lost, doubled or out of balance."""
    parser = argparse.ArgumentParser(description="people who enrol at the same moment")
    parser.add_argument("--processes", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print("| database | seconds | enrolments per second | floor: bare inserts, seconds | ratio |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        faults = measure("SQLite", f"sqlite:///{folder}/earshot.sqlite3", options=options)
    with private_server(is_durable=True) as address:
        faults += measure("PostgreSQL", address, options=options)
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
