"""Many people enrolled at the same moment, each few by a process of their own, as the workers of a server are.

    python -m tests.enrolling SLUG N_PEOPLE whole|bare

is one such process: it says when it is ready, waits for the word, enrols, and prints what it did.
"""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from study.models import Study

ROOT = Path(__file__).parents[1]
READY = "ready"


@dataclass(frozen=True)
class Share:
    """What one process did: the codes of its enrolments, and when the last was stored (s, the machine's clock)."""

    codes: list[str]
    ended_s: float


@dataclass(frozen=True)
class Crowd:
    """What all processes did, and the seconds from the word to the last commit."""

    codes: list[str]
    took_s: float


def enrol_together(slug: str, *, address: str, n_processes: int, n_each: int = 1, kind: str = "whole") -> Crowd:
    """Enrol `n_each` people of a running study in each of the processes, released together; all have to succeed.

    Parameters
    ----------
    address : str
        The database, as in EARSHOT_DATABASE_URL.
    kind : str
        `whole`: consent, sound check and allocation by the services; `bare`: an enrolment's row alone, one insert.
    """
    processes = [_start([slug, str(n_each), kind], address=address) for _ in range(n_processes)]
    try:
        ready = [_stream(process.stdout).readline().strip() for process in processes]
        assert ready == [READY] * n_processes, _complaints(processes)
        released_s = time.monotonic()
        for process in processes:
            print("go", file=_stream(process.stdin), flush=True)
        reports = [_stream(process.stdout).read() for process in processes]
        assert [process.wait() for process in processes] == [0] * n_processes, _complaints(processes)
    finally:
        for process in processes:
            process.kill()
            with process:  # closes its pipes and waits
                pass
    shares = [Share(**json.loads(report)) for report in reports]
    return Crowd(
        codes=[code for share in shares for code in share.codes],
        took_s=max(share.ended_s for share in shares) - released_s,
    )


def _start(arguments: Sequence[str], *, address: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.enrolling", *arguments],
        cwd=ROOT,
        env={**os.environ, "EARSHOT_DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "study.settings"},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _stream(stream: IO[str] | None) -> IO[str]:
    """A stream of a process that was given pipes."""
    if stream is None:
        raise ValueError("the process was started without a pipe")
    return stream


def _complaints(processes: "Sequence[subprocess.Popen[str]]") -> str:
    """What the failed ones wrote, once all are at their ends."""
    for process in processes:
        if process.poll() is None:
            print(file=_stream(process.stdin), flush=True)
    return "\n".join(_stream(process.stderr).read() for process in processes if process.wait())


def _way_of_enrolling(study: "Study", *, kind: str) -> Callable[[], str]:
    """What enrols one person and gives back the code; everything is imported and read once before."""
    from django.utils import timezone

    from study.models import Enrolment
    from study.selectors import current_version, sound_check_stimulus
    from study.services.consents import enrolment_create
    from study.services.enrolments import enrolment_pass_sound_check

    version = current_version(study)
    word = sound_check_stimulus(version).true_label

    def enrol_whole() -> str:
        enrolment, _ = enrolment_create(study=study, consent_id=uuid.uuid4())
        if not enrolment_pass_sound_check(enrolment=enrolment, answer=word):
            raise RuntimeError(f"the sound check's own word '{word}' was not taken")
        return enrolment.code

    def enrol_bare() -> str:
        return Enrolment.objects.create(
            version=version, token_sha256=uuid.uuid4().hex * 2, stage=study.stage, consented_at=timezone.now()
        ).code

    return {"whole": enrol_whole, "bare": enrol_bare}[kind]


def main() -> None:
    """Be one of the processes."""
    import django

    django.setup()
    from django.db import transaction

    from study.models import Study

    slug, n_people, kind = sys.argv[1:]
    enrol = _way_of_enrolling(Study.objects.get(slug=slug), kind=kind)
    # Once for nothing: a server's worker is warm when a crowd comes.
    with transaction.atomic():
        enrol()
        transaction.set_rollback(True)
    print(READY, flush=True)
    if not sys.stdin.readline():
        return
    codes = [enrol() for _ in range(int(n_people))]
    print(json.dumps(asdict(Share(codes=codes, ended_s=time.monotonic()))))


if __name__ == "__main__":
    main()
