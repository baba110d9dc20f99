"""Where an API server two minors older answers otherwise than the simulator, which is the newest.

The plugin uses none of it. A test of the contract that is listed here must fail there.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from .binaries import control_plane_version

_MINOR = "v1.35."
_KERNEL = "no architecture beside the kernel in tables of nodes"
_DECODING = "other words for a patch that is no JSON"
_TWICE = "some causes are listed twice"
_DAEMON_SET = "PATCH /apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"
_NODE = "GET /api/v1/nodes?fieldSelector=metadata.name%3Dnode-2 as Table"
DIFFERENCES = {
    "test_reading[GET /version]": "its version",
    "test_reading[GET /api/v1/nodes as Table]": _KERNEL,
    f"test_watching_from_the_beginning[{_NODE}-version-0]": _KERNEL,
    f"test_watching_from_the_beginning[{_NODE}-initial-events]": _KERNEL,
    "test_kubectl_reading[get nodes -o wide]": _KERNEL,
    f"test_writing[{_DAEMON_SET} b'']": _DECODING,
    f"test_writing[{_DAEMON_SET} b'{{']": _DECODING,
    f"test_writing[{_DAEMON_SET} {{'metadata': {{'uid': 'x'}}}}]": _TWICE,
    "test_writing[PATCH /api/v1/nodes/node-2 {'metadata': {'labels': {'bad key': 'b'}}}]": _TWICE,
    "test_writing[PATCH /api/v1/nodes/node-2 {'metadata': {'labels': {'x/key': 'bad value'}}}]": (
        _TWICE
    ),
}


def expect_differences(items: Iterable[pytest.Item]) -> None:
    """Mark the tests that cannot pass with the API server of this run."""
    if not control_plane_version().startswith(_MINOR):
        return
    for item in items:
        reason = DIFFERENCES.get(item.name)
        if reason is not None:
            mark = pytest.mark.xfail(reason=reason, raises=AssertionError, strict=True)
            item.add_marker(mark)
