"""Network devices that other programs, or Calico itself, create on a node, told by their names.

A name is a hint and no proof: anybody may call a bridge docker0.
"""

from __future__ import annotations

import functools
import re

_MAKERS: tuple[tuple[str, str], ...] = (
    (r"docker\d+", "docker's bridge"),
    (r"docker_gwbridge", "docker's bridge"),
    (r"br-.+", "a docker network's bridge"),
    (r"virbr\d+.*", "a bridge of libvirt"),
    (r"(lxdbr|incusbr|lxcbr|mpbr)\d+|mpqemubr\d+", "a bridge of LXD, LXC or Multipass"),
    (r"nodelocaldns.*", "the device of NodeLocal DNSCache"),
    (r"kube-ipvs\d+", "kube-proxy's device for the Services' addresses"),
    (r"cni\d+|cni-podman\d+|podman\d+", "a CNI bridge for pods"),
    (r"nerdctl\d+", "nerdctl's bridge"),
    (r"cbr\d+|kube-bridge", "a bridge for pods"),
    (r"flannel.*", "a tunnel of flannel"),
    (r"weave|vethwe-.*", "a bridge of Weave Net"),
    (r"cilium_.*|lxc_health", "a device of Cilium"),
    (r"ovn-.*|ovs-system|genev_sys_.*|antrea-.*", "a device of Open vSwitch"),
    (r"tailscale\d+", "a tunnel of Tailscale"),
    (r"wg\d+|wg-.+", "a tunnel of WireGuard"),
    (r"zt[a-z0-9]{8,}", "a tunnel of ZeroTier"),
    (r"tun\d+|tap\d+", "a tunnel of a VPN"),
    (r"vmnet\d+", "a network of VMware"),
    (r"(vxlan|vxlan-v6)\.calico|wireguard\.cali|wg-v6\.cali|tunl\d+|cali.+", "Calico's own tunnel"),
)
_OF_ONE_HOST = re.compile(r"lo|dummy.*|nodelocaldns.*|kube-ipvs\d+")


@functools.lru_cache(maxsize=4096)
def maker_of(name: str) -> str | None:
    """Who names a device so (``docker's bridge``); None for any other name."""
    return next((maker for pattern, maker in _MAKERS if re.fullmatch(pattern, name)), None)


def is_for_single_hosts(name: str) -> bool:
    """Whether addresses of /32 and /128 are at home on such a device: a loopback, a dummy."""
    return _OF_ONE_HOST.fullmatch(name) is not None


def is_calicos_own(name: str) -> bool:
    """Whether Calico creates devices of this name."""
    return maker_of(name) == "Calico's own tunnel"
