"""python manage.py panel_status SLUG [FILE.csv]."""

import csv
import io
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from earshot.errors import StudyError
from study.management.base import EarshotCommand, find_study
from study.services.arrivals import PanelRow, panel_statuses_apply

_SESSION, _PARTICIPANT, _STATUS = "Submission id", "Participant id", "Status"


class Command(EarshotCommand):
    """Give up the places of people whose submission a recruiting service took back."""

    help = (
        "Read Prolific's export of submissions (CSV, standard input without FILE) and give up the places of those "
        "returned or timed out, if the study's release rules say so. The same export again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study, and the export."""
        parser.add_argument("slug")
        parser.add_argument("file", nargs="?", help="the export; standard input without it")

    def work(self, **options: Any) -> None:
        """Apply every row, and say how many did what."""
        study = find_study(options["slug"])
        file = options["file"]
        text = Path(file).read_text(encoding="utf-8-sig") if file else sys.stdin.read()
        counts = panel_statuses_apply(study=study, rows=list(_rows(text, place=file or "standard input")))
        self.say(
            f"study '{study.slug}': {counts.n_released} places were given up; {counts.n_kept} returned or timed out "
            f"without a place to give up; {counts.n_unknown} are unknown here"
        )


def _rows(text: str, *, place: str) -> Iterator[PanelRow]:
    """The submissions of an export; StudyError for a file that is none, before any row is applied."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    named = {name.strip().lower(): name for name in reader.fieldnames or ()}
    missing = [name for name in (_SESSION, _PARTICIPANT, _STATUS) if name.lower() not in named]
    if missing:
        found = ", ".join(reader.fieldnames or ()) or "none"
        raise StudyError(f"{place} lacks the column '{missing[0]}' (found: {found}); give Prolific's export as it is")
    for row in reader:
        session, participant, status = (
            (row[named[name.lower()]] or "").strip() for name in (_SESSION, _PARTICIPANT, _STATUS)
        )
        yield PanelRow(session=session, participant=participant, status=status)
