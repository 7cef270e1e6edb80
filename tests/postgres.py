"""A PostgreSQL server of one's own: in a temporary folder, on a free port, gone afterwards.

    python -m tests.postgres COMMAND…

runs a command with the server's address in EARSHOT_DATABASE_URL, for instance `pytest tests/study`.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.browser.server import free_port

USER = "earshot"
# Debian's package makes this account; PostgreSQL refuses to run as root.
_OWNER_UNDER_ROOT = "postgres"
_EXIT_TERMINATED = 128 + signal.SIGTERM


@contextmanager
def private_server(*, is_durable: bool = False) -> Iterator[str]:
    """The address of a fresh server's database `postgres`; the server and its files are gone afterwards.

    Parameters
    ----------
    is_durable : bool
        Flush commits to disk, as a real server does and no test needs.
    """
    owner = _OWNER_UNDER_ROOT if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="earshot-postgres-"))
    try:
        if owner:
            shutil.chown(folder, owner)
        data, port = folder / "data", free_port()
        _run("initdb", "--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-sync", data, owner=owner)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=200"
        if not is_durable:
            options += " -c fsync=off"
        log = folder / "log"
        _run("pg_ctl", "start", "--wait", "--pgdata", data, "--log", log, "--options", options, owner=owner)
        try:
            yield f"postgresql://{USER}@127.0.0.1:{port}/postgres"
        finally:
            _run("pg_ctl", "stop", "--wait", "--pgdata", data, "--mode", "immediate", owner=owner)
    finally:
        shutil.rmtree(folder)


def _run(program: str, *arguments: str | Path, owner: str | None) -> None:
    """Run one of PostgreSQL's programs to its end; RuntimeError repeats what a failing one said."""
    # Into a file: the server keeps what it was given open, and a pipe would never end.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [_find_program(program), *arguments],
            cwd="/",
            user=owner,
            group=owner,
            extra_groups=[] if owner else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
        output.seek(0)
        said = output.read().decode(errors="replace")
    if done.returncode:
        raise RuntimeError(f"{program} ended with exit code {done.returncode}: {said}")


def _find_program(name: str) -> Path:
    """The newest installed one: Debian keeps them out of PATH, one folder per version."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    if installed:
        return installed[-1]
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is neither in /usr/lib/postgresql nor in PATH; run make postgres")
    return Path(found)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(_EXIT_TERMINATED)


def main() -> int:
    """The exit code of the command that stands in the arguments."""
    signal.signal(signal.SIGTERM, _end)
    with private_server() as address:
        return subprocess.run(sys.argv[1:], env={**os.environ, "EARSHOT_DATABASE_URL": address}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
