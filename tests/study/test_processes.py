import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from earshot.errors import StudyError
from study.management.processes import check_port, run_python

ROOT = Path(__file__).parents[2]

# A program that takes a moment to clean up and would leave a trace if it were interrupted twice.
CHILD = """
import pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
half = folder / "half-written"
half.touch()
print("working", flush=True)
try:
    time.sleep(600)
finally:
    time.sleep(0.1)
    half.unlink()
"""
PARENT = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "study.settings"
import django
django.setup()
from study.management.processes import interrupt_on_termination, run_python
interrupt_on_termination()
try:
    run_python(sys.argv[1:])
except KeyboardInterrupt:
    raise SystemExit(130)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_ends_the_other_program_once_and_lets_it_clean_up(tmp_path: Path, number: signal.Signals) -> None:
    child = tmp_path / "child.py"
    child.write_text(CHILD, encoding="utf-8")
    environment = {**os.environ, "EARSHOT_VAR": str(tmp_path / "var")}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(child), str(tmp_path)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "working\n"
        parent.send_signal(number)
        # The pipe closes when both programs have ended.
        assert parent.stdout.read() == ""
        assert parent.wait() == 130
    assert not (tmp_path / "half-written").exists()


def test_a_program_is_done_when_the_call_comes_back(tmp_path: Path) -> None:
    run_python(
        ["-c", "import os, pathlib; pathlib.Path(os.environ['DONE']).touch()"],
        environment={"DONE": str(tmp_path / "done")},
    )
    assert (tmp_path / "done").exists()


def test_a_failing_program_is_named_with_its_exit_code() -> None:
    with pytest.raises(StudyError, match="ended with exit code 3; its message stands above"):
        run_python(["-c", "raise SystemExit(3)"])


def test_a_program_that_was_interrupted_itself_interrupts_us() -> None:
    with pytest.raises(KeyboardInterrupt):
        run_python(["-c", "raise SystemExit(130)"])


def test_a_taken_port_is_refused_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StudyError, match=rf"port is {port}, which is taken.*name another with --port"):
            check_port(port, host="127.0.0.1")


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(StudyError, match="port is 70000"):
        check_port(70_000, host="127.0.0.1")


def test_a_free_port_is_taken_by_nobody_afterwards() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    check_port(port, host="127.0.0.1")
    check_port(port, host="127.0.0.1")
