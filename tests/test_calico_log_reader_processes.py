"""What logs of several processes, versions and starts tell, and lines that are not Calico's."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.calico.log.reader import LogReader, read_log
from kubectl_calico_nic.calico.log.reading import Outcome, Stage
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
    log,
    monitor,
    startup,
    told,
)

V4, V6 = Family.IPV4, Family.IPV6


# The monitor


@pytest.mark.parametrize("component", ["monitor-addresses", "node-services"])
def test_equal_decisions_of_the_monitor_are_one_run(component: str) -> None:
    lines = [*startup(FOUND, *GOOD_END), *monitor(*[FOUND] * 30, component=component)]
    at_start, monitored = read_log(lines).decisions
    assert (at_start.stage, at_start.count) == (Stage.STARTUP, 1)
    assert (monitored.stage, monitored.count) == (Stage.MONITOR, 30)
    assert (monitored.first, monitored.last) == (
        "2026-01-01 00:01:00.000",
        "2026-01-01 00:30:00.000",
    )


def test_a_flip_makes_a_run_of_its_own() -> None:
    other = FOUND.replace("10.21/24", "16.21/23").replace("bond4", "bond3")
    decisions = read_log(monitor(FOUND, FOUND, other, FOUND)).decisions
    assert [(each.interface, each.count) for each in decisions] == [
        ("bond4", 2),
        ("bond3", 1),
        ("bond4", 1),
    ]


def test_families_do_not_interrupt_each_others_runs() -> None:
    decisions = read_log(monitor(*[FOUND, FOUND_V6] * 5)).decisions
    assert [(each.family, each.count) for each in decisions] == [(V4, 5), (V6, 5)]


def test_other_processes_between_do_not_matter() -> None:
    explicit = (
        'INFO Including CIDR information from host interface. CIDR="172.16.10.21/24"',
        "INFO Using IPv4 address from environment: IP=172.16.10.21/24",
    )
    felix = log("felix", "INFO Applying dataplane updates")
    lines = [line for each in monitor(*explicit * 3) for line in (each, *felix, "bird: Mesh_1: up")]
    (decision,) = read_log(lines).decisions
    assert (decision.outcome, decision.count) == (Outcome.EXPLICIT, 3)


def test_failures_of_the_monitor_do_not_end_the_container() -> None:
    lines = [*startup(FOUND, *GOOD_END), "Calico node started successfully"]
    lines += monitor(f"WARNING {NOT_FOUND}", KEPT, f"WARNING {NOT_FOUND}", KEPT, END)
    reading = read_log(lines)
    assert reading.started
    assert not reading.terminated
    assert told(reading.latest(V4))["reason"] == NOT_FOUND
    assert [each.count for each in reading.decisions] == [1, 2]


def test_a_reason_that_differs_by_a_local_port_is_the_same() -> None:
    failure = (
        "WARNING Unable to auto-detect IPv4 address by connecting to gw: dial udp4: lookup gw on"
        " 169.254.20.10:53: read udp 172.16.10.21:{port}->169.254.20.10:53: i/o timeout"
    )
    lines = monitor(
        *(line for port in range(40000, 40009) for line in (failure.format(port=port), KEPT))
    )
    (decision,) = read_log(lines).decisions
    assert decision.count == 9


def test_an_address_that_the_monitor_could_not_store_is_not_told() -> None:
    retry = "ERROR Unable to set node resource configuration, retrying... error=conflict"
    assert read_log(monitor(FOUND, retry, retry, retry)).decisions == ()
    updated = "INFO Updated node IP addresses"
    assert len(read_log(monitor(FOUND, retry, updated)).decisions) == 1


def test_a_stored_address_that_the_monitor_only_checks_is_one_run() -> None:
    check = "WARNING Unable to confirm IPv4 address 192.0.2.9 is assigned to this host"
    lines = [*startup(check, *GOOD_END[1:]), *monitor("INFO Datastore is ready", *[check] * 3)]
    decisions = read_log(lines).decisions
    assert [(each.stage, each.count) for each in decisions] == [
        (Stage.STARTUP, 1),
        (Stage.MONITOR, 3),
    ]
    assert all(each.unconfirmed for each in decisions)


def test_node_services_tell_their_error() -> None:
    error = "failed to configure IP addresses and subnets: failed to autodetect an IPv4 address"
    text = f"FATAL Node services exiting due to error error={error}"
    reading = read_log(monitor(f"WARNING {NOT_FOUND}", FATAL, text, component="node-services"))
    assert told(reading.latest(V4))["outcome"] is Outcome.FAILED
    assert not reading.terminated


# Old versions


def test_old_versions_name_no_component() -> None:
    reading = read_log(
        log(
            None,
            "INFO Early log level set to info",
            "INFO Using NODENAME environment for node name",
            "INFO Determined node name: node-1",
            "INFO Using autodetected IPv4 address on interface br-d710e33f6c1a: 172.18.0.1/16",
            *GOOD_END,
        )
    )
    assert (reading.node_name, reading.version) == ("node-1", None)
    assert told(reading.latest(V4))["interface"] == "br-d710e33f6c1a"
    assert (reading.complete_start, reading.level_floor) == (True, "INFO")


def test_the_interface_of_can_reach_is_told_where_it_is_logged() -> None:
    reading = read_log(
        log(
            None,
            'INFO Auto-detected address by connecting to remote Destination="8.8.8.8" IP=10.0.0.11',
            'INFO Checking interface CIDRs Name="docker0"',
            'INFO Checking CIDR CIDR="172.17.0.1/16"',
            'INFO Checking interface CIDRs Name="eth0"',
            'INFO Checking CIDR CIDR="10.0.0.11/24"',
            'INFO Found matching interface CIDR CIDR="10.0.0.11/24"',
            "INFO Using autodetected IPv4 address 10.0.0.11/24, detected by connecting to 8.8.8.8",
        )
    )
    assert told(reading.latest(V4))["interface"] == "eth0"


def test_the_interface_of_an_explicit_address_is_told_where_it_is_logged() -> None:
    reading = read_log(
        log(
            None,
            "INFO Using IPv4 address from environment: IP=10.0.0.11/24",
            "INFO IPv4 address 10.0.0.11 discovered on interface eth0",
        )
    )
    assert told(reading.latest(V4)) == {
        "outcome": Outcome.EXPLICIT,
        "address": "10.0.0.11/24",
        "interface": "eth0",
    }


# Several starts in one log


def test_the_newest_start_counts() -> None:
    good = [*startup(FOUND, *GOOD_END), "Calico node started successfully"]
    bad = [*startup(f"WARNING {NOT_FOUND}", FATAL, CLEARED, END), "Calico node failed to start"]
    newer = [line.replace("v3.24.6", "v3.25.0") for line in bad]
    reading = read_log([*good, *newer])
    assert (reading.started, reading.terminated) == (False, True)
    assert reading.version == Version(3, 25, 0)
    assert [each.outcome for each in reading.decisions] == [Outcome.DETECTED, Outcome.FAILED]
    recovered = read_log([*newer, *good])
    assert (recovered.started, recovered.terminated) == (True, False)
    assert recovered.version == Version(3, 24, 6)


def test_a_crash_loop_is_one_run() -> None:
    lines = startup(f"WARNING {NOT_FOUND}", FATAL, CLEARED, END) * 5
    (decision,) = read_log(lines).decisions
    assert (decision.outcome, decision.count) == (Outcome.FAILED, 5)


def test_starts_without_their_first_line_are_told_apart_too() -> None:
    failed = log("startup", f"WARNING {NOT_FOUND}", FATAL, END)
    kept = log("startup", f"WARNING {NOT_FOUND}", KEPT)
    reading = read_log([*failed, *kept, "Calico node started successfully"])
    assert [each.outcome for each in reading.decisions] == [Outcome.FAILED, Outcome.KEPT]
    assert (reading.started, reading.terminated) == (True, False)
    assert (reading.complete_start, reading.level_floor) == (False, "WARNING")


def test_a_crash_loop_at_level_error_stays_with_ipv4() -> None:
    lines = log("startup", *["ERROR Invalid IP autodetection method: bond4"] * 3)
    (decision,) = read_log(lines).decisions
    assert (decision.family, decision.count) == (V4, 3)


# Lines of all kinds


def test_the_level_of_other_components_says_nothing() -> None:
    lines = [*log("felix", "INFO Applying"), *log("startup", f"ERROR {NOT_FOUND}")]
    assert read_log(lines).level_floor == "ERROR"
    assert read_log([*lines, *log("startup", "NOTICE x")]).level_floor == "ERROR"
    assert read_log(lines[:1]).level_floor is None
    assert read_log(lines).calico_lines == 2


def test_messages_of_other_processes_decide_nothing() -> None:
    forged = [
        *log("felix", FOUND),
        FOUND,
        f"bird: {FOUND}",
        f'{{"log":"{FOUND}"}}',
        "Terminating",
    ]
    reading = read_log(forged)
    assert reading.decisions == ()
    assert not reading.terminated


def test_line_endings_and_broken_text_do_not_matter() -> None:
    lines = [
        "\x00\x00\n",
        "\ud83d\ufffd",
        "panic: runtime error\n",
        "goroutine 1 [running]:\n",
        *(f"{line}\r\n" for line in startup(FOUND, *GOOD_END)),
        "",
        "Calico node started successfully\r\n",
    ]
    reading = read_log(lines)
    assert reading.started
    assert told(reading.latest(V4))["interface"] == "bond4"
    assert reading.lines == len(lines)


def test_a_message_over_two_lines_is_read_as_far_as_its_first() -> None:
    line = log("startup", "ERROR Invalid IP autodetection method: a")[0]
    reading = read_log([line, "b", *log("startup", END)])
    assert told(reading.latest(V4))["reason"] == "Invalid IP autodetection method: a"


def test_of_a_huge_line_only_its_beginning_is_kept() -> None:
    reading = read_log(["x" * 20_000_000, *startup(FOUND)])
    assert max(map(len, reading.tail)) == 8192
    assert reading.latest(V4) is not None


def test_a_log_that_changes_without_end_keeps_its_first_and_last_runs() -> None:
    def flipping() -> Iterator[str]:
        yield from monitor(FOUND_V6)
        for number in range(3000):
            yield from monitor(FOUND.replace("10.21", f"10.{number % 2}"))
        yield from monitor(FOUND_V6)

    reading = read_log(flipping())
    assert len(reading.decisions) == 8 + 64 + 1
    assert reading.omitted_decisions == 3000 - 8 - 64
    assert sum(each.count for each in reading.decisions if each.family is V6) == 2
    latest = reading.latest(V4)
    assert latest is not None
    assert latest.address == "172.16.10.1/24"
    assert len(reading.tail) == 10


# Properties

FRAGMENTS = [
    *startup(FOUND, FOUND_V6, *GOOD_END),
    *startup(f"WARNING {NOT_FOUND}", FATAL, CLEARED, CLEARED_V6, END),
    *startup(f"WARNING {CONFLICT}", KEPT, FATAL_V6),
    *startup(
        'INFO Including CIDR information from host interface. CIDR="172.16.10.21/24"',
        'INFO Including CIDR information from host interface. CIDR="\u0663/\\x"',
        "INFO Using IPv4 address from environment: IP=172.16.10.21/24",
        "WARNING Unable to confirm IPv4 address 172.16.10.21 is assigned to this host",
        "ERROR Invalid IP autodetection method: bond4",
        f"INFO Starting node n with version v{'9' * 5000}.1.1",
        "ERROR Failed to configure IP addresses error=x",
    ),
    *monitor(FOUND, f"WARNING {NOT_FOUND}", KEPT, END),
    "Calico node started successfully",
    "Calico node failed to start",
]
LINES = st.lists(st.sampled_from(FRAGMENTS) | st.text(st.characters(), max_size=80), max_size=40)


@given(LINES)
def test_no_order_of_lines_breaks_the_reader(lines: list[str]) -> None:
    reading = read_log(lines)
    assert reading.lines == len(lines)
    assert 0 <= reading.calico_lines <= reading.lines
    assert list(reading.tail) == [line[:8192].rstrip("\r\n") for line in lines[-10:]]
    for decision in reading.decisions:
        assert decision.count >= 1
        assert (decision.other_node is None) or decision.outcome is Outcome.CONFLICT
        if decision.outcome in (Outcome.FAILED, Outcome.INVALID_METHOD, Outcome.INVALID_ADDRESS):
            assert decision.address is None


@given(LINES, st.integers(0, 40))
def test_asking_in_between_changes_nothing(lines: list[str], cut: int) -> None:
    reader = LogReader()
    for line in lines[:cut]:
        reader.feed(line)
    assert reader.reading() == reader.reading() == read_log(lines[:cut])
    for line in lines[cut:]:
        reader.feed(line)
    assert reader.reading() == read_log(lines)


@given(LINES)
def test_neighbours_of_one_family_differ(lines: list[str]) -> None:
    reading = read_log(lines)
    for family in Family:
        mine = [
            dataclasses.replace(each, first=None, last=None, count=1)
            for each in reading.decisions
            if each.family is family
        ]
        assert all(one != other for one, other in itertools.pairwise(mine))


@pytest.mark.parametrize(
    ("lines", "is_silenced"),
    [
        (startup(*GOOD_END), False),
        (["Calico node started successfully"], True),
        (["Calico node failed to start"], True),
        (
            [
                *log("startup", "ERROR Unable to query node configuration"),
                "Calico node failed to start",
            ],
            True,
        ),
        (log("felix", "INFO Ready"), False),
        (log("monitor-addresses", "WARNING Unable to auto-detect an IPv4 address: no"), False),
        ([], False),
    ],
)
def test_a_log_level_that_hides_what_was_chosen(lines: list[str], is_silenced: bool) -> None:
    """Every start says something at INFO; that it is not there says so. A rotated log does not."""
    assert read_log(lines).is_silenced is is_silenced
