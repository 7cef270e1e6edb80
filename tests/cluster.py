"""A Dask cluster of one scheduler and two worker processes, as `dask scheduler` and `dask worker` start them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The scheduler's address; the processes are ended afterwards. Its files go into `folder`."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__ADMIN__LOG_LENGTH": "0"}
    file = folder / "scheduler.json"
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    worker = ["worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-dashboard"]
    worker += ["--local-directory", str(folder / "dask")]
    with ExitStack() as processes:
        for arguments in (scheduler, worker, worker):
            process = subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
                cwd=folder,
                env=environment,
                stderr=subprocess.DEVNULL,
            )
            processes.callback(process.wait)
            processes.callback(process.terminate)
        yield _address(file)


def _address(file: Path) -> str:
    from distributed import Client

    # the client waits for the file and for both workers: no time is asserted here
    with Client(scheduler_file=str(file), timeout=60) as client:  # type: ignore[no-untyped-call]  # it has no types
        client.wait_for_workers(2, timeout=60)
        return str(client.scheduler.address)
