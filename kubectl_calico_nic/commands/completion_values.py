"""Names for the shell to complete: from the kubeconfig, or from the cluster within a short time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kubectl_calico_nic.cluster.kubeconfig.overrides import parse_request_timeout
from kubectl_calico_nic.commands.complete import Candidate
from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.flags.connection import connection_flags
from kubectl_calico_nic.flags.definition import Completes, Parsed

if TYPE_CHECKING:
    from kubectl_calico_nic.cluster.kubeconfig.entries import Kubeconfig
    from kubectl_calico_nic.cluster.session import Session

_SECONDS = 2.0
"""Nobody waits longer for a shell, but with --request-timeout; what has come then is offered."""
_LOGS = 16
"""The nodes whose logs are read for the names of NICs: enough, since nodes resemble each other."""

Found = Callable[[Candidate], None]


def values(completes: Completes, parsed: Parsed, environment: Environment) -> tuple[Candidate, ...]:
    """What ``completes`` names, sorted; less, or nothing, when it cannot be had in time.

    Nothing is said about what went wrong: the user is in the middle of a line.
    """
    found: dict[str, Candidate] = {}

    def take(candidate: Candidate) -> None:
        if candidate.word.isprintable():
            found.setdefault(candidate.word, candidate)

    def look() -> None:
        try:
            _look(completes, parsed, environment, take)
        except Exception:  # whatever it is, it must not land in the line being typed
            return

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(_patience(parsed))
    return tuple(found[word] for word in sorted(found.copy()))


def _patience(parsed: Parsed) -> float:
    try:
        return parse_request_timeout(parsed.text("request-timeout")) or _SECONDS
    except UsageError:
        return _SECONDS


def _look(completes: Completes, parsed: Parsed, environment: Environment, take: Found) -> None:
    if completes in _IN_KUBECONFIG:
        for candidate in _IN_KUBECONFIG[completes](_kubeconfig(parsed, environment)):
            take(candidate)
        return
    with _session(parsed, environment) as session:
        for candidate in _IN_CLUSTER[completes](session, parsed):
            take(candidate)


def _kubeconfig(parsed: Parsed, environment: Environment) -> Kubeconfig:
    from kubectl_calico_nic.cluster.kubeconfig.merging import kubeconfig_files, load_kubeconfigs

    explicit = parsed.text("kubeconfig")
    home = environment.environ.get("HOME", "")
    return load_kubeconfigs(kubeconfig_files(explicit, environment.environ, home))


def _session(parsed: Parsed, environment: Environment) -> Session:
    from kubectl_calico_nic.cluster.kubeconfig.merging import resolve
    from kubectl_calico_nic.cluster.session import Session
    from kubectl_calico_nic.commands.live_cluster import user_agent

    environ = environment.environ
    return Session(
        resolve(connection_flags(parsed), environ, environ.get("HOME", "")),
        request_timeout=_patience(parsed),
        concurrency=_LOGS,
        user_agent=user_agent(),
        warn=lambda _: None,
    )


def _contexts(config: Kubeconfig) -> Iterator[Candidate]:
    for name, context in config.contexts.items():
        yield Candidate(name, f"cluster {context.cluster}" if context.cluster.isprintable() else "")


def _nodes(session: Session, _: Parsed) -> Iterator[Candidate]:
    for item in _items(session, "/api/v1/nodes"):
        addresses = (item.get("status") or {}).get("addresses") or ()
        internal = [each.get("address", "") for each in addresses if _is_internal(each)]
        yield Candidate(_name(item), ", ".join(internal))


def _is_internal(address: Mapping[str, Any]) -> bool:
    return address.get("type") == "InternalIP"


def _namespaces(session: Session, _: Parsed) -> Iterator[Candidate]:
    for item in _items(session, "/api/v1/namespaces"):
        yield Candidate(_name(item))


def _daemon_sets(session: Session, parsed: Parsed) -> Iterator[Candidate]:
    from kubectl_calico_nic.collection.daemonsets import find_daemon_sets

    found, _ = find_daemon_sets(session, parsed.text("namespace"), None)
    for daemon_set in found:
        yield Candidate(daemon_set.key)


def _interfaces(session: Session, parsed: Parsed) -> Iterator[Candidate]:
    """The NICs that Nodes list, and those that a few logs name: exec is not for completion."""
    from kubectl_calico_nic.collection.collect import Collector, Scope

    nodes = [_name(item) for item in next(session.pages("/api/v1/nodes", limit=_LOGS))]
    scope = Scope(parsed.text("namespace"), parsed.text("daemonset"), tuple(nodes[:_LOGS]))
    for facts in Collector(session, concurrency=_LOGS).collect(scope).nodes:
        listed = facts.inventory.interfaces if facts.inventory else ()
        chosen = facts.log.decisions if facts.log else ()
        for name in (*(nic.name for nic in listed), *(each.interface for each in chosen)):
            if name:
                yield Candidate(name)


def _items(session: Session, path: str) -> Iterator[Mapping[str, Any]]:
    for page in session.pages(path):
        yield from page


def _name(item: Mapping[str, Any]) -> str:
    return str((item.get("metadata") or {}).get("name", ""))


_IN_KUBECONFIG: Mapping[Completes, Callable[[Kubeconfig], Iterator[Candidate]]] = {
    Completes.CONTEXTS: _contexts,
    Completes.CLUSTERS: lambda config: map(Candidate, config.clusters),
    Completes.USERS: lambda config: map(Candidate, config.users),
}
_IN_CLUSTER: Mapping[Completes, Callable[[Session, Parsed], Iterator[Candidate]]] = {
    Completes.NODES: _nodes,
    Completes.NAMESPACES: _namespaces,
    Completes.DAEMON_SETS: _daemon_sets,
    Completes.INTERFACES: _interfaces,
}
