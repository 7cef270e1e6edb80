"""python manage.py release_place CODE --reason withdrawn|returned|timed-out."""

from argparse import ArgumentParser
from typing import Any, get_args

from earshot.errors import StudyError
from study.management.base import EarshotCommand
from study.models import OUTCOME_STAGES, Enrolment
from study.services.allocations import LeavingReason, enrolment_leave


class Command(EarshotCommand):
    """Give up the place of somebody who left."""

    help = (
        "Give up the place of a participant who withdrew, returned the task or ran out of time, if the study's release "
        "rules say so; CODE is the enrolment's. Their answers stay, and doing it twice changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The enrolment's code, and why its participant left."""
        parser.add_argument("code")
        parser.add_argument("--reason", choices=get_args(LeavingReason), required=True)

    def work(self, **options: Any) -> None:
        """Give the place up, and say whether that happened."""
        enrolment = _find_enrolment(options["code"].strip().upper())
        if enrolment_leave(enrolment=enrolment, reason=options["reason"]):
            self.say(f"the place of {enrolment.code} was given up; somebody else can have it")
        elif enrolment.place is None or enrolment.released_at is not None:
            self.say(f"{enrolment.code} holds no place; nothing changed")
        else:
            self.say(f"{enrolment.code} keeps the place: the study's release rules say so of '{options['reason']}'")


def _find_enrolment(code: str) -> Enrolment:
    """The enrolment with this code, of a study that still allocates."""
    enrolment = Enrolment.objects.select_related("version__study").filter(code=code).first()
    if enrolment is None:
        raise StudyError(f"code is '{code}'; no enrolment has it: expected a code as the enrolments' list shows it")
    study = enrolment.version.study
    if study.stage in OUTCOME_STAGES:
        raise StudyError(f"study '{study.slug}' is {study.stage}; only places of an open or paused one are given up")
    return enrolment
