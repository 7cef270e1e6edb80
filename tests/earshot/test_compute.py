from io import StringIO

import pytest

from earshot.compute import progress


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
