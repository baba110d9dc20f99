from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.calico.inventory import Interface, InterfaceAddress, Inventory
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.iproute.lines import NotIpOutput

ONE_LINE = (
    "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever\n"
    "1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever\n"
    "2: mgmt    inet 172.16.4.21/24 brd 172.16.4.255 scope global dynamic noprefixroute mgmt\\"
    "       valid_lft 86123sec preferred_lft 86123sec\n"
    "4: bond4    inet 172.16.10.21/24 scope global bond4\\       valid_lft forever preferred_lft"
    " forever\n"
    "4: bond4    inet 172.16.10.99/24 scope global secondary bond4:vip\\       valid_lft forever"
    " preferred_lft forever\n"
    "4: bond4    inet6 fe80::1/64 scope link tentative \\       valid_lft forever preferred_lft"
    " forever\n"
)

MULTI_LINE = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host noprefixroute
       valid_lft forever preferred_lft forever
2: eno1: <BROADCAST,MULTICAST,SLAVE,UP,LOWER_UP> mtu 9000 qdisc mq master bond4 state UP qlen 1000
    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    altname enp1s0
3: bond4: <NO-CARRIER,BROADCAST,MULTICAST,MASTER,UP> mtu 1500 qdisc noqueue state DOWN qlen 1000
    link/ether 52:54:00:00:00:02 brd ff:ff:ff:ff:ff:ff
    inet 172.16.10.21/24 brd 172.16.10.255 scope global bond4
       valid_lft forever preferred_lft forever
    inet6 2001:db8::21/64 scope global deprecated dynamic mngtmpaddr
       valid_lft 10sec preferred_lft 0sec
4: bond4.100@bond4: <BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state LOWERLAYERDOWN
    link/ether 52:54:00:00:00:02 brd ff:ff:ff:ff:ff:ff
5: cali0123456789a@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP
    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff link-netnsid 0
    inet6 fe80::ecee:eeff:feee:eeee/64 scope link
       valid_lft forever preferred_lft forever
"""


def shape(inventory: Inventory) -> list[tuple[str, list[str]]]:
    return [(each.name, [one.cidr for one in each.addresses]) for each in inventory.interfaces]


def only_address(line: str) -> InterfaceAddress:
    (interface,) = parse_addresses(line).interfaces
    (address,) = interface.addresses
    return address


def test_one_line_output_gives_interfaces_and_addresses_in_kernel_order() -> None:
    inventory = parse_addresses(ONE_LINE)
    assert shape(inventory) == [
        ("lo", ["127.0.0.1/8", "::1/128"]),
        ("mgmt", ["172.16.4.21/24"]),
        ("bond4", ["172.16.10.21/24", "172.16.10.99/24", "fe80::1/64"]),
    ]
    assert [each.index for each in inventory.interfaces] == [1, 2, 4]
    assert inventory.ordered
    assert inventory.complete
    assert inventory.interfaces[2].flags is None


def test_one_line_output_keeps_scope_label_and_flags() -> None:
    _, mgmt, bond4 = parse_addresses(ONE_LINE).interfaces
    assert mgmt.addresses[0].flags == {"dynamic", "noprefixroute"}
    assert mgmt.addresses[0].label == "mgmt"
    assert mgmt.addresses[0].scope == "global"
    assert bond4.addresses[1].flags == {"secondary"}
    assert bond4.addresses[1].label == "bond4:vip"
    assert bond4.addresses[2].flags == {"tentative"}
    assert bond4.addresses[2].label is None


def test_multi_line_output_gives_link_state_too() -> None:
    inventory = parse_addresses(MULTI_LINE)
    assert shape(inventory) == [
        ("lo", ["127.0.0.1/8", "::1/128"]),
        ("eno1", []),
        ("bond4", ["172.16.10.21/24", "2001:db8::21/64"]),
        ("bond4.100", []),
        ("cali0123456789a", ["fe80::ecee:eeff:feee:eeee/64"]),
    ]
    by_name = {each.name: each for each in inventory.interfaces}
    assert (by_name["eno1"].mtu, by_name["eno1"].master) == (9000, "bond4")
    assert by_name["eno1"].is_up is True
    assert by_name["bond4"].is_up is False
    assert by_name["bond4"].addresses[1].flags == {"deprecated", "dynamic", "mngtmpaddr"}


@pytest.mark.parametrize(
    "prefix",
    ["", 'Defaulted container "calico-node" out of: calico-node, install-cni (init)\n', "$ ip a\n"],
    ids=["nothing", "kubectl's notice", "a prompt"],
)
@pytest.mark.parametrize("text", [ONE_LINE, MULTI_LINE], ids=["one line", "multi line"])
def test_what_stands_around_the_output_changes_nothing(text: str, prefix: str) -> None:
    assert parse_addresses(prefix + text + "\ncommand terminated\n") == parse_addresses(text)


@pytest.mark.parametrize("text", [ONE_LINE, MULTI_LINE], ids=["one line", "multi line"])
def test_carriage_returns_and_colours_change_nothing(text: str) -> None:
    assert parse_addresses(text.replace("\n", "\r\n")) == parse_addresses(text)
    coloured = text.replace("172.16.10.21", "\x1b[35m172.16.10.21\x1b[0m")
    assert parse_addresses(coloured) == parse_addresses(text)


def test_a_peer_gives_its_prefix_length_and_a_flag() -> None:
    address = only_address("9: ppp0    inet 10.0.0.1 peer 10.0.0.2/24 scope global ppp0\\    x\n")
    assert address.cidr == "10.0.0.1/24"
    assert address.flags == {"peer"}
    ipv6 = only_address("9: sit1    inet6 2001:db8::1 peer 2001:db8::2/64 scope global \\    x\n")
    assert (ipv6.cidr, ipv6.flags) == ("2001:db8::1/64", {"peer"})


@pytest.mark.parametrize(
    "name", ["secondary", "dynamic", "scope", "inet", "lo:1", "a\\", "x@y", "-"]
)
def test_an_interface_may_have_any_name(name: str) -> None:
    line = f"7: {name}    inet 10.0.0.1/24 scope global {name}\\       valid_lft forever\n"
    (interface,) = parse_addresses(line).interfaces
    assert interface.name == name
    assert interface.addresses[0].label == name
    assert interface.addresses[0].flags == frozenset()


def test_addresses_without_their_interfaces_line_belong_to_the_label() -> None:
    text = (
        "    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0:1\n    inet6 fe80::1/64 scope link\n"
    )
    assert shape(parse_addresses(text)) == [("eth0", ["10.0.0.1/24"])]


@pytest.mark.parametrize(
    "line",
    [
        "2: eth0    inet 10.0.0.256/24 scope global eth0\\ x",
        "2: eth0    inet 10.0.0.1/33 scope global eth0\\ x",
        "2: eth0    inet 10.0.0.1 scope global eth0\\ x",
        "2: eth0    inet fe80::1/64 scope link eth0\\ x",
        "2: eth0    inet6 10.0.0.1/24 scope link \\ x",
        "2: eth0    inet",
    ],
)
def test_a_broken_address_is_passed_over(line: str) -> None:
    assert shape(parse_addresses(f"{ONE_LINE}{line}\n")) == shape(parse_addresses(ONE_LINE))


@pytest.mark.parametrize("text", ["", "\n", "  \r\n "])
def test_blank_text_is_an_empty_inventory(text: str) -> None:
    assert parse_addresses(text) == Inventory(())


@pytest.mark.parametrize("text", ["hello\n", '{"kind": "Node"}', "2: eth0", "inet 10.0.0.1/24"])
def test_text_that_is_no_output_of_ip_is_told_from_blank_text(text: str) -> None:
    with pytest.raises(NotIpOutput):
        parse_addresses(text)


NAMES = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="/"),
    min_size=1,
    max_size=15,
)
IPV4 = st.builds(
    lambda ip, length, label, flags: InterfaceAddress(str(ip), length, "global", label, flags),
    st.ip_addresses(v=4),
    st.integers(0, 32),
    st.just(None),
    st.frozensets(st.sampled_from(["secondary", "dynamic", "noprefixroute", "peer"])),
)
IPV6 = st.builds(
    lambda ip, length, flags: InterfaceAddress(str(ip), length, "link", None, flags),
    st.ip_addresses(v=6).filter(lambda ip: ip.ipv4_mapped is None),
    st.integers(0, 128),
    st.frozensets(st.sampled_from(["tentative", "deprecated", "nodad", "dadfailed", "peer"])),
)


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    names = draw(st.lists(NAMES, unique=True, max_size=6))
    interfaces = []
    for index, name in enumerate(names, start=1):
        ipv4 = [
            InterfaceAddress(one.address, one.prefix_length, one.scope, name, one.flags)
            for one in draw(st.lists(IPV4, max_size=3))
        ]
        addresses = [*ipv4, *draw(st.lists(IPV6, min_size=0 if ipv4 else 1, max_size=3))]
        interfaces.append(Interface(name, tuple(addresses), index=index))
    return Inventory(tuple(interfaces))


def rendered(inventory: Inventory) -> str:
    lines = []
    for interface in inventory.interfaces:
        for one in interface.addresses:
            kind = "inet6" if ":" in one.address else "inet"
            flags = "".join(f"{flag} " for flag in sorted(one.flags - {"peer"}))
            peer = f" peer {one.address}" if "peer" in one.flags else ""
            lines.append(
                f"{interface.index}: {interface.name}    {kind} {one.address}{peer}"
                f"/{one.prefix_length} scope {one.scope} {flags}{one.label or ''}"
                "\\       valid_lft forever preferred_lft forever\n"
            )
    return "".join(lines)


@given(inventories())
def test_what_ip_prints_is_read_back(inventory: Inventory) -> None:
    assert parse_addresses(rendered(inventory)) == inventory


@given(st.text())
def test_any_text_is_read_or_refused_as_not_ip_output(text: str) -> None:
    try:
        parse_addresses(text)
    except NotIpOutput:
        assert text.strip()
