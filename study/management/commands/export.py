"""python manage.py export SLUG --out FILE.zip."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from study.export.dataset import dataset_export
from study.management.base import EarshotCommand, find_study


class Command(EarshotCommand):
    """Write a study's dataset."""

    help = "Write a study's dataset (Psych-DS) to a zip file; of a running study only with --monitoring."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study and the file."""
        parser.add_argument("slug")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip", help="replaced if it is there")
        parser.add_argument("--monitoring", action="store_true", help="without answers, trials and arms, at any time")

    def work(self, **options: Any) -> None:
        """Export, and say how much it was."""
        out: Path = options["out"]
        exported = dataset_export(study=find_study(options["slug"]), out=out, monitoring=options["monitoring"])
        self.say(f"wrote {out}: {exported.n_participants} participants, {exported.n_trials} trials")
