"""``known-bug``: the running Calico has a bug that this cluster's settings run into."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kubectl_calico_nic.calico.autodetection.methods import MethodKind
from kubectl_calico_nic.calico.autodetection.name_filter import default_filter
from kubectl_calico_nic.calico.known_bugs import (
    EXPLICIT_IP_AS_SINGLE_HOST,
    INTERNAL_IP_READ_ONCE,
    INTERNAL_IP_STORES_NETWORK,
    OWN_TUNNEL_CHOSEN,
    UNANCHORED_EXCLUSIONS,
    KnownBug,
)
from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.calico.version import NEWEST_KNOWN
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import is_address, same_address
from kubectl_calico_nic.findings.case.agreement import strayed
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.contenders import kind_of, method_in_force
from kubectl_calico_nic.findings.case.devices import is_calicos_own
from kubectl_calico_nic.findings.case.setting import Mode
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.workload.env import effective_env

_BY_DEFAULT_LIST = frozenset({MethodKind.FIRST_FOUND, MethodKind.SKIP_INTERFACE})
_POOL_VARIABLES = ("CALICO_IPV4POOL_IPIP", "CALICO_IPV4POOL_VXLAN")


def _find(case: Case) -> Iterator[Finding]:
    for member in case.networked():
        for bug, bites in _BITES:
            if bug.is_in(member.version) and bites(member):
                what = bug.words(member.version)
                yield KNOWN_BUG.about(
                    member,
                    f"{member.name}: {what}",
                    bug.cure,
                    f"run into a bug: {what}",
                    why=bug.issue,
                )


def _takes_internal_ip(member: Member) -> bool:
    kind = kind_of(method_in_force(member), member)
    by_log = member.choice.method_word == MethodKind.KUBERNETES_INTERNAL_IP.value
    return kind is MethodKind.KUBERNETES_INTERNAL_IP or (by_log and member.setting.method is None)


def _kept_former_internal_ip(member: Member) -> bool:
    """Whether the InternalIP is another one by now than the one that was found."""
    node, choice = member.facts.node, member.choice
    if node is None or choice.address is None or not _takes_internal_ip(member):
        return False
    if choice.outcome in (Outcome.KEPT, Outcome.CONFLICT):
        return False
    if INTERNAL_IP_STORES_NETWORK.is_in(member.version):
        return False
    own = next((text for text in node.internal_ips if is_address(text, member.family)), None)
    return own is not None and not same_address(own, choice.address)


def _passes_over_expected_nic(member: Member) -> bool:
    """Whether the expected NIC is left out although its name does not begin with what is meant."""
    if kind_of(method_in_force(member), member) not in _BY_DEFAULT_LIST:
        return False
    name = member.expected.interface if member.expected else None
    is_missed = strayed(member) or member.choice.address is None
    if name is None or not member.choice.decided or not is_missed:
        return False
    is_out = default_filter(member.version, windows=False)(name) is not None
    return is_out and default_filter(NEWEST_KNOWN, windows=False)(name) is None


def _took_own_tunnel(member: Member) -> bool:
    by_default = kind_of(method_in_force(member), member) in _BY_DEFAULT_LIST
    return by_default and is_calicos_own(member.choice.interface or "")


def _is_single_host_in_cross_subnet(member: Member) -> bool:
    setting, pod = member.setting, member.facts.pod
    if member.family is not Family.IPV4 or setting.mode is not Mode.EXPLICIT or pod is None:
        return False
    is_bare = "/" not in (setting.ip or "") and (member.choice.address or "").endswith("/32")
    env = effective_env(pod.container, {}, pod.namespace, {})
    pools = {env[name].value for name in _POOL_VARIABLES if name in env}
    return is_bare and "CrossSubnet" in pools


_BITES: tuple[tuple[KnownBug, Callable[[Member], bool]], ...] = (
    (INTERNAL_IP_STORES_NETWORK, _takes_internal_ip),
    (INTERNAL_IP_READ_ONCE, _kept_former_internal_ip),
    (UNANCHORED_EXCLUSIONS, _passes_over_expected_nic),
    (OWN_TUNNEL_CHOSEN, _took_own_tunnel),
    (EXPLICIT_IP_AS_SINGLE_HOST, _is_single_host_in_cross_subnet),
)
"""When each bug of the table concerns a node."""

KNOWN_BUG = Kind("known-bug", Severity.WARNING, _find)
"""The catalogue's entry."""
