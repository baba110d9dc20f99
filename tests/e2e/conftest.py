"""One real cluster for each process that runs tests; a test finds the incident on it, untouched."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from .binaries import BuildError
from .cluster import Cluster, end_by_signals
from .older_api_server import expect_differences
from .sockets import PROC, addresses, strangers

_CLUSTER = pytest.StashKey[Cluster]()
_TIMES = pytest.StashKey[dict[str, float]]()

Measure = Callable[[str], Any]


def pytest_configure(config: pytest.Config) -> None:
    """SIGTERM, a cancelled CI job for one, ends the run as Ctrl-C does: with its finalizers."""
    config.stash[_TIMES] = {}
    end_by_signals()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With an older API server, what it does otherwise is expected of it."""
    try:
        expect_differences(items)
    except BuildError as error:
        pytest.exit(str(error), returncode=1)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what was measured over to the process that reports."""
    report = getattr(session.config, "workeroutput", None)
    if report is not None:
        report["measured"] = session.config.stash[_TIMES]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what one of the processes that run tests has measured."""
    report = getattr(node, "workeroutput", {})
    node.config.stash[_TIMES].update(report.get("measured", {}))


@pytest.fixture(scope="session")
def measured(pytestconfig: pytest.Config) -> Measure:
    """``with measured("what"):`` puts the seconds it took into the report."""

    @contextmanager
    def measure(what: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        pytestconfig.stash[_TIMES][what] = time.monotonic() - started

    return measure


@pytest.fixture(scope="session")
def running_cluster(pytestconfig: pytest.Config, measured: Measure) -> Iterator[Cluster]:
    """The cluster of this process, in whatever state."""
    with ExitStack() as stack:
        try:
            with measured("start of the control plane"):
                cluster = stack.enter_context(Cluster())
        except BuildError as error:
            pytest.exit(str(error), returncode=1)
        pytestconfig.stash[_CLUSTER] = cluster
        yield cluster


@pytest.fixture
def empty_cluster(running_cluster: Cluster, measured: Measure) -> Iterator[Cluster]:
    """A cluster without nodes and without Calico."""
    with measured("removal of what was there before"):
        running_cluster.reset()
    yield running_cluster
    assert running_cluster.agent.failures == []
    if PROC.exists():
        for process in running_cluster.processes:
            assert not (process.running and strangers(addresses(process.pid))), process.name


@pytest.fixture
def cluster(empty_cluster: Cluster, measured: Measure) -> Cluster:
    """A cluster with the incident: node-3 and node-4 have chosen the storage network."""
    with measured("incident on an empty cluster"):
        empty_cluster.incident()
    return empty_cluster


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the cluster said last with every failure."""
    report = yield
    cluster = item.config.stash.get(_CLUSTER, None)
    if report.failed and cluster is not None:
        for process in cluster.processes:
            report.sections.append((f"{process.name} ({process.log})", process.log_tail()))
        played = "\n".join(map(str, cluster.agent.journal))
        report.sections.append(("calico-node agent", "\n".join([played, *cluster.agent.failures])))
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the measured times."""
    if config.stash[_TIMES]:
        terminalreporter.section("measured")
        for what, seconds in config.stash[_TIMES].items():
            terminalreporter.write_line(f"{seconds:6.2f}s  {what}")
