"""python manage.py load_study STUDY.toml."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from study.management.base import EarshotCommand
from study.selectors import study_design
from study.services.studies import study_load


class Command(EarshotCommand):
    """Load a study file as a draft."""

    help = "Load a study file as a draft, or update the draft of the same slug."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study file."""
        parser.add_argument("study_file", type=Path, metavar="STUDY.toml")

    def work(self, **options: Any) -> None:
        """Load, and say what comes next."""
        study = study_load(path=options["study_file"])
        arms = "; ".join(
            f"{arm.name} ({', '.join(arm.conditions)}; weight {arm.weight})" for arm in study_design(study).arms
        )
        self.say(f"the draft of study '{study.slug}' is on bundle '{study.bundle.name}'; arms: {arms}")
        self.say(f"when its design is final: python manage.py launch_study {study.slug}")
