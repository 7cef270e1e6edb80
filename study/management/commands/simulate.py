"""python manage.py simulate SLUG --participants N --effect LOGODDS --seed S."""

from argparse import ArgumentParser
from typing import Any, get_args

from study.management.base import EarshotCommand, find_study
from study.simulation.runs import ListenersName, SimulationPlan, study_simulate


class Command(EarshotCommand):
    """Clone a study into stage simulated and let simulated people answer every trial."""

    help = "Clone a study into stage 'simulated' and let simulated people answer every trial of the clone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study, how many people of which kind, the effect and the seed."""
        parser.add_argument("slug", help="the study to clone; it is not changed")
        parser.add_argument("--participants", type=int, required=True, help="how many per arm (times the arm's weight)")
        parser.add_argument(
            "--effect",
            type=float,
            default=0.0,
            help="the primary contrast in log-odds, among the predictions it is about and no others (default: 0)",
        )
        parser.add_argument("--seed", type=int, required=True, help="decides everything; the same seed, the same data")
        parser.add_argument(
            "--listeners",
            choices=get_args(ListenersName),
            default="model",
            help="model: follow the primary model; truth-namer: name the word they recognise, understand nothing",
        )
        parser.add_argument("--slug", dest="new_slug", help="the clone's slug (default: SLUG-simulated-SEED)")

    def work(self, **options: Any) -> None:
        """Simulate, and say where the clone is."""
        plan = SimulationPlan(
            n_per_arm=options["participants"],
            effect_log_odds=options["effect"],
            listeners=options["listeners"],
            seed=options["seed"],
        )
        clone = study_simulate(study=find_study(options["slug"]), plan=plan, slug=options["new_slug"])
        n_participants = clone.versions.get().enrolments.count()
        self.say(
            f"simulated study '{clone.slug}': {n_participants} participants, listeners {plan.listeners}; "
            f"next: python manage.py export {clone.slug} --out {clone.slug}.zip"
        )
