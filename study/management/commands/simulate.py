"""python manage.py simulate SLUG --participants N --seed S [--effect LOGODDS | --http URL]."""

from argparse import ArgumentParser
from dataclasses import replace
from typing import Any, get_args

from earshot.errors import StudyError
from study.bots.behaviours import BEHAVIOURS, parse_shares
from study.bots.crowd import Crowd, run_crowd, summarise
from study.bots.visit import check_visit, knowledge_of
from study.management.base import EarshotCommand, find_study
from study.models import Study
from study.simulation.runs import ListenersName, SimulationPlan, study_simulate

_CLONE_DEFAULTS = {"effect": 0.0, "listeners": "model", "new_slug": None}
_HTTP_DEFAULTS = {
    "at_once": 8,
    "behaviour": ["diligent"],
    "at_trial": None,
    "offline_s": 30.0,
    "speed": 1.0,
    "knows_rows_are_real": False,
}


class Command(EarshotCommand):
    """Simulated people: in a clone of a study, by rows alone; or at a running server, as HTTP clients."""

    help = (
        "Clone a study into stage 'simulated' and let simulated people answer every trial of the clone; with --http"
        " send bots through the pages of a running server instead."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study, how many people of which kind, the effect and the seed; and where bots go, and how they behave."""
        parser.add_argument(
            "slug", help="the study to clone, which is not changed; with --http the study to take part in"
        )
        parser.add_argument(
            "--participants",
            type=int,
            required=True,
            help="how many per arm (times the arm's weight); with --http how many in all",
        )
        parser.add_argument(
            "--effect",
            type=float,
            help="the primary contrast in log-odds, among the predictions it is about and no others (default: 0)",
        )
        parser.add_argument("--seed", type=int, required=True, help="decides everything; the same seed, the same data")
        parser.add_argument(
            "--listeners",
            choices=get_args(ListenersName),
            help="model: follow the primary model (default); truth-namer: name the word they recognise, no more",
        )
        parser.add_argument("--slug", dest="new_slug", help="the clone's slug (default: SLUG-simulated-SEED)")
        self._add_http_arguments(parser)

    def _add_http_arguments(self, parser: ArgumentParser) -> None:
        bots = parser.add_argument_group("bots at a running server")
        bots.add_argument("--http", metavar="URL", help="the server's address, such as http://127.0.0.1:8000")
        bots.add_argument("--at-once", type=int, help="how many take part at the same time (default: 8)")
        bots.add_argument(
            "--behaviour",
            action="append",
            metavar="NAME[=WEIGHT]",
            help=f"how bots behave, repeatable (default: diligent): {', '.join(BEHAVIOURS)}",
        )
        bots.add_argument(
            "--at-trial",
            type=int,
            help="the trial, from 0, amid which dropouts, reloaders and others act (default: drawn)",
        )
        bots.add_argument("--offline-s", type=float, help="how long the network is lost (seconds; default: 30)")
        bots.add_argument("--speed", type=float, help="divides every wait of the bots' own (default: 1)")
        bots.add_argument(
            "--i-know-these-are-real-rows",
            dest="knows_rows_are_real",
            action="store_const",
            const=True,
            help="needed for a running study: what bots answer is stored, counted and exported as people's answers are",
        )

    def work(self, **options: Any) -> None:
        """Simulate, and say where the clone is, or what became of the bots."""
        others = _CLONE_DEFAULTS if options["http"] else _HTTP_DEFAULTS
        foreign = [name for name in others if options[name] is not None]
        if foreign:
            kind = "without" if options["http"] else "with"
            raise StudyError(f"--{foreign[0].replace('_', '-')} is given; it goes {kind} --http alone: leave it out")
        ours = _HTTP_DEFAULTS if options["http"] else _CLONE_DEFAULTS
        chosen = options | {name: default for name, default in ours.items() if options[name] is None}
        study = find_study(options["slug"])
        if options["http"]:
            self._send_bots(study, options=chosen)
        else:
            self._clone(study, options=chosen)

    def _clone(self, study: Study, *, options: dict[str, Any]) -> None:
        plan = SimulationPlan(
            n_per_arm=options["participants"],
            effect_log_odds=options["effect"],
            listeners=options["listeners"],
            seed=options["seed"],
        )
        clone = study_simulate(study=study, plan=plan, slug=options["new_slug"])
        n_participants = clone.versions.get().enrolments.count()
        self.say(
            f"simulated study '{clone.slug}': {n_participants} participants, listeners {plan.listeners}; "
            f"next: python manage.py export {clone.slug} --out {clone.slug}.zip"
        )

    def _send_bots(self, study: Study, *, options: dict[str, Any]) -> None:
        crowd = Crowd(
            address=options["http"].rstrip("/"),
            slug=study.slug,
            n_bots=options["participants"],
            n_at_once=options["at_once"],
            shares=parse_shares(options["behaviour"]),
            seed=options["seed"],
            at_trial=options["at_trial"],
            offline_s=options["offline_s"],
            speed=options["speed"],
        )
        check_visit(study, crowd=crowd, knows_rows_are_real=options["knows_rows_are_real"])
        self.say(f"{crowd.n_bots} bots take part in '{study.slug}' ({study.stage}): their rows are real ones")
        self.say(summarise(run_crowd(replace(crowd, knowledge=knowledge_of(study)))))
