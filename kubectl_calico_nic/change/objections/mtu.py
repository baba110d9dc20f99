"""A NIC whose MTU is smaller than that of the pods behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_calico_nic.change.forecast import Outlook
from kubectl_calico_nic.change.objections.node import is_same
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.snapshot.snapshot import Snapshot

_CONFIG, _KEY = "calico-config", "veth_mtu"


def pod_mtu(snapshot: Snapshot, namespace: str) -> tuple[int, str] | None:
    """The MTU that pods are configured to have, and where that is said; None when Calico chooses.

    ``veth_mtu`` of ConfigMap calico-config (0: Calico chooses), or ``mtu`` of the Installation.
    """
    for installation in reversed(snapshot.installations):
        network = (installation.get("spec") or {}).get("calicoNetwork") or {}
        if isinstance(network.get("mtu"), int) and network["mtu"] > 0:
            return network["mtu"], "Installation mtu"
    text = snapshot.config_maps.get(f"{namespace}/{_CONFIG}", {}).get(_KEY, "")
    return (int(text), f"{_CONFIG} {_KEY}") if text.isdecimal() and int(text) > 0 else None


def too_small(snapshot: Snapshot, namespace: str, outlooks: Sequence[Outlook]) -> Iterator[Finding]:
    """The refusal of an address on a NIC that cannot carry what pods send."""
    known = pod_mtu(snapshot, namespace)
    if known is None:
        return
    wanted, source = known
    for outlook in outlooks:
        nic = outlook.interface
        if nic is None or nic.mtu is None or nic.mtu >= wanted or is_same(outlook):
            continue
        name = outlook.member.name
        yield Finding(
            "mtu-too-small",
            Severity.ERROR,
            f"{name} would choose {nic.name} with MTU {nic.mtu}, below the pods' {wanted} "
            f"({source})",
            f"raise the MTU of {nic.name}, or lower {source} first",
            name,
            outlook.member.family,
            f"would be on {nic.name} with MTU {nic.mtu}, below the pods' {wanted} ({source})",
        )
