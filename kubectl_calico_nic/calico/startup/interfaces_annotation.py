"""The text of the annotation ``projectcalico.org/Interfaces``, as calico-node writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kubectl_calico_nic.calico.autodetection.name_filter import default_filter
from kubectl_calico_nic.calico.inventory import Interface, Inventory
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.go.net import parse_ip

SINCE = Version(3, 31, 0)
"""The first release that writes it."""

_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
"""What Go's json.Marshal escapes besides what JSON asks for."""


def annotated_families(env: Mapping[str, str]) -> tuple[Family, ...]:
    """Return the families of the addresses in it: those whose variable is set and not ``none``.

    Without any the annotation is removed.
    """
    return tuple(each for each in Family if env.get(each.ip_variable, "") not in ("", "none"))


def interfaces_annotation(
    env: Mapping[str, str], inventory: Inventory, version: Version, *, windows: bool = False
) -> str | None:
    """Return what ``version`` writes for the interfaces in ``inventory``; None: no annotation.

    Mirrors configureIPsAndSubnets of startup.go and mergeCalicoNodeIntoK8sNode of libcalico-go's
    k8s/resources/node.go.
    """
    families = annotated_families(env)
    omitted = default_filter(version, windows=windows)
    listed = [each for each in reversed(inventory.interfaces) if omitted(each.name) is None]
    if not families or not listed:
        return None
    listed.sort(key=lambda interface: interface.name.encode(errors="surrogatepass"))
    entries = [_entry(interface, families) for interface in listed]
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def _entry(interface: Interface, families: tuple[Family, ...]) -> dict[str, object]:
    known = (parse_ip(address.address) for address in interface.addresses)
    addresses = [ip.text for ip in known if ip is not None and ip.family in families]
    entry: dict[str, object] = {"name": interface.name}
    return {**entry, "addresses": addresses} if addresses else entry
