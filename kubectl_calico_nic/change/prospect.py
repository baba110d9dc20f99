"""What every node would choose under a new template, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubectl_calico_nic.change.forecast import Outlook, Template, foresee
from kubectl_calico_nic.change.objections.node import (
    METHOD_TOO_NEW,
    Neighbourhood,
    is_same,
    objections_to,
)
from kubectl_calico_nic.change.objections.value import suspicions
from kubectl_calico_nic.change.outlooks import members_of, nics_of, nodes_of
from kubectl_calico_nic.change.plan import FamilyForecast, NodeForecast
from kubectl_calico_nic.change.request import Request
from kubectl_calico_nic.diagnosis.question import Question
from kubectl_calico_nic.diagnosis.running_version import version_of_image, version_of_node
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.case import Member
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot


@dataclass(frozen=True, slots=True)
class Reach:
    """The nodes that a change of one DaemonSet reaches, as they are now."""

    snapshot: Snapshot
    daemon_set: DaemonSet
    members: tuple[Member, ...]
    nodes: tuple[NodeFacts, ...]

    @classmethod
    def of(
        cls,
        daemon_set: DaemonSet,
        families: tuple[Family, ...],
        snapshot: Snapshot,
        question: Question,
    ) -> Reach:
        """Find the nodes; ``question`` says what is expected of them."""
        members = members_of(daemon_set, families, snapshot, question)
        return cls(snapshot, daemon_set, members, nodes_of(members))


@dataclass(frozen=True, slots=True)
class Prospect:
    """Every node and family under a new template; ``against`` belongs to ``outlooks``."""

    template: Template
    outlooks: tuple[Outlook, ...]
    against: tuple[tuple[Finding, ...], ...]

    @classmethod
    def of(cls, reach: Reach, after: Mapping[str, Any], method: str | None) -> Prospect:
        """Foresee the DaemonSet ``after`` (raw JSON); ``method`` is the value asked for."""
        template = _template(DaemonSet(after), reach)
        found = tuple(foresee(member, template) for member in reach.members)
        around = Neighbourhood.of(found, reach.snapshot)
        return cls(
            template, found, tuple(objections_to(outlook, method, around) for outlook in found)
        )

    @property
    def forecasts(self) -> tuple[NodeForecast, ...]:
        """The nodes as a plan shows them."""
        rows: dict[str, list[FamilyForecast]] = {}
        for outlook, against in zip(self.outlooks, self.against, strict=True):
            rows.setdefault(outlook.member.name, []).append(_forecast(outlook, against))
        return tuple(NodeForecast(name, tuple(families)) for name, families in rows.items())

    @property
    def affected(self) -> tuple[str, ...]:
        """The nodes that do not stay as they are, or of which that is not known; sorted."""
        moving = (found for found in self.outlooks if not (found.decided and is_same(found)))
        return tuple(sorted({found.member.name for found in moving}))


def _template(daemon_set: DaemonSet, reach: Reach) -> Template:
    """The new template; its version is the image's, else what pods of that image logged."""
    container = daemon_set.container
    image = str(container.get("image", ""))
    cluster_version = reach.snapshot.cluster_version
    version = version_of_image(image, cluster_version)
    if not version.is_known:
        running = (facts for facts in reach.nodes if facts.pod and facts.pod.image == image)
        logged = (version_of_node(facts, cluster_version) for facts in running)
        version = next((found for found in logged if found.is_known), version)
    config_maps = reach.snapshot.config_maps
    return Template(container, daemon_set.namespace, version.version, config_maps)


def _forecast(outlook: Outlook, against: Sequence[Finding]) -> FamilyForecast:
    verdict = "same" if is_same(outlook) else "changes"
    if not outlook.decided:
        verdict = "unknown"
    return FamilyForecast(
        family=outlook.member.family,
        now=outlook.member.choice.address,
        then=outlook.then,
        then_interface=outlook.interface_name,
        decided=outlook.decided,
        verdict=against[0].id if against else verdict,
        candidates=outlook.candidates,
        reason=outlook.reason,
    )


def value_refusals(
    request: Request, prospect: Prospect, nodes: Sequence[NodeFacts]
) -> Iterator[Finding]:
    """What speaks against the value itself, then against what single nodes would choose."""
    if request.method is not None:
        for family in request.families:
            nics = nics_of(nodes, family)
            yield from suspicions(request.method, family, prospect.template.version, nics)
    # What is too new is so on every node, and told once above.
    told = (each for found in prospect.against for each in found if each.id != METHOD_TOO_NEW)
    yield from dict.fromkeys(told)
