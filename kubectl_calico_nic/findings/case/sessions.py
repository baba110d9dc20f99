"""What one node says of its BGP sessions, as far as it is fresh enough to be believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_calico_nic.calico.bird.readiness import Readiness, parse_readiness
from kubectl_calico_nic.calico.bird.session import BgpSession, PeerKind
from kubectl_calico_nic.findings.case.addresses import is_address
from kubectl_calico_nic.findings.case.case import Member
from kubectl_calico_nic.findings.case.moments import STARTING, is_starting, seconds_since
from kubectl_calico_nic.snapshot.bgp import BgpSessions, SessionsSource

NOT_ESTABLISHED = "not established"
"""The state of a session that is known from a readiness message alone."""
_FRESH = STARTING
"""Seconds after which a CalicoNodeStatus, or an event of the kubelet, tells of the past."""


@dataclass(frozen=True, slots=True)
class View:
    """One node's sessions in one family.

    ``is_complete`` is False for the peers that a readiness message names: it tells only what is
    down. ``source`` says for people who told, and as of when.
    """

    sessions: tuple[BgpSession, ...]
    source: str
    is_complete: bool = True


def view_of(member: Member, now: str | None) -> View | None:
    """Return what is known of a node's sessions at ``now`` (RFC 3339); None when nothing is.

    Asked BIRD first, then a CalicoNodeStatus that was written lately, after the container started;
    else the peers that the newest readiness message of a pod that is not Ready names.
    """
    if member.backend_is_none:
        return None
    sessions = member.facts.sessions
    if (
        sessions is not None
        and member.family in sessions.by_family
        and _holds(sessions, member, now)
    ):
        as_of = f" as of {sessions.as_of}" if sessions.as_of else ""
        return View(sessions.by_family[member.family], f"{sessions.source.value}{as_of}")
    readiness = fresh_readiness(member, now)
    peers = [] if readiness is None else readiness.peers
    named = [peer for peer in peers if is_address(peer, member.family)]
    if not named:
        return None
    down = tuple(BgpSession(peer, PeerKind.MESH, NOT_ESTABLISHED) for peer in named)
    return View(down, "readiness", is_complete=False)


def _holds(sessions: BgpSessions, member: Member, now: str | None) -> bool:
    """Whether sessions tell of the present: a CalicoNodeStatus may be of any age."""
    if sessions.source is SessionsSource.BIRDCL:
        return True
    age = seconds_since(sessions.as_of, now)
    pod = member.facts.pod
    started = pod.container_state.started_at if pod else None
    restarted = seconds_since(sessions.as_of, started)
    if restarted is not None and restarted > 0:
        return False
    return sessions.as_of is not None and (age is None or age < _FRESH)


def fresh_readiness(member: Member, now: str | None) -> Readiness | None:
    """What calico-node's newest failed check says; None once it is Ready, and of old ones.

    Within 30 seconds of a start the check names each peer that is not up yet, later it fails only
    where none is. Only the latter is worth anything: a node that starts is left alone.
    """
    pod = member.facts.pod
    if pod is None or pod.ready or is_starting(pod, now):
        return None
    return next(_newest_checks(member, pod.container_state.started_at, now), None)


def _newest_checks(member: Member, started: str | None, now: str | None) -> Iterator[Readiness]:
    for event in reversed(member.facts.events):
        age = seconds_since(event.last_seen, now)
        before_start = seconds_since(event.last_seen, started)
        if event.reason != "Unhealthy" or (age is not None and age > _FRESH):
            continue
        if before_start is not None and before_start > 0:
            continue
        found = parse_readiness(event.message)
        if found is not None:
            yield found


def bird_is_silent(member: Member, now: str | None) -> bool:
    """Whether BIRD of this family is known not to run, or not to answer, on the node."""
    sessions = member.facts.sessions
    if sessions is not None and sessions.source is SessionsSource.BIRDCL:
        return member.family in sessions.without_daemon
    readiness = fresh_readiness(member, now)
    return readiness is not None and readiness.bird_is_down
