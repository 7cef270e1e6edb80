"""A server that says what a test has written down, request by request, and a client at it."""

import json
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from study.bots.client import Client

CUT = "cut"


@dataclass(frozen=True)
class Said:
    """One answer; `CUT` as its body cuts the connection instead."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Script:
    """What is said next; when all is said, `last` again and again."""

    said: list[Said] = field(default_factory=list)
    last: Said = field(default_factory=Said)
    asked: list[Asked] = field(default_factory=list)
    address: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, asked: Asked) -> Said:
        with self.lock:
            self.asked.append(asked)
            return self.said.pop(0) if self.said else self.last


@pytest.fixture
def script() -> Iterator[Script]:
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the base class' own name
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = script.next(Asked(self.command, self.path, dict(self.headers), body))
            if said.body == CUT:
                return
            content = said.body.encode() if isinstance(said.body, str) else json.dumps(said.body).encode()
            self.send_response(said.status)
            for name, value in (*said.headers, ("Content-Length", str(len(content)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815  # as above

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # the base class' own name
            """Nothing: what was asked is kept."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(script: Script) -> Client:
    return Client(script.address, draw=random.Random(1), halt=threading.Event())  # noqa: S311  # no secret
