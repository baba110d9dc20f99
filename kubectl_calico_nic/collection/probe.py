"""Asks the calico-node container itself for the node's interfaces, routes and BGP sessions.

``pods/exec`` into a privileged container is node root in effect, and audited: this runs only
``ip`` and ``birdcl``, which are in every calico-node image, without a shell, and only when
something is wrong or it is asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from kubectl_calico_nic.calico.bird.birdcl_output import (
    NotBirdOutput,
    parse_protocols,
    serves_both_families,
)
from kubectl_calico_nic.calico.bird.session import BgpSession
from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.collection.gaps import exec_gap
from kubectl_calico_nic.collection.port import Api, Executed
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.family import Family, family_of
from kubectl_calico_nic.findings.case.addresses import bare
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.iproute.lines import NotIpOutput
from kubectl_calico_nic.iproute.link import with_links
from kubectl_calico_nic.rollout.peer_routes import peers_to_ask
from kubectl_calico_nic.snapshot.bgp import BgpSessions, SessionsSource
from kubectl_calico_nic.snapshot.daemonset import CONTAINER
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import Gap, NodeFacts

_TIMEOUT = 15.0
_SOCKETS = {
    Family.IPV4: "/var/run/calico/bird.ctl",
    Family.IPV6: "/var/run/calico/bird6.ctl",
}

_NO_DAEMON = "Unable to connect to server control socket"


class ProbeFailed(CalicoNicError):
    """A command could be started in the container but gave no usable answer."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What to ask in one node's calico-node container.

    ``destinations`` are whereto its routes are asked for, ``sessions`` the families whose BGP
    sessions are; ``peer_routes`` asks for the routes to some of those sessions' peers as well.
    """

    interfaces: bool = True
    destinations: tuple[str, ...] = ()
    sessions: tuple[Family, ...] = ()
    peer_routes: bool = False


def probe_node(
    api: Api, facts: NodeFacts, questions: Questions
) -> tuple[NodeFacts, tuple[Gap, ...]]:
    """Ask the calico-node container of a node; a refusal ends the asking and becomes a gap."""
    pod = facts.pod
    if pod is None:
        return facts, ()
    try:
        if questions.interfaces:
            facts = dataclasses.replace(facts, inventory=read_inventory(api, pod))
        if questions.destinations:
            routes = {item: read_route(api, pod, item) for item in questions.destinations}
            facts = dataclasses.replace(facts, routes=routes)
        if questions.sessions:
            facts = dataclasses.replace(facts, sessions=read_sessions(api, pod, questions.sessions))
        if questions.peer_routes:
            facts = dataclasses.replace(facts, peer_routes=_peer_routes(api, pod, facts))
    except CalicoNicError as error:
        return facts, (exec_gap(error, facts.name),)
    return facts, ()


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


def _peer_routes(api: Api, pod: Pod, facts: NodeFacts) -> dict[str, str]:
    stored = facts.node.stored if facts.node else {}
    return {
        peer: read_route(api, pod, peer, bare(address))
        for family, address in stored.items()
        for peer in peers_to_ask(facts, family)
    }


def read_route(api: Api, pod: Pod, destination: str, source: str | None = None) -> str:
    """Run ``ip route get DESTINATION [from SOURCE]`` in the container.

    Returns:
        What it printed, errors too.
    """
    come_from = ("from", source) if source else ()
    executed = _execute(api, pod, ("ip", "-o", "route", "get", destination, *come_from))
    return executed.stdout if executed.exit_code == 0 else executed.stderr


def read_sessions(api: Api, pod: Pod, families: Sequence[Family]) -> BgpSessions:
    """Run ``birdcl show protocols`` in the container, for ``families``.

    IPv4's daemon is asked in any case: since BIRD 2 it is the only one, and knows all sessions.

    Raises:
        ProbeFailed: ``birdcl`` is not there, or printed something else.
        CalicoNicError: the command could not be run.
    """
    by_family: dict[Family, tuple[BgpSession, ...]] = {}
    for family in (Family.IPV4, Family.IPV6):
        if family in by_family or (family is Family.IPV6 and family not in families):
            continue
        answer = _ask_bird(api, pod, family)
        if answer is not None:
            answered = Family if serves_both_families(answer) else (family,)
            sessions = parse_protocols(answer)
            by_family |= {each: _of_family(sessions, each) for each in answered}
    return BgpSessions(
        SessionsSource.BIRDCL,
        {family: by_family[family] for family in families if family in by_family},
        without_daemon=frozenset(family for family in families if family not in by_family),
    )


def _ask_bird(api: Api, pod: Pod, family: Family) -> str | None:
    """What BIRD says about its protocols; None when it does not run.

    Raises:
        ProbeFailed: neither is the case.
    """
    command = ("birdcl", "-s", _SOCKETS[family], "show", "protocols")
    executed = _execute(api, pod, command)
    if _NO_DAEMON in executed.stdout + executed.stderr:
        return None
    try:
        parse_protocols(executed.stdout)
    except NotBirdOutput:
        raise _failure(command, pod, executed) from None
    return executed.stdout


def _of_family(found: Sequence[BgpSession], family: Family) -> tuple[BgpSession, ...]:
    return tuple(session for session in found if family_of(session.peer) is family)


def _run(api: Api, pod: Pod, command: Sequence[str]) -> str:
    executed = _execute(api, pod, command)
    if executed.exit_code != 0:
        raise _failure(command, pod, executed)
    return executed.stdout


def _failure(command: Sequence[str], pod: Pod, executed: Executed) -> ProbeFailed:
    said = executed.stderr.strip().splitlines()
    return ProbeFailed(
        f'"{" ".join(command)}" in pod {pod.key} ended with status {executed.exit_code}'
        + (f": {said[-1]}" if said else "")
    )


def _execute(api: Api, pod: Pod, command: Sequence[str]) -> Executed:
    return api.execute(pod.namespace, pod.name, CONTAINER, command, timeout=_TIMEOUT)
