"""Every preset, launched as it is: a bot in a real browser completes each arm, then everything is exported and derived.

    PYTHONPATH=. python benchmarks/presets.py [NAME ...]

Prints a table; some ten minutes, because answering opens after seconds in every trial. Needs a Chromium.
"""

import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import tomli_w
from playwright.sync_api import sync_playwright

from tests.browser.diligent import Diligent
from tests.browser.participant import Mouse, Participant, launch_chromium
from tests.browser.server import Server, run_command
from tests.study.rich_bundle import write_rich_bundle

ROOT = Path(__file__).parents[1]
PRESETS = sorted(path.stem for path in (ROOT / "study/presets").glob("*.toml"))
MOST_PEOPLE = 30


@dataclass(frozen=True)
class Walked:
    """One preset: how many trials each arm's bot answered, what deriving and checking said, and the seconds it took."""

    preset: str
    n_trials: dict[str, int]
    n_errors: int
    derived: str
    checked: str
    seconds: float


def main() -> None:
    """Walk through the presets named, or all, side by side."""
    names = sys.argv[1:] or PRESETS
    print("| preset | trials by arm | console errors | verify_allocation | analysis check | s |\n" + "|---" * 6 + "|")
    with ProcessPoolExecutor(len(names), mp_context=get_context("spawn")) as pool:
        for walked in pool.map(walk, names):
            arms = ", ".join(f"{arm} {n}" for arm, n in sorted(walked.n_trials.items()))
            print(
                f"| {walked.preset} | {arms} | {walked.n_errors} | {walked.derived} | {walked.checked} |"
                f" {walked.seconds:.0f} |",
                flush=True,
            )


def walk(name: str) -> Walked:
    """Launch one preset on the bundle that has everything, complete each arm, close, export, derive, check."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(_prepare(name, folder=Path(folder)))
        server.start()
        try:
            n_trials, n_errors = _complete_arms(name, server=server)
        finally:
            server.kill()
        run_command("manage.py", "close_study", name, folder=server.folder)
        derived = run_command("manage.py", "verify_allocation", name, folder=server.folder).splitlines()[-1]
        zip_file = server.folder / "export.zip"
        run_command("manage.py", "export", name, "--out", str(zip_file), folder=server.folder)
        checked = subprocess.run(
            [sys.executable, "-m", "analysis", "check", str(zip_file)], capture_output=True, text=True, check=True
        )
    said = checked.stdout.strip().splitlines()[-1]
    return Walked(name, n_trials, n_errors, derived, said, time.monotonic() - started)


def _prepare(name: str, *, folder: Path) -> Path:
    """A var folder with the preset's study running; nothing of the preset is changed but the bundle's name."""
    var = folder / "var"
    write_rich_bundle(folder / "bundle", n_right=20, n_wrong=20)
    fields = tomllib.loads((ROOT / f"study/presets/{name}.toml").read_text(encoding="utf-8"))
    fields["study"] |= {"slug": name, "bundle": "rich"}
    study = folder / "study.toml"
    study.write_text(tomli_w.dumps(fields), encoding="utf-8")
    for command in (
        ["migrate", "--verbosity", "0"],
        ["collectstatic", "--no-input", "--verbosity", "0"],
        ["load_bundle", str(folder / "bundle")],
        ["load_study", str(study)],
        ["launch_study", name],
    ):
        run_command("manage.py", *command, folder=var)
    return var


def _complete_arms(name: str, *, server: Server) -> tuple[dict[str, int], int]:
    """Trials answered by the first bot of each arm, and how many console errors all of them met.

    Who comes to an arm that was completed leaves after allocation, as some people do.
    """
    arms = _arms(name)
    n_trials: dict[str, int] = {}
    errors: list[str] = []
    with sync_playwright() as driver:
        browser = launch_chromium(driver)
        for _ in range(MOST_PEOPLE):
            if set(n_trials) == arms:
                return n_trials, len(errors)
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            person = Participant(server, page, Mouse(page), name)
            bot = Diligent(person)
            bot.enter()
            row = person.enrolment()
            if row["arm"] not in n_trials:
                bot.finish()
                n_trials[row["arm"]] = sum(trial["client_id"] is not None for trial in server.trials(row["code"]))
            context.close()
    raise SystemExit(f"{name}: {MOST_PEOPLE} people came, and only {sorted(n_trials)} of {sorted(arms)} were given")


def _arms(name: str) -> set[str]:
    fields = tomllib.loads((ROOT / f"study/presets/{name}.toml").read_text(encoding="utf-8"))
    return {arm["name"] for arm in fields["arms"]}


if __name__ == "__main__":
    main()
