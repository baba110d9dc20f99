from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.calico.autodetection.methods import (
    InvalidMethod,
    Method,
    MethodKind,
    parse_method,
)
from kubectl_calico_nic.calico.version import NEWEST_KNOWN, Version

FIRST_FOUND = MethodKind.FIRST_FOUND
INTERFACE = MethodKind.INTERFACE
SKIP_INTERFACE = MethodKind.SKIP_INTERFACE
CAN_REACH = MethodKind.CAN_REACH
CIDR = MethodKind.CIDR
KUBERNETES_INTERNAL_IP = MethodKind.KUBERNETES_INTERNAL_IP


@pytest.mark.parametrize(
    ("text", "kind", "items"),
    [
        ("", FIRST_FOUND, ()),
        ("first-found", FIRST_FOUND, ()),
        ("interface=bond4", INTERFACE, ("bond4",)),
        ("interface=bond4,eth.*", INTERFACE, ("bond4", "eth.*")),
        ("interface=bond4 \t,\n eth0", INTERFACE, ("bond4", "eth0")),
        ("interface= bond4 ", INTERFACE, (" bond4 ",)),
        ("interface=", INTERFACE, ("",)),
        ("interface=bond4,", INTERFACE, ("bond4", "")),
        ("interface=,bond4", INTERFACE, ("", "bond4")),
        ("interface=a,,b", INTERFACE, ("a", "", "b")),
        ("interface=eth{1,2}", INTERFACE, ("eth{1", "2}")),
        ("interface=a=b", INTERFACE, ("a=b",)),
        ("interface=a\v,\u00a0b", INTERFACE, ("a\v", "\u00a0b")),
        ("skip-interface=docker0,br-.*", SKIP_INTERFACE, ("docker0", "br-.*")),
        ("can-reach=8.8.8.8", CAN_REACH, ("8.8.8.8",)),
        ("can-reach=a,b", CAN_REACH, ("a,b",)),
        ("can-reach=", CAN_REACH, ("",)),
        ("cidr=10.0.0.0/8 , fd00::/8", CIDR, ("10.0.0.0/8", "fd00::/8")),
        ("cidr=nonsense", CIDR, ("nonsense",)),
        ("kubernetes-internal-ip", KUBERNETES_INTERNAL_IP, ()),
        ("kubernetes-internal-ips and more", KUBERNETES_INTERNAL_IP, ()),
    ],
)
def test_a_value_is_read_as_calico_reads_it(
    text: str, kind: MethodKind, items: tuple[str, ...]
) -> None:
    assert parse_method(text, NEWEST_KNOWN) == Method(kind, text, items)


@pytest.mark.parametrize(
    "text",
    [
        "bond4",
        "first-found ",
        " first-found",
        "first",
        "firstfound",
        "Interface=bond4",
        "interface bond4",
        "interface",
        "can-reach",
        "cidr",
        "CIDR=10.0.0.0/8",
        "kubernetes-internalip",
        "none",
        '"first-found"',
    ],
)
def test_any_other_value_is_invalid(text: str) -> None:
    with pytest.raises(InvalidMethod):
        parse_method(text, NEWEST_KNOWN)


@pytest.mark.parametrize(
    ("text", "before", "since"),
    [
        ("cidr=10.0.0.0/8", Version(3, 15, 5), Version(3, 16, 0)),
        ("kubernetes-internal-ip", Version(3, 21, 6), Version(3, 22, 0)),
    ],
)
def test_older_versions_do_not_know_newer_methods(
    text: str, before: Version, since: Version
) -> None:
    assert parse_method(text, since).kind.since == since
    with pytest.raises(InvalidMethod):
        parse_method(text, before)


@pytest.mark.parametrize("text", ["first-found", "interface=a", "skip-interface=a", "can-reach=a"])
def test_the_other_methods_are_as_old_as_calico_3(text: str) -> None:
    assert parse_method(text, Version(3, 0, 0)).kind.since == Version(3, 0, 0)


@given(st.text())
def test_any_text_is_a_method_or_invalid(text: str) -> None:
    with contextlib.suppress(InvalidMethod):
        assert parse_method(text, NEWEST_KNOWN).text == text


@given(st.lists(st.text(st.characters(exclude_characters=", \t\n\f\r")), min_size=1))
def test_a_list_is_split_at_its_commas(items: list[str]) -> None:
    method = parse_method("interface=" + " ,\t".join(items), NEWEST_KNOWN)
    assert list(method.items) == items
