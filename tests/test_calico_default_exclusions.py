from __future__ import annotations

import pytest

from kubectl_calico_nic.calico.autodetection.default_exclusions import default_exclusions
from kubectl_calico_nic.calico.autodetection.selection import select
from kubectl_calico_nic.calico.inventory import Interface, InterfaceAddress, Inventory
from kubectl_calico_nic.calico.version import NEWEST_KNOWN, Version
from kubectl_calico_nic.family import Family


def version(text: str) -> Version:
    parsed = Version.parse(text)
    assert parsed is not None
    return parsed


def is_considered(name: str, text: str, *, windows: bool = False) -> bool:
    inventory = Inventory((Interface(name, (InterfaceAddress("10.0.0.1", 24),)),))
    found = select("first-found", Family.IPV4, inventory, version(text), windows=windows)
    return found.interface == name


@pytest.mark.parametrize(
    ("name", "considered", "excluded"),
    [
        ("cni0", "v3.14.2", "v3.15.0"),
        ("ibmveth0", "v3.23.4", "v3.23.3"),
        ("vxlan.calico", "v3.23.4", "v3.23.3"),
        ("vxlan.calico", "v3.23.4", "v3.23.5"),
        ("vxlan-v6.calico", "v3.23.4", "v3.23.5"),
        ("wireguard.cali", "v3.23.4", "v3.23.5"),
        ("wg-v6.cali", "v3.23.4", "v3.23.5"),
        ("ens3lo", "v3.23.5", "v3.24.0"),
        ("ens3lo", "v3.24.3", "v3.24.2"),
        ("vxlan.calico", "v3.24.3", "v3.24.4"),
        ("nodelocaldns", "v3.24.5", "v3.24.6"),
        ("podman0", "v3.24.6", "v3.25.0"),
        ("br-0123456789ab", "v3.24.6", "v3.25.0"),
    ],
)
def test_the_list_changed_between_two_versions(name: str, considered: str, excluded: str) -> None:
    assert is_considered(name, considered)
    assert not is_considered(name, excluded)


@pytest.mark.parametrize("text", ["v3.0.0", "v3.15.0", "v3.23.4", "v3.24.1", "v3.25.0", "v3.33.0"])
@pytest.mark.parametrize(
    "name", ["lo", "docker0", "cbr0", "dummy0", "virbr0", "lxcbr0", "veth0", "cali0", "tunl0"]
)
def test_every_version_excludes(name: str, text: str) -> None:
    assert not is_considered(name, text)


@pytest.mark.parametrize(
    "name", ["eth0", "bond4", "br0", "tailscale0", "wg0", "weave", "cilium_host", "tun0", "vmnet1"]
)
def test_the_newest_list_leaves_alone(name: str) -> None:
    assert is_considered(name, str(NEWEST_KNOWN))


@pytest.mark.parametrize(
    ("name", "is_excluded"),
    [
        ("vEthernet (Ethernet)", False),
        ("vEthernet (nat)", True),
        ("vEthernet (DockerNAT)", True),
        ("Loopback Pseudo-Interface 1", True),
        ("Calico1234_ep", True),
        ("mycbr0", True),
        ("cali0", False),
    ],
)
def test_windows_has_its_own_list(name: str, is_excluded: bool) -> None:
    for text in ("v3.16.0", "v3.21.6", "v3.22.0", "v3.33.0"):
        assert is_considered(name, text, windows=True) is not is_excluded


def test_the_order_is_calicos() -> None:
    oldest, newest = default_exclusions(Version(3, 0, 0)), default_exclusions(NEWEST_KNOWN)
    assert oldest[:3] == ("docker.*", "cbr.*", "dummy.*")
    assert newest[7:10] == ("^lo", "^br-.*", "^cali.*")
    assert (len(oldest), len(newest)) == (11, 19)
