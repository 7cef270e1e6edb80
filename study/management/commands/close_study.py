"""python manage.py close_study SLUG."""

from argparse import ArgumentParser
from typing import Any

from study.management.base import EarshotCommand, find_study
from study.models import Stage
from study.services.studies import study_close


class Command(EarshotCommand):
    """Close a study for good."""

    help = "Close a study for good and reveal its allocation seed; closing it twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study's slug."""
        parser.add_argument("slug")

    def work(self, **options: Any) -> None:
        """Close, and reveal the seed whose hash the protocol holds."""
        study = find_study(options["slug"])
        already = study.stage == Stage.CLOSED
        study = study_close(study=study)
        self.say(f"study '{study.slug}' {'was closed before; nothing was changed' if already else 'is closed'}")
        for version in study.versions.all():
            self.say(f"allocation seed of version {version.number}: {bytes(version.allocation_seed).hex()}")
