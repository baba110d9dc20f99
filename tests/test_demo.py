"""The demo: the whole story, with nothing left behind, and the README's copy of it."""

from __future__ import annotations

import re
import tempfile
import threading
from pathlib import Path

from .calico_nic import calico_nic

README = Path(__file__).parent.parent / "README.md"


def test_the_story_is_told_at_once_in_a_pipe_and_leaves_nothing_behind(tmp_path: Path) -> None:
    def never(seconds: float) -> None:
        raise AssertionError(f"slept {seconds} seconds in a pipe")

    before = set(threading.enumerate())
    tempfile.tempdir = str(tmp_path)
    try:
        result = calico_nic("demo", sleep=never)
    finally:
        tempfile.tempdir = None
    assert result.status == 0, result.stderr
    assert list(tmp_path.iterdir()) == []
    assert {thread for thread in threading.enumerate() if not thread.daemon} <= before
    commands = [line for line in result.lines if line.startswith("$ ")]
    assert commands == [
        "$ kubectl calico-nic inspect",
        "$ kubectl calico-nic set --interface bond4",
        "$ kubectl calico-nic rollout-check",
        "$ kubectl calico-nic inspect",
    ]
    assert "PROBLEM: 2 of 4 nodes are on bond3" in result.stdout
    assert "successfully rolled out and proven on 4 of 4 nodes" in result.stdout
    assert "OK: all 4 nodes use the expected address (InternalIP)" in result.stdout


def test_the_readme_shows_what_the_demo_prints() -> None:
    match = re.search(r"<!-- demo -->\n```\n(.*)```\n<!-- /demo -->", README.read_text(), re.DOTALL)
    assert match is not None
    assert steady(match[1]) == steady(calico_nic("demo").stdout)


def steady(text: str) -> str:
    """The text without what differs from run to run: random names, times, how long pods took."""
    text = re.sub(r"about \d+ (seconds|minutes)", "about SOME TIME", text)
    text = re.sub(r"calico-node-[a-z0-9]{5}", "calico-node-xxxxx", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text).rstrip("\n")
