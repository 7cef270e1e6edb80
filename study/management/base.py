"""What Earshot's commands share: bad input ends with one sentence and exit code 2."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from earshot.errors import (
    EXIT_BAD_INPUT,
    EXIT_INTERRUPTED,
    EXIT_UNREAD,
    EarshotError,
    describe_os_error,
    silence_stdout,
)
from study.models import Study


class EarshotCommand(BaseCommand):
    """A command that does its work in `work`; bad input there becomes a message and exit code 2."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the work; Any is Django's own signature.

        Raises
        ------
        CommandError
            With exit code 2 for bad input, 130 when interrupted.
        """
        try:
            self.work(**options)
            sys.stdout.flush()
        except EarshotError as error:
            raise CommandError(str(error), returncode=EXIT_BAD_INPUT) from error
        except BrokenPipeError:
            silence_stdout()
            sys.exit(EXIT_UNREAD)
        except OSError as error:
            raise CommandError(describe_os_error(error), returncode=EXIT_BAD_INPUT) from error
        except KeyboardInterrupt as interrupt:
            message = "interrupted; nothing half-written was left behind"
            raise CommandError(message, returncode=EXIT_INTERRUPTED) from interrupt

    def work(self, **options: Any) -> None:
        """What the command does; the options are argparse's, hence Any."""
        raise CommandError(f"{type(self).__module__} has no work to do")

    def say(self, line: str) -> None:
        """Print one line to the user."""
        self.stdout.write(line)


def find_study(slug: str) -> Study:
    """The study with this slug.

    Raises
    ------
    CommandError
        With exit code 2; the message names the studies there are.
    """
    study = Study.objects.filter(slug=slug).first()
    if study is None:
        known = ", ".join(Study.objects.order_by("slug").values_list("slug", flat=True)) or "none"
        message = f"study is '{slug}'; there is no such study (known: {known}): run python manage.py load_study first"
        raise CommandError(message, returncode=EXIT_BAD_INPUT)
    return study
