"""What a wrong value was probably meant to be."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.go.net import Network, parse_cidr, parse_ip

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HOST_NAME = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z][A-Za-z0-9-]+\.?")
_GLOB = re.compile(r"[\w.@:*?-]*[\w@:-][*?][\w.@:*?-]*|[*?][\w.@:*?-]*", re.ASCII)
_SHORT_NETWORK = re.compile(r"(\d{1,3}(?:\.\d{1,3}){1,3})/(\d{1,2})", re.ASCII)
_USUAL_LENGTH = {Family.IPV4: 24, Family.IPV6: 64}
_WILDCARD_NETWORK = re.compile(r"(\d{1,3}(?:\.\d{1,3}){2})\.\*", re.ASCII)

# Words of Calico's own documentation, the operator's API and other programs' options.
_WORDS = {
    "first": "first-found",
    "first-found": "first-found",
    "firstfound": "first-found",
    "autodetect": "first-found",
    "default": "first-found",
    "interface": "interface=",
    "interfaces": "interface=",
    "iface": "interface=",
    "nic": "interface=",
    "dev": "interface=",
    "skip-interface": "skip-interface=",
    "skip-interfaces": "skip-interface=",
    "skipinterface": "skip-interface=",
    "skip": "skip-interface=",
    "can-reach": "can-reach=",
    "canreach": "can-reach=",
    "reach": "can-reach=",
    "cidr": "cidr=",
    "cidrs": "cidr=",
    "network": "cidr=",
    "subnet": "cidr=",
    "kubernetes": "kubernetes-internal-ip",
    "kubernetes-internal-ip": "kubernetes-internal-ip",
    "kubernetesinternalip": "kubernetes-internal-ip",
    "node-internal-ip": "kubernetes-internal-ip",
    "internal-ip": "kubernetes-internal-ip",
    "internalip": "kubernetes-internal-ip",
}


def method_for(text: str) -> str | None:
    """The method that a text without a known method word was meant to be; None without a guess.

    ``bond4`` -> ``interface=bond4``, ``10.0.0.0/8`` -> ``cidr=10.0.0.0/8``, ``8.8.8.8`` and
    ``example.org`` -> ``can-reach=...``, ``canReach: 8.8.8.8`` -> ``can-reach=8.8.8.8``.
    """
    word, separator, rest = _split_word(text)
    known = _WORDS.get(_CAMEL.sub("-", word).lower().replace("_", "-"))
    if known is not None and known.endswith("=") == bool(separator and rest):
        return known + rest
    if not text or re.search(r"[\s=]", text):
        return None
    items = text.split(",")
    if all("/" in item or _WILDCARD_NETWORK.fullmatch(item) for item in items):
        networks = [item if parse_cidr(item) else network_for(item) for item in items]
        return f"cidr={','.join(map(str, networks))}" if all(networks) else None
    if parse_ip(text) is not None or _HOST_NAME.fullmatch(text):
        return f"can-reach={text}"
    return "interface=" + ",".join(regex_for(item) for item in items)


def _split_word(text: str) -> tuple[str, str, str]:
    match = re.fullmatch(r"([A-Za-z_-]+)(?:(\s*[=:]\s*|\s+)(.*))?", text, re.DOTALL)
    return (match[1], match[2] or "", match[3] or "") if match else ("", "", "")


def is_glob(item: str) -> bool:
    """Whether ``item`` reads like a shell pattern (``ens*``, ``bond?``) and not like a regex."""
    return _GLOB.fullmatch(item) is not None and ".*" not in item and ".?" not in item


def regex_for(item: str) -> str:
    """The regex that a shell pattern stands for (``ens.*``, ``^bond.$``); others as they are."""
    if not is_glob(item):
        return item
    pattern = item.replace(".", r"\.").replace("*", ".*").replace("?", ".")
    return f"^{pattern}$" if "?" in item else pattern


def network_for(item: str, networks: Iterable[Network] = ()) -> str | None:
    """The network that a wrong ``cidr=`` item was meant to be; None without a guess.

    A bare address means the one of ``networks`` (the nodes' own) that holds it, else one of the
    usual size; ``10.0.0.0/255.0.0.0``, ``10.0/16``, ``010.0.0.0/8`` and ``172.16.10.*`` are put
    right.
    """
    if (address := parse_ip(item)) is not None:
        holding = [network for network in networks if address in network]
        if holding:
            return str(max(holding, key=lambda network: network.prefix_length))
        return without_host_bits(f"{address.text}/{_USUAL_LENGTH[address.family]}")
    if wildcard := _WILDCARD_NETWORK.fullmatch(item):
        return without_host_bits(f"{wildcard[1]}.0/24")
    text, _, mask = item.partition("/")
    if (netmask := parse_ip(mask)) is not None and parse_ip(text) is not None:
        return without_host_bits(f"{text}/{netmask.number.bit_count()}")
    if short := _SHORT_NETWORK.fullmatch(item):
        octets = [str(int(octet)) for octet in short[1].split(".")]
        return without_host_bits(".".join([*octets, "0", "0", "0"][:4]) + f"/{short[2]}")
    return None


def without_host_bits(text: str) -> str | None:
    """``text`` as a network without host bits; None when it is none."""
    parsed = parse_cidr(text)
    return None if parsed is None else str(parsed[1])
