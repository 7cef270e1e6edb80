"""Long work: its progress, and who does it - this process, others on this machine, or a Dask cluster.

Dask is imported only where it is asked for: the core does not need it.
"""

import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, TextIO, TypeVar

from earshot.errors import ComputeError

Item = TypeVar("Item")
Result = TypeVar("Result")

_BAR_CELLS = 24
_REDRAW_SECONDS = 0.1
_MOST_TRIES = 3
_pools: dict[int, ProcessPoolExecutor] = {}


def progress(
    items: Iterable[Item], *, label: str, n_items: int | None = None, stream: TextIO | None = None
) -> Iterator[Item]:
    """The items again, with a bar on stderr (on a terminal), or one line at the end (in a log).

    Parameters
    ----------
    items : Iterable
        What is worked through; its length is read from `n_items` when it has none.
    label : str
        What is being done, as a reader says it.
    """
    out = stream or sys.stderr
    total = n_items if n_items is not None else len(items)  # type: ignore[arg-type]  # a sized iterable by contract
    started, drawn = time.monotonic(), 0.0
    for done, item in enumerate(items):
        now = time.monotonic()
        if out.isatty() and now - drawn >= _REDRAW_SECONDS:
            drawn = now
            out.write("\r" + _bar(label, done=done, total=total, elapsed_s=now - started))
            out.flush()
        yield item
    ending = "\r" if out.isatty() else ""
    out.write(ending + _bar(label, done=total, total=total, elapsed_s=time.monotonic() - started) + "\n")
    out.flush()


def _bar(label: str, *, done: int, total: int, elapsed_s: float) -> str:
    share = done / total if total else 1.0
    filled = round(share * _BAR_CELLS)
    left = f", {elapsed_s / done * (total - done):.0f} s left" if 0 < done < total else f", {elapsed_s:.0f} s"
    return f"{label:<28} [{'#' * filled}{'.' * (_BAR_CELLS - filled)}] {done}/{total}{left}   "


@dataclass(frozen=True)
class Workers:
    """Who does the work: `n_workers` processes on this machine, or those of the Dask scheduler at an address.

    The scheduler is given `connect_s` seconds to answer.
    """

    n_workers: int = 1
    scheduler: str | None = None
    connect_s: float = 10.0


def work_through(
    work: Callable[[Item], Result], items: Sequence[Item], *, label: str, workers: Workers | None = None
) -> list[Result]:
    """The result of `work` for every item, in the order of the items, with a progress bar.

    Parameters
    ----------
    work : function
        Of a module, so that other processes find it. It may be called twice for one item: when the worker that had the
        item was killed, another one does it again, and nothing else is lost.
    items : sequence
        What is handed over to other processes: keep it small.

    Raises
    ------
    ComputeError
        If workers keep dying, or no scheduler answers at the address.

    Notes
    -----
    Results do not depend on who does the work as long as `work` itself uses a fixed number of threads.
    """
    workers = workers or Workers()
    if workers.scheduler is not None:
        return _by_dask(work, items, label=label, workers=workers)
    if workers.n_workers > 1 and len(items) > 1:
        return _by_processes(work, items, label=label, n_workers=workers.n_workers)
    return [work(item) for item in progress(items, label=label)]


def _by_processes(work: Callable[[Item], Result], items: Sequence[Item], *, label: str, n_workers: int) -> list[Result]:
    results: dict[int, Result] = {}
    for _ in range(_MOST_TRIES):
        left = [place for place in range(len(items)) if place not in results]
        pool = _get_pool(n_workers)
        try:
            places = {pool.submit(work, items[place]): place for place in left}
            for future in progress(as_completed(places), label=label, n_items=len(left)):
                results[places[future]] = future.result()
        except BrokenProcessPool:
            del _pools[n_workers]
            continue
        except BaseException:
            del _pools[n_workers]
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [results[place] for place in range(len(items))]
    raise ComputeError(
        f"{label}: workers were killed {_MOST_TRIES} times, perhaps for want of memory; take fewer of them with "
        "--workers: what is finished is kept"
    )


def _get_pool(n_workers: int) -> ProcessPoolExecutor:
    """Processes that stay for the next work: each costs some seconds of imports."""
    if n_workers not in _pools:
        # spawned: a fork would copy the threads' locks of torch and of the progress bar in whatever state they are
        context = multiprocessing.get_context("spawn")
        _pools[n_workers] = ProcessPoolExecutor(n_workers, mp_context=context, initializer=_ignore_interrupts)
    return _pools[n_workers]


def _ignore_interrupts() -> None:
    # Ctrl-C reaches every process of the terminal; the one that was started by hand says what happens
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _by_dask(work: Callable[[Item], Result], items: Sequence[Item], *, label: str, workers: Workers) -> list[Result]:
    try:
        import distributed
    except ImportError as fault:
        raise ComputeError("a scheduler needs Dask; install it: pip install distributed") from fault
    try:
        client = distributed.Client(  # type: ignore[no-untyped-call]  # its methods have no types
            workers.scheduler, timeout=workers.connect_s
        )
    except (OSError, TimeoutError, ValueError) as fault:
        raise ComputeError(
            f"no Dask scheduler answers at {workers.scheduler} ({fault}); start one, or leave out --scheduler"
        ) from fault
    with client:
        futures = client.map(work, items, pure=False)
        finished: dict[Any, Result] = {}
        try:
            done = distributed.as_completed(  # type: ignore[no-untyped-call]  # as above
                futures, with_results=True
            )
            for future, result in progress(done, label=label, n_items=len(items)):
                finished[future.key] = result
        except distributed.KilledWorker as fault:
            raise ComputeError(
                f"{label}: one batch killed its workers again and again ({fault}); give them more memory or take "
                "smaller batches (relevance.batch_size): what is finished is kept"
            ) from fault
        return [finished[future.key] for future in futures]
