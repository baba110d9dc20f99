"""The autodetection fields of the operator's Installation.

Mirrors NodeAddressAutodetection of api/v1/installation_types.go and getAutodetectionMethod of
pkg/render/node.go of tigera/operator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubectl_calico_nic.calico.autodetection.methods import (
    InvalidMethod,
    MethodKind,
    parse_method,
)
from kubectl_calico_nic.calico.version import NEWEST_KNOWN
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.owners.link import Wanted
from kubectl_calico_nic.owners.managed import Managed

FIELDS = ("firstFound", "kubernetes", "interface", "skipInterface", "canReach", "cidrs")
"""The methods; at most one may be set in a family, and ``{}`` means no address at all."""
_TEXTS = {
    MethodKind.INTERFACE: "interface",
    MethodKind.SKIP_INTERFACE: "skipInterface",
    MethodKind.CAN_REACH: "canReach",
}


def field_of(family: Family) -> str:
    """The field of ``spec.calicoNetwork`` for a family."""
    return "nodeAddressAutodetectionV4" if family is Family.IPV4 else "nodeAddressAutodetectionV6"


def detection(method: str) -> dict[str, Any] | None:
    """The one method that ``method`` is there; None when Calico does not know it."""
    try:
        kind = parse_method(method, NEWEST_KNOWN).kind
    except InvalidMethod:
        return None
    text = method.partition("=")[2]
    if kind in _TEXTS:
        return {_TEXTS[kind]: text}
    if kind is MethodKind.CIDR:
        return {"cidrs": [item.strip() for item in text.split(",")]}
    if kind is MethodKind.KUBERNETES_INTERNAL_IP:
        return {"kubernetes": "NodeInternalIP"}
    return {"firstFound": True}


def method_of(field: Mapping[str, Any]) -> str | None:
    """The method of one field as the operator renders it into the environment; None for none.

    Mirrors getAutodetectionMethod, in its order.
    """
    for key, word in (
        ("interface", "interface"),
        ("skipInterface", "skip-interface"),
        ("canReach", "can-reach"),
    ):
        if field.get(key):
            return f"{word}={field[key]}"
    if field.get("firstFound"):
        return "first-found"
    if field.get("cidrs"):
        return f"cidr={','.join(field['cidrs'])}"
    return "kubernetes-internal-ip" if field.get("kubernetes") == "NodeInternalIP" else None


def default_method(installation: Managed, family: Family, pools: Iterable[str] = ()) -> str | None:
    """What the operator makes of an absent field (fillDefaults of core_controller.go).

    ``pools`` are the networks of the IPPools, as far as they were read beside the Installation's
    own. A family without any pool gets no address: then there is none.
    """
    own = (pool.get("cidr") for pool in installation.network.get("ipPools") or ())
    has_ipv6 = {":" in str(network) for network in (*pools, *own)}
    if family is Family.IPV6:
        return "first-found" if True in has_ipv6 else None
    if has_ipv6 == {True} and installation.network.get("linuxDataplane") != "BPF":
        return None
    provider = installation.spec.get("kubernetesProvider")
    if provider == "EKS":
        return "can-reach=8.8.8.8"
    if provider == "DockerEnterprise":
        return "skip-interface=^br-.*"
    return "first-found"


def merge_patch(wanted: Wanted, network: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The merge patch that sets what is wanted and removes the former method.

    ``network`` is the present ``spec.calicoNetwork``, None where it was not read: then every other
    method is removed. A family without a method is set to null, which brings the default back.
    """
    found: dict[str, Any] = {}
    for family in wanted.families:
        field = field_of(family)
        chosen = None if wanted.method is None else detection(wanted.method)
        if wanted.method is not None and chosen is None:
            return None
        former = FIELDS if network is None else _mapping(network.get(field))
        removed = {key: None for key in former if key not in (chosen or {})}
        found[field] = None if chosen is None else {**removed, **chosen}
    return {"spec": {"calicoNetwork": found}}


def written(wanted: Wanted) -> dict[str, Any] | None:
    """``spec.calicoNetwork`` for a file that is applied over the object in the cluster.

    The operator writes its default ``firstFound: true`` into the object, and applying a file leaves
    what the file does not name: ``firstFound: false`` keeps the two from meeting.
    """
    found: dict[str, Any] = {}
    for family in wanted.families:
        chosen = None if wanted.method is None else detection(wanted.method)
        if wanted.method is not None and chosen is None:
            return None
        first = {} if chosen is None or "firstFound" in chosen else {"firstFound": False}
        found[field_of(family)] = None if chosen is None else {**first, **chosen}
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
