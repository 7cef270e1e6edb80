"""A proxy between participants and the server that cuts connections: before a request arrives, or after its answer.

Each request is one connection on both sides. What is cut is cut without a word, as by a network that goes.
"""

import asyncio
import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

TAG = "X-Participant"

_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Faults:
    """What goes wrong.

    `before_share` and `after_share` of the requests to the API fail before they reach the server and after it answered.
    Every participant, told apart by the header `TAG`, loses the network once for `lost_s`, at one of their requests to
    the API from number `lost_from` to `lost_until`, drawn.
    """

    before_share: float = 0.1
    after_share: float = 0.1
    lost_s: float = 30.0
    lost_from: int = 4
    lost_until: int = 16
    seed: int = 0


@dataclass
class FaultProxy:
    """Serves on a free port of its own until `running` ends; `counts` says what it did, `lost` who lost the network."""

    server_port: int
    faults: Faults
    port: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    lost: set[str] = field(default_factory=set)
    _n_asked: Counter[str] = field(default_factory=Counter)
    _lost_until_s: dict[str, float] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._draw = random.Random(self.faults.seed)  # noqa: S311  # a test of chance, nothing to keep secret

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator["FaultProxy"]:
        """Serve in a thread of its own."""
        loop, is_up = asyncio.new_event_loop(), threading.Event()
        thread = threading.Thread(target=self._serve, args=(loop, is_up), name="fault-proxy")
        thread.start()
        try:
            assert is_up.wait(timeout=30), "the proxy does not start"
            yield self
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    def _serve(self, loop: asyncio.AbstractEventLoop, is_up: threading.Event) -> None:
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        is_up.set()
        loop.run_forever()
        server.close()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The loop alone holds its tasks weakly: one that waits for the server would be collected as garbage.
        task = asyncio.create_task(self._pass_on(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._answer(reader)
            if answer is None:
                writer.transport.abort()
                return
            writer.write(answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self.counts["cut by others"] += 1
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes | None:
        """The server's whole answer to one request; None where the connection is to be cut."""
        head = await reader.readuntil(_HEAD_END)
        request = _Request.read(head)
        body = await reader.readexactly(request.n_body_bytes)
        fate = self._fate(request)
        self.counts[fate] += 1
        if fate in ("lost", "failed before"):
            return None
        answer = await self._ask_server(request.head + body)
        return None if fate == "failed after" else answer

    async def _ask_server(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        try:
            writer.write(request)
            await writer.drain()
            answer = await reader.read(-1)
        finally:
            writer.close()
        if not answer:
            raise ConnectionResetError("the server went away")
        return answer

    def _fate(self, request: "_Request") -> str:
        if self._is_lost(request):
            return "lost"
        if not request.is_api:
            return "passed"
        drawn = self._draw.random()
        if drawn < self.faults.before_share:
            return "failed before"
        return "failed after" if drawn < self.faults.before_share + self.faults.after_share else "passed"

    def _is_lost(self, request: "_Request") -> bool:
        """Whether the participant is without a network now; it goes with one of their requests."""
        tag, now_s = request.tag, time.monotonic()
        if not tag or self.faults.lost_s <= 0:
            return False
        if request.is_api and tag not in self._lost_until_s:
            self._n_asked[tag] += 1
            # Of each tag a draw of its own: it depends on nobody else's requests.
            draw = random.Random(f"{self.faults.seed} {tag}")  # noqa: S311  # as above
            if self._n_asked[tag] >= draw.randint(self.faults.lost_from, self.faults.lost_until):
                self._lost_until_s[tag] = now_s + self.faults.lost_s
                self.lost.add(tag)
        return now_s < self._lost_until_s.get(tag, 0.0)


@dataclass(frozen=True)
class _Request:
    """A request's head, rewritten to be the only one of its connection."""

    head: bytes
    path: str
    tag: str
    n_body_bytes: int

    @classmethod
    def read(cls, head: bytes) -> "_Request":
        first, *lines = head.removesuffix(_HEAD_END).split(b"\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        kept = [line for line in lines if not line.lower().startswith((b"connection:", b"keep-alive:"))]
        return cls(
            head=b"\r\n".join([first, *kept, b"Connection: close"]) + _HEAD_END,
            path=first.split(b" ")[1].decode("latin-1"),
            tag=fields.get(TAG.lower().encode(), b"").decode("latin-1"),
            n_body_bytes=int(fields.get(b"content-length", b"0")),
        )

    @property
    def is_api(self) -> bool:
        return "/api/" in self.path
