"""python manage.py pilot_study SLUG."""

from argparse import ArgumentParser
from typing import Any

from study.management.base import EarshotCommand, find_study
from study.services.studies import study_start_pilot


class Command(EarshotCommand):
    """Open a draft as a pilot."""

    help = "Freeze a draft for a pilot, whose participants never count for the study; the draft can still be changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study's slug."""
        parser.add_argument("slug")

    def work(self, **options: Any) -> None:
        """Start the pilot."""
        version = study_start_pilot(study=find_study(options["slug"]))
        self.say(f"study '{version.study.slug}' is piloted under version {version.number} at /s/{version.study.slug}/")
