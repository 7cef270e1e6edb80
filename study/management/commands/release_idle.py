"""python manage.py release_idle."""

from typing import Any

from django.db import transaction

from study.management.base import EarshotCommand
from study.models import OPEN_STAGES, Version
from study.services.allocations import release_idle, version_lock


class Command(EarshotCommand):
    """Give up the places of people who left without a word."""

    help = (
        "Give up the places of people without a sign of life, in every open study and after the time that it declares. "
        "Each allocation does so as well; this command is for studies whose last places wait for somebody."
    )

    def work(self, **options: Any) -> None:
        """One line for each study in which places were given up."""
        versions = Version.objects.filter(study__stage__in=OPEN_STAGES).order_by("study__slug", "number")
        for version_id, slug in versions.values_list("pk", "study__slug"):
            with transaction.atomic():
                n_released = release_idle(version=version_lock(version_id))
            if n_released:
                self.say(f"study '{slug}': {n_released} places were given up")
