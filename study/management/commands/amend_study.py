"""python manage.py amend_study SLUG."""

from argparse import ArgumentParser
from typing import Any

from study.management.base import EarshotCommand, find_study
from study.services.studies import study_amend_begin, study_amend_discard


class Command(EarshotCommand):
    """Begin a new version of a launched study."""

    help = "Make a launched study's design a draft again, for a new version; what runs goes on until that is launched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study's slug, and whether to give the draft up."""
        parser.add_argument("slug")
        parser.add_argument("--discard", action="store_true", help="give up the draft that was begun")

    def work(self, **options: Any) -> None:
        """Begin or give up the draft, and say what comes next."""
        study = find_study(options["slug"])
        if options["discard"]:
            study_amend_discard(study=study)
            self.say(f"study '{study.slug}' has no draft; its frozen design goes on")
            return
        study_amend_begin(study=study)
        self.say(f"study '{study.slug}' has a draft: change it with dump_study and load_study, or in the admin")
        self.say(f"when it is final: python manage.py launch_study {study.slug} --reason '…'")
