"""The few commands that ``kubectl exec`` finds in a simulated calico-node container."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_calico_nic.simulator.apiserver.remote_command import Execution
from kubectl_calico_nic.simulator.nodes.host_network import HostNetwork

_OBJECTS = {"a": "addr", "addr": "addr", "address": "addr", "l": "link", "link": "link"}
_LISTINGS = frozenset({(), ("show",), ("list",), ("ls",)})


def run_ip(network: HostNetwork, words: Sequence[str]) -> Execution:
    """Answer ``ip WORDS`` of the host.

    That is ``[-o] addr|link show`` and ``[-o] route get ADDRESS [from ADDRESS]``.
    """
    one_line = "-o" in words or "-oneline" in words
    arguments = [word for word in words if not word.startswith("-")]
    head, rest = (arguments or [""])[0], tuple(arguments[1:])
    if head in ("r", "route") and len(rest) in (2, 4) and rest[0] == "get":
        if len(rest) == 2:
            return _route(network.route(rest[1]), one_line)
        if rest[2] == "from":
            return _route(network.route_from(rest[3], rest[1]), one_line)
    listed = _OBJECTS.get(head)
    if rest not in _LISTINGS or listed is None or (listed == "link" and not one_line):
        return Execution(stderr=f"ip {' '.join(words)}: not simulated\n", exit_code=127)
    if listed == "link":
        return Execution(stdout=network.links)
    return Execution(stdout=network.addresses if one_line else network.address_blocks)


def _route(answer: str, one_line: bool) -> Execution:
    if answer.startswith("RTNETLINK"):
        return Execution(stderr=f"{answer}\n", exit_code=2)
    if answer.startswith("Error"):
        return Execution(stderr=f"{answer}\n", exit_code=1)
    return Execution(stdout=(answer if one_line else answer.replace("\\", "\n")) + "\n")


def unknown_command(command: Sequence[str]) -> Execution:
    """What a container without that program answers."""
    name = command[0]
    text = (
        "OCI runtime exec failed: exec failed: unable to start container process: exec:"
        f' "{name}": executable file not found in $PATH: unknown'
    )
    return Execution(stderr=f"{text}\n", exit_code=127)
