"""What each node would choose under a new template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kubectl_calico_nic.calico.inventory import Interface
from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.calico.startup.startup import Host, Start, start
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.diagnosis.targets import PROVEN_BY_LOG, target_of
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.case import Member
from kubectl_calico_nic.snapshot.snapshot import NodeFacts
from kubectl_calico_nic.workload.env import EnvValue, effective_env, plain, pod_fields

BACKEND = "CALICO_NETWORKING_BACKEND"


@dataclass(frozen=True, slots=True)
class Template:
    """The new template: its calico-node ``container`` (raw JSON) and the Calico it runs."""

    container: Mapping[str, Any]
    namespace: str
    version: Version
    config_maps: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Outlook:
    """One node and family: as it is (``member``) and as it would be.

    ``then`` is the address that it would choose, None for none (``decided``) or when that is not
    known (``candidates`` may come out then). ``interface`` is the NIC that has it. ``kept`` is an
    old address that would stay although detection failed. ``loses_ipv4`` says that the failure of
    IPv6 would clear the node's IPv4 address. ``reason`` is a sentence.
    """

    member: Member
    outcome: Outcome | None = None
    decided: bool = False
    then: str | None = None
    interface: Interface | None = None
    interface_name: str | None = None
    kept: str | None = None
    candidates: tuple[str, ...] = ()
    loses_ipv4: bool = False
    reason: str = ""


def foresee(member: Member, template: Template) -> Outlook:
    """Work out what the node of ``member`` would choose when its pod runs ``template``."""
    facts = member.facts
    env = _env_on(facts, template)
    needed = [BACKEND, *(name for family in Family for name in _variables(family))]
    for name in needed:
        if name in env and not env[name].known:
            return Outlook(member, reason=f"{name} comes from {env[name].source}, not read")
    host = Host(
        name=facts.name,
        inventory=facts.inventory,
        internal_ips=facts.node.internal_ips if facts.node else None,
        stored=dict(facts.node.stored) if facts.node else {},
        routes=facts.routes,
        interfaces=facts.node.interfaces if facts.node else None,
    )
    variables = plain(env)
    started = start(host, variables, template.version)
    selection = started.selections.get(member.family)
    if facts.inventory is None and selection is not None and not selection.decided:
        method = variables.get(member.family.method_variable, "")
        logged = _proven_by_log(replace(member, version=template.version), method)
        if logged is not None:
            return replace(logged, member=member)
    return _read(member, started, host)


def _proven_by_log(member: Member, method: str) -> Outlook | None:
    """What the log of the running calico-node proves of ``method``, as ``--what-if`` says it."""
    found = target_of(member).forecast(method)
    if not found.is_logged:
        return None
    return Outlook(
        member,
        outcome=Outcome.DETECTED,
        decided=True,
        then=found.address,
        interface_name=member.choice.interface,
        reason=PROVEN_BY_LOG,
    )


def destinations(facts: NodeFacts, template: Template) -> tuple[str, ...]:
    """Where ``can-reach=`` of ``template`` leads on this node: its routes decide the outcome."""
    env = plain(_env_on(facts, template))
    methods = (env.get(family.method_variable, "").partition("=") for family in Family)
    return tuple(destination for word, _, destination in methods if word == "can-reach")


def _env_on(facts: NodeFacts, template: Template) -> dict[str, EnvValue]:
    internal_ips = facts.node.internal_ips if facts.node else ()
    fields = pod_fields(node=facts.name, namespace=template.namespace, host_ips=internal_ips)
    return effective_env(template.container, template.config_maps, template.namespace, fields)


def _variables(family: Family) -> tuple[str, str]:
    return family.ip_variable, family.method_variable


def _read(member: Member, started: Start, host: Host) -> Outlook:
    """Read the part of ``member``'s family from a start-up."""
    family = member.family
    outcome, selection = started.outcomes.get(family), started.selections.get(family)
    if selection is not None and not selection.decided:
        candidates = tuple(found.address for found in selection.candidates)
        return Outlook(member, candidates=candidates, reason=selection.why_undecided)
    if selection is None and not started.decided:
        return Outlook(member, reason="what happens before it is not known")
    then = started.stored.get(family) if selection is None else selection.address
    name = selection.interface if selection else None
    found = host.inventory.interface_with(then) if host.inventory and then else None
    return Outlook(
        member,
        outcome=outcome,
        decided=True,
        then=then,
        interface=found,
        interface_name=name or (found.name if found else None),
        kept=started.stored.get(family) if outcome is Outcome.KEPT else None,
        loses_ipv4=_loses_ipv4(host, started),
        reason="; ".join(selection.reasons) if selection and then is None else "",
    )


def _loses_ipv4(host: Host, started: Start) -> bool:
    failed = started.outcomes.get(Family.IPV6) is Outcome.FAILED
    had = host.stored.get(Family.IPV4)
    return failed and had is not None and started.stored.get(Family.IPV4) is None
