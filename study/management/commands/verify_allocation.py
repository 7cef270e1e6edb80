"""python manage.py verify_allocation SLUG."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from study.allocation_proof import Proof, prove_allocation
from study.management.base import EarshotCommand, find_study

_EXIT_DIFFERENCE = 1


class Command(EarshotCommand):
    """Derive every assignment again."""

    help = "Derive every assignment of a study again from seed and events; names the first difference, exit code 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The study's slug."""
        parser.add_argument("slug")

    def work(self, **options: Any) -> None:
        """Check every version, say what was found, and fail where one differs."""
        study = find_study(options["slug"])
        proofs = [prove_allocation(version) for version in study.versions.order_by("number")]
        if not proofs:
            self.say(f"study '{study.slug}' was never launched; there is no allocation")
        for proof in proofs:
            self.say(_describe(proof))
        n_differing = sum(proof.difference is not None for proof in proofs)
        if n_differing:
            message = f"{n_differing} of {len(proofs)} versions of study '{study.slug}' differ from their record"
            raise CommandError(message, returncode=_EXIT_DIFFERENCE)


def _describe(proof: Proof) -> str:
    place = f"version {proof.version.number}"
    if not proof.has_record:
        return f"{place}: frozen by an older Earshot, which kept no record of its allocation"
    if proof.difference is not None:
        return f"{place}: {proof.difference}"
    return f"{place}: all {proof.n_allocated} assignments follow from seed and events, and enrolments agree with them"
