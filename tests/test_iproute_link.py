from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.iproute.lines import NotIpOutput
from kubectl_calico_nic.iproute.link import with_links

ADDRESSES = (
    "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever\n"
    "3: bond4    inet 172.16.10.21/24 scope global bond4\\       valid_lft forever\n"
    "4: odd@name    inet 10.0.0.1/24 scope global odd@name\\       valid_lft forever\n"
)
LINKS = (
    "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT\\    link/x\n"
    "2: eno1: <BROADCAST,MULTICAST,SLAVE,UP,LOWER_UP> mtu 9000 qdisc mq master bond4 state UP"
    "\\    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff\\    altname enp1s0\n"
    "3: bond4: <NO-CARRIER,BROADCAST,MULTICAST,MASTER,UP> mtu 1500 qdisc noqueue state DOWN"
    "\\    link/ether 52:54:00:00:00:02 brd ff:ff:ff:ff:ff:ff\n"
    "4: odd@name: <BROADCAST> mtu 1400 qdisc noop state DOWN\\    link/ether 52:54:00:00:00:03\n"
    "5: bond4.100@bond4: <BROADCAST,UP> mtu 1500 state LOWERLAYERDOWN\\    link/ether master x\n"
)


def test_links_add_state_and_the_interfaces_without_addresses() -> None:
    inventory = with_links(parse_addresses(ADDRESSES), LINKS)
    names = [interface.name for interface in inventory.interfaces]
    assert names == ["lo", "eno1", "bond4", "odd@name", "bond4.100"]
    lo, eno1, bond4, odd, vlan = inventory.interfaces
    assert (eno1.mtu, eno1.master, eno1.addresses, eno1.is_up) == (9000, "bond4", (), True)
    assert bond4.addresses[0].cidr == "172.16.10.21/24"
    assert (bond4.mtu, bond4.is_up) == (1500, False)
    assert lo.flags == {"LOOPBACK", "UP", "LOWER_UP"}
    assert (odd.mtu, odd.is_up) == (1400, False)
    assert (vlan.index, vlan.master, vlan.is_up) == (5, None, True)


def test_the_order_becomes_that_of_the_links() -> None:
    reordered = "".join(reversed(LINKS.splitlines(keepends=True)))
    inventory = with_links(parse_addresses(ADDRESSES), reordered)
    names = [interface.name for interface in inventory.interfaces]
    assert names == ["bond4.100", "odd@name", "bond4", "eno1", "lo"]


def test_links_over_several_lines_say_the_same() -> None:
    several = LINKS.replace("\\    ", "\n    ")
    inventory = parse_addresses(ADDRESSES)
    assert with_links(inventory, several) == with_links(inventory, LINKS)


def test_an_interface_that_the_links_lack_stays_behind_its_neighbour() -> None:
    first_and_last = "".join(LINKS.splitlines(keepends=True)[i] for i in (0, 4))
    names = [
        each.name for each in with_links(parse_addresses(ADDRESSES), first_and_last).interfaces
    ]
    assert names == ["lo", "bond4", "odd@name", "bond4.100"]


def test_blank_links_change_nothing() -> None:
    inventory = parse_addresses(ADDRESSES)
    assert with_links(inventory, "\n") == inventory


def test_text_that_is_no_output_of_ip_is_refused() -> None:
    with pytest.raises(NotIpOutput):
        with_links(parse_addresses(ADDRESSES), "sh: ip: not found\n")


@given(st.text())
def test_any_text_is_read_or_refused_as_not_ip_output(text: str) -> None:
    try:
        with_links(Inventory(()), text)
    except NotIpOutput:
        assert text.strip()
