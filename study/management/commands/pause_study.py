"""python manage.py pause_study SLUG."""

from argparse import ArgumentParser
from typing import Any

from study.management.base import EarshotCommand, find_study
from study.services.studies import study_pause


class Command(EarshotCommand):
    """Pause a running study."""

    help = "Pause a running study: nobody is enrolled and no answer taken; pausing it twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study's slug."""
        parser.add_argument("slug")

    def work(self, **options: Any) -> None:
        """Pause."""
        study = study_pause(study=find_study(options["slug"]))
        self.say(f"study '{study.slug}' is paused; to go on: python manage.py resume_study {study.slug}")
