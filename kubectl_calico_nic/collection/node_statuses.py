"""Reads BGP sessions from CalicoNodeStatus objects, where somebody made such objects.

calico-node keeps them up to date (v3.21 and later). They need no exec: a right to read is enough.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.collection.gaps import gap
from kubectl_calico_nic.collection.port import Api
from kubectl_calico_nic.snapshot.bgp import BgpSessions
from kubectl_calico_nic.snapshot.decode import decode_node_status
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot

_PATHS = (
    "/apis/crd.projectcalico.org/v1/caliconodestatuses",
    "/apis/projectcalico.org/v3/caliconodestatuses",
)
"""Since v3.32 Calico may have the second only."""
_OLDEST = timedelta(minutes=10)
"""Sessions of longer ago say nothing about now."""


def with_node_statuses(api: Api, snapshot: Snapshot) -> Snapshot:
    """Add the sessions of nodes whose BIRD was not asked itself; one list at most.

    A permission that refuses becomes a gap; that there are no such objects is none.
    """
    if all(facts.sessions for facts in snapshot.nodes if facts.pod):
        return snapshot
    for path in _PATHS:
        try:
            listed = [item for page in api.pages(path) for item in page]
        except ApiError as error:
            if error.status == 404:
                continue
            found = gap("list", "caliconodestatuses.crd.projectcalico.org", error)
            return dataclasses.replace(snapshot, gaps=(*snapshot.gaps, found))
        known = dict(filter(None, map(decode_node_status, listed)))
        nodes = tuple(_completed(facts, known, snapshot.taken_at) for facts in snapshot.nodes)
        return dataclasses.replace(snapshot, nodes=nodes)
    return snapshot


def _completed(facts: NodeFacts, known: dict[str, BgpSessions], taken_at: str | None) -> NodeFacts:
    found = known.get(facts.name)
    if facts.sessions is not None or found is None or not _is_fresh(facts, found, taken_at):
        return facts
    return dataclasses.replace(facts, sessions=found)


def _is_fresh(facts: NodeFacts, found: BgpSessions, taken_at: str | None) -> bool:
    """Whether ``found`` is about the container that runs, and about now."""
    written, now = _time(found.as_of), _time(taken_at)
    if written is None or facts.pod is None:
        return False
    started = _time(facts.pod.container_state.started_at)
    if started is not None and written < started:
        return False
    return now is None or now - written <= _OLDEST


def _time(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
