"""The whole path on real recordings: build, load, launch, two people in a browser, close, export, check, report.

    python benchmarks/whole_path.py [--recipe RECIPE.toml] [--study STUDY.toml] [--out DIR]

One participant sees, one hears; both complete every trial at the study's own dwell, so it takes some minutes. Prints
each step's seconds; exit code 1 if an answer stored is not the answer given, or if a step fails.
"""

import argparse
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from earshot.compute import progress
from tests.browser.participant import Mouse, Participant, Watch, launch_chromium
from tests.browser.server import ROOT, Server, run_command

CONFIDENCE = 60


@contextmanager
def timed(step: str) -> Iterator[None]:
    """Print how long the block took."""
    started = time.monotonic()
    yield
    print(f"{step}: {time.monotonic() - started:.0f} s", flush=True)


def prepare(recipe: Path, *, study: Path, folder: Path) -> str:
    """A var folder with the launched study; gives back its slug."""
    bundle = folder / "bundle"
    with timed("build"):
        networks = str(ROOT / "var/networks")
        print(
            run_command(
                "-m", "explainer", "build", str(recipe), "--out", str(bundle), "--networks", networks, folder=folder
            )
        )
    slug: str = tomllib.loads(study.read_text(encoding="utf-8"))["study"]["slug"]
    with timed("check, load and launch"):
        print(run_command("-m", "explainer", "check", str(bundle), folder=folder), end="")
        for command in (
            ["migrate", "--verbosity", "0"],
            ["collectstatic", "--no-input", "--verbosity", "0"],
            ["load_bundle", str(bundle)],
            ["load_study", str(study)],
            ["launch_study", slug],
        ):
            print(run_command("manage.py", *command, folder=folder), end="")
    return slug


def take_part(browser: Browser, *, server: Server, slug: str) -> list[str]:
    """Somebody completes the study; gives back what went wrong."""
    context = browser.new_context()
    watch = Watch()
    watch.follow(context)
    page = context.new_page()
    person = Participant(server, page, Mouse(page), slug)
    person.consent()
    person.pass_sound_check()
    channel = person.server.enrolments()[-1]["channel"]
    code = person.enrolment()["code"]
    given = answer_all(person, code=code, channel=channel)
    page.wait_for_url("**/debrief")
    context.unroute_all(behavior="wait")
    context.close()
    stored = [trial["answer"] for trial in server.trials(code)]
    faults = [] if stored == given else [f"{channel}: stored {stored}, given {given}"]
    return faults + [f"{channel}: {error}" for error in watch.errors]


def answer_all(person: Participant, *, code: str, channel: str) -> list[str]:
    """Every trial of the participant, answered with the true label; gives back the labels."""
    trials = person.server.trials(code)
    person.go_on()
    training = sum(trial["phase"] == "training" for trial in trials)
    for trial in progress(trials, label=f"a participant, by {channel}"):
        if trial["index"] == training:
            person.go_on()
        person.do_trial(trial, channel=channel, label=trial["true_label"], confidence=CONFIDENCE)
    return [trial["true_label"] for trial in trials]


def run_study(slug: str, *, folder: Path) -> list[str]:
    """Serve, and let people come until each channel had one."""
    server = Server(folder)
    server.start()
    faults: list[str] = []
    try:
        with sync_playwright() as driver:
            browser = launch_chromium(driver)
            channels: set[str] = set()
            while channels != {"picture", "sound"}:
                with timed("a participant"):
                    faults += take_part(browser, server=server, slug=slug)
                channels.add(server.enrolments()[-1]["channel"])
            browser.close()
    finally:
        server.kill()
    return faults


def answer_study(slug: str, *, folder: Path) -> None:
    """Close, export, check, report."""
    export, report = str(folder / "export.zip"), str(folder / "report")
    with timed("close, export, check and report"):
        for command in (
            ["manage.py", "close_study", slug],
            ["manage.py", "export", slug, "--out", export],
            ["-m", "analysis", "check", export],
            ["-m", "analysis", "report", export, "--out", report],
        ):
            print(run_command(*command, folder=folder), end="")


def main() -> int:
    """Exit code: 0, or 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description="the whole path on real recordings")
    parser.add_argument("--recipe", type=Path, default=ROOT / "fixtures/recipes/fsdd.toml")
    parser.add_argument("--study", type=Path, default=ROOT / "fixtures/studies/fsdd.toml")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    folder = options.out or Path(tempfile.mkdtemp(prefix="earshot-whole-path-"))
    slug = prepare(options.recipe, study=options.study, folder=folder)
    faults = run_study(slug, folder=folder)
    answer_study(slug, folder=folder)
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    print(f"everything stands in {folder}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
