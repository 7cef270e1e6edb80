import os
import signal
import socket
from io import StringIO
from pathlib import Path

import pytest

from earshot.compute import Workers, progress, work_through
from earshot.errors import ComputeError, RecipeError
from tests.cluster import cluster


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_items_come_through_in_order_with_one_line_in_a_log() -> None:
    log = StringIO()
    assert list(progress([3, 1, 2], label="training", stream=log)) == [3, 1, 2]
    assert log.getvalue().count("\n") == 1
    assert "training" in log.getvalue()
    assert "3/3" in log.getvalue()


def test_bar_is_redrawn_on_a_terminal() -> None:
    terminal = Terminal()
    list(progress(range(2), label="explaining", stream=terminal))
    assert terminal.getvalue().startswith("\r")
    assert "2/2" in terminal.getvalue()


def test_length_of_an_iterator_is_given() -> None:
    log = StringIO()
    list(progress(iter("ab"), label="x", n_items=2, stream=log))
    assert "2/2" in log.getvalue()


def test_nothing_to_do_is_done() -> None:
    log = StringIO()
    assert list(progress([], label="x", stream=log)) == []
    assert "0/0" in log.getvalue()


def test_log_is_stderr_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    list(progress([1], label="x"))
    assert "1/1" in capsys.readouterr().err


def square(number: int) -> int:
    return number**2


def die_once(flag: Path) -> int:
    """The worker that is the first to come here is killed; the next one gives back its process."""
    try:
        flag.touch(exist_ok=False)
    except FileExistsError:
        return os.getpid()
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def refuse(number: int) -> int:
    raise RecipeError(f"number {number} is odd; take another")


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("n_workers", [1, 2])
def test_results_stand_in_the_order_of_the_items(n_workers: int) -> None:
    workers = Workers(n_workers=n_workers)
    assert work_through(square, [3, 1, 2], label="squaring", workers=workers) == [9, 1, 4]
    assert work_through(square, [], label="squaring", workers=workers) == []


@pytest.mark.parametrize("n_workers", [1, 2])
def test_an_error_of_the_work_reaches_the_caller(n_workers: int) -> None:
    with pytest.raises(RecipeError, match=r"number [35] is odd; take another"):
        work_through(refuse, [3, 5], label="refusing", workers=Workers(n_workers=n_workers))


def test_a_killed_worker_costs_its_item_only(tmp_path: Path) -> None:
    found = work_through(die_once, [tmp_path / "a", tmp_path / "a"], label="dying", workers=Workers(n_workers=2))
    assert len(found) == 2
    assert os.getpid() not in found


def test_workers_that_keep_dying_end_the_work() -> None:
    with pytest.raises(ComputeError, match="workers were killed 3 times"):
        work_through(die, [1, 2], label="dying", workers=Workers(n_workers=2))


def test_a_scheduler_hands_the_work_to_its_workers(tmp_path: Path) -> None:
    with cluster(tmp_path) as address:
        workers = Workers(scheduler=address)
        assert work_through(square, [3, 1, 2], label="squaring", workers=workers) == [9, 1, 4]
        (process,) = work_through(die_once, [tmp_path / "a"], label="dying", workers=workers)
        assert process != os.getpid()
        with pytest.raises(RecipeError, match="number 3 is odd; take another"):
            work_through(refuse, [3], label="refusing", workers=workers)


def test_a_scheduler_that_does_not_answer_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(ComputeError, match=f"no Dask scheduler answers at {address}"):
        work_through(square, [1], label="squaring", workers=Workers(scheduler=address, connect_s=0.5))
