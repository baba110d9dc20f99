"""Any files at all: a report or one of our own errors, and nothing in them acts."""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import bundle_files as files
from tests.bundle_files import NAMELESS_STYLES, STYLES, calico_log, failed_log, styled, text
from tests.calico_nic import calico_nic

ESCAPE = "\x1b]0;title\x07\x1b[2J\u202e[red]"
BIRDCL = (
    "BIRD 1.6.8 ready.\nname     proto    table    state  since       info\n"
    "Mesh_172_16_10_22 BGP      master   up     16:08:53    Established\n"
)
DESCRIPTION = "Name:         calico-node-11111\nNamespace:    kube-system\n"
FRAMED = (
    "==== START logs for container calico-node of pod kube-system/calico-node-11111 ====\n"
    + text(calico_log("node-1"))
    + "==== END logs for container calico-node of pod kube-system/calico-node-11111 ====\n"
)
OBJECTS = (files.node("node-1"), files.pod("node-1"), files.daemon_set())
FRAGMENTS = (
    *(text(styled(style, "node-1", calico_log("node-1"))) for style in STYLES.values()),
    *(text(styled(style, "node-2", failed_log("node-2"))) for style in NAMELESS_STYLES.values()),
    text(calico_log("node-1", nic=(ESCAPE, "172.16.10.21/24"))),
    files.ip_addr("node-1"),
    files.ip_link("node-1"),
    BIRDCL,
    DESCRIPTION,
    FRAMED,
    *(json.dumps(item, indent=4) + "\n" for item in OBJECTS),
    *(yaml.safe_dump(item) for item in OBJECTS),
    files.as_json(*OBJECTS),
    yaml.safe_dump(json.loads(files.as_json(*OBJECTS))),
    "apiVersion: v1\nitems:\n",
    "---\n",
    "- ",
    '{"log":"',
    '{"items": [',
    "]}",
    ESCAPE,
    "x" * 70_000,
    "\n",
    "\r\n",
    "\0",
    "\ufeff",
)
CONTENT = st.lists(
    st.sampled_from(FRAGMENTS).map(str.encode) | st.binary(max_size=20), max_size=4
).map(b"".join)
CUT_OFF = st.builds(lambda data, end: data[:-end], CONTENT, st.integers(1, 50))
FILE = CONTENT | CUT_OFF | CONTENT.map(gzip.compress)
NAMES = st.sampled_from(["node-1", "a/node-1.log", "b.yaml", "c.json", "x/0.log.1.gz", "\u202e"])


@settings(max_examples=150)
@given(st.dictionaries(NAMES, FILE, min_size=1, max_size=4), st.booleans())
def test_any_files(tree: dict[str, bytes], are_named: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in tree.items():
            files.write(Path(folder) / name, content)
        named = [str(Path(folder) / name) for name in tree] if are_named else [folder]
        result = calico_nic("inspect", "--from", *named)
    assert result.status in (0, 1, 2)
    assert "please report this" not in result.stderr
    assert not {"\x1b", "\x07", "\u202e", "\0"}.intersection(result.stdout + result.stderr)
    assert result.stdout or result.status == 1
