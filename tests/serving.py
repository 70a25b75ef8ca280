"""A server on loopback that tests program: what it answers, per address, and every trap of the real ones.

`Server.web(...)` gives settings under which every host is looked for here: https://data.police.uk/x is asked as
/data.police.uk/x. A route is a function of a `Call` that returns a `Reply`; nothing is answered that no test wrote.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tipping_point.fetch.download import Manners, Web, open_web
from tipping_point.fetch.transport import EVERY_HOST

QUICK = Manners(
    connect_seconds=2, read_seconds=2, total_seconds=20, tries=3, backoff_seconds=0.01, longest_wait=0.5,
    spacing_seconds=0, largest=8 << 20, large=1 << 20,
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    number: int
    """How many requests of this path there were before."""


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    """Close the connection after so many bytes of the body, whatever the header promised."""
    endless: bool = False
    """Send the body again and again, without a length."""
    pause: float = 0
    """Seconds before the answer."""


Route = Callable[[Call], Reply]


class Server:
    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.calls: list[Call] = []
        self.closing = threading.Event()
        handler = type("Handler", (_Handler,), {"owner": self})
        self.errors: list[BaseException] = []
        self._http = _Http(("127.0.0.1", 0), handler)
        self._http.owner = self
        self.base = f"http://127.0.0.1:{self._http.server_port}"
        # A short poll: closing waits for it.
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def route(self, url: str, answer: Route | Reply | bytes) -> None:
        """What is answered at an address; a '*' at the end stands for the rest of a path."""
        parts = urlsplit(url)
        reply = Reply(answer) if isinstance(answer, bytes) else answer
        self.routes[f"/{parts.hostname}{parts.path}"] = reply if callable(reply) else lambda call: reply

    def web(self, folder: Path, **options: object) -> Web:
        settings = {"manners": QUICK, "mirrors": {EVERY_HOST: self.base}, **options}
        return open_web(cache=folder, **settings)

    def asked(self, part: str) -> list[Call]:
        return [call for call in self.calls if part in call.path]

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serve() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.close()
    assert server.errors == [], "a route failed"


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    owner: Server

    def handle_error(self, request, client_address) -> None:
        """A client that hangs up is no error; a route that fails is the test's."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.owner.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    owner: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format, *arguments) -> None:
        """Silent."""

    def _answer(self) -> None:
        # A proxy is asked with the whole address.
        parts = urlsplit(self.path)
        path = f"/{parts.hostname}{parts.path}" if parts.hostname else parts.path
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        number = sum(call.path == path for call in self.owner.calls)
        call = Call(self.command, path, dict(parse_qsl(parts.query)), headers, body, number)
        self.owner.calls.append(call)
        route = self.owner.routes.get(path)
        if route is None:
            stars = [name for name in self.owner.routes if name.endswith("*") and path.startswith(name[:-1])]
            route = self.owner.routes[stars[0]] if stars else lambda call: Reply(b"no route", 404)
        reply = route(call)
        self.owner.closing.wait(reply.pause)
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        names = {name.lower() for name in reply.headers}
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.endless or reply.cut_after is not None:
            self.close_connection = True
        if not reply.endless and not names & {"content-length", "transfer-encoding"} and reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        try:
            self.wfile.write(reply.body if reply.cut_after is None else reply.body[: reply.cut_after])
            while reply.endless and not self.owner.closing.is_set():
                self.wfile.write(reply.body)
        except OSError:
            # The client has had enough.
            self.close_connection = True


def ranged(content: bytes, *, etag: str = '"one"', **options: object) -> Route:
    """A store that gives parts, as formats.md has it of police.uk's: 206 on Range, If-Range obeyed, 416 outside."""

    def answer(call: Call) -> Reply:
        headers = {"ETag": etag, "Accept-Ranges": "bytes", "Content-Type": "application/zip"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", call.headers.get("range", ""))
        if not asked or call.headers.get("if-range", etag) != etag:
            if call.headers.get("if-none-match") == etag:
                return Reply(b"", 304, headers)
            return Reply(content, 200, headers, **options)
        first, last = int(asked[1]), min(int(asked[2] or len(content) - 1), len(content) - 1)
        if first > last:
            return Reply(b"", 416, {"Content-Range": f"bytes */{len(content)}"})
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        return Reply(content[first : last + 1], 206, headers, **options)

    return answer


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(b"", status, {"Location": location})
