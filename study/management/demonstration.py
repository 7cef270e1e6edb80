"""The steps of the demo; each finds what an earlier run left and then does nothing."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from earshot.bundle import bundle_sha256, read_manifest
from earshot.design.study_file import read_study
from earshot.errors import StudyError
from earshot.files import file_written_aside, sha256_bytes, sha256_file
from study.export.dataset import dataset_export
from study.management.processes import run_python
from study.models import Bundle, Stage, Study
from study.researcher.reports import has_report, report_folder
from study.selectors import current_version, study_protocol
from study.services.bundles import bundle_load
from study.services.studies import study_amend_begin, study_launch, study_load
from study.simulation.runs import SimulationPlan, study_simulate

ADMIN_NAME = "admin"
SIMULATED = SimulationPlan(n_per_arm=60, effect_log_odds=1.0, listeners="model", seed=1)

_FROZEN_BEFORE = "The version before was frozen by an older Earshot, whose versions take nobody new."
_STAMP_FILE = "made_from.sha256"


@dataclass(frozen=True)
class Demonstration:
    """What the demo shows: a recipe for the bundle and a study file for the design."""

    recipe: Path
    study_file: Path

    def build_bundle(self) -> Path:
        """The folder of the built bundle; `python -m explainer build` finds by itself what is built already."""
        folder = Path(settings.VAR_DIR) / "bundles" / read_study(self.study_file).study.bundle
        networks = Path(settings.VAR_DIR) / "networks"
        run_python(
            ["-m", "explainer", "build", str(self.recipe), "--out", str(folder), "--networks", str(networks)],
        )
        return folder

    def load_bundle(self, folder: Path) -> bool:
        """Whether the built bundle is the loaded one; another one of its name, once loaded, stays.

        A study shows the bundle it was launched with: new code or a new recipe gives a new bundle, never new stimuli
        to people who are taking part.
        """
        loaded = Bundle.objects.filter(name=read_manifest(folder).name).first()
        if loaded is not None and loaded.sha256 != bundle_sha256(folder):
            return False
        bundle_load(folder=folder)
        return True

    def running_study(self) -> Study:
        """The demo study, launched once and then left as it is; what an older Earshot froze gets a new version."""
        slug = read_study(self.study_file).study.slug
        study = Study.objects.filter(slug=slug).first()
        if study is None:
            study = study_load(path=self.study_file)
        if study.stage == Stage.DRAFT:
            study = study_launch(study=study).study
        elif study.stage == Stage.RUNNING and study_protocol(current_version(study)).upgraded_from is not None:
            study = study_launch(study=study_amend_begin(study=study), reason=_FROZEN_BEFORE).study
        return study


def simulated_study(study: Study) -> Study:
    """The simulated clone of the demo study, made once."""
    slug = SIMULATED.default_slug(study)
    clone = Study.objects.filter(slug=slug).first()
    if clone is not None and clone.stage != Stage.SIMULATED:
        raise StudyError(f"study '{slug}' is {clone.stage}; the demo needs this slug for its simulated study")
    return clone or study_simulate(study=study, plan=SIMULATED, slug=slug)


def report_study(study: Study) -> None:
    """The study's report by `python -m analysis`; skipped when it was made from this very dataset and code."""
    dataset = Path(settings.VAR_DIR) / "exports" / f"{study.slug}.zip"
    dataset_export(study=study, out=dataset)
    folder = report_folder(study.slug)
    stamp, made_from = folder / _STAMP_FILE, f"{sha256_file(dataset)} {_analysis_sha256()}\n"
    if has_report(study.slug) and stamp.is_file() and stamp.read_text(encoding="ascii") == made_from:
        return
    run_python(["-m", "analysis", "report", str(dataset), "--out", str(folder)])
    with file_written_aside(stamp) as aside:
        aside.write_text(made_from, encoding="ascii")


def admin_password() -> str | None:
    """The password of a fresh admin account; None when there was one, whose password nobody knows but its owner."""
    accounts = get_user_model()
    if accounts.objects.filter(username=ADMIN_NAME).exists():
        return None
    password = secrets.token_urlsafe(12)
    accounts.objects.create_superuser(ADMIN_NAME, password=password)
    return password


def _analysis_sha256() -> str:
    """A hash over the code of the analysis: a changed one reports anew."""
    folder = Path(settings.BASE_DIR) / "analysis"
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".py", ".j2"})
    return sha256_bytes("".join(sha256_file(path) for path in files).encode())
