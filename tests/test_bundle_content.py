"""What a file is, is told by how it begins."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.bundle.layouts.content import Content, tell_content
from tests import bundle_files as files

LOG = files.text(files.calico_log("node-1"))
IP_ADDR_SHOW = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
"""
BIRDCL = """\
BIRD 1.6.8 ready.
name     proto    table    state  since       info
kernel1  Kernel   master   up     16:08:51
Mesh_172_16_10_22 BGP      master   up     16:08:53    Established
Mesh_172_16_16_23 BGP      master   start  16:08:51    Passive
"""
NODE = files.node("node-1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Content.EMPTY),
        (" \r\n\n", Content.EMPTY),
        ("\x7fELF\0", Content.BINARY),
        (LOG, Content.LOG),
        ("bird: Mesh_172_16_10_22: State changed to start\n", Content.LOG),
        ("# Notes\n\nOne kind:\n  kind: log\n", Content.LOG),
        (files.ip_addr("node-1"), Content.ADDRESSES),
        (IP_ADDR_SHOW, Content.ADDRESSES),
        (files.ip_link("node-1"), Content.LINKS),
        (files.ip_link("node-1") + files.ip_addr("node-1"), Content.ADDRESSES),
        (BIRDCL, Content.PROTOCOLS),
        (BIRDCL.replace("\n", "\r\n"), Content.PROTOCOLS),
        ("Name:         x\nNamespace:    kube-system\n", Content.DESCRIPTION),
        ("Name:               node-1\nRoles:              worker\n", Content.DESCRIPTION),
        (json.dumps(NODE), Content.JSON),
        (json.dumps([NODE], indent=4), Content.JSON),
        ('{"items": [', Content.JSON),
        ("apiVersion: v1\nitems:\n- kind: Node\n", Content.YAML),
        ("metadata:\n  name: x\nkind: Node\n", Content.YAML),
        ("- apiVersion: v1\n  kind: Node\n", Content.YAML),
        ("%YAML 1.2\n---\n# all\nkind: Node\n", Content.YAML),
        ('{"log":"' + '\\"kind\\": ' * 20_000, Content.LOG),
    ],
)
def test_content(text: str, expected: Content) -> None:
    assert tell_content(text.encode()) is expected


@pytest.mark.parametrize(
    "line",
    [
        'Defaulted container "calico-node" out of: calico-node, install-cni (init)',
        "+ kube-system calico-node-x7k2p \u203a calico-node",
        "root@node-1:~# ip -o addr show",
        "Warning: something about 1: lo",
        "\x1b[32m$\x1b[0m kubectl logs",
    ],
)
def test_what_a_terminal_shows_before_it_does_not_matter(line: str) -> None:
    assert tell_content(f"{line}\n{LOG}".encode()) is Content.LOG
    assert tell_content(f"{line}\n{files.ip_addr('node-1')}".encode()) is Content.ADDRESSES
    assert tell_content(f"{line}\r\n{IP_ADDR_SHOW}".encode()) is Content.ADDRESSES


@pytest.mark.parametrize(
    "style",
    [*files.STYLES.values(), *files.NAMELESS_STYLES.values()],
    ids=[*files.STYLES, *files.NAMELESS_STYLES],
)
def test_a_log_is_one_with_every_prefix(style: files.Style) -> None:
    lines = files.styled(style, "node-1", files.calico_log("node-1"))
    assert tell_content(files.text(lines).encode()) is Content.LOG


@given(st.binary(max_size=500))
def test_no_bytes_raise(beginning: bytes) -> None:
    tell_content(beginning)
