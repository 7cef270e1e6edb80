"""Other programs run as processes of their own: one Ctrl-C ends them once, and they get time to clean up."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import FrameType

from django.conf import settings

from earshot.errors import EXIT_INTERRUPTED, StudyError

# Taking back a half-written bundle is a matter of a second; granian gives its workers some more.
_GRACE_S = 20


def run_python(arguments: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
    """Run `python ARGUMENTS…` in the repository and wait; its output goes to the same terminal.

    Parameters
    ----------
    environment : mapping, optional
        Variables that it gets beside ours.

    Raises
    ------
    StudyError
        If it fails; its own message stands above.
    KeyboardInterrupt
        When interrupted, once the process has ended.
    """
    # A process group of its own: the terminal's Ctrl-C reaches us alone, and we hand it on exactly once. A second
    # one would break into the child's own cleaning up.
    process = subprocess.Popen(  # noqa: S603  # our own interpreter and our own modules
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, **(environment or {})},
        process_group=0,
    )
    try:
        code = process.wait()
    except BaseException:
        _end(process)
        raise
    if code in (EXIT_INTERRUPTED, -signal.SIGINT):
        raise KeyboardInterrupt
    if code:
        raise StudyError(f"'python {' '.join(arguments)}' ended with exit code {code}; its message stands above")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Interrupt a process once and wait for its end; kill it when it does not come."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=_GRACE_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()


def interrupt_on_termination() -> None:
    """Take SIGTERM and a closed terminal as an interrupt, so that other processes end with this one.

    SIGINT is set as well: a shell that starts us in the background has us ignore it.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def check_port(port: int, *, host: str) -> None:
    """Refuse a port that cannot be listened to; StudyError names the way out."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # As the server does: a connection that lingers from the last run does not make a port taken.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except (OSError, OverflowError) as fault:
            raise StudyError(
                f"port is {port}, which is taken or not allowed ({fault}); name another with --port"
            ) from fault
