"""python manage.py pack_study SLUG --out FILE.zip."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from study.management.base import EarshotCommand, find_study
from study.services.packages import study_pack


class Command(EarshotCommand):
    """Pack a study's design with its bundle."""

    help = "Write a study's design and its whole bundle, networks left out, to one zip file for another server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study and the file."""
        parser.add_argument("slug")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip", help="replaced if it is there")

    def work(self, **options: Any) -> None:
        """Pack, and say how much it was."""
        out: Path = options["out"]
        n_media = study_pack(study=find_study(options["slug"]), out=out)
        self.say(f"wrote {out}: the design and {n_media} media")
