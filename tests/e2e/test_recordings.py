"""The project's own recordings against those of the real calico-node."""

from __future__ import annotations

import re

import pytest

from .record import VERSIONS
from .recordings import OWN_DIRECTORY, REAL_DIRECTORY, Run, load

_PREFIX = re.compile(r"^\S+ \S+ (\[\w+\])\[\d+\] ")
# What depends on the cluster that the recording was made on, and not on the choice of an address.
_SURROUNDINGS = re.compile(
    r"startup/(customresource|discovery|client|ipam)\.go|Skipping IP pool configuration"
)


def pairs(version: str) -> list[tuple[Run, Run]]:
    """The own runs that the real calico-node was recorded in too, each with that one."""
    real = load(version, (REAL_DIRECTORY,))
    found = (
        (run, real.find(run.node, run.env, run.stored, run.other_nodes))
        for run in load(version, (OWN_DIRECTORY,)).runs
    )
    return [(run, recorded) for run, recorded in found if recorded is not None]


def messages(run: Run) -> list[str]:
    """The lines of the log without time, process and surroundings."""
    return [_PREFIX.sub(r"\1 ", line) for line in run.log if not _SURROUNDINGS.search(line)]


@pytest.mark.skipif(not REAL_DIRECTORY.exists(), reason="no recordings of the real calico-node")
@pytest.mark.parametrize("version", VERSIONS)
def test_the_model_starts_as_the_real_calico_node_did(version: str) -> None:
    compared = pairs(version)
    assert len(compared) >= 50
    for own, real in compared:
        assert own.exit_code == real.exit_code, own
        assert own.annotations == real.annotations, own
        assert messages(own) == messages(real), own
