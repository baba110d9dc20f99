"""Logs of calico-node for tests, built from the texts of its messages."""

from __future__ import annotations

import dataclasses
import datetime

from kubectl_calico_nic.calico.log.reading import Decision


def log(component: str | None, *messages: str, seconds: int = 1, minute: int = 0) -> list[str]:
    """Lines of one process, ``seconds`` apart; each message is its level and its text."""
    start = datetime.datetime(2026, 1, 1, 0, minute, 0)
    prefix = f"{component}/" if component else ""
    lines = []
    for index, message in enumerate(messages):
        level, _, text = message.partition(" ")
        time = start + datetime.timedelta(seconds=seconds * index)
        lines.append(f"{time}.000 [{level}][9] {prefix}startup.go 1: {text}")
    return lines


def startup(*messages: str) -> list[str]:
    """A start of v3.24.6 on node-1 that logs ``messages`` where it looks at addresses."""
    return log(
        "startup",
        "INFO Early log level set to info",
        "INFO Using NODENAME environment for node name node-1",
        "INFO Determined node name: node-1",
        "INFO Starting node node-1 with version v3.24.6",
        "INFO Datastore is ready",
        "INFO Initialize BGP data",
        *messages,
    )


GOOD_END = (
    "INFO Node IPv4 changed, will check for conflicts",
    "INFO No AS number configured on node resource, using global value",
    "INFO Using node name: node-1",
)
FOUND = "INFO Using autodetected IPv4 address 172.16.10.21/24 on matching interface bond4"
FOUND_V6 = "INFO Using autodetected IPv6 address on interface bond4: 2001:db8:10::21/64"
NOTHING = "no valid host interfaces found"
NOT_FOUND = f"Unable to auto-detect an IPv4 address using interface regexes [bond9]: {NOTHING}"
NOT_FOUND_V6 = f"Unable to auto-detect an IPv6 address using interface regexes [bond9]: {NOTHING}"
ADVICE = (
    "If auto-detecting, choose a different autodetection method."
    " Otherwise provide an explicit address."
)
FATAL = f"WARNING Couldn't autodetect an IPv4 address. {ADVICE}"
FATAL_V6 = f"WARNING Couldn't autodetect an IPv6 address. {ADVICE}"
KEPT = "WARNING Autodetection of IPv4 address failed, keeping existing value: 172.16.16.21/23"
CLEARED = 'INFO Clearing out-of-date IPv4 address from this node IP="172.16.10.21/24"'
CLEARED_V6 = 'INFO Clearing out-of-date IPv6 address from this node IP=""'
CONFLICT = "Calico node 'node-2' is already using the IPv4 address 172.16.10.21."
END = "WARNING Terminating"


def monitor(*messages: str, component: str = "monitor-addresses") -> list[str]:
    """Lines of the monitor, a minute apart."""
    return log(component, *messages, seconds=60, minute=1)


def told(decision: Decision | None) -> dict[str, object]:
    """What a decision says beyond its stage and times, without what it leaves out."""
    assert decision is not None
    values = {
        field.name: getattr(decision, field.name)
        for field in dataclasses.fields(decision)
        if field.name not in ("family", "stage", "first", "last", "count")
    }
    return {name: value for name, value in values.items() if value not in (None, False)}
