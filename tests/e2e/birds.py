"""The BIRDs on every node: their sessions with each other, and what ``birdcl`` shows of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.simulator.nodes import bird_mesh

from .api_client import Object

Sessions = Mapping[Family, tuple[bird_mesh.Session, ...]]

# What bin/birdcl answers from.
_ANSWERS = {Family.IPV4: "bird", Family.IPV6: "bird6"}
# Every node has a session with every other one; a large cluster is for measuring, not for BGP.
_LARGEST_MESH = 20


def sessions(
    node: str, nodes: Mapping[str, Object], running: Collection[str], *, routed: bool
) -> Sessions:
    """The sessions of ``node`` by family, arguments as in ``bird_mesh.sessions``.

    ``nodes`` are the Nodes by name, which carry the addresses.
    """
    return {
        family: bird_mesh.sessions(
            node, _mesh(nodes, family.address_annotation), running, routed=routed
        )
        for family in Family
    }


def write_answers(directory: Path, found: Sessions, since: str) -> None:
    """Let ``birdcl`` see the sessions of BIRDs that run since then (``HH:MM:SS``)."""
    for family, of_family in found.items():
        answer = directory / _ANSWERS[family]
        answer.write_text(bird_mesh.show_protocols(of_family, since))


def _mesh(nodes: Mapping[str, Object], key: str) -> dict[str, str]:
    """The address that each node carries under ``key``; none on a large cluster."""
    carried = {name: node["metadata"].get("annotations", {}) for name, node in nodes.items()}
    addresses = {name: each[key] for name, each in carried.items() if key in each}
    return addresses if len(addresses) <= _LARGEST_MESH else {}
