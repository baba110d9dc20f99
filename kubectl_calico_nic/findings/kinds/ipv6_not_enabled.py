"""``ipv6-not-enabled``: IPv6 is half on: a method without ``IP6``, or ``IP6`` without Felix.

A method alone is no sign: kOps writes one in every cluster. It is told where the Node has an IPv6
InternalIP, so that somebody gave the cluster IPv6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import can_serve, is_address
from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.case.setting import Mode, Setting, is_meant, setting_of
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from kubectl_calico_nic.workload.env import EnvValue, effective_env, unread_sources

_FELIX = "FELIX_IPV6SUPPORT"
_FALSE = frozenset({"false", "0", "no", "off", "f", "n"})
_OFF = (Mode.UNSET, Mode.NONE)
_IPv6 = tuple[Mapping[str, EnvValue], Setting]


def _find(case: Case) -> Iterator[Finding]:
    nodes = {member.name: member.facts for member in case.networked()}
    known: dict[int, _IPv6] = {}  # by the container, which the pods of a template share
    for name, facts in nodes.items():
        pod = facts.pod
        if pod is not None and pod.container:
            ipv6 = known.get(id(pod.container)) or _ipv6_of(pod, case.snapshot)
            known[id(pod.container)] = ipv6
            what, advice = _what(facts, *ipv6)
            if what:
                yield IPV6_NOT_ENABLED.about_node(
                    name,
                    f"{name}: {what}",
                    advice,
                    f"have IPv6 half on: {what}",
                    why="the pod's environment",
                )


def _what(facts: NodeFacts, env: Mapping[str, EnvValue], setting: Setting) -> tuple[str, str]:
    """What is missing of IPv6 and what to do about it; empty where nothing is known to be."""
    if lacks_switch(facts, setting):
        state = "none" if setting.mode is Mode.NONE else "not set"
        return (
            f"the Node has an IPv6 InternalIP and IP6_AUTODETECTION_METHOD={setting.written} is "
            f"set, but IP6 is {state}: Calico looks for no IPv6 address",
            "if the cluster is to have IPv6: kubectl calico-nic set --family 6 (it sets "
            "IP6=autodetect); else leave it",
        )
    felix = env.get(_FELIX)
    is_off = felix is not None and felix.known and (felix.value or "").lower() in _FALSE
    if is_off and setting.mode is Mode.AUTODETECT:
        return (
            f"IP6 is autodetect, but {_FELIX} is {felix.value if felix else ''}: Felix leaves "
            "IPv6 alone",
            f"kubectl set env {_FELIX}=true as well, or IP6=none if IPv6 is not wanted",
        )
    return "", ""


def lacks_switch(facts: NodeFacts, setting: Setting) -> bool:
    """Whether an IPv6 method is never read for want of ``IP6``, on a Node that has IPv6."""
    addresses = facts.node.internal_ips if facts.node else ()
    has_ipv6 = any(is_address(text, Family.IPV6) and can_serve(text) for text in addresses)
    return has_ipv6 and setting.mode in _OFF and is_meant(setting.written)


def _ipv6_of(pod: Pod, snapshot: Snapshot) -> _IPv6:
    """The pod's environment and its IPv6 part, whether or not IPv6 is in use there."""
    env = effective_env(pod.container, snapshot.config_maps, pod.namespace, {})
    complete = not unread_sources(pod.container, snapshot.config_maps, pod.namespace)
    return env, setting_of(env, Family.IPV6, is_complete=complete)


IPV6_NOT_ENABLED = Kind("ipv6-not-enabled", Severity.WARNING, _find)
"""The catalogue's entry."""
