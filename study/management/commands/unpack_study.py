"""python manage.py unpack_study FILE.zip."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from study.management.base import EarshotCommand
from study.services.packages import study_unpack


class Command(EarshotCommand):
    """Load a packed study and its bundle."""

    help = "Load the bundle and the design of a file that pack_study wrote; the study is a draft here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("package", type=Path, metavar="FILE.zip")

    def work(self, **options: Any) -> None:
        """Unpack, and say what comes next."""
        study = study_unpack(path=options["package"])
        self.say(f"study '{study.slug}' is a draft on bundle '{study.bundle.name}'")
        self.say(f"when its design is final: python manage.py launch_study {study.slug}")
