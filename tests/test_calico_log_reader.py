"""What the log of a start of calico-node tells about the addresses of its node."""

from __future__ import annotations

import pytest

from kubectl_calico_nic.calico.log.reader import read_log
from kubectl_calico_nic.calico.log.reading import Decision, LogReading, Outcome, Stage
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family
from tests.calico_logs import (
    CLEARED,
    CLEARED_V6,
    CONFLICT,
    END,
    FATAL,
    FATAL_V6,
    FOUND,
    FOUND_V6,
    GOOD_END,
    KEPT,
    NOT_FOUND,
    NOT_FOUND_V6,
    NOTHING,
    log,
    startup,
    told,
)

V4, V6 = Family.IPV4, Family.IPV6


# A start that stores an address


@pytest.mark.parametrize(
    ("messages", "address", "interface", "method"),
    [
        (
            ["INFO Using autodetected IPv4 address on interface bond4: 172.16.10.21/24"],
            "172.16.10.21/24",
            "bond4",
            "first-found",
        ),
        ([FOUND], "172.16.10.21/24", "bond4", "interface"),
        (
            [
                "INFO Using autodetected IPv4 address on interface bond4: 172.16.10.21/24"
                " while skipping matching interfaces"
            ],
            "172.16.10.21/24",
            "bond4",
            "skip-interface",
        ),
        (
            [
                "INFO Using autodetected IPv4 address 172.16.10.21/24 on interface bond4"
                " matching cidrs [172.16.10.0/24 172.16.4.0/24]"
            ],
            "172.16.10.21/24",
            "bond4",
            "cidr",
        ),
        (
            [
                "INFO Auto-detected address by connecting to remote"
                ' Destination="8.8.8.8" IP=172.16.10.21',
                "INFO Using autodetected IPv4 address 172.16.10.21/24,"
                " detected by connecting to 8.8.8.8",
            ],
            "172.16.10.21/24",
            None,
            "can-reach",
        ),
        (
            ['INFO Including CIDR information from host interface. CIDR="172.16.10.21/24"'],
            "172.16.10.21/24",
            None,
            "kubernetes-internal-ip",
        ),
    ],
)
def test_each_method_tells_what_it_found(
    messages: list[str], address: str, interface: str | None, method: str
) -> None:
    reading = read_log([*startup(*messages, *GOOD_END), "Calico node started successfully"])
    (decision,) = reading.decisions
    assert decision.family is V4
    assert (decision.outcome, decision.stage) == (Outcome.DETECTED, Stage.STARTUP)
    assert (decision.address, decision.interface) == (address, interface)
    assert (decision.method, decision.count) == (method, 1)


def test_a_good_start_tells_all_about_itself() -> None:
    lines = [*startup(FOUND, *GOOD_END), "Calico node started successfully"]
    assert read_log(lines) == LogReading(
        decisions=(
            Decision(
                V4,
                Outcome.DETECTED,
                Stage.STARTUP,
                "2026-01-01 00:00:06.000",
                "2026-01-01 00:00:06.000",
                address="172.16.10.21/24",
                interface="bond4",
                method="interface",
            ),
        ),
        node_name="node-1",
        version=Version(3, 24, 6),
        started=True,
        terminated=False,
        complete_start=True,
        level_floor="INFO",
        lines=11,
        calico_lines=10,
        first_time="2026-01-01 00:00:00.000",
        last_time="2026-01-01 00:00:09.000",
        tail=tuple(lines[1:]),
    )


def test_both_families_are_told() -> None:
    reading = read_log(startup(FOUND, FOUND_V6, *GOOD_END))
    assert [each.family for each in reading.decisions] == [V4, V6]
    latest = reading.latest(V6)
    assert latest is not None
    assert latest.address == "2001:db8:10::21/64"


def test_ipv6_of_kubernetes_is_told_besides_an_explicit_ipv4() -> None:
    reading = read_log(
        startup(
            'INFO Including CIDR information from host interface. CIDR="172.16.10.21/24"',
            "INFO Using IPv4 address from environment: IP=172.16.10.21/24",
            'INFO Including CIDR information from host interface. CIDR="2001:db8::21/64"',
            *GOOD_END,
        )
    )
    assert told(reading.latest(V4)) == {
        "outcome": Outcome.EXPLICIT,
        "address": "172.16.10.21/24",
    }
    assert told(reading.latest(V6)) == {
        "outcome": Outcome.DETECTED,
        "address": "2001:db8::21/64",
        "method": "kubernetes-internal-ip",
    }


def test_ipv4_of_kubernetes_is_told_besides_an_explicit_ipv6() -> None:
    reading = read_log(
        startup(
            'INFO Including CIDR information from host interface. CIDR="172.16.10.21/24"',
            "INFO Using IPv6 address from environment: IP6=2001:db8::21",
            *GOOD_END,
        )
    )
    assert told(reading.latest(V4))["method"] == "kubernetes-internal-ip"
    assert told(reading.latest(V6)) == {"outcome": Outcome.EXPLICIT, "address": "2001:db8::21"}


@pytest.mark.parametrize(
    ("release", "found", "stored"),
    [
        ("v3.22.1", "172.16.10.21/24", "172.16.10.0/24"),
        ("v3.22.4", "172.16.10.21/24", "172.16.10.21/24"),
        ("v3.23.1", "2001:db8:10::21/64", "2001:db8:10::/64"),
        ("v3.23.1", "172.16.10.21/99", "172.16.10.21/99"),
    ],
)
def test_releases_that_store_the_network_address_are_known(
    release: str, found: str, stored: str
) -> None:
    reading = read_log(
        log(
            "startup",
            f"INFO Starting node node-1 with version {release}",
            f'INFO Including CIDR information from host interface. CIDR="{found}"',
            *GOOD_END,
        )
    )
    assert [each.address for each in reading.decisions] == [stored]


def test_an_explicit_address_on_no_interface_is_marked() -> None:
    reading = read_log(
        startup(
            "WARNING Unable to find matching host interface for IP 10.9.9.9",
            "INFO Using IPv4 address from environment: IP=10.9.9.9",
            "WARNING Unable to confirm IPv4 address 10.9.9.9 is assigned to this host",
            *GOOD_END,
        )
    )
    assert told(reading.latest(V4)) == {
        "outcome": Outcome.EXPLICIT,
        "address": "10.9.9.9",
        "unconfirmed": True,
    }


def test_a_disabled_family_keeps_its_address() -> None:
    reading = read_log(
        startup("INFO Autodetection for IPv4 disabled, keeping existing value: 172.16.16.21/23")
    )
    assert told(reading.latest(V4)) == {
        "outcome": Outcome.DISABLED,
        "address": "172.16.16.21/23",
    }


def test_a_stored_address_that_is_only_checked_is_told() -> None:
    check = "WARNING Unable to confirm IPv4 address 192.0.2.9 is assigned to this host"
    assert told(read_log(startup(check)).latest(V4)) == {
        "outcome": Outcome.DISABLED,
        "address": "192.0.2.9",
        "unconfirmed": True,
    }
    # Without lines of level INFO the address may as well be an explicit one.
    assert read_log(log("startup", check)).decisions == ()


# A start that fails


@pytest.mark.parametrize(
    ("messages", "method", "reason"),
    [
        ([f"WARNING {NOT_FOUND}"], "interface", NOT_FOUND),
        (
            [f"WARNING Unable to auto-detect an IPv4 address: {NOTHING}"],
            "first-found",
            f"Unable to auto-detect an IPv4 address: {NOTHING}",
        ),
        (
            [f"WARNING Unable to auto-detect an IPv4 address while excluding [.*]: {NOTHING}"],
            "skip-interface",
            f"Unable to auto-detect an IPv4 address while excluding [.*]: {NOTHING}",
        ),
        (
            [
                "WARNING Unable to auto-detect IPv4 address by connecting to gw: dial udp4:"
                " lookup gw: no such host"
            ],
            "can-reach",
            "Unable to auto-detect IPv4 address by connecting to gw: dial udp4:"
            " lookup gw: no such host",
        ),
        (
            ['ERROR Invalid CIDR "172.16.10.0" for IP autodetection method: cidr=172.16.10.0'],
            "cidr",
            'Invalid CIDR "172.16.10.0" for IP autodetection method: cidr=172.16.10.0',
        ),
        (
            [
                "WARNING Unable to find matching host interface for IP 10.0.0.99",
                "ERROR Unable to parse CIDR 10.0.0.99 : invalid CIDR address: 10.0.0.99",
            ],
            "kubernetes-internal-ip",
            "Unable to find matching host interface for IP 10.0.0.99",
        ),
        (
            ["ERROR Unable to parse CIDR  : invalid CIDR address: "],
            "kubernetes-internal-ip",
            "Unable to parse CIDR  : invalid CIDR address: ",
        ),
        (
            [
                "WARNING Invalid interface regex error=error parsing regexp: missing"
                " closing ): `(()`",
                "WARNING Unable to auto-detect an IPv4 address using interface regexes [(]:"
                " error parsing regexp: missing closing ): `(()`",
            ],
            "interface",
            "Unable to auto-detect an IPv4 address using interface regexes [(]:"
            " error parsing regexp: missing closing ): `(()`",
        ),
    ],
)
def test_why_a_method_failed_is_told(messages: list[str], method: str, reason: str) -> None:
    fatal = read_log(startup(*messages, FATAL, CLEARED, END))
    assert told(fatal.latest(V4)) == {
        "outcome": Outcome.FAILED,
        "method": method,
        "reason": reason,
    }
    assert fatal.terminated
    kept = read_log([*startup(*messages, KEPT, *GOOD_END), "Calico node started successfully"])
    assert told(kept.latest(V4)) == {
        "outcome": Outcome.KEPT,
        "address": "172.16.16.21/23",
        "method": method,
        "reason": reason,
    }
    assert kept.started
    assert not kept.terminated


def test_a_reason_is_not_told_twice() -> None:
    unable = "WARNING Unable to find matching host interface for IP 10.9.9.9"
    explicit = "INFO Using IPv4 address from environment: IP=10.9.9.9"
    reading = read_log(startup(unable, explicit, FATAL_V6))
    assert told(reading.latest(V6)) == {"outcome": Outcome.FAILED}


def test_a_kept_address_on_no_interface_is_marked() -> None:
    check = "WARNING Unable to confirm IPv4 address 172.16.16.21 is assigned to this host"
    decision = read_log(startup(f"WARNING {NOT_FOUND}", KEPT, check)).latest(V4)
    assert told(decision)["unconfirmed"] is True
    assert told(decision)["outcome"] is Outcome.KEPT


@pytest.mark.parametrize("spelling", ["autodection", "autodetection"])
def test_an_unknown_method_ends_the_process(spelling: str) -> None:
    text = f"Invalid IP {spelling} method: bond4"
    reading = read_log(startup(f"ERROR {text}", END))
    assert told(reading.latest(V4)) == {"outcome": Outcome.INVALID_METHOD, "reason": text}
    assert reading.latest(V6) is None
    assert reading.terminated


def test_an_unknown_method_behind_a_decision_about_ipv4_is_that_of_ipv6() -> None:
    reading = read_log(startup(KEPT, "ERROR Invalid IP autodetection method: bond4", END))
    assert told(reading.latest(V4))["outcome"] is Outcome.KEPT
    assert told(reading.latest(V6))["outcome"] is Outcome.INVALID_METHOD


@pytest.mark.parametrize(
    "end",
    [
        ["ERROR Invalid IP autodetection method: bond4", END],
        ["ERROR Unable to query node configuration error=context deadline exceeded", END],
        [
            "INFO No AS number configured on node resource, using global value",
            'ERROR Unable to set node resource configuration error=nodes "n" is forbidden',
            END,
        ],
        ["ERROR Something that is not known", END],
    ],
)
def test_what_is_found_but_never_stored_is_not_told(end: list[str]) -> None:
    assert read_log(startup(FOUND, *end)).latest(V4) is None


def test_what_fails_behind_the_update_does_not_undo_it() -> None:
    as_number = "INFO Using AS number 64513 configured in node resource"
    reading = read_log(startup(FOUND, as_number, "ERROR Something with IP pools", END))
    assert told(reading.latest(V4))["outcome"] is Outcome.DETECTED
    assert reading.terminated


@pytest.mark.parametrize(
    "text",
    [
        "Environment does not contain a valid IPv4 address: IP=bond4",
        "Environment does not contain a valid IPv%d address: %s=%s4IPbond4",
        "No IP Addresses configured, and autodetection is not enabled",
    ],
)
def test_an_invalid_address_ends_the_process(text: str) -> None:
    reading = read_log(startup(f"WARNING {text}", END))
    assert told(reading.latest(V4)) == {"outcome": Outcome.INVALID_ADDRESS, "reason": text}
    assert reading.terminated


def test_no_address_at_all_ends_the_process() -> None:
    text = "No IPv4 or IPv6 addresses configured or detected, required for Calico networking"
    reading = read_log(startup(f"ERROR {text}", END))
    assert told(reading.latest(V4)) == {"outcome": Outcome.FAILED, "reason": text}


def test_a_conflict_names_the_other_node() -> None:
    reading = read_log(startup(FOUND, GOOD_END[0], f"WARNING {CONFLICT}", CLEARED, END))
    assert told(reading.latest(V4)) == {
        "outcome": Outcome.CONFLICT,
        "address": "172.16.10.21/24",
        "interface": "bond4",
        "method": "interface",
        "reason": CONFLICT,
        "other_node": "node-2",
    }


def test_a_conflict_leaves_the_other_family_stored() -> None:
    messages = (FOUND, FOUND_V6, GOOD_END[0], f"WARNING {CONFLICT}", CLEARED, END)
    assert told(read_log(startup(*messages)).latest(V6))["outcome"] is Outcome.DETECTED
    without_clearing = tuple(message for message in messages if message is not CLEARED)
    assert read_log(startup(*without_clearing)).latest(V6) is None


def test_a_failure_of_ipv6_clears_ipv4_too() -> None:
    reading = read_log(
        startup(FOUND, f"WARNING {NOT_FOUND_V6}", FATAL_V6, CLEARED, CLEARED_V6, END)
    )
    assert told(reading.latest(V4)) == {"outcome": Outcome.FAILED, "reason": NOT_FOUND_V6}
    assert told(reading.latest(V6)) == {
        "outcome": Outcome.FAILED,
        "method": "interface",
        "reason": NOT_FOUND_V6,
    }


def test_an_explicit_ipv4_outlives_a_failure_of_ipv6() -> None:
    explicit = "INFO Using IPv4 address from environment: IP=172.16.10.21/24"
    messages = (explicit, f"WARNING {NOT_FOUND_V6}", FATAL_V6)
    assert told(read_log(startup(*messages, CLEARED_V6, END)).latest(V4)) == {
        "outcome": Outcome.EXPLICIT,
        "address": "172.16.10.21/24",
    }
    failed = "WARNING Failed to clear node addresses error=update conflict"
    assert read_log(startup(*messages, CLEARED_V6, failed, END)).latest(V4) is None


@pytest.mark.parametrize(
    ("error", "family", "outcome"),
    [
        (
            "failed to configure IP addresses and subnets: failed to autodetect an IPv4 address",
            V4,
            Outcome.FAILED,
        ),
        (
            "failed to configure IP addresses and subnets: failed to autodetect an IPv6 address",
            V6,
            Outcome.FAILED,
        ),
        ("conflicting node detected: IPv4 address conflict", V4, Outcome.CONFLICT),
        (
            "no IPv4 or IPv6 addresses configured or detected, required for Calico networking",
            V4,
            Outcome.FAILED,
        ),
    ],
)
def test_the_error_alone_tells_where_the_log_level_hides_the_warnings(
    error: str, family: Family, outcome: Outcome
) -> None:
    reading = read_log(log("startup", f"ERROR Failed to configure IP addresses error={error}"))
    (decision,) = reading.decisions
    assert (decision.family, decision.outcome) == (family, outcome)
    assert decision.reason is not None
    assert error in decision.reason
    assert reading.terminated
    assert reading.level_floor == "ERROR"
    assert not reading.complete_start


def test_the_error_repeats_what_the_warnings_told() -> None:
    error = "ERROR Failed to configure IP addresses error=failed to autodetect an IPv4 address"
    reading = read_log(startup(f"WARNING {NOT_FOUND}", FATAL, CLEARED, error, END))
    assert told(reading.latest(V4))["reason"] == NOT_FOUND
    assert len(reading.decisions) == 1
