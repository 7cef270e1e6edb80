"""What an export costs in memory and time, from a thousand to a million trials of one study.

    PYTHONPATH=. python benchmarks/export.py [N_TRIALS ...]

The rows are those of one simulated participant, copied. Each export runs in a process of its own; its peak memory is
the kernel's, above what the process had before. The floor is reading the same responses row by row and doing nothing.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from django.db.models import Model

    from study.models import Enrolment

Row = TypeVar("Row", bound="Model")

ROOT = Path(__file__).parents[1]
SIZES = (1_000, 10_000, 100_000, 1_000_000)
COPY_AT_ONCE = 500


def main() -> None:
    """Prepare a study, copy its rows to each size, export; prints a table."""
    sizes = [int(argument) for argument in sys.argv[1:]] or list(SIZES)
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "EARSHOT_VAR": folder,
            "DJANGO_SETTINGS_MODULE": "study.settings",
            "PYTHONPATH": str(ROOT),
        }
        _run(["prepare", folder], environment=environment)
        print("| trials | export s | times the floor | peak MiB above loading | zip MiB |")
        print("|---|---|---|---|---|")
        for size in sizes:
            _run(["copy", str(size)], environment=environment)
            print(_run(["export", folder], environment=environment), flush=True)


def _run(arguments: list[str], *, environment: dict[str, str]) -> str:
    command = [sys.executable, __file__, "--", *arguments]
    return subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout.strip()


def _prepare(folder: Path) -> None:
    from django.core.management import call_command

    from tests.tiny_bundle import write_study_file, write_tiny_bundle

    write_tiny_bundle(folder / "bundle", n_training=2, n_right=4, n_wrong=4, duration_ms=60.0)
    study = write_study_file(folder / "study.toml", n_right=4, n_wrong=4)
    call_command("migrate", verbosity=0)
    for command in (["load_bundle", folder / "bundle"], ["load_study", study], ["launch_study", "digits"]):
        call_command(*command, verbosity=0)
    call_command("simulate", "digits", participants=1, effect=0.0, seed=1, verbosity=0)


def _copy(n_trials: int) -> None:
    """Copy the first participant until there are so many trials."""
    from study.models import Enrolment, Response, Trial

    pattern = Enrolment.objects.filter(stage="simulated").earliest("id")
    trials = list(Trial.objects.filter(enrolment=pattern).select_related("response").order_by("index"))
    n_wanted = -(-n_trials // len(trials))
    while (n_there := Enrolment.objects.filter(version=pattern.version).count()) < n_wanted:
        first = Enrolment.objects.latest("id").pk + 1
        people = range(first, first + min(COPY_AT_ONCE, n_wanted - n_there))
        Enrolment.objects.bulk_create(_person(pattern, number=number) for number in people)
        next_trial = Trial.objects.latest("id").pk + 1
        copies = [
            _as(trial, pk=next_trial + place * len(trials) + trial.index, enrolment_id=number)
            for place, number in enumerate(people)
            for trial in trials
        ]
        Trial.objects.bulk_create(copies)
        responses = {trial.index: trial.response for trial in trials}
        next_response = Response.objects.latest("id").pk + 1
        Response.objects.bulk_create(
            _as(responses[trial.index], pk=next_response + number, trial_id=trial.pk)
            for number, trial in enumerate(copies)
        )


def _person(pattern: "Enrolment", *, number: int) -> "Enrolment":
    return _as(
        pattern,
        pk=number,
        code=f"C{number:09d}",
        token_sha256=f"{number:064d}",
        place=number,
        completion_code=f"D{number:09d}",
    )


def _as(row: Row, **changes: object) -> Row:
    """A copy of a row with a few fields of its own, and new random identifiers where it has some."""
    import copy
    import uuid

    other = copy.copy(row)
    other._state = copy.copy(row._state)
    for name in ("code", "client_id"):
        if isinstance(getattr(other, name, None), uuid.UUID):
            setattr(other, name, uuid.uuid4())
    for name, value in changes.items():
        setattr(other, name, value)
    return other


def _export(folder: Path) -> None:
    from study.export.dataset import dataset_export
    from study.models import Response, Study, Trial

    study = Study.objects.get(stage="simulated")
    started = time.perf_counter()
    for _ in Response.objects.select_related("trial__stimulus").iterator(chunk_size=2000):
        pass
    floor_s = time.perf_counter() - started
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    dataset_export(study=study, out=folder / "export.zip")
    export_s = time.perf_counter() - started
    peak_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024
    size_mib = (folder / "export.zip").stat().st_size / 2**20
    n_trials = Trial.objects.filter(enrolment__version__study=study).count()
    print(f"| {n_trials} | {export_s:.1f} | {export_s / floor_s:.1f} | {peak_mib:.1f} | {size_mib:.1f} |")


def _step(arguments: list[str]) -> None:
    import django

    django.setup()
    what, value = arguments
    if what == "prepare":
        _prepare(Path(value))
    elif what == "copy":
        _copy(int(value))
    else:
        _export(Path(value))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--"]:
        _step(sys.argv[2:])
    else:
        main()
