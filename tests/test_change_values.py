"""Wrong values are caught before anything is sent, with the value that was meant."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.calico.version import NEWEST_KNOWN, Version
from kubectl_calico_nic.change.meant import is_glob, network_for, regex_for
from kubectl_calico_nic.change.objections.value import suspicions
from kubectl_calico_nic.change.values import InvalidValue, check_value
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.go.net import Network, parse_cidr
from kubectl_calico_nic.go.quoting import quote

IPV4, IPV6 = Family.IPV4, Family.IPV6


def network(text: str) -> Network:
    parsed = parse_cidr(text)
    assert parsed is not None
    return parsed[1]


VALID = [
    "first-found",
    "kubernetes-internal-ip",
    "interface=bond4",
    "interface=^bond4$",
    "interface=^eth0$, ^eth1$",
    "interface=en(s|p)[0-9]+",
    r"interface=\Abond\d\z",
    "interface=(?i:BOND4)",
    "skip-interface=docker.*,br-.*",
    "can-reach=8.8.8.8",
    "can-reach=gateway.example.org",
    "can-reach=router",
    "can-reach=$(NODEIP)",
    "cidr=172.16.10.0/24",
    "cidr=10.0.0.0/8 , fd00::/8",
    "cidr=::ffff:172.16.10.0/120",
]


@pytest.mark.parametrize("value", VALID)
def test_what_calico_understands_passes(value: str) -> None:
    check_value(value, IPV4)


INVALID = [
    # no method word
    ("bond4", "interface=bond4"),
    ("eth1,eth2", "interface=eth1,eth2"),
    ("ens*", "interface=ens.*"),
    ("172.16.10.0/24", "cidr=172.16.10.0/24"),
    ("172.16.10.*", "cidr=172.16.10.0/24"),
    ("8.8.8.8", "can-reach=8.8.8.8"),
    ("www.google.com", "can-reach=www.google.com"),
    ("bond4.100", "interface=bond4.100"),
    ("Interface=bond4", "interface=bond4"),
    ("interface: bond4", "interface=bond4"),
    ("interface bond4", "interface=bond4"),
    ("canReach: 8.8.8.8", "can-reach=8.8.8.8"),
    ("can_reach=8.8.8.8", "can-reach=8.8.8.8"),
    ("skipInterface=bond3", "skip-interface=bond3"),
    ("cidrs=10.0.0.0/8", "cidr=10.0.0.0/8"),
    ("firstFound", "first-found"),
    ("first_found", "first-found"),
    ("autodetect", "first-found"),
    ("internal-ip", "kubernetes-internal-ip"),
    ("", "first-found"),
    ("nonsense=x", None),
    # copied together with something else
    ("IP_AUTODETECTION_METHOD=interface=bond4", "interface=bond4"),
    ("IP_AUTODETECTION_METHOD: interface=bond4", "interface=bond4"),
    ("export IP_AUTODETECTION_METHOD=interface=bond4", "interface=bond4"),
    ("interface=interface=bond4", "interface=bond4"),
    ("interface=cidr=10.0.0.0/8", "cidr=10.0.0.0/8"),
    ("interface=first-found", "first-found"),
    ('"interface=bond4"', "interface=bond4"),
    ("interface='bond4'", "interface=bond4"),
    ("interface=\u201cbond4\u201d", "interface=bond4"),
    ("interface=bond4\n", "interface=bond4"),
    ("interface=\u200bbond4", "interface=bond4"),
    ("interface=bond4\x07", "interface=bond4"),
    (" interface=bond4", "interface=bond4"),
    ("interface=bond4 ", "interface=bond4"),
    ("interface= bond4", "interface=bond4"),
    # placeholders
    ("can-reach=DESTINATION", None),
    ("interface=<interface>", None),
    ("interface=INTERFACE-REGEX", None),
    ("skip-interface=INTERFACE_REGEX", None),
    ("cidr=CIDR", None),
    ("interface=IP", None),
    ("cidr={{ my_cidr }}", None),
    ("interface=$IFACE", None),
    ("interface=${IFACE}", None),
    ("interface=eth0,...", None),
    ("<method>", None),
    # empty items
    ("interface=", None),
    ("interface=,", None),
    ("interface=eth0,", "interface=eth0"),
    ("interface=eth0,,eth1", "interface=eth0,eth1"),
    ("skip-interface=bond3,", "skip-interface=bond3"),
    ("cidr=10.0.0.0/8,", "cidr=10.0.0.0/8"),
    ("cidr=", None),
    ("can-reach=", None),
    # regexes that Go refuses
    ("interface=*eth", "interface=.*eth"),
    ("interface=*", "interface=.*"),
    ("interface=[eth", None),
    ("interface=eth0)", None),
    ("interface=(?=eth)", None),
    (r"interface=eth\Z", None),
    ("skip-interface=?ond3", "skip-interface=^.ond3$"),
    # no NIC's name
    ("interface=eth0 eth1", "interface=eth0,eth1"),
    ("interface=eth0;eth1", "interface=eth0,eth1"),
    ("interface=172.16.10.0/24", "cidr=172.16.10.0/24"),
    ("interface=172.16.10.21", "cidr=172.16.10.0/24"),
    ("skip-interface=172.16.16.0/23", None),
    # no CIDR
    ("cidr=172.16.10.21", "cidr=172.16.10.0/24"),
    ("cidr=172.16.10.0/255.255.255.0", "cidr=172.16.10.0/24"),
    ("cidr=172.16.10/24", "cidr=172.16.10.0/24"),
    ("cidr=010.0.0.0/8", "cidr=10.0.0.0/8"),
    ("cidr=172.16.10.*", "cidr=172.16.10.0/24"),
    ("cidr=10.0.0.0/33", None),
    ("cidr=bond4", None),
    ("cidr=10.0.0.0/8,172.16.10/24", "cidr=10.0.0.0/8,172.16.10.0/24"),
    ("cidr=10.0.0.0/ 8", None),
    # not one destination
    ("can-reach=8.8.8.8,1.1.1.1", "can-reach=8.8.8.8"),
    ("can-reach=8.8.8.8/32", "can-reach=8.8.8.8"),
    ("can-reach=8.8.8.8:53", "can-reach=8.8.8.8"),
    ("can-reach=https://example.org/x", "can-reach=example.org"),
    ("can-reach=8.8.8", None),
    ("can-reach=010.0.0.1", None),
    # the other family
    ("can-reach=2001:db8::1", None),
    ("cidr=fd00::/8", None),
]


def visible(value: str) -> str:
    """The value in quotes, in which nothing is invisible."""
    return f'"{value}"' if value.isprintable() else quote(value)


@pytest.mark.parametrize(("value", "meant"), INVALID)
def test_what_cannot_work_is_refused_with_the_value_that_was_meant(
    value: str, meant: str | None
) -> None:
    with pytest.raises(InvalidValue) as caught:
        check_value(value, IPV4)
    assert caught.value.meant == meant
    assert f"IP_AUTODETECTION_METHOD {visible(value)}: " in caught.value.text
    assert (meant is None) == ("did you mean" not in caught.value.text)
    assert isinstance(caught.value, CalicoNicError)


@pytest.mark.parametrize("meant", [meant for _, meant in INVALID if meant is not None])
def test_the_value_that_was_meant_is_valid_itself(meant: str) -> None:
    check_value(meant, IPV4)


@given(st.text(max_size=20), st.sampled_from(list(Family)))
def test_any_text_is_taken_or_refused_and_never_breaks(text: str, family: Family) -> None:
    for value in (text, f"interface={text}", f"cidr={text}", f"can-reach={text}"):
        with contextlib.suppress(InvalidValue):
            check_value(value, family)
            assert value == value.strip() != ""


def test_the_other_family_is_named() -> None:
    with pytest.raises(InvalidValue, match=r"IPv6, the variable is for IPv4; use --family 6"):
        check_value("can-reach=2001:db8::1", IPV4)
    with pytest.raises(InvalidValue, match=r"IPv4, the variable is for IPv6; use --family 4"):
        check_value("cidr=10.0.0.0/8", IPV6)
    with pytest.raises(InvalidValue, match=r"of IPv6 \(--family 6\)"):
        check_value("IP6_AUTODETECTION_METHOD=interface=bond4", IPV4)


def test_goes_own_words_say_why_a_regex_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"error parsing regexp: "):
        check_value("interface=[eth", IPV4)


def test_a_link_local_destination_is_refused() -> None:
    with pytest.raises(InvalidValue, match="link-local"):
        check_value("can-reach=fe80::1", IPV6)


def test_the_nodes_own_network_is_what_a_bare_address_means() -> None:
    networks = [network("172.16.0.0/16"), network("172.16.16.0/23")]
    with pytest.raises(InvalidValue) as caught:
        check_value("cidr=172.16.16.26", IPV4, networks=networks)
    assert caught.value.meant == "cidr=172.16.16.0/23"


def test_a_reference_needs_its_variable() -> None:
    check_value("can-reach=$(NODEIP)", IPV4, referable=["NODEIP"])
    check_value("cidr=$(NODENET)", IPV4, referable=["NODENET"])
    with pytest.raises(InvalidValue, match="no variable NODEIP"):
        check_value("can-reach=$(NODEIP)", IPV4, referable=[])
    with pytest.raises(InvalidValue, match="no CIDR"):
        check_value("cidr=$(NODENET)", IPV4, referable=["NODEIP"])


@pytest.mark.parametrize(
    ("item", "regex"),
    [("ens*", "ens.*"), ("bond?", "^bond.$"), ("*eth", ".*eth"), ("eth0.*", None), ("^a*$", None)],
)
def test_shell_patterns_are_told_from_regexes(item: str, regex: str | None) -> None:
    assert is_glob(item) == (regex is not None)
    assert regex_for(item) == (regex or item)


def test_a_network_is_guessed_only_where_there_is_something_to_go_by() -> None:
    assert network_for("fd00::1") == "fd00::/64"
    assert network_for("bond4") is None
    assert network_for("999.1/24") is None


# Suspicious values.

NICS = {
    "node-1": ("bond1", "bond1.2", "mgmt"),
    "node-2": ("bond1", "mgmt"),
    "node-3": ("bond1", "bond1.7", "mgmt"),
}


def found(value: str, version: Version = NEWEST_KNOWN, nics: object = NICS) -> list[str]:
    return [finding.id for finding in suspicions(value, IPV4, version, nics)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        "first-found",
        "kubernetes-internal-ip",
        "interface=mgmt",
        "interface=^bond1$",
        "interface=bond1$",
        "interface=bond.*",
        "interface=mgmt,^bond1$",
        "cidr=172.16.10.0/24",
        "can-reach=8.8.8.8",
    ],
)
def test_plain_values_raise_no_suspicion(value: str) -> None:
    assert found(value) == []


@pytest.mark.parametrize(
    ("value", "what", "advice"),
    [
        ("interface=bond1", "bond1 matches bond1 and bond1.2 on node-1 (", "interface=^bond1$"),
        ("interface=mgmt,bond1", "bond1 matches bond1 and", "interface=mgmt,^bond1$"),
        ("skip-interface=bond1", "bond1 matches bond1 and", "skip-interface=^bond1$"),
        ("interface=ond", "ond matches bond1 and bond1.2", "name the NIC meant"),
        ("interface=bond*", "* stands for any number of d", "interface=bond.*"),
        ("interface=bond?", "? stands for at most one d", "interface=^bond.$"),
        ("interface=bond{1,2}", "at its comma into bond{1 and 2}", "without a comma"),
        ("interface=bond[1,2]", "at its comma into bond[1 and 2]", "without a comma"),
        ("cidr=172.16.10.7/24", "takes all of 172.16.10.0/24", "cidr=172.16.10.0/24"),
    ],
)
def test_a_doubtful_value_is_named_with_what_was_meant(value: str, what: str, advice: str) -> None:
    check_value(value, IPV4)
    (finding,) = suspicions(value, IPV4, NEWEST_KNOWN, NICS)
    assert finding.id == "method-ambiguous"
    assert what in finding.message
    assert advice in finding.next


def test_without_inventories_a_bare_name_is_taken_as_it_is() -> None:
    assert found("interface=bond1", nics={}) == []


@pytest.mark.parametrize(
    ("value", "version", "expected"),
    [
        ("cidr=10.0.0.0/8", Version(3, 15, 5), ["method-too-new"]),
        ("cidr=10.0.0.0/8", Version(3, 16, 0), []),
        ("kubernetes-internal-ip", Version(3, 21, 6), ["method-too-new"]),
        ("kubernetes-internal-ip", Version(3, 22, 1), ["known-bug"]),
        ("kubernetes-internal-ip", Version(3, 22, 4), []),
        ("kubernetes-internal-ip", Version(3, 23, 1), ["known-bug"]),
        ("interface=mgmt", Version(3, 0, 0), []),
    ],
)
def test_the_running_version_must_know_the_method(
    value: str, version: Version, expected: list[str]
) -> None:
    assert found(value, version) == expected
