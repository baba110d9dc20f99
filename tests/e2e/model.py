"""Runs of calico-node by the project's own model of it, in the form of recordings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from kubectl_calico_nic.calico.log.line_format import format_line
from kubectl_calico_nic.calico.messages import Event, Message, render
from kubectl_calico_nic.calico.startup import startup
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.iproute.link import with_links

from .hosts import Host
from .recordings import INTERFACES_ANNOTATION, Annotations, Run, Source

_TIME = datetime(2026, 1, 1, tzinfo=timezone.utc)
_PROCESS_ID = 9


def modelled_run(
    host: Host,
    env: Mapping[str, str],
    stored: Annotations,
    other_nodes: Mapping[str, Annotations],
    version: str,
) -> Run:
    """What calico-node ``version`` does on ``host``, as the model says.

    Raises:
        ValueError: the model does not decide this start.
    """
    parsed = Version.parse(version)
    assert parsed is not None, version
    started = startup.start(_model_host(host, stored, other_nodes), env, parsed)
    if not started.decided:
        raise ValueError(f"the model cannot decide {dict(env)} on {host.name}")
    messages = [*_opening(host.name, parsed), *started.messages]
    if started.exit_code == 0:
        messages += _closing(host.name, parsed)
    annotations = {family.address_annotation: address for family, address in started.stored.items()}
    if started.interfaces_annotation is not None:
        annotations[INTERFACES_ANNOTATION] = started.interfaces_annotation
    return Run(
        host.name,
        env,
        stored,
        other_nodes,
        started.exit_code,
        tuple(format_line(_TIME, _PROCESS_ID, message) for message in messages),
        annotations,
        Source.MODEL,
    )


def _model_host(
    host: Host, stored: Annotations, other_nodes: Mapping[str, Annotations]
) -> startup.Host:
    return startup.Host(
        host.name,
        with_links(parse_addresses(host.network.addresses), host.network.links),
        host.internal_ips,
        _by_family(stored),
        {name: _by_family(annotations) for name, annotations in other_nodes.items()},
        host.routes,
        stored.get(INTERFACES_ANNOTATION),
    )


def _by_family(annotations: Annotations) -> dict[Family, str]:
    keys = {family: family.address_annotation for family in Family}
    return {family: annotations[key] for family, key in keys.items() if key in annotations}


def _opening(node: str, version: Version) -> Iterator[Message]:
    yield from _rendered(Event.LOG_LEVEL_SET, version, level="info")
    yield from _rendered(Event.NODENAME_FROM_ENVIRONMENT, version, node=node)
    yield from _rendered(Event.NODENAME_DETERMINED, version, node=node)
    yield from _rendered(Event.STARTING_NODE, version, node=node, version=str(version))
    yield from _rendered(Event.DATASTORE_CHECKED, version)
    yield from _rendered(Event.DATASTORE_VERIFIED, version)
    yield from _rendered(Event.DATASTORE_READY, version)


def _closing(node: str, version: Version) -> Iterator[Message]:
    yield from _rendered(Event.AS_GLOBAL, version)
    yield from _rendered(Event.USING_NODE_NAME, version, node=node)
    for message in _rendered(Event.NETWORK_UNAVAILABLE_SET, version, value="false"):
        # Newer versions leave this to a service that runs after the start.
        if message.component == "startup":
            yield message


def _rendered(event: Event, calico: Version, **fields: Any) -> Iterator[Message]:
    message = render(event, calico, **fields)
    if message is not None:
        yield message
