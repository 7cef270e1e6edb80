"""python manage.py launch_study SLUG."""

from argparse import ArgumentParser
from typing import Any

from study.management.base import EarshotCommand, find_study
from study.services.studies import study_launch


class Command(EarshotCommand):
    """Freeze a draft's protocol and open the study."""

    help = "Freeze a draft's protocol under its hash, draw the allocation seed, and open the study."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study's slug, and why there is a new version."""
        parser.add_argument("slug")
        parser.add_argument("--reason", default="", help="why there is a new version; needed for all but the first")

    def work(self, **options: Any) -> None:
        """Launch, and print the hash to preregister."""
        version = study_launch(study=find_study(options["slug"]), reason=options["reason"])
        self.say(f"study '{version.study.slug}' runs under version {version.number} at /s/{version.study.slug}/")
        self.say(f"protocol SHA-256: {version.protocol_sha256}")
