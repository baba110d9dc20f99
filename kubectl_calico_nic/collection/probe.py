"""Asks the calico-node container itself for the node's interfaces and routes.

``pods/exec`` into a privileged container is node root in effect, and audited: this runs only
``ip``, which is in every calico-node image, and only when something is wrong or it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.collection.port import Api
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.iproute.lines import NotIpOutput
from kubectl_calico_nic.iproute.link import with_links
from kubectl_calico_nic.snapshot.daemonset import CONTAINER
from kubectl_calico_nic.snapshot.pod import Pod

_TIMEOUT = 15.0


class ProbeFailed(CalicoNicError):
    """A command could be started in the container but gave no usable answer."""


def read_inventory(api: Api, pod: Pod) -> Inventory:
    """Run ``ip -o addr show`` and ``ip -o link show`` in the container; kernel order is kept.

    Raises:
        ProbeFailed: ``ip`` ended with an error, or printed something else.
        CalicoNicError: the command could not be run.
    """
    addresses = _run(api, pod, ("ip", "-o", "addr", "show"))
    links = _run(api, pod, ("ip", "-o", "link", "show"))
    try:
        return with_links(parse_addresses(addresses), links)
    except NotIpOutput:
        raise ProbeFailed(f"pod {pod.key}: what ip printed is no list of interfaces") from None


def read_route(api: Api, pod: Pod, destination: str) -> str:
    """Run ``ip route get DESTINATION`` in the container; return what it printed, errors too."""
    executed = api.execute(
        pod.namespace,
        pod.name,
        CONTAINER,
        ("ip", "-o", "route", "get", destination),
        timeout=_TIMEOUT,
    )
    return executed.stdout if executed.exit_code == 0 else executed.stderr


def _run(api: Api, pod: Pod, command: Sequence[str]) -> str:
    executed = api.execute(pod.namespace, pod.name, CONTAINER, command, timeout=_TIMEOUT)
    if executed.exit_code != 0:
        said = executed.stderr.strip().splitlines()
        raise ProbeFailed(
            f'"{" ".join(command)}" in pod {pod.key} ended with status {executed.exit_code}'
            + (f": {said[-1]}" if said else "")
        )
    return executed.stdout
