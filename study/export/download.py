"""A dataset as a download of the researcher's pages."""

import tempfile
from pathlib import Path

from django.http import FileResponse

from study.export.dataset import dataset_export
from study.models import OUTCOME_STAGES, Study


def dataset_download(study: Study) -> FileResponse:
    """The dataset of `study`, streamed; without outcomes until the study is closed. StudyError for a draft."""
    monitoring = study.stage not in OUTCOME_STAGES
    name = f"{study.slug}-monitoring.zip" if monitoring else f"{study.slug}.zip"
    with tempfile.TemporaryDirectory(prefix="earshot-export-") as folder:
        out = Path(folder) / name
        dataset_export(study=study, out=out, monitoring=monitoring)
        # The open file outlives its name: the answer streams it and closes it.
        return FileResponse(out.open("rb"), as_attachment=True, filename=name)
