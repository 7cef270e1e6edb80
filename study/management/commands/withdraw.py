"""python manage.py withdraw CODE --keep|--delete."""

from argparse import ArgumentParser
from typing import Any

from earshot.errors import StudyError
from study.management.base import EarshotCommand
from study.models import Enrolment
from study.refusals import Refusal
from study.services.withdrawals import enrolment_withdraw


class Command(EarshotCommand):
    """Withdraw a participant who asks the researcher for it."""

    help = (
        "Withdraw a participant who wrote to you; CODE is the enrolment's. What becomes of the answers is theirs to "
        "choose, as far as the study allows. Doing it twice changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The enrolment's code, and what becomes of the answers."""
        parser.add_argument("code")
        choice = parser.add_mutually_exclusive_group(required=True)
        choice.add_argument("--keep", dest="withdrawal", action="store_const", const="keep", help="keep the answers")
        choice.add_argument("--delete", dest="withdrawal", action="store_const", const="delete", help="delete them")

    def work(self, **options: Any) -> None:
        """Withdraw, and say what became of the answers."""
        code = options["code"].strip().upper()
        enrolment = Enrolment.objects.exclude(stage="simulated").filter(code=code).first()
        if enrolment is None:
            raise StudyError(
                f"code is '{code}'; no participant has it: expected a code as the enrolments' list shows it"
            )
        try:
            withdrawn = enrolment_withdraw(enrolment=enrolment, withdrawal=options["withdrawal"])
        except Refusal as refusal:
            raise StudyError(refusal.message) from refusal
        became = f"{withdrawn.n_deleted} deleted" if withdrawn.withdrawal == "delete" else "kept"
        self.say(f"{withdrawn.code} has withdrawn; answers: {became}")
