"""Which pairs of a Python and a client ``make versions`` runs, and which Pythons it finds."""

from __future__ import annotations

import configparser
import platform
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from krew.interpreters import Interpreter, interpreters
from tests.version_matrix import CLIENTS, ROOT, pairs

PYTHONS = [Interpreter(f"/opt/python3.{minor}", f"3.{minor}.1") for minor in (10, 12, 14)]


def test_the_clients_are_those_that_setup_cfg_allows() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lines = setup["options"]["install_requires"].strip().splitlines()
    (allowed,) = (Requirement(line) for line in lines if line.startswith("kubernetes"))
    majors = [major for major in range(99, 0, -1) if allowed.specifier.contains(f"{major}.99.0")]
    assert tuple(majors) == CLIENTS


@pytest.mark.parametrize(
    ("full", "expected"),
    [
        (False, [(10, 37), (12, 37), (14, 37), (10, 36), (10, 35)]),
        (True, [(minor, client) for client in CLIENTS for minor in (10, 12, 14)]),
    ],
    ids=["chosen", "full"],
)
def test_every_python_and_every_client_are_in_a_pair(
    full: bool, expected: list[tuple[int, int]]
) -> None:
    found = pairs(PYTHONS, full=full)
    assert [(pair.python.minor, pair.client) for pair in found] == expected
    assert len({pair.directory for pair in found}) == len(expected)


def test_a_named_python_comes_before_those_on_the_path() -> None:
    here = Interpreter(sys.executable, platform.python_version())
    assert here in interpreters([sys.executable])


@pytest.mark.parametrize("says", ["PyPy 3.10.1", "CPython 2.7.18", "CPython 3.9.1", "", "3.10.1"])
def test_what_is_no_cpython_in_range_is_passed_over(says: str, tmp_path: Path) -> None:
    other = tmp_path / "python3"
    other.write_text(f"#!/bin/sh\necho '{says}'\n")
    other.chmod(0o755)
    broken, missing = str(tmp_path), str(tmp_path / "missing")
    found = interpreters([str(other), broken, missing])
    assert not {each.path for each in found} & {str(other), broken, missing}
