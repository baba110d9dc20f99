"""``kubectl exec``: one command over a WebSocket with numbered channels.

Mirrors the ``v4.channel.k8s.io`` and ``v5.channel.k8s.io`` protocols (k8s.io/streaming and
apimachinery's pkg/util/remotecommand). Commands get no input.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from websocket import ABNF

from kubectl_calico_nic.simulator.apiserver.exchange import Connection, Request, Upgrade
from kubectl_calico_nic.simulator.apiserver.status_errors import bad_request
from kubectl_calico_nic.simulator.store import Object

_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_STDOUT, _STDERR, _ERROR = 1, 2, 3
_NORMAL_CLOSURE = b"\x03\xe8"


@dataclass(frozen=True, slots=True)
class Execution:
    """What a command printed and how it ended."""

    stdout: str = ""
    stderr: str = ""
    exit_code: int = 0


def exec_upgrade(request: Request, run: Callable[[Sequence[str]], Execution]) -> Upgrade:
    """Take the upgrade request of an exec, ``run`` its command, return the upgrade that tells.

    The command runs before the upgrade, so that a refusal of ``run`` is still an ordinary answer.

    Raises:
        StatusError: 400, no command, no stream, or no WebSocket with a known protocol (SPDY).
    """
    command = request.query.get("command", ())
    if not any(request.flag(name) for name in ("stdin", "stdout", "stderr")):
        raise bad_request("you must specify at least 1 of stdin, stdout, stderr")
    if not command:
        raise bad_request("you must specify at least one command for the container")
    done = run(command)
    offered = request.headers.get("sec-websocket-protocol", "").replace(" ", "").split(",")
    protocol = next((name for name in _PROTOCOLS if name in offered), None)
    if request.headers.get("upgrade", "").lower() != "websocket" or protocol is None:
        raise bad_request("Upgrade request required")

    def serve(connection: Connection) -> None:
        if request.flag("stdout"):
            _send(connection, _STDOUT, done.stdout)
        if request.flag("stderr"):
            _send(connection, _STDERR, done.stderr)
        _send(connection, _ERROR, json.dumps(_outcome(done.exit_code)))
        connection.sendall(_frame(ABNF.OPCODE_CLOSE, _NORMAL_CLOSURE))

    return Upgrade(protocol, serve)


def _send(connection: Connection, channel: int, text: str) -> None:
    if text:
        connection.sendall(_frame(ABNF.OPCODE_BINARY, bytes([channel]) + text.encode()))


def _frame(opcode: int, payload: bytes) -> bytes:
    # Servers do not mask what they send (RFC 6455, 5.1).
    frame: bytes = ABNF(1, 0, 0, 0, opcode, 0, payload).format()
    return frame


def _outcome(exit_code: int) -> Object:
    if exit_code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {exit_code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(exit_code)}]},
    }
