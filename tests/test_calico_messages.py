"""Calico's log messages are written as every version writes them, and read back."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kubectl_calico_nic.calico.log.line_format import format_line, parse_line
from kubectl_calico_nic.calico.log.reading import Stage
from kubectl_calico_nic.calico.messages import Event, Recognised, recognise, render
from kubectl_calico_nic.calico.version import NEWEST_KNOWN, Version
from kubectl_calico_nic.family import Family

TIME = datetime.datetime(2024, 5, 6, 7, 8, 9, 123000, tzinfo=datetime.timezone.utc)


def version(text: str) -> Version:
    parsed = Version.parse(text)
    assert parsed is not None
    return parsed


WRITTEN: list[tuple[str, Stage, Event, dict[str, object], str]] = [
    (
        "v3.13.5",
        Stage.STARTUP,
        Event.FIRST_FOUND,
        {"family": Family.IPV4, "interface": "eth0", "address": "10.0.0.11/24"},
        "[INFO][9] startup.go 671: Using autodetected IPv4 address on interface eth0: 10.0.0.11/24",
    ),
    (
        "v3.24.6",
        Stage.STARTUP,
        Event.FIRST_FOUND,
        {"family": 6, "interface": "eth0", "address": "2001:db8::11/64"},
        "[INFO][9] startup/autodetection_methods.go 103: "
        "Using autodetected IPv6 address on interface eth0: 2001:db8::11/64",
    ),
    (
        "v3.21.6",
        Stage.MONITOR,
        Event.INTERFACE,
        {"family": 4, "interface": "eth0", "address": "10.0.0.11/24"},
        "[INFO][9] monitor-addresses/startup.go 728: "
        "Using autodetected IPv4 address 10.0.0.11/24 on matching interface eth0",
    ),
    (
        "v3.32.1",
        Stage.MONITOR,
        Event.SKIP_INTERFACE,
        {"family": 4, "interface": "eth0", "address": "10.0.0.11/24"},
        "[INFO][9] node-services/autodetection_methods.go 161: Using autodetected IPv4 address on"
        " interface eth0: 10.0.0.11/24 while skipping matching interfaces",
    ),
    (
        "v3.24.6",
        Stage.STARTUP,
        Event.INTERFACE_FAILED,
        {"family": 4, "items": ("eth1", "ens.*"), "error": "no valid host interfaces found"},
        "[WARNING][9] startup/autodetection_methods.go 113: Unable to auto-detect an IPv4 address"
        " using interface regexes [eth1 ens.*]: no valid host interfaces found",
    ),
    (
        "v3.24.6",
        Stage.STARTUP,
        Event.CIDR_INVALID,
        {"item": "10.0.0.0/33", "method": "cidr=10.0.0.0/33"},
        "[ERROR][9] startup/autodetection_methods.go 59: "
        'Invalid CIDR "10.0.0.0/33" for IP autodetection method: cidr=10.0.0.0/33',
    ),
    (
        "v3.24.6",
        Stage.STARTUP,
        Event.CAN_REACH_SOURCE,
        {"destination": "8.8.8.8", "address": "10.0.0.11"},
        "[INFO][9] startup/reachaddr.go 47: "
        'Auto-detected address by connecting to remote Destination="8.8.8.8" IP=10.0.0.11',
    ),
    (
        "v3.8.9",
        Stage.STARTUP,
        Event.METHOD_INVALID,
        {"method": "eth1"},
        "[ERROR][9] startup.go 568: Invalid IP autodection method: eth1",
    ),
    (
        "v3.13.5",
        Stage.STARTUP,
        Event.METHOD_INVALID,
        {"method": "eth1"},
        "[ERROR][9] startup.go 655: Invalid IP autodetection method: eth1",
    ),
    (
        "v3.4.4",
        Stage.STARTUP,
        Event.ENVIRONMENT_INVALID,
        {"family": 4, "variable": "IP", "address": "6bond"},
        "[WARNING][9] startup.go 473: "
        "Environment does not contain a valid IPv%d address: %s=%s4IP6bond",
    ),
    (
        "v3.24.6",
        Stage.STARTUP,
        Event.NODE_CHANGED,
        {"family": 4, "node": "node-1", "original": "172.16.16.21", "updated": "172.16.10.21"},
        "[WARNING][9] startup/startup.go 978: IPv4 address has changed. This could happen if there"
        ' are multiple nodes with the same name. node="node-1" original="172.16.16.21"'
        ' updated="172.16.10.21"',
    ),
    (
        "v3.24.6",
        Stage.STARTUP,
        Event.STARTING_NODE,
        {"node": "node-1", "version": "v3.24.6"},
        "[INFO][9] startup/startup.go 94: Starting node node-1 with version v3.24.6",
    ),
    (
        "v3.23.5",
        Stage.STARTUP,
        Event.NONE_NEEDED,
        {},
        "[WARNING][9] startup/startup.go 284: No IPv4 or IPv6 addresses configured or detected."
        " Some features may not work properly.",
    ),
    (
        "v3.24.6",
        Stage.STARTUP,
        Event.NONE_NEEDED,
        {},
        "[INFO][9] startup/startup.go 284: No IPv4 or IPv6 addresses configured or detected."
        " Some features may not work properly.",
    ),
    (
        "v3.31.7",
        Stage.STARTUP,
        Event.COMPLETE,
        {},
        "[INFO][9] complete-startup/startup.go 352: Calico started successfully",
    ),
]


@pytest.mark.parametrize(("release", "stage", "event", "fields", "line"), WRITTEN)
def test_a_message_is_written_as_that_version_writes_it(
    release: str, stage: Stage, event: Event, fields: dict[str, object], line: str
) -> None:
    message = render(event, version(release), stage=stage, **fields)
    assert message is not None
    assert format_line(TIME, 9, message) == f"2024-05-06 07:08:09.123 {line}"


@pytest.mark.parametrize(
    ("release", "stage", "event"),
    [
        ("v3.15.5", Stage.STARTUP, Event.CIDR),
        ("v3.17.6", Stage.STARTUP, Event.LOCAL_CIDR),
        ("v3.17.6", Stage.STARTUP, Event.STARTING_NODE),
        ("v3.30.7", Stage.STARTUP, Event.INTERFACES_CHANGED),
        ("v3.31.7", Stage.STARTUP, Event.CONFIGURE_FAILED),
        ("v3.32.0", Stage.STARTUP, Event.NONE_CONFIGURED),
        ("v3.16.3", Stage.STARTUP, Event.NONE_ENABLED),
        ("v3.15.1", Stage.MONITOR, Event.FIRST_FOUND),
    ],
)
def test_a_version_does_not_write_what_it_does_not_have(
    release: str, stage: Stage, event: Event
) -> None:
    fields = {"family": 4, "address": "10.0.0.11/24", "interface": "eth0", "items": "x"}
    assert render(event, version(release), stage=stage, **fields) is None


def test_a_shell_script_prints_without_a_frame() -> None:
    message = render(Event.NODE_STARTED, NEWEST_KNOWN)
    assert message is not None
    assert format_line(TIME, 9, message) == "Calico node started successfully"
    assert parse_line("Calico node started successfully") is None


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("node-1", '"node-1"'),
        ('a"b\\c', r'"a\"b\\c"'),
        ("\t\n\x00\x7f", r'"\t\n\x00\x7f"'),
        ("é €\xa0\u200b", r'"é €\u00a0\u200b"'),
        ("\U000e0001", r'"\U000e0001"'),
    ],
)
def test_strings_are_quoted_as_go_does(text: str, quoted: str) -> None:
    message = render(Event.NODE_NEW, NEWEST_KNOWN, node=text)
    assert message is not None
    assert message.text == f"Building new node resource Name={quoted}"
    assert recognise(message.text) == Recognised(Event.NODE_NEW, {"node": text})


def test_a_field_that_is_missing_is_the_callers_mistake() -> None:
    with pytest.raises(KeyError, match="interface"):
        render(Event.FIRST_FOUND, NEWEST_KNOWN, family=4, address="10.0.0.11/24")


@pytest.mark.parametrize(
    ("text", "event", "fields"),
    [
        (
            "Using autodetected IPv4 address on interface vEthernet (Ethernet): 10.0.0.11/24",
            Event.FIRST_FOUND,
            {"family": "4", "interface": "vEthernet (Ethernet)", "address": "10.0.0.11/24"},
        ),
        (
            "Unable to auto-detect an IPv4 address using interface regexes [[)]: "
            "error parsing regexp: missing closing ]: `[)`",
            Event.INTERFACE_FAILED,
            {
                "family": "4",
                "items": "[)",
                "error": "error parsing regexp: missing closing ]: `[)`",
            },
        ),
        (
            "Unable to parse CIDR  : invalid CIDR address: ",
            Event.INTERNAL_IP_UNPARSABLE,
            {"address": "", "error": "invalid CIDR address: "},
        ),
        (
            "Environment does not contain a valid IPv%d address: %s=%s6IP6bond4",
            Event.ENVIRONMENT_INVALID,
            {"family": "6", "variable": "IP6", "address": "bond4"},
        ),
        (
            'Clearing out-of-date IPv4 address from this node IP=""',
            Event.CLEARED,
            {"family": "4", "address": ""},
        ),
        (
            r'Invalid CIDR "a\"b\x00\u00e9\U0001f600\n\q" for IP autodetection method: cidr=x',
            Event.CIDR_INVALID,
            {"item": 'a"b\x00é\U0001f600\n\\q', "method": "cidr=x"},
        ),
        (
            "Using stored node name worker-1 from /var/lib/calico/nodename",
            Event.NODENAME_FROM_FILE,
            {"node": "worker-1", "path": "/var/lib/calico/nodename"},
        ),
        (
            "Using stored node name from /var/lib/calico/nodename",
            Event.NODENAME_FROM_FILE,
            {"path": "/var/lib/calico/nodename"},
        ),
    ],
)
def test_a_message_is_read(text: str, event: Event, fields: dict[str, str]) -> None:
    assert recognise(text) == Recognised(event, fields)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Us",
        "Applying dataplane updates",
        "Using autodetected IPv5 address on interface eth0: 10.0.0.11/24",
        "x Using autodetected IPv4 address on interface eth0: 10.0.0.11/24",
        "Calico node started successfully.",
    ],
)
def test_other_text_is_no_message(text: str) -> None:
    assert recognise(text) is None


@pytest.mark.parametrize(
    ("line", "component", "file", "number"),
    [
        ("2018-01-22 07:16:35.052 [INFO][9] startup.go 483: x", None, "startup.go", 483),
        (
            "2022-10-27 08:17:56.235 [INFO][11] monitor-addresses/startup.go 1: x",
            "monitor-addresses",
            "startup.go",
            1,
        ),
        (
            "2022-10-27 08:17:56.235 [ERROR][11] startup/filename-lookup-failed -1: x",
            "startup",
            "filename-lookup-failed",
            -1,
        ),
        ("2022-10-27 08:17:56.235 [DEBUG][11] startup/<nil> <nil>: x", "startup", "<nil>", None),
    ],
)
def test_the_frame_of_a_line_is_read(
    line: str, component: str | None, file: str, number: int | None
) -> None:
    parsed = parse_line(line)
    assert parsed is not None
    assert (parsed.component, parsed.file, parsed.line) == (component, file, number)
    assert (parsed.time, parsed.text) == (line[:23], "x")


@pytest.mark.parametrize(
    "line",
    [
        "bird: Mesh_172_16_10_22: Connected to table master",
        'time="2026-01-01T00:00:00Z" level=info msg="x"',
        '{"level":"info"}',
        "2022-10-27 08:17:56 [INFO][11] startup/startup.go 1: no milliseconds",
        "2022-10-27 08:17:56.235 [INFO] startup/startup.go 1: no process",
        "2022-10-27 08:17:56.235 [INFO][" + "9" * 5000 + "] startup/startup.go 1: x",
        "\x00\x00",
    ],
)
def test_lines_of_others_have_no_frame(line: str) -> None:
    assert parse_line(line) is None


# Properties

WORD = st.from_regex(r"[a-z0-9]([-.a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
NAME = st.sampled_from(["eth0", "bond4", "bond4.100", "br-0a1b", "vEthernet (Ethernet)", "lo"])
ADDRESSES = {
    4: st.ip_addresses(v=4).map(lambda ip: f"{ip}/24") | st.ip_addresses(v=4).map(str),
    6: st.ip_addresses(v=6).map(lambda ip: f"{ip}/64") | st.ip_addresses(v=6).map(str),
}
LINE = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VERSIONS = st.builds(Version, st.just(3), st.integers(0, 34), st.integers(0, 12))
ANYTHING = st.text(st.characters(), max_size=200)


WORDS = (
    "node",
    "level",
    "version",
    "number",
    "count",
    "interval",
    "backend",
    "service",
)
TEXTS = ("error", "reason", "method", "action", "item")
CIDRS = ("address", "original", "updated")
OTHERS = ("interface", "path", "destination", "items", "value", "family", "variable")
FIELDS = dict.fromkeys((*WORDS, *TEXTS, *CIDRS, *OTHERS), "x")
"""Every field that any event has."""


@st.composite
def fields_of_any_event(draw: st.DrawFn) -> dict[str, str]:
    """A value for every field that any event has."""
    family = draw(st.sampled_from([4, 6]))
    values = {
        **dict.fromkeys(WORDS, WORD),
        **dict.fromkeys(TEXTS, LINE),
        **dict.fromkeys(CIDRS, ADDRESSES[family]),
        "interface": NAME,
        "path": st.just("/var/lib/calico/nodename"),
        "destination": WORD | st.ip_addresses(v=6).map(str),
        "items": st.lists(WORD, max_size=3).map(" ".join),
        "value": st.sampled_from(["true", "false"]),
    }
    drawn = {name: draw(strategy) for name, strategy in values.items()}
    drawn["action"] = f"x{drawn['action']}"
    return {**drawn, "family": str(family), "variable": "IP" if family == 4 else "IP6"}


@given(
    event=st.sampled_from(Event),
    release=VERSIONS,
    stage=st.sampled_from(Stage),
    fields=fields_of_any_event(),
)
def test_what_is_written_is_read_back(
    event: Event, release: Version, stage: Stage, fields: dict[str, str]
) -> None:
    message = render(event, release, stage=stage, **fields)
    assume(message is not None)
    assert message is not None
    line = format_line(TIME, 9, message)
    if message.level:
        parsed = parse_line(line)
        assert parsed is not None
        assert (parsed.level, parsed.component, parsed.file, parsed.line, parsed.text) == (
            message.level,
            message.component,
            message.file,
            message.line,
            message.text,
        )
    said = recognise(message.text)
    assert said is not None
    assert said.event is event
    assert said.fields.items() <= fields.items()


@pytest.mark.parametrize("event", Event)
def test_every_event_is_written_by_some_version(event: Event) -> None:
    releases = [Version(3, minor, 0) for minor in range(35)]
    assert any(render(event, release, **FIELDS) for release in releases)


@given(ANYTHING)
def test_no_text_breaks_the_readers(text: str) -> None:
    recognise(text)
    parse_line(text)
