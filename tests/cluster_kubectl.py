"""The real kubectl beside our own code: the same files, flags and environment for both."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kubectl_calico_nic.cluster.kubeconfig.merging import resolve
from kubectl_calico_nic.cluster.kubeconfig.overrides import ConnectionFlags
from kubectl_calico_nic.errors import CalicoNicError
from tests.cluster_connection import session_for
from tests.cluster_server import Recorded, RecordingServer

KUBECTL = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")

needs_kubectl = pytest.mark.skipif(KUBECTL is None, reason="no kubectl")

_FLAG_NAMES = {
    "impersonate": "as",
    "impersonate_groups": "as-group",
    "impersonate_uid": "as-uid",
    "impersonate_user_extra": "as-user-extra",
}


@dataclass(frozen=True)
class Setup:
    """One way to call kubectl. Relative names in KUBECONFIG are below ``home``."""

    home: Path
    flags: ConnectionFlags = field(default_factory=ConnectionFlags)
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def full_environ(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), **self.environ}

    @property
    def arguments(self) -> list[str]:
        given = []
        for name in ConnectionFlags.__dataclass_fields__:
            value = getattr(self.flags, name)
            flag = "--" + _FLAG_NAMES.get(name, name).replace("_", "-")
            values = value if isinstance(value, tuple) else [value]
            given += [f"{flag}={v}" for v in values if v not in (None, False)]
        return [argument.replace("=True", "=true") for argument in given]

    def kubectl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        assert KUBECTL is not None
        return subprocess.run(
            [KUBECTL, *arguments],
            env=self.full_environ,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )

    def config_view(self) -> dict[str, Any]:
        """What kubectl makes of the files alone, their certificates put in as data."""
        shown = self.kubectl("config", "view", "--raw", "--flatten", "-ojson")
        view: dict[str, Any] = json.loads(shown.stdout)
        return view


@dataclass(frozen=True)
class Outcome:
    """What reached the server, or the words on stderr when nothing did."""

    request: Mapping[str, Any] | None = None
    error: str = ""


def outcomes(setup: Setup, server: RecordingServer) -> tuple[Outcome, Outcome]:
    """What our code does, and what kubectl does, given the same."""
    ours = _our_outcome(setup, server)
    # ``get --raw`` is quick; but like most commands, ``get nodes`` resolves the namespace first,
    # and so words some errors otherwise.
    command = ["get", "nodes"] if ours.request is None else ["get", "--raw", "/version"]
    return ours, _kubectl_outcome(setup, server, command)


def _our_outcome(setup: Setup, server: RecordingServer) -> Outcome:
    server.requests.clear()
    try:
        connection = resolve(setup.flags, setup.full_environ, str(setup.home))
        with session_for(connection) as session:
            session.get("/version")
    except CalicoNicError as error:
        if not server.requests:
            return Outcome(error=error.text.strip())
    return Outcome(_identity(server.requests[0]))


def _kubectl_outcome(setup: Setup, server: RecordingServer, command: Sequence[str]) -> Outcome:
    server.requests.clear()
    done = setup.kubectl(*command, *setup.arguments)
    if server.requests:
        return Outcome(_identity(server.requests[0]))
    words = [line for line in done.stderr.splitlines() if not is_log_line(line)]
    start = max((i for i, line in enumerate(words) if line.startswith("Unable to ")), default=0)
    return Outcome(error="\n".join(words[start:]).strip())


def _identity(request: Recorded) -> dict[str, Any]:
    """What of a request says where it goes and who asks."""
    names = {name.lower() for name, _ in request.headers}
    impersonation = sorted(name for name in names if name.startswith("impersonate-"))
    return {
        "path": request.path,
        "authorization": request.get("Authorization"),
        "impersonation": {name: sorted(request.all(name)) for name in impersonation},
        "client": request.client,
        "gzip": "gzip" in (request.get("Accept-Encoding") or ""),
    }


def is_log_line(line: str) -> bool:
    return line[:1] in "EWI" and line[1:5].isdigit()


def write_files(directory: Path, files: Mapping[str, Any]) -> None:
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))


def listed(names: Sequence[str]) -> str:
    """The value of KUBECONFIG for several files."""
    return os.pathsep.join(names)
