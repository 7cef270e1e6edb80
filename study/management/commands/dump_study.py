"""python manage.py dump_study SLUG."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from earshot.files import file_written_aside
from study.management.base import EarshotCommand, find_study
from study.services.studies import study_dump


class Command(EarshotCommand):
    """Write a study's design as a study file."""

    help = "Write a study's design as TOML: its draft, or what was frozen last; load_study of it gives the same design."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study, and the file."""
        parser.add_argument("slug")
        parser.add_argument("--out", type=Path, metavar="STUDY.toml", help="replaced if it is there (default: print)")

    def work(self, **options: Any) -> None:
        """Dump to the file or the terminal."""
        text = study_dump(study=find_study(options["slug"]))
        out: Path | None = options["out"]
        if out is None:
            self.stdout.write(text, ending="")
            return
        with file_written_aside(out) as aside:
            aside.write_text(text, encoding="utf-8")
        self.say(f"wrote {out}")
