from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_calico_nic.calico.autodetection.selection import Candidate, Selection, select
from kubectl_calico_nic.calico.inventory import Interface, InterfaceAddress, Inventory
from kubectl_calico_nic.calico.startup.interfaces_annotation import interfaces_annotation
from kubectl_calico_nic.calico.version import NEWEST_KNOWN, Version
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.iproute.annotation import parse_interfaces_annotation
from kubectl_calico_nic.iproute.link import with_links

IPV4, IPV6 = Family.IPV4, Family.IPV6
V3_24_6 = Version(3, 24, 6)

REPOSITORY = Path(__file__).resolve().parent.parent
VECTORS = sorted((REPOSITORY.parent / "shared/calico/vectors").glob("*.json"))


def inventory(*interfaces: tuple[str, str]) -> Inventory:
    """Interfaces in kernel order, each with its addresses separated by blanks."""
    return Inventory(
        tuple(
            Interface(name, tuple(address(text) for text in addresses.split()), index=index)
            for index, (name, addresses) in enumerate(interfaces, start=1)
        )
    )


def address(text: str) -> InterfaceAddress:
    bare, _, length = text.partition("/")
    return InterfaceAddress(bare, int(length))


NODE_3 = inventory(
    ("lo", "127.0.0.1/8 ::1/128"),
    ("mgmt", "172.16.4.23/24 fe80::4/64"),
    ("bond4", "172.16.10.23/24 2001:db8:10::23/64 fe80::10/64"),
    ("bond3", "172.16.16.23/23 172.16.16.99/32 fe80::16/64"),
    ("cali0123456789a", "fe80::ecee:eeff:feee:eeee/64"),
)
ANNOTATED = parse_interfaces_annotation(
    '[{"name":"bond3","addresses":["172.16.16.23","172.16.16.99"]},'
    '{"name":"bond4","addresses":["172.16.10.23"]},{"name":"mgmt","addresses":["172.16.4.23"]}]'
)


def chosen(method: str, family: Family = IPV4, **more: Any) -> tuple[str | None, str | None]:
    found = select(method, family, more.pop("on", NODE_3), more.pop("by", NEWEST_KNOWN), **more)
    assert found.decided
    return found.interface, found.address


def texts(selection: Selection) -> list[str]:
    return [message.text for message in selection.messages]


# --- What each method chooses -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "interface", "chosen_address"),
    [
        ("", "bond3", "172.16.16.23/23"),
        ("first-found", "bond3", "172.16.16.23/23"),
        ("interface=bond4", "bond4", "172.16.10.23/24"),
        ("interface=bond.*", "bond3", "172.16.16.23/23"),
        ("interface=bond4,bond3", "bond3", "172.16.16.23/23"),
        ("interface=^mgmt$,lo", "mgmt", "172.16.4.23/24"),
        ("interface=", "bond3", "172.16.16.23/23"),
        ("interface=nope,", "bond3", "172.16.16.23/23"),
        ("interface=bond4 ", None, None),
        ("interface=nope", None, None),
        ("interface=lo", None, None),
        ("interface=(", None, None),
        ("skip-interface=bond3", "bond4", "172.16.10.23/24"),
        ("skip-interface=bond.*,mgmt", None, None),
        ("skip-interface=bond3,", None, None),
        ("skip-interface=[", None, None),
        ("cidr=172.16.10.0/24", "bond4", "172.16.10.23/24"),
        ("cidr=172.16.10.7/24 , 172.16.4.0/24", "bond4", "172.16.10.23/24"),
        ("cidr=172.16.16.99/32", "bond3", "172.16.16.99/32"),
        ("cidr=::ffff:172.16.10.0/120", "bond4", "172.16.10.23/24"),
        ("cidr=0.0.0.0/0", "bond3", "172.16.16.23/23"),
        ("cidr=10.0.0.0/8", None, None),
        ("cidr=127.0.0.0/8", None, None),
        ("cidr=2001:db8::/32", None, None),
        ("cidr=172.16.10.0/24,", None, None),
        ("cidr=172.16.10.0", None, None),
        ("cidr=172.16.10.0/255.255.255.0", None, None),
        ("cidr=172.16.010.0/24", None, None),
        ("cidr=172.16.10/24", None, None),
        ("cidr=172.16.10.0/33", None, None),
        ("cidr=172.16.10.0/024", "bond4", "172.16.10.23/24"),
    ],
)
def test_the_ipv4_choice_of_a_method(
    method: str, interface: str | None, chosen_address: str | None
) -> None:
    assert chosen(method) == (interface, chosen_address)


@pytest.mark.parametrize(
    ("method", "interface", "chosen_address"),
    [
        ("first-found", "bond4", "2001:db8:10::23/64"),
        ("interface=bond3", None, None),
        ("skip-interface=bond4", None, None),
        ("cidr=::/0", "bond4", "2001:db8:10::23/64"),
        ("cidr=fe80::/10", None, None),
    ],
)
def test_the_ipv6_choice_of_a_method(
    method: str, interface: str | None, chosen_address: str | None
) -> None:
    assert chosen(method, IPV6) == (interface, chosen_address)


@pytest.mark.parametrize(
    "text",
    ["127.0.0.1/8", "169.254.1.1/16", "224.0.0.1/4", "255.255.255.255/32", "0.0.0.0/0"],
)
def test_an_address_that_is_not_global_unicast_is_passed_over(text: str) -> None:
    node = inventory(("eth0", f"{text} 10.0.0.1/24"), ("eth1", text))
    assert chosen("interface=eth", on=node) == ("eth0", "10.0.0.1/24")


@pytest.mark.parametrize("text", ["10.0.0.1/32", "100.64.0.1/10", "240.0.0.1/4", "fd00::1/128"])
def test_an_address_that_is_global_unicast_is_taken(text: str) -> None:
    family = IPV6 if ":" in text else IPV4
    assert chosen("", family, on=inventory(("eth0", text))) == ("eth0", text)


def test_go_takes_an_ipv4_mapped_address_for_ipv4() -> None:
    node = inventory(("eth0", "::ffff:10.0.0.1/120"))
    assert chosen("", on=node) == ("eth0", "10.0.0.1/24")
    assert chosen("", IPV6, on=node) == (None, None)


@pytest.mark.parametrize(
    ("version", "expected"), [("v3.31.7", "10.0.0.1/24"), ("v3.32.0", "10.0.0.1/32")]
)
def test_the_length_of_an_address_with_a_peer(version: str, expected: str) -> None:
    node = parse_addresses("9: ppp0    inet 10.0.0.1 peer 10.0.0.2/24 scope global ppp0\\    x\n")
    assert chosen("", on=node, by=Version.parse(version)) == ("ppp0", expected)


# --- kubernetes-internal-ip ---------------------------------------------------------------------


def test_the_first_internal_ip_of_the_family_is_taken_with_the_nics_length() -> None:
    ips = ("2001:db8:10::23", "172.16.10.23", "172.16.4.23")
    assert chosen("kubernetes-internal-ip", internal_ips=ips) == ("bond4", "172.16.10.23/24")
    assert chosen("kubernetes-internal-ip", IPV6, internal_ips=ips) == (
        "bond4",
        "2001:db8:10::23/64",
    )


@pytest.mark.parametrize(
    ("ips", "expected"),
    [
        ((), ["Unable to parse CIDR  : invalid CIDR address: "]),
        (
            ("10.9.9.9",),
            [
                "Unable to find matching host interface for IP 10.9.9.9",
                "Unable to parse CIDR 10.9.9.9 : invalid CIDR address: 10.9.9.9",
            ],
        ),
    ],
)
def test_an_internal_ip_that_is_missing_fails(ips: tuple[str, ...], expected: list[str]) -> None:
    found = select("kubernetes-internal-ip", IPV4, NODE_3, NEWEST_KNOWN, internal_ips=ips)
    assert (found.decided, found.address, texts(found)) == (True, None, expected)


def test_of_two_nics_with_the_internal_ip_the_last_one_counts() -> None:
    node = inventory(("eth0", "10.0.0.1/24"), ("eth1", "10.0.0.1/16"))
    assert chosen("kubernetes-internal-ip", on=node, internal_ips=("10.0.0.1",)) == (
        "eth1",
        "10.0.0.1/16",
    )


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("v3.22.0", "172.16.10.0/24"),
        ("v3.22.3", "172.16.10.0/24"),
        ("v3.22.4", "172.16.10.23/24"),
        ("v3.23.0", "172.16.10.0/24"),
        ("v3.23.1", "172.16.10.0/24"),
        ("v3.23.2", "172.16.10.23/24"),
    ],
)
def test_some_versions_store_the_network_instead(version: str, expected: str) -> None:
    found = chosen(
        "kubernetes-internal-ip", by=Version.parse(version), internal_ips=("172.16.10.23",)
    )
    assert found == ("bond4", expected)


# --- can-reach ----------------------------------------------------------------------------------

NO_SOURCE = "cannot assign requested address"
ROUTES = {
    "8.8.8.8": "8.8.8.8 via 172.16.10.1 dev bond4 src 172.16.10.23 uid 0 \\    cache",
    "192.0.2.1": "RTNETLINK answers: Network is unreachable",
    "192.0.2.2": "192.0.2.2 dev bond4 src 10.9.9.9 uid 0",
    "192.0.2.3": "some error of the container runtime",
    "2001:db8::1": "2001:db8::1 from :: dev bond4 src 2001:db8:10::23 metric 256 pref medium",
    "2001:db8::2": "RTNETLINK answers: Network is unreachable",
    "2001:db8::3": "2001:db8::3 from :: dev bond4 metric 1024 pref medium",
    "gw.example": "172.16.4.1 dev mgmt src 172.16.4.23 uid 0",
}


@pytest.mark.parametrize(
    ("destination", "family", "expected"),
    [
        ("8.8.8.8", IPV4, ("bond4", "172.16.10.23/24")),
        ("2001:db8::1", IPV6, ("bond4", "2001:db8:10::23/64")),
        ("gw.example", IPV4, ("mgmt", "172.16.4.23/24")),
        ("127.0.0.1", IPV4, ("lo", "127.0.0.1/8")),
        ("0.0.0.0", IPV4, ("lo", "127.0.0.1/8")),
        ("::", IPV4, ("lo", "127.0.0.1/8")),
        ("", IPV6, ("lo", "::1/128")),
    ],
)
def test_can_reach_takes_the_source_of_the_route(
    destination: str, family: Family, expected: tuple[str, str]
) -> None:
    assert chosen(f"can-reach={destination}", family, routes=ROUTES) == expected


@pytest.mark.parametrize(
    ("destination", "family", "error"),
    [
        ("192.0.2.1", IPV4, "dial udp4 192.0.2.1:80: connect: network is unreachable"),
        ("2001:db8::2", IPV6, "dial udp6 [2001:db8::2]:80: connect: network is unreachable"),
        ("2001:db8::3", IPV6, f"dial udp6 [2001:db8::3]:80: connect: {NO_SOURCE}"),
        ("8.8.8.8", IPV6, "dial udp6: address 8.8.8.8: no suitable address found"),
        ("::ffff:8.8.8.8", IPV6, "dial udp6: address ::ffff:8.8.8.8: no suitable address found"),
        ("2001:db8::1", IPV4, "dial udp4: address 2001:db8::1: no suitable address found"),
        ("fe80::1", IPV6, "dial udp6 [fe80::1]:80: connect: invalid argument"),
        ("ff02::1", IPV6, "dial udp6 [ff02::1]:80: connect: invalid argument"),
        ("gw.invalid.", IPV4, "dial udp4: lookup gw.invalid.: no such host"),
        ("0.0.0.0", IPV6, "dial udp6: address 0.0.0.0: no suitable address found"),
        ("[2001:db8::1]", IPV6, "dial udp6: address [[2001:db8::1]]:80: missing port in address"),
        ("8.8.8.8:53", IPV4, "dial udp4: lookup 8.8.8.8:53: no such host"),
        (
            "192.0.2.2",
            IPV4,
            "autodetected IPv4 address does not match any addresses found on local interfaces:"
            " 10.9.9.9",
        ),
    ],
)  # fmt: skip
def test_can_reach_fails_with_gos_text(destination: str, family: Family, error: str) -> None:
    found = select(f"can-reach={destination}", family, NODE_3, NEWEST_KNOWN, routes=ROUTES)
    assert (found.decided, found.address) == (True, None)
    assert texts(found)[-1] == (
        f"Unable to auto-detect IPv{family.value} address by connecting to {destination}: {error}"
    )


def test_linux_wants_an_ipv6_source_before_it_looks_at_the_route() -> None:
    node = parse_addresses("2: eth0    inet6 fe80::1/64 scope link tentative \\    x\n")
    found = select("can-reach=2001:db8::2", IPV6, node, NEWEST_KNOWN, routes=ROUTES)
    assert texts(found)[-1].endswith("connect: cannot assign requested address")


@pytest.mark.parametrize(
    ("destination", "why"),
    [
        ("198.51.100.1", "the route to 198.51.100.1 is not known (ip route get)"),
        ("192.0.2.3", "ip route get 192.0.2.3 names no source address"),
        ("dns.example", "the name dns.example is resolved inside the pod"),
        ("8.8.8", "the name 8.8.8 is resolved inside the pod"),
    ],
)
def test_can_reach_is_undecided_without_the_kernels_answer(destination: str, why: str) -> None:
    found = select(f"can-reach={destination}", IPV4, NODE_3, NEWEST_KNOWN, routes=ROUTES)
    assert (found.decided, found.why_undecided, found.exhaustive) == (False, why, False)
    assert Candidate("172.16.10.23/24", "bond4") in found.candidates


def test_older_versions_log_what_can_reach_compares() -> None:
    destination = "can-reach=8.8.8.8"
    loud = select(destination, IPV4, NODE_3, Version(3, 20, 6), routes=ROUTES)
    quiet = select(destination, IPV4, NODE_3, Version(3, 21, 0), routes=ROUTES)
    assert texts(loud) == [
        'Auto-detected address by connecting to remote Destination="8.8.8.8" IP=172.16.10.23',
        'Checking interface CIDRs Name="cali0123456789a"',
        'Checking interface CIDRs Name="bond3"',
        'Checking CIDR CIDR="172.16.16.23/23"',
        'Checking CIDR CIDR="172.16.16.99/32"',
        'Checking interface CIDRs Name="bond4"',
        'Checking CIDR CIDR="172.16.10.23/24"',
        'Found matching interface CIDR CIDR="172.16.10.23/24"',
        "Using autodetected IPv4 address 172.16.10.23/24, detected by connecting to 8.8.8.8",
    ]
    assert texts(quiet) == [texts(loud)[0], texts(loud)[-1]]


# --- Why, and what Calico prints ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "reasons"),
    [
        (
            "first-found",
            (
                "cali0123456789a: excluded by the default list (^cali.*)",
                "bond3: 172.16.16.23/23 is the first global unicast IPv4 address",
            ),
        ),
        (
            "interface=^bond4$,nope",
            (
                "cali0123456789a: does not match (^bond4$, nope)",
                "bond3: does not match (^bond4$, nope)",
                "bond4: 172.16.10.23/24 is the first global unicast IPv4 address",
            ),
        ),
        (
            "skip-interface=bond3",
            (
                "cali0123456789a: excluded by the default list (^cali.*)",
                "bond3: excluded by skip-interface (bond3)",
                "bond4: 172.16.10.23/24 is the first global unicast IPv4 address",
            ),
        ),
        (
            "cidr=172.16.10.0/24",
            (
                "cali0123456789a: has no global unicast IPv4 address in 172.16.10.0/24",
                "bond3: has no global unicast IPv4 address in 172.16.10.0/24",
                "bond4: 172.16.10.23/24 is the first global unicast IPv4 address in 172.16.10.0/24",
            ),
        ),
        (
            "kubernetes-internal-ip",
            (
                "cali0123456789a: does not have 172.16.10.23",
                "bond3: does not have 172.16.10.23",
                "bond4: has 172.16.10.23",
            ),
        ),
        ("bond4", ("Calico v3.33.0 does not know the method 'bond4'",)),
        ("cidr=x", ("'x' is no network: the whole method fails",)),
        ("interface=[", ("error parsing regexp: missing closing ]: `[)`",)),
    ],
)
def test_the_reasons_follow_the_walk(method: str, reasons: tuple[str, ...]) -> None:
    found = select(method, IPV4, NODE_3, NEWEST_KNOWN, internal_ips=("172.16.10.23",))
    assert found.reasons == reasons


def test_the_walk_is_backwards_and_ends_at_the_first_that_qualifies() -> None:
    forward = inventory(("eth0", "10.0.0.1/24"), ("eth1", ""), ("eth2", "10.0.2.1/24"))
    backward = Inventory(tuple(reversed(forward.interfaces)))
    assert chosen("", on=forward) == ("eth2", "10.0.2.1/24")
    assert chosen("", on=backward) == ("eth0", "10.0.0.1/24")
    assert len(select("", IPV4, forward, NEWEST_KNOWN).reasons) == 1


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("first-found", "Unable to auto-detect an IPv4 address: no valid host interfaces found"),
        (
            "interface=lo,b",
            "Unable to auto-detect an IPv4 address using interface regexes [lo b]:"
            " no valid IPv4 addresses found on the host interfaces",
        ),
        (
            "cidr=10.0.0.0/8,::/0",
            "Unable to auto-detect an IPv4 address using interface cidr [10.0.0.0/8 ::/0]:"
            " no valid IPv4 addresses found on the host interfaces",
        ),
    ],
)
def test_a_failure_says_whether_any_interface_was_let_through(method: str, expected: str) -> None:
    found = select(method, IPV4, inventory(("lo", "127.0.0.1/8")), NEWEST_KNOWN)
    assert texts(found) == [expected]


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("v3.8.9", "Invalid IP autodection method: bond4"),
        ("v3.9.0", "Invalid IP autodetection method: bond4"),
    ],
)
def test_an_unknown_method_ends_the_process(version: str, text: str) -> None:
    parsed = Version.parse(version)
    assert parsed is not None
    found = select("bond4", IPV4, None, parsed)
    assert (found.decided, found.exits, found.address, texts(found)) == (True, True, None, [text])


# --- What is not known --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "is_decided"),
    [
        ("first-found", False),
        ("interface=bond4", False),
        ("cidr=10.0.0.0/8", False),
        ("can-reach=2001:db8::1", False),
        ("can-reach=2001:db8::9", False),
        ("kubernetes-internal-ip", False),
        ("bond4", True),
        ("interface=[", True),
        ("skip-interface=(?=x)", True),
        ("cidr=10.0.0.0", True),
        ("can-reach=fe80::1", True),
    ],
)
def test_without_an_inventory_only_what_always_fails_is_decided(
    method: str, is_decided: bool
) -> None:
    ips = ("172.16.10.23", "2001:db8:10::23")
    found = select(method, IPV6, None, NEWEST_KNOWN, internal_ips=ips, routes=ROUTES)
    assert found.decided is is_decided
    assert found.address is None


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("interface=^bond4$", ("bond4", "172.16.10.23")),
        ("interface=bond4", ("bond4", "172.16.10.23")),
        ("interface=nope", (None, None)),
        ("skip-interface=bond3,mgmt", ("bond4", "172.16.10.23")),
        ("skip-interface=.*", (None, None)),
        ("cidr=2001:db8::/32", (None, None)),
        ("kubernetes-internal-ip", ("bond4", "172.16.10.23")),
        ("can-reach=8.8.8.8", ("bond4", "172.16.10.23")),
    ],
)
def test_an_annotation_decides_where_no_order_and_no_hidden_interface_matters(
    method: str, expected: tuple[str | None, str | None]
) -> None:
    found = chosen(method, on=ANNOTATED, internal_ips=("172.16.10.23",), routes=ROUTES)
    assert found == expected


def test_an_annotation_does_not_tell_which_of_several_comes_first() -> None:
    found = select("first-found", IPV4, ANNOTATED, NEWEST_KNOWN)
    assert not found.decided
    assert {each.address for each in found.candidates} == {
        "172.16.16.23",
        "172.16.10.23",
        "172.16.4.23",
    }
    assert found.exhaustive
    assert found.why_undecided == "the order of the interfaces is not known, and several qualify"
    assert found.reasons[-1].startswith("assumed: interfaces that the annotation does not list")


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("interface=.*", "lo"),
        ("interface=lo", "lo"),
        ("interface=eth0", "veth0"),
        ("interface=br-ex", "br-ex"),
        ("interface=^br-lan$,bond4", "br-lan"),
        (r"interface=\bdummy-node\b", "dummy-node"),
        ("interface=a$", "veth"),
        ("cidr=172.16.10.0/24", "lo"),
    ],
)
def test_an_annotation_does_not_decide_what_a_hidden_interface_may_change(
    method: str, name: str
) -> None:
    found = select(method, IPV4, ANNOTATED, NEWEST_KNOWN)
    assert (found.decided, found.exhaustive) == (False, False)
    assert f"may be chosen, if one is called {name}" in found.why_undecided


def test_an_annotation_without_a_family_says_nothing_about_it() -> None:
    found = select("interface=^bond4$", IPV6, ANNOTATED, NEWEST_KNOWN)
    assert (found.decided, found.exhaustive, found.candidates) == (False, False, ())
    assert "lists no IPv6 address" in found.why_undecided


def test_an_internal_ip_that_the_annotation_does_not_list_may_be_hidden() -> None:
    found = select(
        "kubernetes-internal-ip", IPV4, ANNOTATED, NEWEST_KNOWN, internal_ips=("10.1.1.1",)
    )
    assert (found.decided, found.candidates) == (False, (Candidate("10.1.1.1", None),))


# --- Properties ---------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        "eth0", "eth1", "ens3", "bond3", "bond4", "bond4.100", "team0", "br0", "mgmt", "wg0",
        "lo", "docker0", "cni0", "tunl0", "flannel.1", "vxlan.calico", "br-ex", "kube-ipvs0",
        "veth0a1b2c3", "veth1234567", "cali0123456789a", "califedcba98765", "br-0123456789ab",
    ]
)  # fmt: skip
IPV4_ADDRESSES = st.builds(
    InterfaceAddress,
    st.sampled_from(["10.0.0.", "172.16.10.", "169.254.1.", "127.0.0."]).flatmap(
        lambda start: st.integers(1, 5).map(lambda last: f"{start}{last}")
    ),
    st.integers(8, 32),
)
IPV6_ADDRESSES = st.builds(
    InterfaceAddress,
    st.sampled_from(["2001:db8::", "fe80::", "fd00::"]).flatmap(
        lambda start: st.integers(1, 5).map(lambda last: f"{start}{last}")
    ),
    st.integers(32, 128),
)
REGEX_PARTS = st.sampled_from(
    ["eth0", "^eth", "eth[01]", "bond", "bond4$", "^bond4$", "4", "a", "0$", "br", "br-", "^br0$",
     "lo", ".*", "[0-9]+$", "^(ens3|mgmt)$", "cali", "wg|team", "12", "(?i)BOND", "[", "x*"]
)  # fmt: skip
LISTS = st.lists(REGEX_PARTS, min_size=1, max_size=3).map(",".join)
CIDRS = st.lists(
    st.sampled_from(["10.0.0.0/8", "172.16.10.3/24", "2001:db8::/32", "0.0.0.0/0", "x", "::/0"]),
    min_size=1,
    max_size=2,
).map(",".join)
METHODS = st.one_of(
    st.sampled_from(["", "first-found", "kubernetes-internal-ip", "bond4", "can-reach=8.8.8.8"]),
    LISTS.map("interface={}".format),
    LISTS.map("skip-interface={}".format),
    CIDRS.map("cidr={}".format),
)
SOME_VERSIONS = st.sampled_from(["v3.0.0", "v3.16.0", "v3.20.6", "v3.22.1", "v3.24.6", "v3.33.0"])


@st.composite
def hosts(draw: st.DrawFn) -> Inventory:
    interfaces = []
    for index, name in enumerate(draw(st.lists(NAMES, unique=True, max_size=7)), start=1):
        ipv4 = draw(st.lists(IPV4_ADDRESSES, max_size=3))
        ipv6 = draw(st.lists(IPV6_ADDRESSES, max_size=2))
        interfaces.append(Interface(name, (*ipv4, *ipv6), index=index))
    return Inventory(tuple(interfaces))


def bare(text: str | None) -> str | None:
    return text.partition("/")[0] if text else None


@settings(max_examples=300)
@given(hosts(), METHODS, st.sampled_from(Family), st.sampled_from(["10.0.0.1", "2001:db8::1"]))
def test_an_annotation_never_contradicts_the_whole_inventory(
    host: Inventory, method: str, family: Family, internal_ip: str
) -> None:
    env = {"IP": "autodetect", "IP6": "autodetect"}
    annotation = interfaces_annotation(env, host, NEWEST_KNOWN)
    part = parse_interfaces_annotation(annotation or "")
    known = {"internal_ips": (internal_ip,), "routes": {"8.8.8.8": "8.8.8.8 dev x src 10.0.0.1"}}
    truth = select(method, family, host, NEWEST_KNOWN, **known)  # type: ignore[arg-type]
    guess = select(method, family, part, NEWEST_KNOWN, **known)  # type: ignore[arg-type]
    assert truth.decided
    if guess.decided:
        assert (guess.exits, guess.address) == (truth.exits, bare(truth.address))
        if guess.interface != truth.interface:
            # An address that a hidden interface has as well: it is on both.
            assert bare(truth.address) in (internal_ip, "10.0.0.1")
    elif guess.exhaustive:
        assert (bare(truth.address), truth.interface) in {
            (each.address, each.interface) for each in guess.candidates
        }


@given(hosts(), METHODS, st.sampled_from(Family), st.randoms())
def test_the_order_of_addresses_within_an_interface_counts_only_there(
    host: Inventory, method: str, family: Family, random: Any
) -> None:
    """Other families and addresses that do not qualify may stand anywhere."""
    before = select(method, family, host, NEWEST_KNOWN)
    interfaces = []
    for interface in host.interfaces:
        mine = [each for each in interface.addresses if each.family is family]
        for other in (each for each in interface.addresses if each.family is not family):
            mine.insert(random.randint(0, len(mine)), other)
        interfaces.append(Interface(interface.name, tuple(mine)))
    after = select(method, family, Inventory(tuple(interfaces)), NEWEST_KNOWN)
    assert after.address == before.address
    assert after.interface == before.interface


@given(hosts(), METHODS, st.sampled_from(Family))
def test_interfaces_that_the_method_passes_over_may_stand_anywhere(
    host: Inventory, method: str, family: Family
) -> None:
    found = select(method, family, host, NEWEST_KNOWN)
    if found.interface is None:
        return
    alone = Inventory(tuple(each for each in host.interfaces if each.name == found.interface))
    again = select(method, family, alone, NEWEST_KNOWN)
    assert (again.address, again.interface) == (found.address, found.interface)


@given(st.text() | METHODS, hosts() | st.none(), SOME_VERSIONS, st.booleans(), st.text())
def test_any_value_is_answered(
    method: str, host: Inventory | None, version: str, windows: bool, text: str
) -> None:
    parsed = Version.parse(version)
    assert parsed is not None
    for family in Family:
        found = select(
            method,
            family,
            host,
            parsed,
            internal_ips=(text,),
            routes={"8.8.8.8": text},
            windows=windows,
        )
        assert found.decided or found.why_undecided
        assert found.decided or (found.address is None and not found.messages)
        assert not found.decided or not found.candidates


@given(st.sampled_from(["interface=", "skip-interface=", "cidr=", "can-reach="]), st.text())
def test_any_list_is_answered(word: str, text: str) -> None:
    assert select(word + text, IPV4, NODE_3, NEWEST_KNOWN).exits is False


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_what_is_global_unicast_agrees_with_pythons_ranges(ip: IPv4Address | IPv6Address) -> None:
    family = IPV4 if ip.version == 4 or ip.ipv4_mapped else IPV6
    judged = (ip.version == 6 and ip.ipv4_mapped) or ip
    special = judged.is_loopback or judged.is_multicast or judged.is_link_local
    special = special or judged.is_unspecified or str(judged) == "255.255.255.255"
    host = Inventory((Interface("eth0", (InterfaceAddress(str(ip), ip.max_prefixlen),)),))
    assert (select("", family, host, NEWEST_KNOWN).address is None) is special


# --- What the real calico-node chose ------------------------------------------------------------


def answers(file: Path) -> Iterator[tuple[str, Selection, dict[str, Any]]]:
    """Every recorded answer with our prediction."""
    vectors = json.loads(file.read_text())
    version = Version.parse(vectors["calico"])
    assert version is not None
    for case in vectors["cases"]:
        host = with_links(parse_addresses(case["ip_o_addr_show"]), case["ip_o_link_show"])
        ips = tuple(
            each["address"] for each in case["node_addresses"] if each["type"] == "InternalIP"
        )
        for answer in case["answers"]:
            found = select(
                answer["method"],
                Family(answer["family"]),
                host,
                version,
                internal_ips=ips,
                routes=case["ip_route_get"],
            )
            yield case["id"], found, answer


def is_as_logged(selection: Selection, answer: dict[str, Any]) -> bool:
    """The recording leaves out the fields of two messages, and the one of an unknown method."""
    logged = answer["log"]
    if answer.get("exits"):
        logged = [f"Invalid IP autodetection method: {answer['method']}"]
    predicted = [
        text.partition(" CIDR=")[0].partition(" Destination=")[0]
        if text.startswith(("Including CIDR information", "Auto-detected address"))
        else text
        for text in texts(selection)
    ]
    return predicted == logged


@pytest.mark.skipif(not VECTORS, reason="the recorded vectors are not here")
@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_the_real_calico_chose_the_same(file: Path) -> None:
    wrong = []
    predicted = 0
    for case, found, answer in answers(file):
        predicted += 1
        same = (found.decided, found.address, found.exits) == (
            True,
            answer["address"],
            answer.get("exits", False),
        )
        if not same or not is_as_logged(found, answer):
            wrong.append((case, answer, found))
    assert wrong == []
    recorded = json.loads(file.read_text())["cases"]
    assert predicted == sum(len(case["answers"]) for case in recorded) >= 1000


@pytest.mark.skipif(not VECTORS, reason="the recorded vectors are not here")
def test_vectors_of_seven_versions_are_held() -> None:
    assert len(VECTORS) >= 7
