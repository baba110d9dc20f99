"""What is measured: each case beside a peer that does the same work."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from benchmarks import healthy_cluster as healthy
from benchmarks import peers
from benchmarks.kwok_cluster import KwokCluster
from benchmarks.machine import load
from benchmarks.measure import Command, Cost, in_turn, median
from benchmarks.same_requests import Requests, curl
from benchmarks.table import Pair

_LINES = 2000
_LINES_A_DAY = 5760
_TELLING = (
    r"\] (startup|monitor-addresses/|node-services/|reachaddr\.go )|Calico node (started|failed)"
)
"""The lines that ``inspect --from`` looks for."""
_BESIDE_CURL = "at most 1.5 times the time of curl"


def on_static_server(count: int, runs: int) -> Pair:
    """``inspect`` beside curl, where answers stand ready."""
    with _directory() as directory, _static_server(count, directory) as kubeconfig:
        return _inspect_beside_curl(
            f"inspect, {count} nodes, static server", kubeconfig, count, runs
        )


def on_api_server(count: int, runs: int) -> Iterator[Pair]:
    """Everything that needs a real API server, with ``count`` nodes on it."""
    peers.find_stern()  # takes minutes where it is not built yet
    with KwokCluster(count, _LINES) as cluster, _directory() as directory:
        kubeconfig = cluster.kubeconfig
        what = f"inspect, {count} nodes, API server"
        yield _inspect_beside_curl(what, kubeconfig, count, runs)
        inspect = peers.plugin(kubeconfig, "inspect")
        # kubectl takes minutes where its client limits itself: once has to do.
        yield _pair(what, "kubectl logs -l", 1, inspect, peers.kubectl_logs(kubeconfig, count))
        stern = peers.stern(kubeconfig, count)
        if stern is not None:
            yield _pair(what, "stern", 1, inspect, stern)
        yield _pair(
            f"set --dry-run=server, {count} nodes",
            "kubectl set env --dry-run=server",
            runs,
            peers.plugin(kubeconfig, *_set(directory, count)),
            peers.kubectl(kubeconfig, *_set_env()),
            notes=("kubectl reads one object; ours previews the value on every node",),
        )
        yield _pair(
            f"rollout-check of a finished rollout, {count} nodes",
            "kubectl rollout status",
            runs,
            peers.plugin(kubeconfig, "rollout-check", "--probe=never"),
            peers.kubectl(
                kubeconfig, "-n", healthy.NAMESPACE, "rollout", "status", "ds/calico-node"
            ),
            notes=("kubectl reads one object; ours proves each node from its log",),
        )


def on_few_nodes(runs: int) -> Iterator[Pair]:
    """``inspect`` of four nodes beside ``kubectl get pods``, and where its time goes."""
    with KwokCluster(4, _LINES) as cluster:
        kubeconfig = cluster.kubeconfig
        yield _pair(
            "inspect, 4 nodes, API server",
            "kubectl get pods",
            runs,
            peers.plugin(kubeconfig, "inspect"),
            peers.kubectl(kubeconfig, "get", "pods", "-n", healthy.NAMESPACE),
            target="at most 0.5 s more",
            notes=_where_time_goes(kubeconfig, runs),
        )


def version(runs: int) -> Pair:
    """``version`` beside kubectl's."""
    ours = peers.plugin(None, "version")
    return _pair("version", "kubectl version --client", runs, ours, peers.kubectl(None, *_VERSION))


def from_files(megabytes: Sequence[int], runs: int) -> Iterator[Pair]:
    """``inspect --from`` of one node's log, beside ``grep -E`` for the same lines."""
    with _directory() as directory:
        for size in megabytes:
            path = directory / "calico-node.log"
            _write_log(path, size * 10**6)
            yield _pair(
                f"inspect --from, {size} MB",
                "grep -E",
                runs,
                peers.plugin(None, "inspect", "--from", str(path)),
                peers.grep(_TELLING, path),
                target="at most 5 times the time of grep",
            )


_VERSION = ("version", "--client")


def _inspect_beside_curl(what: str, kubeconfig: Path, count: int, runs: int) -> Pair:
    inspect = peers.plugin(kubeconfig, "inspect")
    requests = Requests(inspect)
    with _directory() as directory:
        same = curl(requests, kubeconfig, directory)
        ours, theirs = in_turn(runs, inspect, same)
    cpu = median(ours, lambda cost: cost.cpu)
    return Pair(
        what,
        "curl --parallel",
        ours,
        theirs,
        load(),
        _BESIDE_CURL,
        (
            f"{requests.count} requests ({requests.count / count:.2f} per node, "
            f"{requests.received / count / 1e3:.0f} kB of answers per node), no exec",
            f"{cpu / count * 1e3:.2f} ms of CPU per node",
        ),
    )


def _pair(
    what: str,
    beside: str,
    runs: int,
    ours: Command,
    theirs: Command,
    *,
    target: str = "",
    notes: Sequence[str] = (),
) -> Pair:
    sys.stderr.write(f"{what} beside {beside} ...\n")
    mine, other = in_turn(runs, ours, theirs)
    return Pair(what, beside, mine, other, load(), target, notes)


def _where_time_goes(kubeconfig: Path, runs: int) -> tuple[str, ...]:
    """CPU of less and less of an ``inspect``: what each step adds."""
    python = Path(sys.executable)
    steps = {
        "Python alone": ("-c", "pass"),
        "the command line": ("-m", "kubectl_calico_nic", "version"),
        "the libraries of a session": ("-c", "import urllib3, yaml, netaddr, ssl"),
    }
    environment = peers.plugin(kubeconfig).environment
    commands = [Command((str(python), *words), environment) for words in steps.values()]
    found = in_turn(runs, *commands)
    costs = zip(steps, found, strict=True)
    return ("CPU of its parts: " + ", ".join(f"{name} {_cpu(cost)}" for name, cost in costs),)


def _cpu(costs: Sequence[Cost]) -> str:
    return f"{median(costs, lambda cost: cost.cpu):.2f} s"


def _set(directory: Path, count: int) -> tuple[str, ...]:
    """The preview of a method, with the interfaces from files: no exec is measured."""
    inventories = directory / "interfaces"
    inventories.mkdir()
    for node in healthy.nodes(count):
        (inventories / node.name).write_text(healthy.inventory(node))
    flags = ("--dry-run=server", "--probe=never", "--yes", "--inventory", str(inventories))
    return ("set", "--interface", "bond4", *flags)


def _set_env() -> tuple[str, ...]:
    value = "IP_AUTODETECTION_METHOD=interface=bond4"
    return ("-n", healthy.NAMESPACE, "set", "env", "ds/calico-node", value, "--dry-run=server")


def _write_log(path: Path, size: int) -> None:
    """The log of one node, day after day, until the file has ``size`` bytes."""
    node, first = healthy.nodes(1)[0], date(2026, 1, 1)
    whole = healthy.log_of(node, healthy.log_template(2 * _LINES_A_DAY).encode())
    second = str(first + timedelta(days=1)).encode()
    start, day = whole[: whole.find(second)], whole[whole.find(second) :]
    day = day[: day.rfind(b"\n", 0, day.find(str(first + timedelta(days=2)).encode())) + 1]
    with path.open("wb") as file:
        file.write(start)
        for number in itertools.count(1):
            file.write(day.replace(second, str(first + timedelta(days=number)).encode()))
            if file.tell() >= size:
                return


@contextmanager
def _directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="calico-nic-benchmark-") as path:
        yield Path(path)


@contextmanager
def _static_server(count: int, directory: Path) -> Iterator[Path]:
    """The kubeconfig of a static server; it ends with its standard input."""
    sys.stderr.write(f"{count} nodes on a static server ...\n")
    arguments = ["--nodes", str(count), "--lines", str(_LINES), "--directory", str(directory)]
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.static_server", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        yield Path(server.stdout.readline().strip())
        server.communicate()
