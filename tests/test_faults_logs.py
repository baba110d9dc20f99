"""Logs and nodes that lie, never end or stay silent: one row of the report, and never more."""

from __future__ import annotations

import dataclasses
import time
import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from kubectl_calico_nic.simulator.story import SimulatedNode

from .fault_proxy import MEGABYTE, Exchange, Fault, endless, silence
from .simulated import Disturbed, changed_incident

LINE = b"2026-01-01 00:02:00.000 [INFO][64] felix/int_dataplane.go 1: Linux interface up\n"


@pytest.fixture(scope="module")
def incident() -> Iterator[Disturbed]:
    with Disturbed() as cluster:
        yield cluster


def row(report: str, node: str) -> list[str]:
    return next(line for line in report.splitlines() if line.startswith(f"{node} ")).split()


def huge(piece: bytes, megabytes: int) -> Fault:
    """A log of so many megabytes; the kubelet ignores how many were asked for."""

    def fault(exchange: Exchange) -> None:
        exchange.begin_chunks("text/plain")
        for _ in range(megabytes):
            exchange.chunk(piece * (MEGABYTE // len(piece)))
        exchange.send(b"0\r\n\r\n")

    return fault


def with_text(text: bytes) -> Fault:
    """The real log, and ``text`` around it."""

    def fault(exchange: Exchange) -> object:
        return exchange.reply(200, text + exchange.json() + text, "text/plain")

    return fault


NUL = b"\x00" * 5000
LOGS: dict[str, tuple[Fault, bool]] = {
    "100 MB": (huge(LINE, 100), False),
    "one line of 50 MB": (huge(b"x", 50), False),
    "never ends": (endless(LINE * 700), False),
    "never ends its line": (endless(b"x" * 60_000), False),
    "NUL bytes": (with_text(NUL + b"\n"), True),
    "no UTF-8": (with_text(b"\xff\xfe\x80\xc3(\n"), True),
    "carriage returns": (with_text(b"\r\r\r\n\x1b[2J\n"), True),
}
"""What one kubelet sends, and whether its detection lines can be read all the same."""


@pytest.mark.parametrize("name", LOGS)
def test_one_log_that_lies_costs_one_row_at_most(name: str, incident: Disturbed) -> None:
    fault, is_read = LOGS[name]
    incident.proxy.clear()
    whole = incident.run("inspect")
    incident.proxy.on("GET", incident.of_pod("node-1", "log"), fault)
    tracemalloc.start()
    try:
        result = incident.run("inspect")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result.status == 2
    others = ("node-2", "node-3", "node-4", *(["node-1"] if is_read else []))
    assert [row(result.stdout, node) for node in others] == [
        row(whole.stdout, node) for node in others
    ]
    assert "\x00" not in result.stdout
    assert peak < 25 * MEGABYTE


@pytest.mark.parametrize("hours", [-30, -3, 3, 30])
def test_clocks_that_are_hours_apart_change_no_verdict(hours: int, incident: Disturbed) -> None:
    incident.proxy.clear()
    whole = incident.run("inspect")
    there = incident.run("inspect", now=lambda: datetime.now(timezone.utc) + timedelta(hours=hours))
    assert there.status == whole.status
    nodes = ("node-1", "node-2", "node-3", "node-4")
    assert [row(there.stdout, node) for node in nodes] == [
        row(whole.stdout, node) for node in nodes
    ]


def test_a_kubelet_whose_clock_is_hours_behind_is_read_all_the_same(incident: Disturbed) -> None:
    """Its lines are of yesterday; the order within its log is all that is looked at."""

    def yesterday(exchange: Exchange) -> object:
        today = datetime.now(timezone.utc)
        text = exchange.json()
        for day in (today, today - timedelta(days=1)):
            before = (day - timedelta(days=1)).strftime("%Y-%m-%d").encode()
            text = text.replace(day.strftime("%Y-%m-%d").encode(), before)
        return exchange.reply(200, text, "text/plain")

    incident.proxy.clear()
    whole = incident.run("inspect")
    incident.proxy.on("GET", incident.of_pod("node-3", "log"), yesterday)
    result = incident.run("inspect")
    assert row(result.stdout, "node-3") == row(whole.stdout, "node-3")


def test_silent_kubelets_are_given_up_together_and_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the cluster is down: its kubelets hang, and Kubernetes knows that they do."""
    monkeypatch.setattr("kubectl_calico_nic.collection.collect._SILENT_SECONDS", 0.3)

    def down(node: SimulatedNode) -> SimulatedNode:
        return dataclasses.replace(node, reachable=node.name in ("node-1", "node-3"))

    with Disturbed(changed_incident(node=down)) as cluster:
        cluster.proxy.on("GET", cluster.of_pod("node-2", "log"), silence)
        cluster.proxy.on("GET", cluster.of_pod("node-4", "log"), silence)
        began = time.monotonic()
        result = cluster.run("inspect", "--concurrency", "1", "--probe=never")
        seconds = time.monotonic() - began
    assert result.status == 2
    assert row(result.stdout, "node-1")[-1] == "ok"
    assert row(result.stdout, "node-3")[-1] == "wrong-network"
    assert seconds < 5


def test_the_overall_time_limit_reports_what_was_read(incident: Disturbed) -> None:
    incident.proxy.clear()
    incident.proxy.on("GET", incident.of_pod("node-1", "log"), silence)
    incident.proxy.on("GET", incident.of_pod("node-2", "log"), silence)
    result = incident.run("inspect", "--timeout", "500ms")
    assert result.status == 2
    assert "INCOMPLETE: rests on the logs of 2 of 4 nodes; not read: node-1, node-2" in result.lines
    assert row(result.stdout, "node-3")[-1] == "wrong-network"


@pytest.mark.parametrize("path", ["*/daemonsets?*", "*/pods?*"])
def test_a_time_limit_before_any_node_was_judged_is_an_error(
    path: str, incident: Disturbed
) -> None:
    incident.proxy.clear()
    incident.proxy.on("GET", path, silence)
    result = incident.run("inspect", "--timeout", "300ms")
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == "error: timed out waiting for the condition\n"


def test_without_any_evidence_nothing_was_asked(incident: Disturbed) -> None:
    incident.proxy.clear()
    incident.proxy.on("GET", "*/log?*", silence)
    incident.proxy.on("GET", "/api/v1/nodes?*", silence)
    result = incident.run("inspect", "--timeout", "400ms")
    assert result.status == 1
    assert "no evidence was read for any node" in result.stderr


def test_a_green_cluster_that_was_read_in_part_is_not_green() -> None:
    story = changed_incident(env={"IP_AUTODETECTION_METHOD": "interface=bond4"})
    with Disturbed(story) as cluster:
        whole = cluster.run("inspect")
        cluster.proxy.on("GET", cluster.of_pod("node-2", "log"), silence)
        part = cluster.run("inspect", "--request-timeout", "300ms")
    assert (whole.status, part.status) == (0, 2)
    assert "INCOMPLETE: rests on the logs of 3 of 4 nodes; not read: node-2" in part.lines
    assert row(part.stdout, "node-2")[-1] == "ok"
