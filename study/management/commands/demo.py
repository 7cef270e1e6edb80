"""python manage.py demo [--no-serve] [--port N]."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.urls import reverse

from earshot.errors import EXIT_INTERRUPTED
from study.management.base import EarshotCommand
from study.management.demonstration import (
    ADMIN_NAME,
    Demonstration,
    admin_password,
    report_study,
    simulated_study,
)
from study.management.processes import check_port, interrupt_on_termination, run_python
from study.models import Study

HOST = "127.0.0.1"
_FIXTURES = Path(settings.BASE_DIR) / "fixtures"


class Command(EarshotCommand):
    """Everything from recordings to a served study and a report; a second run finds what the first one made."""

    help = "Build a bundle, run a study on it, simulate and report another, and serve both; Ctrl-C ends it."
    # The database may not be there yet: the demo makes it.
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether and where to serve, and what to show."""
        parser.add_argument("--no-serve", action="store_true", help="do all but serve")
        parser.add_argument("--port", type=int, default=8000, help="of 127.0.0.1 (default: 8000)")
        parser.add_argument("--recipe", type=Path, default=_FIXTURES / "recipes" / "voices.toml", metavar="RECIPE.toml")
        parser.add_argument("--study", type=Path, default=_FIXTURES / "studies" / "demo.toml", metavar="STUDY.toml")

    def work(self, **options: Any) -> None:
        """Make what is missing, print where it is, serve."""
        started = time.monotonic()
        interrupt_on_termination()
        port: int = options["port"]
        if not options["no_serve"]:
            check_port(port, host=HOST)
        demonstration = Demonstration(recipe=options["recipe"].absolute(), study_file=options["study"].absolute())
        study, clone = self._prepare(demonstration)
        self._say_admin()
        self.say(f"Ready after {time.monotonic() - started:.1f} s.")
        if options["no_serve"]:
            return
        self._say_links(study, clone, base=f"http://{HOST}:{port}")
        self.stdout.flush()
        _serve(port)

    def _prepare(self, demonstration: Demonstration) -> tuple[Study, Study]:
        """The running study and the simulated one with its report."""
        self.say("Database and static files …")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        self.say("Bundle …")
        self.stdout.flush()
        folder = demonstration.build_bundle()
        if not demonstration.load_bundle(folder):
            self.say(
                f"{folder} was built anew, but the demo's study keeps the bundle it was launched with; to start over, "
                f"with everything recorded so far lost, delete {settings.VAR_DIR}"
            )
        self.say("Studies …")
        study = demonstration.running_study()
        clone = simulated_study(study)
        self.say("Report of the simulated study …")
        self.stdout.flush()
        report_study(clone)
        return study, clone

    def _say_admin(self) -> None:
        password = admin_password()
        if password is None:
            self.say(
                f"Admin account '{ADMIN_NAME}' keeps its password; reset it by: "
                f"python manage.py changepassword {ADMIN_NAME}"
            )
        else:
            self.say(f"Admin account '{ADMIN_NAME}', password (shown this once): {password}")

    def _say_links(self, study: Study, clone: Study, *, base: str) -> None:
        self.say(f"  front page   {base}{reverse('front')}")
        self.say(f"  participant  {base}{reverse('participant-start', args=[study.slug])}")
        self.say(f"  admin        {base}{reverse('admin:index')}")
        self.say(f"  report       {base}{reverse('study-report', args=[clone.slug])}")
        self.say("Ctrl-C ends the server.")


def _serve(port: int) -> None:
    """Serve until interrupted, which is how a demo ends; SystemExit with the shells' code for it."""
    server = ["-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    # A browser's idle connection must not hold up the end.
    server += ["--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "5", "study.wsgi:application"]
    try:
        # Nobody takes part in a demo who must not read what its simulated study found.
        run_python(server, environment={"EARSHOT_PUBLIC_REPORTS": "1"})
    except KeyboardInterrupt:
        raise SystemExit(EXIT_INTERRUPTED) from None
