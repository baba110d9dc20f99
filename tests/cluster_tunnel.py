"""The part of a proxy that a recording server does not play: passing a connection through."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading

from tests.cluster_server import Handler


def tunnel(handler: Handler) -> None:
    """What a proxy does with CONNECT."""
    host, _, port = handler.path.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port))) as upstream:
        handler.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=copy, args=(upstream, handler.connection), daemon=True)
        back.start()
        copy(handler.connection, upstream)
        back.join(1.0)


def copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


class SocksProxy(socketserver.ThreadingTCPServer):
    """A SOCKS5 proxy (RFC 1928) on loopback; ``asked`` holds the target and the user of each."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), _SocksHandler)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _SocksHandler(socketserver.StreamRequestHandler):
    server: SocksProxy

    def handle(self) -> None:
        user = self._user()
        _, _, _, kind = self.rfile.read(4)
        if kind == _NAME:
            (length,) = self.rfile.read(1)
            host = self.rfile.read(length).decode()
        else:
            family, length = (socket.AF_INET, 4) if kind == _IPV4 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, self.rfile.read(length))
        port = int.from_bytes(self.rfile.read(2), "big")
        self.server.asked.append((f"{host}:{port}", user))
        with socket.create_connection((host, port)) as upstream:
            self.wfile.write(b"\5\0\0\1" + bytes(6))
            back = threading.Thread(target=copy, args=(upstream, self.connection), daemon=True)
            back.start()
            copy(self.connection, upstream)
            back.join(1.0)

    def _user(self) -> str:
        """Asks for a name and a password where the client offers to tell them."""
        _, count = self.rfile.read(2)
        with_password = 2 in self.rfile.read(count)
        self.wfile.write(b"\5\2" if with_password else b"\5\0")
        if not with_password:
            return ""
        texts = []
        self.rfile.read(1)
        for _ in range(2):
            (length,) = self.rfile.read(1)
            texts.append(self.rfile.read(length).decode())
        self.wfile.write(b"\1\0")
        return ":".join(texts)


_IPV4, _NAME = 1, 3
