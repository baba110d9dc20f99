"""Which DaemonSet each node belongs to, and whether a pod is missing there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Origin, Snapshot

_OS_LABEL = "kubernetes.io/os"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one node stands.

    ``daemon_set`` is ``NAMESPACE/NAME``, None where not known. ``lacks_pod`` says that the
    DaemonSet wants a pod there and there is none. ``idle`` is a sentence where no calico-node of
    these DaemonSets runs and none is missed, ``note`` one that is worth knowing of the node.
    """

    daemon_set: str | None = None
    lacks_pod: bool = False
    idle: str = ""
    note: str = ""


def named(daemon_set: str, asked: str | None) -> bool:
    """Whether ``NAMESPACE/NAME`` is the DaemonSet asked for (``[NAMESPACE/]NAME``, None: any)."""
    return asked is None or asked in (daemon_set, daemon_set.partition("/")[2])


def place(snapshot: Snapshot, asked: str | None) -> dict[str, Placement]:
    """Place every node, by name; nodes of other DaemonSets than the one asked for are left out."""
    daemon_sets = [found for found in snapshot.daemon_sets if named(found.key, asked)]
    placed: dict[str, Placement] = {}
    without: list[tuple[NodeFacts, DaemonSet]] = []
    for facts in snapshot.nodes:
        if facts.pod is not None:
            key = facts.pod.daemon_set
            if key is None or named(key, asked):
                placed[facts.name] = Placement(key)
            continue
        wanting = next((found for found in daemon_sets if selects(found, facts.node)), None)
        if wanting is None:
            placed[facts.name] = _unwanted(facts, daemon_sets)
        else:
            without.append((facts, wanting))
    placed.update(_podless(snapshot, without))
    return {
        facts.name: _noted(placed[facts.name], facts, snapshot.daemon_sets)
        for facts in snapshot.nodes
        if facts.name in placed
    }


def _noted(placement: Placement, facts: NodeFacts, daemon_sets: Sequence[DaemonSet]) -> Placement:
    """Say what sets the node apart: Windows, or two calico-nodes that cannot share a host."""
    if facts.node is None or placement.idle:
        return placement
    if facts.node.os == "windows" and facts.pod is None:
        return replace(placement, note="a Windows node: only its Node object tells of it")
    if placement.daemon_set is None:
        return placement
    others = (found for found in daemon_sets if found.key != placement.daemon_set)
    rivals = [found.key for found in others if selects(found, facts.node)]
    if not rivals:
        return placement
    return replace(
        placement, note=f"{', '.join(rivals)} wants this node too: a host can run only one"
    )


def _unwanted(facts: NodeFacts, daemon_sets: Sequence[DaemonSet]) -> Placement:
    """Place a node without a pod that no DaemonSet selects."""
    if facts.node is not None and facts.node.os == "windows":
        return Placement(idle="" if facts.node.stored else "a Windows node: nothing was read of it")
    if not daemon_sets or facts.log is not None:
        return Placement()
    keys = ", ".join(found.key for found in daemon_sets)
    return Placement(idle=f"{keys} does not select this node")


def _podless(
    snapshot: Snapshot, without: Iterable[tuple[NodeFacts, DaemonSet]]
) -> dict[str, Placement]:
    """Place the nodes that a DaemonSet selects and that have no pod.

    A pod is called missing only where the DaemonSet itself misses as many: taints that it does
    not tolerate are not known here, and files may hold some of the pods only.
    """
    pairs = list(without)
    candidates = Counter(
        found.key for facts, found in pairs if facts.node is not None and facts.log is None
    )
    placed = {}
    for facts, found in pairs:
        missed = _missed(found, snapshot.origin)
        lacks = facts.node is not None and facts.log is None
        if lacks and missed is not None and missed < candidates[found.key]:
            lacks = False
        is_live = snapshot.origin is Origin.CLUSTER
        idle = f"{found.key} has no pod here, and misses none" if is_live and not lacks else ""
        placed[facts.name] = Placement(found.key, lacks, idle)
    return placed


def _missed(daemon_set: DaemonSet, origin: Origin) -> int | None:
    """How many pods a DaemonSet's status says are missing; None when a cluster does not say."""
    desired = daemon_set.status.get("desiredNumberScheduled")
    current = daemon_set.status.get("currentNumberScheduled")
    if isinstance(desired, int) and isinstance(current, int):
        return max(desired - current, 0)
    return None if origin is Origin.CLUSTER else 0


def selects(daemon_set: DaemonSet, node: Node | None) -> bool:
    """Whether node selector and required affinity of a DaemonSet's template let it on ``node``.

    Mirrors PodMatchesNodeSelectorAndAffinityTerms of k8s.io/component-helpers. A node that was
    not read counts as selected.
    """
    if node is None:
        return True
    spec = _mapping(_mapping(daemon_set.spec.get("template")).get("spec"))
    labels = {_OS_LABEL: node.os, **node.labels}
    wanted = _mapping(spec.get("nodeSelector"))
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    affinity = _mapping(_mapping(spec.get("affinity")).get("nodeAffinity"))
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if not isinstance(required, Mapping):
        return True
    names = {"metadata.name": node.name}
    terms = _mappings(required.get("nodeSelectorTerms"))
    return any(_fits(term, labels, names) for term in terms)


def _fits(term: Mapping[str, Any], labels: Mapping[str, str], names: Mapping[str, str]) -> bool:
    """Whether a node selector term matches; an empty one matches nothing."""
    expressions = _mappings(term.get("matchExpressions"))
    fields = _mappings(term.get("matchFields"))
    return bool(expressions or fields) and (
        all(_matches(rule, labels) for rule in expressions)
        and all(_matches(rule, names) for rule in fields)
    )


def _matches(rule: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    """Whether one requirement holds; one that cannot be read does not."""
    found, listed = values.get(str(rule.get("key"))), rule.get("values")
    wanted = [str(value) for value in listed] if isinstance(listed, list) else []
    match rule.get("operator"):
        case "In":
            return found is not None and found in wanted
        case "NotIn":
            return found is None or found not in wanted
        case "Exists":
            return found is not None
        case "DoesNotExist":
            return found is None
        case "Gt" | "Lt":
            return _compares(str(rule["operator"]), found, wanted)
    return False


def _compares(operator: str, found: str | None, wanted: Sequence[str]) -> bool:
    try:
        left, right = int(found or ""), int(wanted[0])
    except (ValueError, IndexError):
        return False
    return left > right if operator == "Gt" else left < right


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
