"""One participant's way over the network: cookies, pages, JSON requests, and patience as the pages have it.

The standard library alone. Every request opens a connection of its own: what a proxy or a killed server cuts is then
that request and no other.
"""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from http.cookies import SimpleCookie
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

from study.bots.pages import Page, read_page

Answer = TypeVar("Answer")
Json = dict[str, Any]  # whatever the server's JSON holds: its endpoints are typed where they are written

# As study/static/participant/api.js has them.
TIMEOUT_S: Final = 40.0
FIRST_DELAY_S: Final = 0.5
LONGEST_DELAY_S: Final = 20.0

UNREACHABLE: Final = "unreachable"
_MOST_REDIRECTS = 10
_REDIRECTS = (301, 302, 303)
_TOO_MANY = 429
_FIRST_SERVER_ERROR = 500


class Refused(Exception):  # noqa: N818  # a refusal is an answer, not a fault of ours
    """What the server refused, or that it could not be reached (status 0, code `unreachable`).

    A page that is refused has the code `page-STATUS`.
    """

    def __init__(self, code: str, *, status: int = 0, message: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(f"{code} ({status}) {message}".strip())
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed later without anybody changing it."""
        waitable = self.code == "too-early" and self.retry_after_s is not None
        return waitable or self.status in (0, _TOO_MANY) or self.status >= _FIRST_SERVER_ERROR


class Halted(Exception):  # noqa: N818  # nothing failed
    """All bots were told to stop."""


@dataclass(frozen=True)
class Reply:
    """A whole answer of the server."""

    status: int
    content: bytes
    location: str = ""


@dataclass
class Client:
    """A browser without a screen.

    Parameters
    ----------
    address : str
        Scheme and host of the server: http://127.0.0.1:8000.
    draw : random.Random
        The caller's, seeded; decides the chance in the back-off.
    halt : threading.Event
        Ends every wait once it is set.
    headers : mapping
        Sent with every request.
    patience_s : float
        After so long without any answer of the server it gives up.
    """

    address: str
    draw: random.Random
    halt: threading.Event
    headers: Mapping[str, str] = field(default_factory=dict)
    patience_s: float = 180.0
    n_requests: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    cookies: dict[str, str] = field(default_factory=dict)
    csrf_token: str = ""
    _lost_until_s: float = 0.0
    _silent_since_s: float | None = None

    def load(self, address: str, *, form: Mapping[str, str | list[str]] | None = None) -> Page:
        """The page at a path after all redirects, asked for until the server answers; `form` is posted to it.

        Raises
        ------
        Refused
            `page-STATUS` for a page that says no, `unreachable` when patience ends.
        Halted
        """
        body = None if form is None else urlencode(form, doseq=True).encode()
        kind = "" if form is None else "application/x-www-form-urlencoded"
        for _ in range(_MOST_REDIRECTS):
            reply = self.insist(lambda: self._load_once(address, body=body, kind=kind))  # noqa: B023  # called at once
            if reply.status not in _REDIRECTS:
                page = read_page(reply.content.decode(), address=address)
                self.csrf_token = page.csrf_token or self.csrf_token
                return page
            address, body, kind = urlsplit(urljoin(self.address + address, reply.location)).path, None, ""
        raise Refused("page-redirects", message=f"{address} leads on and on")

    def call(self, address: str, *, body: Json | None = None) -> Json:
        """The JSON answer to one request, a POST where it has a body; no repeats.

        Raises
        ------
        Refused
        Halted
        """
        return self._note(lambda: _read_json(self._receive(self._send_json(address, body=body))))

    def call_twice(self, address: str, *, body: Json) -> Json:
        """The answer to a POST that is sent twice at once, as by a double click; the second one's fate is its own."""
        first = self._note(lambda: self._send_json(address, body=body))
        try:
            second = self._send_json(address, body=body)
        except Refused:
            return self._note(lambda: _read_json(self._receive(first)))
        try:
            return self._note(lambda: _read_json(self._receive(first)))
        finally:
            self._hear_out(second)

    def insist(self, send: Callable[[], Answer]) -> Answer:
        """The answer of `send`, repeated with back-off and jitter until the server takes it or refuses it for good.

        Raises
        ------
        Refused
        Halted
        """
        n_tries = 0
        while True:
            try:
                return send()
            except Refused as refusal:
                if not refusal.is_passing or self.is_impatient:
                    raise
                self.wait(self.delay_s(refusal, n_tries=n_tries))
                n_tries += 1

    def delay_s(self, refusal: Refused, *, n_tries: int) -> float:
        """How long to wait before a refused request is sent again, after `n_tries` repeats of it."""
        if refusal.code == "too-early" and refusal.retry_after_s is not None:
            return refusal.retry_after_s
        whole_s: float = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2**n_tries)
        return max(refusal.retry_after_s or 0.0, whole_s / 2 + self.draw.random() * whole_s / 2)

    @property
    def is_impatient(self) -> bool:
        """Whether the server has been silent for too long; a network that was lost on purpose does not count."""
        if self._silent_since_s is None:
            return False
        return time.monotonic() - max(self._silent_since_s, self._lost_until_s) >= self.patience_s

    def wait(self, seconds: float) -> None:
        """Let time pass; Halted when all are told to stop."""
        if self.halt.wait(max(0.0, seconds)):
            raise Halted

    def lose_network(self, seconds: float) -> None:
        """From now on no request leaves, for so long."""
        self._lost_until_s = time.monotonic() + seconds

    def _load_once(self, address: str, *, body: bytes | None, kind: str) -> Reply:
        def load() -> Reply:
            reply = self._receive(self._send(address, body=body, kind=kind, accept="text/html"))
            if reply.status >= 400:  # HTTP's own
                raise Refused(f"page-{reply.status}", status=reply.status, message=address)
            return reply

        return self._note(load)

    def _note(self, act: Callable[[], Answer]) -> Answer:
        """What `act` gives; a refusal is counted."""
        try:
            return act()
        except Refused as refusal:
            self.refusals[refusal.code] += 1
            raise

    def _send_json(self, address: str, *, body: Json | None) -> HTTPConnection:
        content = None if body is None else json.dumps(body).encode()
        return self._send(address, body=content, kind="application/json", accept="application/json")

    def _send(self, address: str, *, body: bytes | None, kind: str, accept: str) -> HTTPConnection:
        if self.halt.is_set():
            raise Halted
        if time.monotonic() < self._lost_until_s:
            raise Refused(UNREACHABLE, message="the network is gone")
        headers = {"Accept": accept, "Connection": "close", **self.headers}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers |= {"Content-Type": kind, "X-CSRFToken": self.csrf_token}
            headers |= {"Origin": self.address, "Referer": self.address + address}
        connection = self._connect()
        self.n_requests += 1
        try:
            connection.request("GET" if body is None else "POST", address, body=body, headers=headers)
        except OSError as fault:
            connection.close()
            raise self._miss(fault) from fault
        return connection

    def _connect(self) -> HTTPConnection:
        parts = urlsplit(self.address)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return kind(parts.netloc, timeout=TIMEOUT_S)

    def _receive(self, connection: HTTPConnection) -> Reply:
        try:
            response = connection.getresponse()
            content = response.read()
        except (OSError, HTTPException) as fault:
            raise self._miss(fault) from fault
        finally:
            connection.close()
        self._silent_since_s = None
        self._keep_cookies(response)
        return Reply(response.status, content, location=response.getheader("Location", ""))

    def _miss(self, fault: Exception) -> Refused:
        """The refusal of a request that got no answer; the silence is counted from the first of them."""
        if self._silent_since_s is None:
            self._silent_since_s = time.monotonic()
        return Refused(UNREACHABLE, message=str(fault))

    def _hear_out(self, connection: HTTPConnection) -> None:
        """Read an answer that nobody waits for."""
        try:
            _read_json(self._receive(connection))
        except Refused as refusal:
            self.refusals[refusal.code] += 1

    def _keep_cookies(self, response: HTTPResponse) -> None:
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}


def _read_json(reply: Reply) -> Json:
    """The body of an answer; Refused for an error, with the server's own code where it gives one."""
    try:
        fields: Json = json.loads(reply.content)
    except ValueError:
        fields = {}  # a proxy's own error page: the status is all there is to know
    if reply.status < 400:  # HTTP's own
        return fields
    after_ms = fields.get("retry_after_ms")
    raise Refused(
        fields.get("code", f"http-{reply.status}"),
        status=reply.status,
        message=fields.get("message", ""),
        retry_after_s=None if after_ms is None else after_ms / 1000,
    )
