"""Commands of the analysis: check an export, report on it."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.load import load_dataset
from analysis.report import REPORT_FILE, RESULTS_FILE, write_report
from earshot.errors import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code of one command: 0, or 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="name every fault of an export")
    check.add_argument("file", type=Path, help="a zip made by manage.py export")
    report = commands.add_parser("report", help="write the report of an export")
    report.add_argument("file", type=Path, help="a zip made by manage.py export")
    report.add_argument("--out", type=Path, required=True, help="folder to write; an older report in it is replaced")
    chosen = parser.parse_args(arguments)
    if chosen.command == "check":
        return run_command(lambda: _check(chosen.file))
    return run_command(lambda: _report(chosen.file, out=chosen.out))


def _check(path: Path) -> None:
    dataset = load_dataset(path)
    if dataset.provenance.monitoring:
        print(f"whole: {len(dataset.participants)} participants; trials are withheld while the study is open")
        return
    print(f"whole: {len(dataset.participants)} participants, {len(dataset.trials)} trials")


def _report(path: Path, *, out: Path) -> None:
    results = write_report(path, out=out)
    print(f"{results.verdict}: {results.sentence}\nwritten: {out / REPORT_FILE}, {out / RESULTS_FILE}")


if __name__ == "__main__":
    sys.exit(main())
