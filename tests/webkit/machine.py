"""A screen and a sound card of one's own: Xvfb and PulseAudio as private processes, and what the card really plays.

Both belong to whoever opened them: own socket, own display, own process, ended by its id; a server of the machine's
user is never met.
"""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.webkit.listening import RATE_HZ, Samples

_SINK = "card"
_POLL_S = 0.02
_MOST_POLLS = 1500
_FRAME_BYTES = 4  # two sides of 16 bit


def find_program(name: str) -> str:
    """Where a program is; FileNotFoundError says how to get it."""
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is missing; run make webkit, as root on Debian")
    return found


@contextmanager
def private_screen() -> Iterator[dict[str, str]]:
    """The environment of a program that draws on a fresh X display, whose number the server chose."""
    reader, writer = os.pipe()
    command = [find_program("Xvfb"), "-displayfd", str(writer), "-screen", "0", "1400x1100x24", "-nolisten", "tcp"]
    with ended(
        subprocess.Popen(command, pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ) as server:
        os.close(writer)
        with os.fdopen(reader) as numbers:
            number = numbers.readline().strip()  # written once the display takes clients; empty if the server ended
        assert number, f"Xvfb ended with exit code {server.wait()}"
        yield {"DISPLAY": f":{number}", "GDK_BACKEND": "x11"}


@contextmanager
def ended(process: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    """The process, which is asked to end afterwards."""
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@dataclass
class Recording:
    """What a sound card played since the recording began."""

    process: "subprocess.Popen[bytes]"
    _chunks: list[bytes] = field(default_factory=list)
    _grown: threading.Condition = field(default_factory=threading.Condition)

    def read(self) -> None:
        """Collect until the recorder ends; runs in a thread of its own."""
        assert self.process.stdout
        while chunk := os.read(self.process.stdout.fileno(), 65_536):
            with self._grown:
                self._chunks.append(chunk)
                self._grown.notify_all()

    @property
    def n_frames(self) -> int:
        """How many moments are there by now."""
        return sum(map(len, self._chunks)) // _FRAME_BYTES

    def await_more(self, n_frames: int) -> None:
        """Return once the card has played on for so long: silence is recorded as well."""
        with self._grown:
            wanted = self.n_frames + n_frames
            assert self._grown.wait_for(lambda: self.n_frames >= wanted, timeout=60), "the sound card stands still"

    def samples(self) -> Samples:
        """All of it, of full scale 1: (moment, side)."""
        content = b"".join(self._chunks)
        return np.frombuffer(content[: self.n_frames * _FRAME_BYTES], "<i2").reshape(-1, 2) / 2**15


@dataclass(frozen=True)
class SoundCard:
    """A PulseAudio server with one sink that goes nowhere, and its monitor."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to play on this card, and on no other."""
        return {
            "PULSE_SERVER": f"unix:{self.folder / 'socket'}",
            "PULSE_SINK": _SINK,
            "PULSE_COOKIE": str(self.folder / "cookie"),
            "PULSE_RUNTIME_PATH": str(self.folder / "runtime"),
            "PULSE_STATE_PATH": str(self.folder / "state"),
        }

    @contextmanager
    def recording(self) -> Iterator[Recording]:
        """What is played from now on: it has begun when this is entered, and goes on for half a second at the end."""
        command = [
            find_program("parec"),
            *("--raw", "--format=s16le", f"--rate={RATE_HZ}", "--channels=2", "--latency-msec=20"),
            f"--device={_SINK}.monitor",
        ]
        environment = {**os.environ, **self.environment}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
        recording = Recording(process)
        reader = threading.Thread(target=recording.read)
        with process:
            reader.start()
            try:
                recording.await_more(1)
                yield recording
                recording.await_more(RATE_HZ // 2)
            finally:
                process.terminate()
                reader.join()  # what the recorder still held is read before its pipe is closed


@contextmanager
def private_sound_card(folder: Path) -> Iterator[SoundCard]:
    """A sound card that lives in `folder`."""
    card = SoundCard(folder)
    (folder / "runtime").mkdir(parents=True)
    command = [
        find_program("pulseaudio"),
        *("-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes"),
        f"--load=module-null-sink sink_name={_SINK} rate={RATE_HZ} channels=2 format=s16le",
        f"--load=module-native-protocol-unix auth-anonymous=1 socket={folder / 'socket'}",
    ]
    environment = {**os.environ, **card.environment}
    with (
        (folder / "log").open("wb") as log,
        ended(subprocess.Popen(command, env=environment, stdout=log, stderr=log)) as server,
    ):
        _await_answer(card, server)
        yield card


def _await_answer(card: SoundCard, server: "subprocess.Popen[bytes]") -> None:
    """Return once the card takes clients."""
    command = [find_program("pactl"), "info"]
    for _ in range(_MOST_POLLS):
        if server.poll() is not None:
            break
        if not subprocess.run(command, env={**os.environ, **card.environment}, capture_output=True).returncode:
            return
        threading.Event().wait(_POLL_S)  # a poll of the server's state: nothing tells when it changes
    raise AssertionError(f"no sound card: {(card.folder / 'log').read_text()}")
