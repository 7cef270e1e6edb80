"""The real server in its own process on a folder of its own, and looks into its database from outside."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
Row = dict[str, Any]
CHANNEL_BY_ARM = {"seen": "picture", "heard": "sound"}

_KNOCK_S = 0.05
_MOST_KNOCKS = 600


def run_command(*arguments: str, folder: Path) -> str:
    """A command of ours, with `folder` as its var folder; gives back what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment(folder), text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "EARSHOT_VAR": str(folder), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "default"}


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def await_listening(port: int) -> None:
    """Return once the port takes connections: granian names its workers before they listen."""
    for _ in range(_MOST_KNOCKS):
        with closing(socket.socket()) as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(_KNOCK_S)  # a poll of the port's state: nothing tells when it changes
    raise AssertionError(f"nothing listens on port {port}")


@dataclass
class Server:
    """granian on `folder`; started, killed and started again on one port."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[str] | None" = None
    log: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve; returns once the socket listens (a request then waits for the worker)."""
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "study.wsgi:application"],
            cwd=ROOT,
            env=environment(self.folder),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        is_listening = threading.Event()
        threading.Thread(target=self._read_log, args=(self.process, is_listening), daemon=True).start()
        assert is_listening.wait(timeout=60), "".join(self.log)
        assert self.process.poll() is None, "".join(self.log)
        await_listening(self.port)

    def _read_log(self, process: "subprocess.Popen[str]", is_listening: threading.Event) -> None:
        with process.stdout or open(os.devnull) as lines:  # Popen was given a pipe
            for line in lines:
                self.log.append(line)
                if "Started worker" in line:
                    is_listening.set()
        is_listening.set()  # it ended: let `start` tell why

    def kill(self) -> None:
        """Kill -9 the server and its workers."""
        if self.process is None:
            return
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Rows of the database, read by a connection of the test's own."""
        with closing(sqlite3.connect(self.folder / "earshot.sqlite3", timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, parameters)]

    def change(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Change the database as nobody but time would: moments, to stand in for waiting."""
        with closing(sqlite3.connect(self.folder / "earshot.sqlite3", timeout=30)) as connection, connection:
            connection.execute(sql, parameters)

    def trials(self, enrolment: str) -> list[Row]:
        """Every trial of an enrolment with its stimulus, and its response where there is one, in order.

        What was answered stands in columns of its own, None where nothing was.
        """
        rows = self.query(
            """
            SELECT trial."index", trial.code, trial.block, trial.kind, trial.condition, trial.n_begun,
                   stimulus.name AS stimulus, stimulus.true_label, stimulus.predicted_label, response.client_id,
                   response.answers, response.rt_ms, response.onset_to_response_ms, response.plays,
                   response.second_plays, response.original_plays, response.heard_share, response.circumstances
            FROM study_trial AS trial
            JOIN study_enrolment AS enrolment ON enrolment.id = trial.enrolment_id
            LEFT JOIN study_stimulus AS stimulus ON stimulus.id = trial.stimulus_id
            LEFT JOIN study_response AS response ON response.trial_id = trial.id
            WHERE enrolment.code = ? ORDER BY trial."index"
            """,
            [enrolment],
        )
        given = [json.loads(row["answers"] or "{}") for row in rows]
        return [
            row
            | {"answers": answers, "answer": answers.get("answer"), "confidence": answers.get("confidence")}
            | {"circumstances": json.loads(row["circumstances"] or "{}")}
            for row, answers in zip(rows, given, strict=True)
        ]

    def enrolments(self) -> list[Row]:
        """Every enrolment in the order they came; `channel` is that of the tiny study's arm."""
        rows = self.query("SELECT * FROM study_enrolment ORDER BY id")
        return [row | {"channel": CHANNEL_BY_ARM.get(row["arm"])} for row in rows]
