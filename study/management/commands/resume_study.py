"""python manage.py resume_study SLUG."""

from argparse import ArgumentParser
from typing import Any

from study.management.base import EarshotCommand, find_study
from study.services.studies import study_resume


class Command(EarshotCommand):
    """Let a paused study run again."""

    help = "Let a paused study run again; resuming it twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study's slug."""
        parser.add_argument("slug")

    def work(self, **options: Any) -> None:
        """Resume."""
        study = study_resume(study=find_study(options["slug"]))
        self.say(f"study '{study.slug}' runs at /s/{study.slug}/")
