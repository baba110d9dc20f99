"""A generated case, run by our own code and by the real kubectl, and what came of it.

What of it differs between runs (ports, certificates, directories) is given back as a placeholder,
so that outcomes can be compared with those of another run.
"""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme

from kubectl_calico_nic.cluster.kubeconfig.merging import resolve
from kubectl_calico_nic.errors import CalicoNicError, UsageError
from kubectl_calico_nic.flags.connection import connection_flags
from kubectl_calico_nic.flags.every_command import GLOBAL_FLAGS
from kubectl_calico_nic.flags.parser import parse, split_command
from tests.cluster_connection import session_for
from tests.cluster_generated import Generated
from tests.cluster_kubectl import KUBECTL, is_log_line, write_files
from tests.cluster_server import (
    Authority,
    Handler,
    Recorded,
    RecordingServer,
    Reply,
    serving,
    unused_port,
)
from tests.cluster_tunnel import tunnel

Outcome = Mapping[str, Any]
"""What the first request said of who asks and where; or ``error``, the words on stderr."""

EVENTS = Reply(body={"kind": "EventList", "apiVersion": "v1", "items": []})
PLUGIN = """#!/bin/sh
# The token is what the plugin was called with, so that all of it reaches the server.
info=$(echo "$KUBERNETES_EXEC_INFO" | base64 | tr -d '\\n')
version=$(echo "$KUBERNETES_EXEC_INFO" | sed 's/.*"apiVersion":"\\([^"]*\\)".*/\\1/')
pem() { awk '{printf "%s\\\\n", $0}' "$HOME/pki/$1"; }
case "$1" in
silent) exit 3 ;;
cert)
  status="\\"clientCertificateData\\": \\"$(pem alice.crt)\\""
  status="$status, \\"clientKeyData\\": \\"$(pem alice.key)\\"" ;;
expired) status='"token": "expired", "expirationTimestamp": "2020-01-01T00:00:00Z"' ;;
*) status="\\"token\\": \\"$1-$2-$EXTRA-${PWD#$HOME}-$info\\"" ;;
esac
printf '{"apiVersion": "%s", "kind": "ExecCredential", "status": {%s}}' "$version" "$status"
"""
_AROUND = {
    "tok": "from-file\n",
    "down/tok": "from-down",
    ".kube/tok": "from-kube",
    "empty": " \n",
    **{f"{place}plugin": PLUGIN for place in ("", ".kube/", "down/")},
}


@dataclass(frozen=True)
class Arena:
    """Two TLS servers, a plain one and a proxy, their authority, and users with certificates.

    ``name`` resolves to the first server and is not ``localhost``, which no proxy is used for.
    """

    directory: Path
    authority: Authority
    servers: Mapping[str, RecordingServer]
    name: str
    refused_port: int

    @cached_property
    def values(self) -> Mapping[str, str]:
        """What stands for each placeholder."""
        pki = self.authority.directory
        urls = {name: server.url for name, server in self.servers.items()}
        ports = {f"{name}_port": str(urlsplit(url).port) for name, url in urls.items()}
        users = {
            f"{who}_{kind}": _base64(pki / f"{who}.{kind}")
            for who in ("alice", "bob")
            for kind in ("crt", "key")
        }
        authorities = {"ca": _base64(pki / "ca.crt"), "other_ca": _base64(pki / "other.crt")}
        other = {"name": self.name, "refused_port": str(self.refused_port)}
        return {**urls, **ports, **users, **authorities, **other}

    def has(self, case: Generated) -> bool:
        """Whether this machine has what the case needs."""
        needs_name, needs_six = "{name}" in case.text, "{secure6" in case.text
        return not (needs_name and not self.name) and not (needs_six and not self.has_ipv6)

    @property
    def has_ipv6(self) -> bool:
        return "secure6" in self.servers

    def filled(self, text: str, home: Path) -> str:
        for name, value in {**self.values, "home": str(home)}.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def portable(self, outcome: Outcome, home: Path) -> Outcome:
        """The outcome with placeholders for what differs between runs."""
        text = json.dumps(outcome, ensure_ascii=False)
        for name in ("ca", "other_ca"):
            text = text.replace(self.values[name], f"{{{name}}}")
        for name, port in self.values.items():
            if name.endswith("_port"):
                text = text.replace(f":{port}", f":{{{name}}}")
        text = text.replace(str(home), "{home}").replace(str(home.parent), "{around}")
        if self.name:
            text = text.replace(f"{self.name}:{{", "{name}:{")
        found: Outcome = json.loads(text)
        return found


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _own_name() -> str:
    """A name of the loopback interface that Go does not know to be one; "" without any."""
    for name in (socket.gethostname(), "ip4-loopback"):
        try:
            found = {entry[4][0] for entry in socket.getaddrinfo(name, 1, type=socket.SOCK_STREAM)}
        except OSError:
            continue
        if found == {"127.0.0.1"} and name != "localhost":
            return name
    return ""


@contextmanager
def arena(directory: Path) -> Iterator[Arena]:
    authority = Authority(directory)
    authority.client("alice")
    authority.client("bob")
    trustme.CA().cert_pem.write_to_path(directory / "other.crt")
    name = _own_name()
    names = ("127.0.0.1", "::1", "localhost", *([name] if name else []))
    with ExitStack() as stack:
        servers = {
            "secure": stack.enter_context(serving(authority.server_tls(*names))),
            "plain": stack.enter_context(serving()),
            "proxy": stack.enter_context(serving()),
        }
        if socket.has_ipv6:
            six = serving(authority.server_tls(*names), address="::1")
            with suppress(OSError):  # no IPv6 on this machine
                servers["secure6"] = stack.enter_context(six)
        for server in servers.values():
            server.on("*", EVENTS)
        servers["proxy"].on("*", Reply(misbehave=_as_proxy))
        yield Arena(directory, authority, servers, name, unused_port())


def _as_proxy(handler: Handler) -> None:
    if handler.command == "CONNECT":
        tunnel(handler)
    else:
        handler._send(EVENTS)


@dataclass(frozen=True)
class Run:
    """One case in a home directory of its own."""

    case: Generated
    arena: Arena
    home: Path

    @classmethod
    def prepare(cls, case: Generated, arena: Arena, directory: Path) -> Run:
        home = directory / f"case-{case.number}"
        home.mkdir()
        for place in ("", ".kube", "down"):
            (home / place).mkdir(exist_ok=True)
            (home / place / "pki").symlink_to(arena.authority.directory)
        files = {name: arena.filled(text, home) for name, text in case.files.items()}
        write_files(home, {**_AROUND, **files})
        for place in ("", ".kube", "down"):
            (home / place / "plugin").chmod(0o755)
        return cls(case, arena, home)

    @property
    def environ(self) -> dict[str, str]:
        given = {key: self.arena.filled(text, self.home) for key, text in self.case.environ.items()}
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), **given}

    def words(self, command: Sequence[str]) -> list[str]:
        around = (*self.case.before, *command, *self.case.after)
        return [self.arena.filled(word, self.home) for word in around]

    def in_process(self) -> Outcome:
        """What our own code does."""
        self._forget()
        former = Path.cwd()
        os.chdir(self.home)
        try:
            error = self._ask()
        finally:
            os.chdir(former)
        return self._outcome(error)

    def _ask(self) -> str:
        """Sends the request that ``kubectl events`` sends; returns the words if that fails."""
        try:
            _, flags = split_command(self.words(["events"]), GLOBAL_FLAGS)
            parsed = parse(flags, GLOBAL_FLAGS)
        except UsageError as error:
            return f"{error.text}\nSee 'kubectl events --help' for usage."
        try:
            connection = resolve(connection_flags(parsed), self.environ, str(self.home))
            options = {"request_timeout": connection.request_timeout or 5.0}
            with session_for(connection, **options) as session:
                path = f"/api/v1/namespaces/{session.namespace}/events"
                session.get(path, [("limit", "500")])
        except CalicoNicError as error:
            return error.text
        return ""

    def by_kubectl(self, executable: str | None = None) -> Outcome:
        """What ``kubectl events`` does."""
        done = self._run([executable or str(KUBECTL), *self.words(["events"])])
        return self._outcome("" if done.returncode == 0 else _words(done.stderr), _is_gos)

    def by_plugin(self, executable: Path) -> Outcome:
        """What the installed plugin does; ``inspect`` begins with the DaemonSets."""
        done = self._run([str(executable), *self.words(["inspect"])])
        return self._outcome(_words(done.stderr).replace("calico-nic inspect", "events"))

    def _run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        self._forget()
        return subprocess.run(
            command,
            env=self.environ,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def _forget(self) -> None:
        for server in self.arena.servers.values():
            server.requests.clear()

    def _outcome(
        self, error: str, is_ours: Callable[[Recorded], bool] = lambda each: not _is_gos(each)
    ) -> Outcome:
        # What the plugin left unread when it ended may arrive while kubectl runs.
        asked = {
            name: next(filter(is_ours, server.requests))
            for name, server in self.arena.servers.items()
            if any(map(is_ours, server.requests))
        }
        proxy = asked.pop("proxy", None)
        found: Outcome = {"error": error.strip()}
        if proxy is not None and proxy.method != "CONNECT":
            found = {"server": "proxy", "through": _proxied(proxy), **_identity(proxy)}
        elif asked:
            ((name, request),) = asked.items()
            through = None if proxy is None else _proxied(proxy)
            found = {"server": name, "through": through, **_identity(request)}
        return self.arena.portable(found, self.home)


def _is_gos(request: Recorded) -> bool:
    return (request.get("User-Agent") or "").startswith(("kubectl/", "Go-http-client/"))


def _proxied(request: Recorded) -> Mapping[str, Any]:
    return {"target": request.target, "authorization": request.get("Proxy-Authorization")}


def _identity(request: Recorded) -> dict[str, Any]:
    """What of a request says where it goes and who asks."""
    names = {name.lower() for name, _ in request.headers}
    impersonation = sorted(name for name in names if name.startswith("impersonate-"))
    return {
        "path": request.path,
        "authorization": _readable(request.get("Authorization")),
        "impersonation": {name: sorted(request.all(name)) for name in impersonation},
        "client": (request.client or "").rpartition(",")[2],
        "gzip": "gzip" in (request.get("Accept-Encoding") or ""),
        "server_name": request.server_name,
    }


def _readable(authorization: str | None) -> str | None:
    """The header's value; what the plugin was told stands at its end in base64, and is decoded."""
    begin, dash, told = (authorization or "").rpartition("-")
    if not dash or not told.startswith("eyJ"):
        return authorization
    return f"{begin} {base64.b64decode(told).decode()}"


def _words(stderr: str) -> str:
    """What kubectl says at last, without its log."""
    words = [line for line in stderr.splitlines() if not is_log_line(line)]
    start = max((i for i, line in enumerate(words) if line.startswith("Unable to ")), default=0)
    return re.sub(r"^Please enter \w+: ", "", "\n".join(words[start:]))
