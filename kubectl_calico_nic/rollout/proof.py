"""What proves that a node's address was chosen under the method in force, and that it works."""

from __future__ import annotations

from kubectl_calico_nic.calico.autodetection.selection import select
from kubectl_calico_nic.diagnosis.report import FamilyReport, NodeReport
from kubectl_calico_nic.diagnosis.running_version import version_of_node
from kubectl_calico_nic.diagnosis.settings import env_of_node
from kubectl_calico_nic.findings.case.addresses import bare, same_address
from kubectl_calico_nic.findings.case.choice import LOG
from kubectl_calico_nic.findings.kinds.nothing_to_choose import NOTHING_TO_CHOOSE
from kubectl_calico_nic.rollout.peer_routes import are_unknown, left_elsewhere
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot

_NAMED = 3
"""How many peers are named."""


def why_unproven(facts: NodeFacts, row: NodeReport, snapshot: Snapshot) -> str:
    """Why nothing proves the choice of a node whose new pod is Ready; empty when it is proven.

    The log of the new container is proof, and so is a stored address that the method gives on the
    node's interfaces. The stored address alone is none: a failed detection keeps the old one.
    """
    reasons = (_why(facts, family, snapshot) for family in row.families)
    return next(filter(None, reasons), "")


def _why(facts: NodeFacts, family: FamilyReport, snapshot: Snapshot) -> str:
    if NOTHING_TO_CHOOSE.id in family.findings:
        return ""
    if not family.decided or family.address is None:
        return f"{family.family.label}: nothing shows what it chose"
    if _is_logged(facts, family) or family.method is None:
        return ""
    predicted = _predicted(facts, family, snapshot)
    if predicted is not None and same_address(predicted, family.address):
        return ""
    if facts.log is None:
        return f"its log was not read: {family.address} may be the old one"
    return f"its log does not tell of {family.address}, which may be the old one"


def why_not_working(facts: NodeFacts, row: NodeReport) -> str:
    """Why the address of a node does not work yet; empty where nothing is known to be amiss.

    Its NIC must be up, and all its BGP sessions: readiness asks for a single one. The way to peers
    in its network must leave by it.
    """
    reasons = (_why_not_working(facts, family) for family in row.families)
    return next(filter(None, reasons), "")


def _why_not_working(facts: NodeFacts, family: FamilyReport) -> str:
    nic = facts.inventory.interface_with(bare(family.address or "")) if facts.inventory else None
    if nic is not None and nic.is_up is False:
        return f"{family.address} is on {nic.name}, which is not up"
    if facts.sessions is not None and family.family in facts.sessions.without_daemon:
        return f"{family.family.label}: BIRD does not run"
    bgp = family.bgp
    if bgp is None or bgp.established == bgp.peers:
        return left_elsewhere(facts, family.family)
    more = f" and {len(bgp.down) - _NAMED} more" if len(bgp.down) > _NAMED else ""
    down = f"{', '.join(bgp.down[:_NAMED])}{more}"
    return f"{bgp.established} of {bgp.peers} BGP sessions are established, not with {down}"


def is_unasked(facts: NodeFacts, row: NodeReport, snapshot: Snapshot) -> bool:
    """Whether BIRD may run on a node whose sessions are not known."""
    known = facts.sessions is not None or not row.families
    return not known and env_of_node(facts, snapshot).may_run_bird


def are_routes_unasked(facts: NodeFacts, row: NodeReport) -> bool:
    """Whether a node's sessions are known, and its routes to their peers are not."""
    return any(are_unknown(facts, family.family) for family in row.families)


def _is_logged(facts: NodeFacts, family: FamilyReport) -> bool:
    """Whether the new container's log tells of the choice, or of one before a re-detection."""
    told = facts.log is not None and facts.log.latest(family.family) is not None
    return LOG in family.evidence or told


def _predicted(facts: NodeFacts, family: FamilyReport, snapshot: Snapshot) -> str | None:
    """What the method in force gives on the node's interfaces; None when that is not known."""
    return select(
        family.method or "",
        family.family,
        facts.inventory,
        version_of_node(facts, snapshot.cluster_version).version,
        internal_ips=facts.node.internal_ips if facts.node else None,
        routes=facts.routes,
    ).address
