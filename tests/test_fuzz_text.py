"""Text of any kind: every parser says what it is, or that it is not; none hangs, none grows."""

from __future__ import annotations

import contextlib
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.calico.autodetection.kernel_route import parse_route
from kubectl_calico_nic.calico.autodetection.methods import InvalidMethod, parse_method
from kubectl_calico_nic.calico.autodetection.selection import select
from kubectl_calico_nic.calico.bird.birdcl_output import NotBirdOutput, parse_protocols
from kubectl_calico_nic.calico.bird.readiness import parse_readiness
from kubectl_calico_nic.calico.log.line_format import parse_line, time_of
from kubectl_calico_nic.calico.log.reader import read_log
from kubectl_calico_nic.calico.messages.recognition import recognise
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.change.values import check_value
from kubectl_calico_nic.cluster.transport.answers import parse_warnings
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.flags.duration import parse_timeout
from kubectl_calico_nic.go.net import parse_cidr, parse_cidr_or_ip, parse_ip
from kubectl_calico_nic.iproute.addr import parse_addresses
from kubectl_calico_nic.iproute.annotation import parse_interfaces_annotation
from kubectl_calico_nic.iproute.lines import NotIpOutput
from kubectl_calico_nic.iproute.link import with_links
from kubectl_calico_nic.snapshot.undo_record import (
    RECORD_ANNOTATION,
    BrokenRecord,
    read_record,
    write_record,
)
from kubectl_calico_nic.workload.image import image_tag

from . import bundle_files as files
from .calico_nic import calico_nic
from .fuzzing import SEEDS, examples, scrambled, soon
from .test_inspect_from_anything import BIRDCL

VERSIONS = tuple(Version(3, minor, 0) for minor in (6, 16, 22, 24, 31))
INVENTORY = parse_addresses(files.ip_addr("node-1"))
LOG = "\n".join([*files.calico_log("node-1", monitored=3), *files.failed_log("node-1")])
ADDRESSES, LINKS = files.ip_addr("node-1"), files.ip_link("node-1")
ROUTE = "172.16.10.1 dev bond4 src 172.16.10.21 uid 0 \\    cache \n"
READINESS = (
    "Readiness probe failed: 2026-01-01 00:00:00.000 [INFO][215] confd/health.go 202: Number of "
    "node(s) with BGP peering established = 1\ncalico/node is not ready: BIRD is not ready: BGP "
    "not established with 172.16.16.23,172.16.16.24\n"
)
ANNOTATION = '["bond4:172.16.10.21,fe80::1","eth0:10.0.0.1"]'
METHOD = "interface=^bond[0-4]$,eth.*"
RECORD = (
    '{"at":"2026-01-01T00:00:00Z","by":"u","change":"interface=bond4","names":["IP"],'
    '"before":[[0,{"name":"IP"}]],"after":[{"name":"IP","value":"autodetect"}],"hadEnv":true,'
    '"stage":{"kind":"canary","nodes":["node-1"],"strategy":{"type":"RollingUpdate"}},'
    '"former":{"revision":"abc","generation":3}}'
)


def of_record(text: str) -> object:
    found = read_record({RECORD_ANNOTATION: text})
    return write_record(found) if found else None


def of_method(text: str) -> object:
    for version in VERSIONS:
        with contextlib.suppress(InvalidMethod):
            parse_method(text, version)
    return [select(text, family, INVENTORY, version) for family in Family for version in VERSIONS]


def of_value(text: str) -> None:
    check_value(text, Family.IPV4)


def of_log(text: str) -> object:
    lines = text.split("\n")
    return read_log(lines), [(parse_line(line), time_of(line), recognise(line)) for line in lines]


Parser = Callable[[str], Any]
PARSERS: dict[str, tuple[Parser, str, tuple[type[Exception], ...]]] = {
    "log": (of_log, LOG, ()),
    "ip addr": (parse_addresses, ADDRESSES, (NotIpOutput,)),
    "ip link": (lambda text: with_links(INVENTORY, text), LINKS, (NotIpOutput,)),
    "ip route get": (parse_route, ROUTE, ()),
    "annotation": (parse_interfaces_annotation, ANNOTATION, ()),
    "birdcl": (parse_protocols, BIRDCL, (NotBirdOutput,)),
    "readiness": (parse_readiness, READINESS, ()),
    "method": (of_method, METHOD, ()),
    "value of set": (of_value, METHOD, (CalicoNicError,)),
    "change record": (of_record, RECORD, (BrokenRecord,)),
    "version": (Version.parse, "v3.24.6-0.dev-12-gabc", ()),
    "image": (image_tag, "quay.io:5000/calico/node:v3.24.6@sha256:abc", ()),
    "address": (lambda text: (parse_ip(text), parse_cidr_or_ip(text)), "fe80::1%eth0", ()),
    "network": (parse_cidr, "172.16.10.0/24", ()),
    "duration": (parse_timeout, "1h2m3.5s", (CalicoNicError,)),
    "warning": (lambda text: parse_warnings([text]), '299 - "deprecated \\"x\\""', ()),
}


@pytest.mark.parametrize("name", PARSERS)
def test_scrambled_text(name: str) -> None:
    parse, original, refusals = PARSERS[name]

    @examples(60)
    @given(SEEDS)
    def parses(seed: int) -> None:
        with soon(), contextlib.suppress(*refusals):
            parse(scrambled(original, seed))

    parses()


@pytest.mark.parametrize("name", PARSERS)
def test_any_text(name: str) -> None:
    parse, _, refusals = PARSERS[name]

    @examples(40)
    @given(st.text(max_size=300))
    def parses(text: str) -> None:
        with soon(), contextlib.suppress(*refusals):
            parse(text)

    parses()


MEGABYTE = 1_000_000
REPEATED = ("x", " ", "\n", "(", "[", "a,", "1: ", "\\", "/", "0", "é", "\x00", '"', "{", ":")


@pytest.mark.parametrize("name", PARSERS)
def test_a_lot_of_text_takes_its_time_and_no_more(name: str) -> None:
    """200 kB of one thing again and again: quadratic time or memory would show."""
    parse, original, refusals = PARSERS[name]
    for piece in (*REPEATED, original):
        text = piece * (200_000 // len(piece))
        with soon(10.0), contextlib.suppress(*refusals):
            parse(text)
    tracemalloc.start()
    try:
        with contextlib.suppress(*refusals):
            parse("x" * MEGABYTE)
        assert tracemalloc.get_traced_memory()[1] < 50 * MEGABYTE
    finally:
        tracemalloc.stop()


WORDS = st.sampled_from(
    ["inspect", "set", "rollout-check", "demo", "version", "help", "completion", "--", "-o", "json",
     "-o=jsonpath={.a[?(@.b==1)]}", "--interface", "--method", "bond4", "(", "--from", "-n", "-A",
     "--timeout", "--timeout=1x", "--concurrency=0", "--kubeconfig=/nonexistent", "-v=9", "--", "-",
     "--server=:", "--family=5", "--as", "--undo", "--canary", "=", "--expect-cidr=1/2", "\ud800"]
)  # fmt: skip


def test_any_command_line() -> None:
    @examples(60)
    @given(st.lists(WORDS | st.text(max_size=6), max_size=6))
    def told(argv: list[str]) -> None:
        if "demo" in argv:
            return
        result = calico_nic(*argv, environ={"KUBECONFIG": "/nonexistent"})
        assert result.status in (0, 1, 2)
        assert "Traceback" not in result.stderr
        assert "please report this" not in result.stderr, result.stderr

    told()
