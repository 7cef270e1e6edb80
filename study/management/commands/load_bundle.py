"""python manage.py load_bundle BUNDLE."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from study.management.base import EarshotCommand
from study.models import Rendition
from study.services.bundles import bundle_load


class Command(EarshotCommand):
    """Check every hash of a bundle and load its stimuli and media."""

    help = "Check every hash of a bundle and load its stimuli and media; a second load changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The bundle's folder."""
        parser.add_argument("bundle", type=Path, help="the folder that python -m explainer build wrote")

    def work(self, **options: Any) -> None:
        """Load, and say what was there."""
        bundle, created = bundle_load(folder=options["bundle"])
        if not created:
            self.say(f"bundle '{bundle.name}' ({bundle.sha256[:12]}) was loaded before; nothing was changed")
            return
        stimuli = bundle.stimuli.count()
        renditions = Rendition.objects.filter(stimulus__bundle=bundle).count()
        self.say(
            f"loaded bundle '{bundle.name}' ({bundle.sha256[:12]}): {stimuli} stimuli, {renditions} renditions, "
            f"labels {', '.join(bundle.labels)}"
        )
