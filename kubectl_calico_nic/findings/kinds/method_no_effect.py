"""``method-no-effect``: somebody chose a method that calico-node never reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.setting import Mode, is_meant
from kubectl_calico_nic.findings.case.template import template_of
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.findings.kinds.ipv6_not_enabled import lacks_switch
from kubectl_calico_nic.snapshot.daemonset import CONTAINER, DaemonSet
from kubectl_calico_nic.workload.env import values_written

_LEAVE = "addresses are right: leave it; kubectl calico-nic set would make a method count"


def _find(case: Case) -> Iterator[Finding]:
    for member in case.networked():
        yield from _idle(member)
        yield from _overwritten(member)
    for daemon_set in _networking(case):
        yield from _in_another_container(daemon_set, case)
    yield from _overlaid(case)


def _idle(member: Member) -> Iterator[Finding]:
    """The method that ``IP`` (``IP6``) makes calico-node ignore."""
    by_method = member.choice.outcome in (Outcome.DETECTED, Outcome.FAILED, Outcome.KEPT)
    if not member.setting.variable_is_idle or by_method:
        return
    if member.family is Family.IPV6 and lacks_switch(member.facts, member.setting):
        return
    idle = f"{member.setting.written} is never read"
    yield METHOD_NO_EFFECT.about(
        member,
        f"{member.name}: {_why(member)}, so {idle}",
        _LEAVE,
        f"never read the method {member.setting.written}: {_why(member)}",
        why="the pod's environment",
    )


def _why(member: Member) -> str:
    variable, setting = member.family.ip_variable, member.setting
    if setting.mode is Mode.EXPLICIT and setting.ip_source != "value":
        return f"{variable} comes from {setting.ip_source.rpartition(' ')[2]}"
    if setting.mode is Mode.EXPLICIT:
        return f"{variable} is set by hand"
    if setting.mode is Mode.NONE:
        return f"{variable} is none"
    return f"{variable} is not autodetect and an address is stored"


def _overwritten(member: Member) -> Iterator[Finding]:
    """The variable that stands in the list twice: the last one counts."""
    pod, family = member.facts.pod, member.family
    for name in (family.ip_variable, family.method_variable) if pod is not None else ():
        values = values_written(pod.container if pod else {}, name)
        lost = [value for value in values[:-1] if is_meant(value) and value != values[-1]]
        if lost:
            what = f"{name} is set {len(values)} times: {values[-1] or 'the last'} counts"
            yield METHOD_NO_EFFECT.about(
                member,
                f"{member.name}: {what}, {', '.join(lost)} is never read",
                "leave one of them in the DaemonSet; kubectl calico-nic set does so",
                f"never read {', '.join(lost)}: {what}",
                why="the pod's environment",
            )


def _networking(case: Case) -> Iterator[DaemonSet]:
    wanted = {member.daemon_set for member in case.networked()}
    return (found for found in case.snapshot.daemon_sets if found.key in wanted)


def _in_another_container(daemon_set: DaemonSet, case: Case) -> Iterator[Finding]:
    """The variable that only another container of the pod has; ``kubectl set env`` sets it in all.

    So it is told only where calico-node itself has no method of its own.
    """
    for family in Family:
        setting = template_of(daemon_set, family, case.snapshot).setting
        if setting.mode is not Mode.AUTODETECT or is_meant(setting.written):
            continue
        for container in (*daemon_set.containers, *daemon_set.init_containers):
            values = values_written(container, family.method_variable)
            if container.get("name") != CONTAINER and values and is_meant(values[-1]):
                yield METHOD_NO_EFFECT.about_node(
                    None,
                    f"{family.method_variable}={values[-1]} is set on container "
                    f"{container.get('name')} of {daemon_set.key}, and only {CONTAINER} reads it",
                    f"set it on {CONTAINER}: kubectl calico-nic set does so",
                    why="the DaemonSet's template",
                )


def _overlaid(case: Case) -> Iterator[Finding]:
    """The method of Installation ``default`` that ``overlay`` replaces.

    Mirrors mergeCalicoNetwork of the operator's pkg/controller/utils/merge.go: the overlay's field
    as a whole.
    """
    by_name = {_name(found): found for found in case.snapshot.installations}
    if not {"default", "overlay"} <= by_name.keys():
        return
    for family in {member.family for member in case.networked()}:
        field = f"nodeAddressAutodetectionV{family.value}"
        below, above = (_autodetection(by_name[name], field) for name in ("default", "overlay"))
        if above is not None and below is not None and above != below and _is_meant(below):
            yield METHOD_NO_EFFECT.about_node(
                None,
                f"Installation default says {_text(below)} for {family.label}, but Installation "
                f"overlay says {_text(above)}, and overlay wins",
                f"if the addresses are wrong, change {field} of Installation overlay",
                why="spec.calicoNetwork of both",
            )


def _name(installation: Mapping[str, Any]) -> object:
    metadata = installation.get("metadata")
    return metadata.get("name") if isinstance(metadata, Mapping) else None


def _autodetection(installation: Mapping[str, Any], field: str) -> Mapping[str, Any] | None:
    """What an Installation says of one family, without fields that are null."""
    spec = installation.get("spec")
    network = spec.get("calicoNetwork") if isinstance(spec, Mapping) else None
    found = network.get(field) if isinstance(network, Mapping) else None
    if not isinstance(found, Mapping):
        return None
    return {key: value for key, value in found.items() if value is not None}


def _is_meant(autodetection: Mapping[str, Any]) -> bool:
    """Whether somebody chose it: the operator writes ``firstFound: true`` itself."""
    return bool(autodetection) and set(autodetection) != {"firstFound"}


def _text(autodetection: Mapping[str, Any]) -> str:
    if not autodetection:
        return "no method at all ({})"
    return ", ".join(f"{key}={_joined(value)}" for key, value in autodetection.items())


def _joined(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


METHOD_NO_EFFECT = Kind("method-no-effect", Severity.WARNING, _find)
"""The catalogue's entry."""
