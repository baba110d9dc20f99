"""The report that ``inspect`` shows: a value; table, JSON and live view are views of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kubectl_calico_nic.diagnosis.node_story import Explanation
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.snapshot.snapshot import Gap


@dataclass(frozen=True, slots=True)
class Expectation:
    """Which address a node should have, and who says so.

    ``source`` is ``InternalIP``, ``--expect-cidr`` or ``--expect-interface``. ``address`` is the
    one address expected, None where several would do; ``network`` a CIDR; ``interface`` the NIC
    that has it, None when not known.
    """

    source: str
    address: str | None = None
    network: str | None = None
    interface: str | None = None


@dataclass(frozen=True, slots=True)
class Sessions:
    """BGP sessions of one node and family; ``down`` are the peers that are not established."""

    established: int
    peers: int
    down: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FamilyReport:
    """One node's choice in one family, and the judgement of it.

    The fields are those of the JSON contract (docs/json.md). ``findings`` are the ids that concern
    this node and family, most severe first. ``contradicted_by`` is the stored address where the
    log says another one and no order tells which is newer.
    """

    family: Family
    verdict: str
    decided: bool
    method: str | None = None
    interface: str | None = None
    address: str | None = None
    expectation: Expectation | None = None
    bgp: Sessions | None = None
    since: str | None = None
    evidence: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    contradicted_by: str | None = None


@dataclass(frozen=True, slots=True)
class NodeReport:
    """One node of the report. ``ready`` is its calico-node pod's readiness, None when unknown."""

    name: str
    daemon_set: str | None = None
    version: str | None = None
    ready: bool | None = None
    pod: str | None = None
    internal_ips: tuple[str, ...] = ()
    families: tuple[FamilyReport, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DaemonSetReport:
    """One calico-node DaemonSet.

    ``method`` is by family the text in force, None where no method is. ``mode`` is by family what
    its environment asks for: ``autodetect``, ``unset`` (IPv4: once, where nothing is stored; IPv6:
    off), ``none``, ``explicit`` (the address is set by hand) or ``unknown``.
    """

    name: str
    version: str | None = None
    owner: str | None = None
    method: Mapping[Family, str | None] = field(default_factory=dict)
    mode: Mapping[Family, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The value that gives the nodes their expected address.

    ``changes`` addresses change; ``nodes`` nodes are covered of ``total`` with an expectation;
    ``uncovered`` names the others and ``why_uncovered`` says why of each, in the same order.
    ``note`` is a sentence about what the coverage rests on.
    Setting it restarts ``restarts`` pods, up to ``at_once`` of them at the same moment; both are
    None where the DaemonSet was not read. ``seconds`` is about how long that takes, by what the
    pods' last starts took; None without any basis, and while ``blocked_by`` (nodes that are not
    Ready and use up what the DaemonSet's strategy allows) holds it up.
    """

    daemon_set: str | None
    family: Family
    method: str
    command: str
    changes: int
    nodes: int
    total: int
    uncovered: tuple[str, ...] = ()
    why_uncovered: tuple[str, ...] = ()
    note: str = ""
    restarts: int | None = None
    at_once: int | None = None
    seconds: int | None = None
    blocked_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything ``inspect`` has to say.

    ``advice`` are sentences where something is wrong and no value can be recommended;
    ``explanations`` are of the nodes that were asked about by name. ``total`` counts the nodes of
    the cluster, of which ``nodes`` may be a part. ``unread`` are those of them whose log could not
    be read though there is a right to.
    """

    nodes: tuple[NodeReport, ...]
    daemon_sets: tuple[DaemonSetReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    gaps: tuple[Gap, ...] = ()
    advice: tuple[str, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    total: int = 0
    unread: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether nothing failed that the rows rest on; a missing right is no failure."""
        failed = (gap.resource == "nodes" and not gap.forbidden for gap in self.gaps)
        return not self.unread and not any(failed)

    @property
    def has_problem(self) -> bool:
        """Whether anything found is an error or a warning."""
        return any(finding.severity is not Severity.INFORMATION for finding in self.findings)
