"""A plugin that dies at any write of a staged change leaves what resume and undo can end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kubectl_calico_nic.cluster.session import Session
from kubectl_calico_nic.snapshot.undo_record import RECORD_ANNOTATION, read_record
from tests.simulated import Simulated

METHOD = "IP_AUTODETECTION_METHOD"
TO_BOND4 = ("set", "--interface", "bond4")
WRITES = ("patch", "delete")
PATHS = {
    "canary": ((), (*TO_BOND4, "--canary", "node-3", "--wait"), 3),
    "only-affected": ((), (*TO_BOND4, "--only-affected"), 3),
    "resume": ((*TO_BOND4, "--only-affected"), ("set", "--resume", "--wait"), 1),
    "undo": ((*TO_BOND4, "--only-affected"), ("set", "--undo", "--wait"), 1),
}
MOMENTS = [
    (path, write, moment)
    for path, (_, _, writes) in PATHS.items()
    for write in range(1, writes + 1)
    for moment in ("before", "after")
]


class Killed(BaseException):
    """What no handler of the plugin catches: nothing more is sent, nothing is put right."""


@contextmanager
def killed(monkeypatch: pytest.MonkeyPatch, write: int, moment: str) -> Iterator[None]:
    """Let the plugin die at its ``write``-th writing request, before or after it was sent."""
    seen = 0

    def dying(name: str) -> Any:
        send = getattr(Session, name)

        def wrapped(self: Session, *args: Any, **options: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == write and moment == "before":
                raise Killed
            answer = send(self, *args, **options)
            if seen == write:
                raise Killed
            return answer

        return wrapped

    with monkeypatch.context() as patched:
        for name in WRITES:
            patched.setattr(Session, name, dying(name))
        with pytest.raises(Killed):
            yield


def is_staged(daemon_set: Any) -> bool:
    kept = read_record(daemon_set["metadata"].get("annotations", {}))
    return kept is not None and kept.stage is not None


def interrupted(
    cluster: Simulated, monkeypatch: pytest.MonkeyPatch, at: tuple[str, int, str]
) -> Any:
    """The DaemonSet that a dead plugin leaves, which is always one of the announced states."""
    path, write, moment = at
    before, command, _ = PATHS[path]
    if before:
        assert cluster.run(*before).status == 0
    with killed(monkeypatch, write, moment):
        cluster.run(*command)
    daemon_set = cluster.daemon_set()
    on_delete = daemon_set["spec"]["updateStrategy"]["type"] == "OnDelete"
    assert on_delete is is_staged(daemon_set)
    assert (METHOD in cluster.env()) is (RECORD_ANNOTATION in daemon_set["metadata"]["annotations"])
    return daemon_set


@pytest.mark.parametrize("at", MOMENTS, ids=lambda at: "-".join(map(str, at)))
def test_resume_ends_it_with_the_new_value(
    at: tuple[str, int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulated() as cluster:
        strategy = cluster.daemon_set()["spec"]["updateStrategy"]
        left = interrupted(cluster, monkeypatch, at)
        result = cluster.run("set", "--resume", "--wait")
        after, env = cluster.daemon_set(), cluster.env()
    assert after["spec"]["updateStrategy"] == strategy
    if is_staged(left):
        assert result.status == 0, result
        assert "proven on 4 of 4 nodes" in result.stdout
        assert env[METHOD] == "interface=bond4"
    else:
        assert "nothing to resume" in result.stderr


@pytest.mark.parametrize("at", MOMENTS, ids=lambda at: "-".join(map(str, at)))
def test_undo_ends_it_with_the_former_spec(
    at: tuple[str, int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulated() as cluster:
        original = cluster.daemon_set()
        left = interrupted(cluster, monkeypatch, at)
        result = cluster.run("set", "--undo", "--wait")
        after = cluster.daemon_set()
        settled = cluster.run("rollout-check", "--watch=false", "-o", "json")
    assert after["spec"] == original["spec"]
    assert RECORD_ANNOTATION not in after["metadata"]["annotations"]
    assert settled.json["updated"] == 4
    if RECORD_ANNOTATION in left["metadata"]["annotations"]:
        assert result.status == 0, result
    else:
        assert "nothing to undo" in result.stderr
