"""Reads BGP sessions from CalicoNodeStatus objects, where somebody made such objects.

calico-node keeps them up to date (v3.21 and later), more or less: they say as of when they are.
They need no exec: a right to read is enough.
"""

from __future__ import annotations

import dataclasses

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.collection.gaps import gap
from kubectl_calico_nic.collection.port import Api
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.snapshot.bgp import BgpSessions
from kubectl_calico_nic.snapshot.decode import decode_node_status
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot

_PATHS = (
    "/apis/crd.projectcalico.org/v1/caliconodestatuses",
    "/apis/projectcalico.org/v3/caliconodestatuses",
)
"""Since v3.32 Calico may have the second only."""


def with_node_statuses(api: Api, snapshot: Snapshot) -> Snapshot:
    """Add the sessions of nodes whose BIRD was not asked itself; one list at most.

    What cannot be read becomes a gap; that there are no such objects is none.
    """
    if all(facts.sessions for facts in snapshot.nodes if facts.pod):
        return snapshot
    for path in _PATHS:
        try:
            listed = [item for page in api.pages(path) for item in page]
        except CalicoNicError as error:
            if isinstance(error, ApiError) and error.status == 404:
                continue
            found = gap("list", "caliconodestatuses.crd.projectcalico.org", error)
            return dataclasses.replace(snapshot, gaps=(*snapshot.gaps, found))
        known = dict(filter(None, map(decode_node_status, listed)))
        nodes = tuple(_completed(facts, known) for facts in snapshot.nodes)
        return dataclasses.replace(snapshot, nodes=nodes)
    return snapshot


def _completed(facts: NodeFacts, known: dict[str, BgpSessions]) -> NodeFacts:
    found = known.get(facts.name)
    if facts.sessions is not None or found is None:
        return facts
    return dataclasses.replace(facts, sessions=found)
