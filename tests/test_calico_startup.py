from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.calico.messages import Event, recognise
from kubectl_calico_nic.calico.startup.startup import Host, Start, start
from kubectl_calico_nic.calico.version import NEWEST_KNOWN, Version
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.iproute.annotation import parse_interfaces_annotation

IPV4, IPV6 = Family.IPV4, Family.IPV6
REPOSITORY = Path(__file__).resolve().parent.parent
RECORDINGS = sorted((REPOSITORY.parent / "shared/calico/recordings").glob("*.json"))

INVENTORY = parse_addresses(
    "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever\n"
    "2: mgmt    inet 172.16.4.23/24 scope global mgmt\\       valid_lft forever\n"
    "3: bond4    inet 172.16.10.23/24 scope global bond4\\       valid_lft forever\n"
    "3: bond4    inet6 2001:db8:10::23/64 scope global \\       valid_lft forever\n"
    "3: bond4    inet6 fe80::10/64 scope link \\       valid_lft forever\n"
    "4: bond3    inet 172.16.16.23/23 scope global bond3\\       valid_lft forever\n"
)
OLD = {IPV4: "172.16.16.23/23"}
BOND3 = "172.16.16.23/23"
BOND4 = "172.16.10.23/24"


def version(text: str) -> Version:
    parsed = Version.parse(text)
    assert parsed is not None
    return parsed


def run(
    env: Mapping[str, str],
    by: str = "v3.24.6",
    stored: Mapping[Family, str] | None = None,
    inventory: Inventory | None = INVENTORY,
    **host: Any,
) -> Start:
    return start(Host("node-3", inventory, stored=stored or {}, **host), env, version(by))


def texts(started: Start) -> list[str]:
    return [message.text for message in started.messages]


# --- The value of IP ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("env", "stored", "after", "outcome"),
    [
        ({"IP": "autodetect"}, {}, {IPV4: BOND3}, Outcome.DETECTED),
        ({"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=bond4"}, OLD, {IPV4: BOND4},
         Outcome.DETECTED),
        ({"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=nope"}, OLD, OLD, Outcome.KEPT),
        ({"IP": "autodetect", "IP_AUTODETECTION_METHOD": "cidr=nope"}, OLD, OLD, Outcome.KEPT),
        ({"IP_AUTODETECTION_METHOD": "interface=bond4"}, {}, {IPV4: BOND4}, Outcome.DETECTED),
        ({"IP_AUTODETECTION_METHOD": "interface=bond4"}, OLD, OLD, Outcome.DISABLED),
        ({"IP": "", "IP_AUTODETECTION_METHOD": "interface=bond4"}, OLD, OLD, Outcome.DISABLED),
        ({"IP": "none"}, OLD, OLD, Outcome.DISABLED),
        ({"IP": "172.16.10.23"}, OLD, {IPV4: BOND4}, Outcome.EXPLICIT),
        ({"IP": "10.9.9.9/16"}, {}, {IPV4: "10.9.9.9/16"}, Outcome.EXPLICIT),
        ({"IP": "10.9.9.9"}, {}, {IPV4: "10.9.9.9/32"}, Outcome.EXPLICIT),
    ],
)  # fmt: skip
def test_a_start_that_succeeds(
    env: dict[str, str], stored: dict[Family, str], after: dict[Family, str], outcome: Outcome
) -> None:
    started = run(env, stored=stored)
    assert (started.decided, started.exit_code, started.stored) == (True, 0, after)
    assert started.outcomes == {IPV4: outcome}
    consulted = outcome in (Outcome.DETECTED, Outcome.KEPT)
    assert set(started.selections) == ({IPV4} if consulted else set())


@pytest.mark.parametrize(
    ("env", "stored", "after", "outcome"),
    [
        ({"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=nope"}, {}, {}, Outcome.FAILED),
        ({"IP_AUTODETECTION_METHOD": "interface=nope"}, {}, {}, Outcome.FAILED),
        ({"IP": "autodetect", "IP_AUTODETECTION_METHOD": "bond4"}, {}, {}, Outcome.INVALID_METHOD),
        ({"IP": "autodetect", "IP_AUTODETECTION_METHOD": "bond4"}, OLD, OLD,
         Outcome.INVALID_METHOD),
        ({"IP": "bond4"}, OLD, OLD, Outcome.INVALID_ADDRESS),
        ({"IP": "2001:db8::1"}, OLD, OLD, Outcome.INVALID_ADDRESS),
        ({"IP": '10.0.0.1"'}, OLD, OLD, Outcome.INVALID_ADDRESS),
        ({"IP": "10.0.0.1/33"}, OLD, OLD, Outcome.INVALID_ADDRESS),
    ],
)  # fmt: skip
def test_a_start_that_ends_the_process(
    env: dict[str, str], stored: dict[Family, str], after: dict[Family, str], outcome: Outcome
) -> None:
    started = run(env, stored=stored)
    assert (started.decided, started.exit_code, started.stored) == (True, 1, after)
    assert started.outcomes == {IPV4: outcome}
    assert texts(started)[-1] == "Terminating"


def test_no_address_at_all_ends_the_process() -> None:
    started = run({"IP": "none"})
    assert (started.exit_code, started.stored, started.outcomes) == (1, {}, {})


# --- Two families -------------------------------------------------------------------------------

DUAL = {"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=bond4", "IP6": "autodetect"}


def test_ipv6_is_detected_only_when_asked_for() -> None:
    assert run(DUAL).stored == {IPV4: BOND4, IPV6: "2001:db8:10::23/64"}
    assert run({**DUAL, "IP6": ""}).stored == {IPV4: BOND4}
    assert run({**DUAL, "IP6": "none"}).stored == {IPV4: BOND4}


def test_ipv6_failure_clears_the_detected_ipv4_address_too() -> None:
    started = run({**DUAL, "IP6_AUTODETECTION_METHOD": "interface=nope"}, stored=OLD)
    assert (started.exit_code, started.stored) == (1, {})
    assert started.outcomes == {IPV4: Outcome.DETECTED, IPV6: Outcome.FAILED}
    assert f'Clearing out-of-date IPv4 address from this node IP="{BOND4}"' in texts(started)


def test_ipv6_failure_leaves_an_ipv4_address_that_was_set_by_hand() -> None:
    env = {"IP": BOND3, "IP6": "autodetect", "IP6_AUTODETECTION_METHOD": "interface=nope"}
    assert run(env).stored == {IPV4: BOND3}


def test_ipv6_failure_with_a_stored_address_is_harmless() -> None:
    stored = {IPV6: "2001:db8:10::2/64"}
    started = run({**DUAL, "IP6_AUTODETECTION_METHOD": "interface=nope"}, stored=stored)
    assert (started.exit_code, started.stored) == (0, {IPV4: BOND4, **stored})
    assert started.outcomes[IPV6] is Outcome.KEPT
    confirmation = "Unable to confirm IPv6 address 2001:db8:10::2 is assigned to this host"
    assert confirmation in texts(started)


def test_an_explicit_ipv6_address_never_gets_a_length() -> None:
    assert run({"IP": BOND4, "IP6": "2001:db8:10::23"}).stored[IPV6] == "2001:db8:10::23/128"


# --- Conflicts ----------------------------------------------------------------------------------

OTHERS = {"node-1": {IPV4: "172.16.10.23/24"}, "node-9": {IPV6: "2001:db8:10::23/64"}}


def test_the_node_that_starts_loses_the_conflict() -> None:
    started = run({"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=bond4"}, others=OTHERS)
    assert (started.exit_code, started.stored) == (1, {})
    assert started.outcomes == {IPV4: Outcome.CONFLICT}
    assert texts(started)[-3:] == [
        "Calico node 'node-1' is already using the IPv4 address 172.16.10.23.",
        'Clearing out-of-date IPv4 address from this node IP="172.16.10.23/24"',
        "Terminating",
    ]


def test_a_conflict_of_one_family_stores_the_other() -> None:
    others = {"node-9": OTHERS["node-9"]}
    started = run(DUAL, others=others)
    assert (started.exit_code, started.stored) == (1, {IPV4: BOND4})
    assert started.outcomes == {IPV4: Outcome.DETECTED, IPV6: Outcome.CONFLICT}


def test_a_conflict_of_an_explicit_address_changes_nothing() -> None:
    started = run({"IP": BOND4}, stored=OLD, others=OTHERS)
    assert (started.exit_code, started.stored) == (1, OLD)


def test_nodes_are_compared_in_the_order_of_their_names() -> None:
    others = {"node-9": {IPV4: BOND4}, "node-1": {IPV4: BOND4}}
    lines = texts(run({"IP": "autodetect", "IP_AUTODETECTION_METHOD": "cidr=172.16.10.0/24"},
                      stored=OLD, others=others))  # fmt: skip
    told = [line.partition(".")[0] for line in lines if "already" in line or "has changed" in line]
    assert told == [
        "Calico node 'node-1' is already using the IPv4 address 172",
        "IPv4 address has changed",
        "Calico node 'node-9' is already using the IPv4 address 172",
    ]


@pytest.mark.parametrize(("value", "exit_code"), [("true", 0), ("True", 1), ("", 1)])
def test_the_check_can_be_switched_off(value: str, exit_code: int) -> None:
    env = {"IP": BOND4, "DISABLE_NODE_IP_CHECK": value}
    assert run(env, others=OTHERS).exit_code == exit_code


def test_an_address_that_did_not_change_is_not_compared() -> None:
    env = {"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=bond4"}
    assert run(env, stored={IPV4: BOND4}, others=OTHERS).exit_code == 0


# --- What changed between versions --------------------------------------------------------------


@pytest.mark.parametrize(
    ("env", "stored", "before", "since", "expected"),
    [
        # IP=none: an invalid address, then a word; with both off fatal, then what is stored stays.
        ({"IP": "none", "IP6": "autodetect"}, {}, "v3.1.6", "v3.2.0", (1, 0)),
        ({"IP": "none"}, OLD, "v3.15.5", "v3.16.0", (1, 0)),
        ({"IP": "none"}, OLD, "v3.16.2", "v3.16.3", (0, 0)),
        ({"IP": "none", "CALICO_NETWORKING_BACKEND": "none"}, {}, "v3.16.2", "v3.16.3", (1, 0)),
        # Methods that are newer than the version end it.
        ({"IP_AUTODETECTION_METHOD": "cidr=172.16.0.0/16"}, {}, "v3.15.5", "v3.16.0", (1, 0)),
        # Backend none: skipped, then handled, then skipped.
        ({"IP": "bond4", "CALICO_NETWORKING_BACKEND": "none"}, {}, "v3.15.5", "v3.16.0", (0, 1)),
        ({"IP": "bond4", "CALICO_NETWORKING_BACKEND": "none"}, {}, "v3.25.2", "v3.26.0", (1, 0)),
        ({"IP": "bond4", "CALICO_NETWORKING_BACKEND": "none"}, {}, "v3.26.1", "v3.26.2", (0, 0)),
        # A stored text that is no address: fatal, then ignored.
        ({}, {IPV4: "x"}, "v3.24.5", "v3.24.6", (1, 0)),
        ({}, {IPV4: "x"}, "v3.25.0", "v3.25.1", (1, 0)),
    ],
)
def test_the_exit_status_changed_between(
    env: dict[str, str],
    stored: dict[Family, str],
    before: str,
    since: str,
    expected: tuple[int, int],
) -> None:
    statuses = tuple(run(env, by, stored=stored).exit_code for by in (before, since))
    assert statuses == expected


@pytest.mark.parametrize(
    ("env", "stored", "before", "since", "expected"),
    [
        ({"IP": "172.16.10.23"}, {}, "v3.17.6", "v3.18.0", ("172.16.10.23/32", BOND4)),
        ({"IP": "autodetect", "CALICO_NETWORKING_BACKEND": "none"}, {}, "v3.15.5", "v3.16.0",
         (None, BOND3)),
        ({"IP": "autodetect", "CALICO_NETWORKING_BACKEND": "none"}, {}, "v3.25.2", "v3.26.0",
         (BOND3, None)),
        ({"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=nope"}, {}, "v3.0.1", "v3.0.2",
         (None, None)),
        ({"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=bond4",
          "IP6": "autodetect", "IP6_AUTODETECTION_METHOD": "interface=nope"}, OLD,
         "v3.0.1", "v3.0.2", (BOND3, None)),
    ],
)  # fmt: skip
def test_what_is_stored_changed_between(
    env: dict[str, str],
    stored: dict[Family, str],
    before: str,
    since: str,
    expected: tuple[str | None, str | None],
) -> None:
    assert tuple(run(env, by, stored=stored).stored.get(IPV4) for by in (before, since)) == expected


@pytest.mark.parametrize(
    ("env", "stored", "before", "since", "text"),
    [
        ({"IP": "none"}, OLD, "v3.15.5", "v3.16.0",
         "Autodetection for IPv4 disabled, keeping existing value: 172.16.16.23/23"),
        ({"IP": "10.9.9.9"}, {}, "v3.17.6", "v3.18.0",
         "Unable to find matching host interface for IP 10.9.9.9"),
        ({"IP": "bond4"}, {}, "v3.17.6", "v3.18.0",
         "Attempt to get the local CIDR: bond4 failed, bond4 is invalid."),
        ({"IP": "bond4"}, {}, "v3.30.7", "v3.31.0",
         "Attempt to get the local CIDR: bond4 failed, bond4 is invalid"),
        ({"IP": "autodetect"}, {IPV4: BOND3}, "v3.30.7", "v3.31.0", "Node interfaces changed"),
        ({"IP": "none"}, {}, "v3.16.2", "v3.16.3",
         "No IPv4 or IPv6 addresses configured or detected, required for Calico networking"),
        ({"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=nope"}, {}, "v3.0.1", "v3.0.2",
         'Clearing out-of-date IPv4 address from this node IP=""'),
        ({"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=nope"}, {},
         "v3.31.7", "v3.32.0",
         "Failed to configure IP addresses error=failed to configure IP addresses and subnets:"
         " failed to autodetect an IPv4 address"),
        ({"IP": "none"}, {}, "v3.31.7", "v3.32.0",
         "Failed to configure IP addresses error=no IPv4 or IPv6 addresses configured or detected,"
         " required for Calico networking"),
    ],
)  # fmt: skip
def test_a_line_appeared_in(
    env: dict[str, str], stored: dict[Family, str], before: str, since: str, text: str
) -> None:
    assert text not in texts(run(env, before, stored=stored))
    assert text in texts(run(env, since, stored=stored))


@pytest.mark.parametrize(
    ("env", "stored", "last", "after", "text"),
    [
        ({"IP": BOND4}, {}, "v3.16.10", "v3.17.0",
         "IPv4 address 172.16.10.23 discovered on interface bond4"),
        ({"IP": "none"}, {}, "v3.16.2", "v3.16.3",
         "No IP Addresses configured, and autodetection is not enabled"),
    ],
)  # fmt: skip
def test_a_line_went_away_after(
    env: dict[str, str], stored: dict[Family, str], last: str, after: str, text: str
) -> None:
    assert text in texts(run(env, last, stored=stored))
    assert text not in texts(run(env, after, stored=stored))


# --- The Interfaces annotation ------------------------------------------------------------------

LISTED = (
    '[{"name":"bond3","addresses":["172.16.16.23"]},{"name":"bond4","addresses":["172.16.10.23"]},'
    '{"name":"mgmt","addresses":["172.16.4.23"]}]'
)


def test_the_interfaces_are_listed_since_v3_31() -> None:
    assert run({"IP": "autodetect"}, "v3.30.7").interfaces_annotation is None
    assert run({"IP": "autodetect"}, "v3.31.0").interfaces_annotation == LISTED


@pytest.mark.parametrize(
    ("env", "bond4"),
    [
        ({"IP": "autodetect", "IP6": "autodetect"},
         '"addresses":["172.16.10.23","2001:db8:10::23","fe80::10"]'),
        ({"IP": "none", "IP6": "autodetect"}, '"addresses":["2001:db8:10::23","fe80::10"]'),
        ({"IP": BOND4}, '"addresses":["172.16.10.23"]'),
    ],
)  # fmt: skip
def test_the_families_listed_are_those_that_are_enabled(env: dict[str, str], bond4: str) -> None:
    listed = run(env, "v3.31.0").interfaces_annotation
    assert listed is not None
    assert f'{{"name":"bond4",{bond4}}}' in listed


@pytest.mark.parametrize("env", [{}, {"IP": "none"}], ids=["unset", "none"])
def test_the_annotation_goes_when_no_family_is_enabled(env: dict[str, str]) -> None:
    started = run(env, "v3.31.0", stored=OLD, interfaces=LISTED)
    assert (started.stored, started.interfaces_annotation) == (OLD, None)
    assert texts(started)[-1] == "Node interfaces changed"


def test_the_annotation_is_left_as_it_was_where_calico_does_not_write_it() -> None:
    failing = {"IP": "autodetect", "IP_AUTODETECTION_METHOD": "interface=nope"}
    assert run(failing, "v3.31.0", interfaces="[]").interfaces_annotation == "[]"
    backend = {"IP": "autodetect", "CALICO_NETWORKING_BACKEND": "none"}
    assert run(backend, "v3.31.0", interfaces="[]").interfaces_annotation == "[]"
    assert run({"IP": "autodetect"}, "v3.30.7", interfaces="[]").interfaces_annotation == "[]"


def test_an_interface_without_an_address_and_odd_names_are_written_as_go_does() -> None:
    text = (
        "1: a<&>b    inet6 fe80::1/64 scope link \\ x\n2: é    inet 10.0.0.1/8 scope global é\\ x"
    )
    listed = run({"IP": "autodetect"}, "v3.31.0", inventory=parse_addresses(text))
    assert listed.interfaces_annotation == (
        '[{"name":"a\\u003c\\u0026\\u003eb"},{"name":"é","addresses":["10.0.0.1"]}]'
    )


def test_interfaces_that_did_not_change_are_no_change() -> None:
    stored = {IPV4: BOND3}
    again = run({"IP": "autodetect"}, "v3.31.0", stored=stored, interfaces=LISTED)
    assert "Node interfaces changed" not in texts(again)


# --- What is not known --------------------------------------------------------------------------


def test_an_undecided_method_leaves_the_start_undecided() -> None:
    started = run({"IP": "autodetect", "IP6": "autodetect"}, inventory=None, stored=OLD)
    assert (started.decided, started.stored) == (False, OLD)
    assert set(started.selections) == {IPV4, IPV6}
    assert started.outcomes == {}


def test_what_needs_no_inventory_is_decided_without_one() -> None:
    assert run({}, stored=OLD, inventory=None).stored == OLD
    assert run({"IP": "10.0.0.1/24"}, inventory=None).stored == {IPV4: "10.0.0.1/24"}
    assert run({"IP": "10.0.0.1"}, inventory=None).stored == {IPV4: "10.0.0.1"}
    assert run({"IP": "autodetect", "IP_AUTODETECTION_METHOD": "x"}, inventory=None).exit_code == 1


def test_an_annotation_does_not_refute_an_address() -> None:
    part = parse_interfaces_annotation(LISTED)
    kept = run({}, stored={IPV4: "10.9.9.9/24"}, inventory=part)
    assert (kept.exit_code, texts(kept)) == (0, [])
    assert run({"IP": "172.16.10.23"}, inventory=part).stored == {IPV4: "172.16.10.23"}


# --- The log level ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "levels"),
    [
        ("", {"INFO", "WARNING", "ERROR"}),
        ("debug", {"INFO", "WARNING", "ERROR"}),
        ("nonsense", {"INFO", "WARNING", "ERROR"}),
        ("Warning", {"WARNING", "ERROR"}),
        ("warn", {"WARNING", "ERROR"}),
        ("ERROR", {"ERROR"}),
        ("fatal", set()),
        ("panic", set()),
    ],
)
def test_the_log_level_hides_lines(level: str, levels: set[str]) -> None:
    env = {"IP": "none", "CALICO_STARTUP_LOGLEVEL": level}
    assert {message.level for message in run(env).messages} == levels


ENV = st.fixed_dictionaries(
    {},
    optional={
        "IP": st.sampled_from(["", "none", "autodetect", "10.0.0.1", "x"]) | st.text(),
        "IP6": st.sampled_from(["", "none", "autodetect", "fd00::1", "x"]) | st.text(),
        "IP_AUTODETECTION_METHOD": st.sampled_from(["interface=bond4", "interface=x", "x"]),
        "IP6_AUTODETECTION_METHOD": st.sampled_from(["interface=bond4", "interface=x", "x"]),
        "CALICO_NETWORKING_BACKEND": st.sampled_from(["bird", "none"]),
    },
)
STORED = st.dictionaries(
    st.sampled_from(Family), st.sampled_from(["10.0.0.1/8", "fd00::1/64", "x"])
)
VERSIONS = st.builds(Version, st.just(3), st.integers(0, 33), st.integers(0, 7))


@given(ENV, VERSIONS, STORED, STORED, st.sampled_from([INVENTORY, None]))
def test_any_environment_is_answered(
    env: dict[str, str],
    by: Version,
    stored: dict[Family, str],
    other: dict[Family, str],
    inventory: Inventory | None,
) -> None:
    host = Host("node-3", inventory, stored=stored, others={"node-1": other})
    started = start(host, env, by)
    assert started.exit_code in (0, 1)
    if started.exit_code == 0 and started.decided:
        unlisted = env.get("CALICO_NETWORKING_BACKEND") == "none" or by < Version(3, 16, 3)
        assert started.stored or unlisted


# --- What the real calico-node did --------------------------------------------------------------

LINE = re.compile(
    r"\S+ \S+ \[(?P<level>\w+)\]\[\d+\] (?P<component>[\w-]+)/(?P<file>\S+) \d+: (.*)"
)
RESOLVER = re.compile(r"(dial udp\d: lookup [^ :]+)[ :].*")
FRAME = {
    Event.LOG_LEVEL_SET, Event.NODENAME_FROM_ENVIRONMENT, Event.NODENAME_DETERMINED,
    Event.STARTING_NODE, Event.DATASTORE_CHECKED, Event.DATASTORE_VERIFIED, Event.DATASTORE_READY,
    Event.POOLS_SKIPPED, Event.USING_NODE_NAME, Event.AS_GLOBAL, Event.NETWORK_UNAVAILABLE_SET,
}  # fmt: skip
NOT_ABOUT_ADDRESSES = (
    "No explicit Calico API group", "Auto-discovered Calico API groups", "Using API group for CRD",
    "Upgrading any IPAM affinities", "No affinities needed", "Tier ", "Error getting resource",
)  # fmt: skip
FAMILIES = {family.address_annotation: family for family in Family}
INTERFACES = "projectcalico.org/Interfaces"

Shape = tuple[str, str | None, str, str]


def logged(lines: list[str]) -> list[Shape]:
    """The lines about addresses: level, component, file and text."""
    shapes: list[Shape] = []
    for line in lines:
        match = LINE.fullmatch(line)
        assert match is not None, line
        text = match[4]
        found = recognise(text)
        if match["level"] == "DEBUG" or text.startswith(NOT_ABOUT_ADDRESSES):
            continue
        assert found is not None, line
        if found.event not in FRAME:
            shapes.append((match["level"], match["component"], match["file"], comparable(text)))
    return shapes


def comparable(text: str) -> str:
    """What a resolver answers, and from which port it was asked, is not ours to predict."""
    return RESOLVER.sub(r"\1", text)


def addresses(annotations: Mapping[str, str]) -> dict[Family, str]:
    return {FAMILIES[key]: text for key, text in annotations.items() if key in FAMILIES}


def runs(file: Path) -> Iterator[tuple[dict[str, Any], Start]]:
    recording = json.loads(file.read_text())
    for each in recording["runs"]:
        node = recording["nodes"][each["node"]]
        host = Host(
            name=each["node"],
            inventory=parse_addresses(node["ip_o_addr_show"]),
            internal_ips=tuple(node["internal_ips"]),
            stored=addresses(each["stored"]),
            others={name: addresses(stored) for name, stored in each["other_nodes"].items()},
            routes=node["ip_route_get"],
            interfaces=each["stored"].get(INTERFACES),
        )
        yield each, start(host, each["env"], version(recording["calico"]))


@pytest.mark.skipif(not RECORDINGS, reason="the recordings are not here")
@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.stem)
def test_the_real_start_up_did_the_same(file: Path) -> None:
    wrong = []
    predicted = 0
    for recorded, started in runs(file):
        predicted += 1
        lines = [
            (each.level, each.component, each.file, comparable(each.text))
            for each in started.messages
        ]
        same = (
            started.decided,
            started.exit_code,
            started.stored,
            started.interfaces_annotation,
        ) == (
            True,
            recorded["exit"],
            addresses(recorded["annotations"]),
            recorded["annotations"].get(INTERFACES),
        )
        if not same or lines != logged(recorded["log"]):
            wrong.append((recorded["node"], recorded["env"], started, lines))
    assert wrong == []
    assert predicted == len(json.loads(file.read_text())["runs"]) >= 200


@pytest.mark.skipif(not RECORDINGS, reason="the recordings are not here")
def test_recordings_of_two_versions_are_held() -> None:
    assert len(RECORDINGS) >= 2


def test_the_newest_version_starts() -> None:
    assert run({"IP": "autodetect"}, str(NEWEST_KNOWN)).exit_code == 0
