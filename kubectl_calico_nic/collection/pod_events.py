"""Reads what the kubelets and the scheduler reported about calico-node pods."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from kubectl_calico_nic.collection.gaps import gap
from kubectl_calico_nic.collection.port import Api
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.snapshot.decode import ROUTINE_REASONS, events_by_pod
from kubectl_calico_nic.snapshot.snapshot import Gap, Snapshot

_MOST_PAGES = 20
"""Events are kept for an hour; where there are more of them than this many pages, the rest is not
read."""
_ABOUT_PODS = ",".join(
    ("involvedObject.kind=Pod", *(f"reason!={reason}" for reason in ROUTINE_REASONS))
)


def with_events(api: Api, snapshot: Snapshot) -> Snapshot:
    """Add the events of every calico-node pod: one list for each namespace that has any.

    What cannot be read becomes a gap.
    """
    namespaces = sorted({facts.pod.namespace for facts in snapshot.nodes if facts.pod})
    gaps: list[Gap] = []
    events = events_by_pod(_events(api, namespaces, gaps))
    nodes = tuple(
        dataclasses.replace(facts, events=events.get(facts.pod.uid, ())) if facts.pod else facts
        for facts in snapshot.nodes
    )
    return dataclasses.replace(snapshot, nodes=nodes, gaps=(*snapshot.gaps, *gaps))


def _events(api: Api, namespaces: Iterable[str], gaps: list[Gap]) -> Iterator[Any]:
    for namespace in namespaces:
        path = f"/api/v1/namespaces/{namespace}/events"
        try:
            for number, page in enumerate(api.pages(path, (("fieldSelector", _ABOUT_PODS),))):
                if number == _MOST_PAGES:
                    reason = f"very many events in namespace {namespace}: not all were read"
                    gaps.append(Gap("list", "events", reason))
                    break
                yield from page
        except CalicoNicError as error:
            gaps.append(gap("list", "events", error))
