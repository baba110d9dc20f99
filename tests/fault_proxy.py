"""A proxy before the simulator that does to answers what networks and servers do to them.

``proxy.on("GET", "/api/v1/nodes", reset_in_headers)`` disturbs every such request from then on.
"""

from __future__ import annotations

import contextlib
import fnmatch
import gzip
import json
import re
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from typing_extensions import Self

MEGABYTE = 1_000_000
_BUFFER = 65536


@dataclass(frozen=True)
class Asked:
    """One request: ``path`` without the query."""

    method: str
    path: str
    query: str

    @property
    def is_watch(self) -> bool:
        return "watch=true" in self.query


@dataclass
class Exchange:
    """One request with the connection of its client, and the way on to the server."""

    asked: Asked
    head: bytes
    body: bytes
    client: socket.socket
    upstream: tuple[str, int]

    def send(self, data: bytes) -> None:
        self.client.sendall(data)

    def reset(self) -> None:
        """End the connection with a RST, as a process that was killed does."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()

    def reply(self, status: int, body: bytes, kind: str = "application/json", *more: str) -> bool:
        """Answer in place of the server; the connection is kept."""
        fields = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        self.send("\r\n".join([*fields, *more, "", ""]).encode() + body)
        return True

    def begin_chunks(self, kind: str = "application/json") -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.send(head.encode())

    def chunk(self, data: bytes) -> None:
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def answer(self) -> tuple[bytes, bytes]:
        """Let the server do it; return head and body of its answer."""
        with self._pass_on() as server:
            data = b""
            while piece := server.recv(_BUFFER):
                data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        return head, body

    def json(self) -> bytes:
        """The body of the server's answer."""
        return self.answer()[1]

    def relay(self) -> bool:
        """Pass the answer on as it comes; of an upgraded connection, both directions."""
        is_upgrade = b"upgrade: websocket" in self.head.lower()
        with self._pass_on(keep_head=is_upgrade) as server:
            sources = [server, self.client] if is_upgrade or self.asked.is_watch else [server]
            while True:
                for source in select.select(sources, [], [])[0]:
                    data = source.recv(_BUFFER)
                    if not data:
                        return not is_upgrade and source is server
                    (self.client if source is server else server).sendall(data)

    @contextlib.contextmanager
    def stream(self) -> Iterator[Iterator[bytes]]:
        """The lines that the server streams, until it ends or the client leaves."""
        with self._pass_on() as server:
            yield self._lines(server)

    def _lines(self, server: socket.socket) -> Iterator[bytes]:
        data = b""
        while True:
            if self.client in select.select([server, self.client], [], [])[0]:
                return
            piece = server.recv(_BUFFER)
            data += piece
            # An event is a line, whether in a chunk of its own or not in chunks at all.
            while found := re.search(rb"(?:^|\n)(\{.*\})\n", data):
                yield found[1]
                data = data[found.end() :]
            if not piece:
                return

    @contextlib.contextmanager
    def _pass_on(self, *, keep_head: bool = False) -> Iterator[socket.socket]:
        head = self.head
        if not keep_head:
            head = head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        with socket.create_connection(self.upstream) as server:
            server.sendall(head + self.body)
            yield server


Fault = Callable[[Exchange], object]
"""What happens to one request; the connection is kept when it returns True."""


def pass_on(exchange: Exchange) -> object:
    return exchange.relay()


def reset_in_headers(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Ty")
    exchange.reset()


def reset_mid_chunk(exchange: Exchange) -> None:
    body = exchange.json()
    exchange.begin_chunks()
    exchange.send(b"%x\r\n%s" % (len(body), body[: len(body) // 2]))
    exchange.reset()


def reset_before_last_chunk(exchange: Exchange) -> None:
    body = exchange.json()
    exchange.begin_chunks()
    exchange.chunk(body)
    exchange.reset()


def lost_answer(exchange: Exchange) -> None:
    """The server did it; nobody hears of that."""
    exchange.answer()
    exchange.reset()


def closed_without_answer(exchange: Exchange) -> None:
    """The server never saw it."""


def silence(exchange: Exchange) -> None:
    """Nothing ever comes."""
    exchange.client.recv(1)


def slow_loris(exchange: Exchange) -> None:
    """A byte now and then: no single read takes long."""
    head, body = exchange.answer()
    exchange.send(head + b"\r\n\r\n")
    for index in range(len(body)):
        exchange.send(body[index : index + 1])
        if select.select([exchange.client], [], [], 0.02)[0]:
            return


def length_too_long(exchange: Exchange) -> None:
    body = exchange.json()
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) + 9))
    exchange.send(body)


def length_too_short(exchange: Exchange) -> object:
    """Half of the body is left in the connection, before the next answer."""
    body = exchange.json()
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) // 2))
    exchange.send(body)
    return True


def truncated_gzip(exchange: Exchange) -> object:
    whole = gzip.compress(exchange.json())
    cut = whole[: len(whole) * 2 // 3]
    return exchange.reply(200, cut, "application/json", "Content-Encoding: gzip")


def html(status: int) -> Fault:
    """The sign-in page, or the error page, of a load balancer."""
    page = b"<!DOCTYPE html><html><body><h1>Welcome</h1></body></html>"
    return lambda exchange: exchange.reply(status, page, "text/html")


def refusal(status: int, reason: str, message: str, *headers: str) -> Fault:
    """A Status object."""
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "reason": reason,
        "message": message,
        "code": status,
    }
    data = json.dumps(body).encode()
    return lambda exchange: exchange.reply(status, data, "application/json", *headers)


def body(data: bytes, kind: str = "text/plain") -> Fault:
    return lambda exchange: exchange.reply(200, data, kind)


def endless(piece: bytes, kind: str = "text/plain") -> Fault:
    """An answer that goes on until the client leaves."""

    def fault(exchange: Exchange) -> None:
        exchange.begin_chunks(kind)
        while True:
            exchange.chunk(piece)

    return fault


def events(*lines: object) -> Fault:
    """A watch that delivers these events (JSON, or bytes as they are) and ends."""

    def fault(exchange: Exchange) -> object:
        exchange.begin_chunks()
        for line in lines:
            data = line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"
            exchange.chunk(data)
        exchange.send(b"0\r\n\r\n")
        return True

    return fault


def rewritten(rewrite: Callable[[list[bytes]], list[bytes]]) -> Fault:
    """A watch whose events a middleman rewrites: he is given all so far, the newest last."""

    def fault(exchange: Exchange) -> object:
        past: list[bytes] = []
        with exchange.stream() as lines:
            exchange.begin_chunks()
            for line in lines:
                past.append(line)
                for event in rewrite(past):
                    exchange.chunk(event + b"\n")
        exchange.send(b"0\r\n\r\n")
        return True

    return fault


def twice(past: list[bytes]) -> list[bytes]:
    return [past[-1], past[-1]]


def out_of_order(past: list[bytes]) -> list[bytes]:
    """Each event is followed by all that came before it, the newest first."""
    return past[::-1]


def with_bookmarks(past: list[bytes]) -> list[bytes]:
    event = json.loads(past[-1])
    metadata = {"resourceVersion": event["object"]["metadata"]["resourceVersion"]}
    bookmark = {"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": metadata}}
    return [past[-1], json.dumps(bookmark).encode()]


@dataclass
class Rule:
    """Where and how often a fault strikes: after ``skip`` requests, ``times`` times."""

    method: str
    pattern: str
    fault: Fault
    skip: int = 0
    times: int | None = None

    def strikes(self, asked: Asked) -> bool:
        if self.method not in ("*", "WATCH" if asked.is_watch else asked.method):
            return False
        if not fnmatch.fnmatchcase(f"{asked.path}?{asked.query}", f"{self.pattern}"):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0


@dataclass
class FaultProxy:
    """Listens on loopback for as long as the ``with`` statement lasts."""

    server: str
    rules: list[Rule] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    struck: list[Asked] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._idle = threading.Condition()
        self._busy = 0
        self._refused = 0
        self._clients: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        parts = urlsplit(self.server)
        self._upstream = (str(parts.hostname), int(parts.port or 80))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # where it wakes nobody, nobody needs it
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def on(
        self,
        method: str,
        pattern: str,
        fault: Fault,
        *,
        skip: int = 0,
        times: int | None = None,
    ) -> None:
        """Let ``fault`` strike requests; ``pattern`` is a glob for ``PATH?QUERY``."""
        self.rules.append(Rule(method, pattern, fault, skip, times))

    def clear(self) -> None:
        self.rules, self.asked, self.struck = [], [], []
        self._refused = 0

    def drop(self) -> None:
        """End every connection, as a server that is restarted does."""
        with self._lock:
            clients, self._clients = self._clients, set()
        for client in clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def be_away(self, connections: int) -> None:
        """End every connection, and as many of those that come, as a server that is restarted."""
        with self._lock:
            self._refused = connections
        self.drop()

    def end_run(self) -> None:
        """Wait until a command that ended has no request under way any more."""
        self.drop()
        for thread in threading.enumerate():
            if thread.name.startswith("calico-nic"):
                thread.join()
        with self._idle:
            assert self._idle.wait_for(lambda: not self._busy, 30)

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        with self._idle:
            self._busy += 1
        try:
            yield
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                is_away, self._refused = self._refused > 0, max(self._refused - 1, 0)
                if not is_away:
                    self._clients.add(client)
            if is_away:
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError), client:
            data = b""
            while True:
                while b"\r\n\r\n" not in data:
                    piece = client.recv(_BUFFER)
                    if not piece:
                        return
                    data += piece
                head, _, rest = data.partition(b"\r\n\r\n")
                exchange, data = self._exchange(client, head + b"\r\n\r\n", rest)
                with self._at_work():
                    goes_on = self._fault(exchange.asked)(exchange) is True
                if not goes_on:
                    return

    def _exchange(self, client: socket.socket, head: bytes, rest: bytes) -> tuple[Exchange, bytes]:
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(rest) < length:
            rest += client.recv(_BUFFER)
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        path, _, query = target.partition("?")
        asked = Asked(method, unquote(path), unquote(query))
        return Exchange(asked, head, rest[:length], client, self._upstream), rest[length:]

    def _fault(self, asked: Asked) -> Fault:
        with self._lock:
            self.asked.append(asked)
            found = next((rule for rule in self.rules if rule.strikes(asked)), None)
            if found:
                self.struck.append(asked)
        return found.fault if found else pass_on
