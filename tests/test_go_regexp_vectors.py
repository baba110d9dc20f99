"""Every list of regexes that the real calico-node was given: its errors and its choices."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_calico_nic.calico.autodetection.default_exclusions import default_exclusions
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.go import regexp
from kubectl_calico_nic.go.regexp import RegexpError

VECTORS = sorted((Path(__file__).parents[2] / "shared/calico/vectors").glob("*.json"))
INVALID = "Invalid interface regex error="
METHOD = re.compile("(skip-)?interface=(.*)", re.DOTALL)

pytestmark = pytest.mark.skipif(not VECTORS, reason="needs the vectors of the real calico-node")


def cases(file: Path) -> Iterator[tuple[str, bool, list[str], list[str]]]:
    """Yield the joined pattern, whether it excludes, the names of the interfaces and the log."""
    recorded: dict[str, Any] = json.loads(file.read_text())
    version = Version.parse(recorded["calico"])
    assert version is not None
    for case in recorded["cases"]:
        names = [line.split()[1] for line in case["ip_o_addr_show"].splitlines()]
        for answer in case["answers"]:
            method = METHOD.fullmatch(answer["method"])
            if method:
                items = re.split(r"\s*,\s*", method[2])
                excludes = method[1] is not None
                if excludes:
                    items = [*default_exclusions(version, windows=False), *items]
                yield f"({')|('.join(items)})", excludes, names, answer["log"]


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_the_same_patterns_are_rejected_in_the_same_words(file: Path) -> None:
    rejected = 0
    for pattern, _, _, log in cases(file):
        errors = [line.removeprefix(INVALID) for line in log if line.startswith(INVALID)]
        try:
            regexp.compile(pattern)
            ours = []
        except RegexpError as error:
            ours = [str(error)]
        assert ours == errors, pattern
        rejected += len(errors)
    assert rejected > 0


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_the_same_interfaces_match(file: Path) -> None:
    """As far as the log tells: the interface that was chosen, or that none was left."""
    checked = 0
    for pattern, excludes, names, log in cases(file):
        text = "\n".join(log)
        if "error parsing regexp" in text:
            continue
        search = regexp.compile(pattern).search
        if "no valid host interfaces found" in text:
            assert [name for name in names if search(name) is not excludes] == [], pattern
            checked += 1
        chosen = re.search(r"on (?:matching )?interface (\S+?)(?::|$)", text)
        if chosen:
            assert search(chosen[1]) is not excludes, pattern
            checked += 1
    assert checked > 0
