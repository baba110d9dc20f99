"""What the test bed itself must do before it can prove anything about the plugin."""

from __future__ import annotations

import itertools
import json
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kubectl_calico_nic.simulator.nodes.host_network import Nic, host_network

from .api_client import ApiError, Object
from .binaries import find
from .cluster import Cluster
from .conftest import Measure
from .hosts import Host
from .plugin_process import plugin
from .recordings import DIRECTORIES, OWN_DIRECTORY, Source
from .rollouts import INCIDENT, REPAIRED, hold_half_way, set_method
from .sockets import PROC, addresses, strangers
from .story import CALICO_PODS, NAMESPACE
from .users import documented, without

EVENTS = f"/api/v1/namespaces/{NAMESPACE}/events"
ROOT = Path(__file__).parents[2]


def rollout_status(cluster: Cluster) -> str:
    """What ``kubectl rollout status`` says until it ends."""
    status = cluster.kubectl("rollout", "status", "-n", NAMESPACE, "ds/calico-node")
    assert status.returncode == 0, status.stderr
    return status.stdout


def log(cluster: Cluster, node: str, *flags: str) -> str:
    """The log of calico-node on a node."""
    name = cluster.pods()[node]["metadata"]["name"]
    shown = cluster.kubectl("logs", "-n", NAMESPACE, name, "-c", "calico-node", *flags)
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


def execute(cluster: Cluster, node: str, *command: str) -> str:
    """What a command in calico-node's container prints."""
    name = cluster.pods()[node]["metadata"]["name"]
    run = cluster.kubectl("exec", "-n", NAMESPACE, name, "-c", "calico-node", "--", *command)
    assert run.returncode == 0, run.stderr
    return run.stdout


@contextmanager
def watching_pods(cluster: Cluster) -> Iterator[subprocess.Popen[str]]:
    """``kubectl get pods -w`` while the block runs."""
    flags = ("-n", NAMESPACE, "-w", "--no-headers", "--output-watch-events")
    with subprocess.Popen(
        [str(find("kubectl")), "get", "pods", *flags],
        env=cluster.environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as watch:
        try:
            yield watch
        finally:
            watch.terminate()


def test_the_incident_is_there(cluster: Cluster) -> None:
    assert cluster.annotations() == INCIDENT
    pods = cluster.kubectl("get", "pods", "-n", NAMESPACE, "-o", "wide", "--no-headers")
    assert [line.split()[1:3] for line in pods.stdout.splitlines()] == [["1/1", "Running"]] * 4


def test_a_test_finds_nothing_of_the_one_before(cluster: Cluster) -> None:
    set_method(cluster, "interface=bond4")
    cluster.user("reader", documented("inspect"))
    cluster.define("example.invalid", "v1", "leftovers", "Leftover")
    cluster.agent.set_conditions(unready=frozenset({"node-2"}))
    cluster.client.wait_for(EVENTS, bool, fieldSelector="reason=Unhealthy")
    cluster.client.merge("/api/v1/nodes/node-1", {"metadata": {"labels": {"changed": "yes"}}})
    cluster.control_plane.kill_api_server()

    cluster.reset()
    cluster.incident()

    assert cluster.annotations() == INCIDENT
    assert "Unhealthy" not in cluster.kubectl("get", "events", "-A").stdout
    roles = cluster.kubectl("get", "clusterroles,clusterrolebindings", "-o", "name").stdout
    assert "e2e-reader" not in roles
    assert cluster.kubectl("get", "leftovers").returncode == 1
    changed = cluster.kubectl("get", "nodes", "-l", "changed", "-o", "name")
    assert changed.stdout == ""
    env = cluster.kubectl("set", "env", "-n", NAMESPACE, "ds/calico-node", "--list").stdout
    assert "IP_AUTODETECTION_METHOD" not in env


def test_a_new_method_rolls_and_moves_the_nodes(cluster: Cluster, measured: Measure) -> None:
    before = {node: pod["metadata"]["uid"] for node, pod in cluster.pods().items()}

    with measured("roll of four pods, kubectl set env and rollout status included"):
        set_method(cluster, "interface=bond4")
        said = rollout_status(cluster)

    assert said.startswith("Waiting for daemon set")
    assert said.endswith('daemon set "calico-node" successfully rolled out\n')
    assert cluster.annotations() == REPAIRED
    after = {node: pod["metadata"]["uid"] for node, pod in cluster.pods().items()}
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())


def test_logs_tell_the_choice(cluster: Cluster) -> None:
    assert "Using autodetected IPv4 address on interface bond3: 172.16.16.23/23" in log(
        cluster, "node-3"
    )
    assert log(cluster, "node-3", "--tail=1") == "Calico node started successfully\n"
    assert len(log(cluster, "node-3", "--limit-bytes=100")) == 100


def test_exec_shows_the_host(cluster: Cluster) -> None:
    assert "inet 172.16.16.23/23" in execute(cluster, "node-3", "ip", "-o", "addr", "show")
    assert "4: bond3:" in execute(cluster, "node-3", "ip", "-o", "link", "show")
    route = execute(cluster, "node-3", "ip", "-o", "route", "get", "8.8.8.8")
    assert "dev bond4 src 172.16.10.23" in route
    sessions = execute(cluster, "node-3", "birdcl", "show", "protocols")
    assert sessions.count("Established") == 1


def test_a_watch_shows_the_roll(cluster: Cluster) -> None:
    with watching_pods(cluster) as watch:
        assert watch.stdout is not None
        events = (line.split()[0] for line in watch.stdout)
        assert list(itertools.islice(events, 4)) == ["ADDED"] * 4
        set_method(cluster, "interface=bond4")
        seen = Counter(until(events, lambda seen: Counter(seen)["DELETED"] == 4))
    assert seen["ADDED"] >= 3
    assert seen["MODIFIED"] >= 4


def test_a_method_that_selects_nothing_keeps_the_address_and_is_ready(cluster: Cluster) -> None:
    set_method(cluster, "interface=bond9")
    rollout_status(cluster)

    assert cluster.annotations() == INCIDENT
    assert "Autodetection of IPv4 address failed, keeping existing value: 172.16.16.23/23" in log(
        cluster, "node-3"
    )


def test_an_unknown_method_crashes_the_first_pod_again_and_again(cluster: Cluster) -> None:
    set_method(cluster, "bond4")

    crashing = cluster.client.wait_for(
        CALICO_PODS, lambda pods: any(restarts(pod) >= 2 for pod in pods)
    )

    (pod,) = (pod for pod in crashing if restarts(pod) >= 2)
    status = pod["status"]["containerStatuses"][0]
    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert len(crashing) == 4
    assert cluster.annotations() == INCIDENT
    node = pod["spec"]["nodeName"]
    for shown in (log(cluster, node), log(cluster, node, "--previous")):
        assert "Invalid IP autodetection method: bond4" in shown
        assert shown.endswith("Calico node failed to start\n")


def test_a_forced_readiness_blocks_a_roll_and_is_an_event(cluster: Cluster) -> None:
    cluster.agent.set_conditions(unready=frozenset({"node-2"}))
    cluster.client.wait_for(CALICO_PODS, lambda pods: sum(map(ready, pods)) == 3)

    set_method(cluster, "interface=bond4")
    replaced = cluster.client.wait_for(
        CALICO_PODS,
        lambda pods: any(node_of(pod) == "node-2" and has_method(pod) for pod in pods),
    )

    assert [node_of(pod) for pod in replaced if has_method(pod)] == ["node-2"]
    events = cluster.kubectl("get", "events", "-n", NAMESPACE, "-o", "jsonpath={..message}").stdout
    assert "Readiness probe failed: calico/node is not ready: BIRD is not ready" in events
    cluster.agent.set_conditions()
    cluster.wait_until_rolled_out()


def test_probes_that_ask_bird_hold_up_a_node_that_moves_alone(cluster: Cluster) -> None:
    set_method(cluster, "interface=bond4")
    rollout_status(cluster)
    cluster.agent.set_conditions(probes_bgp=True)

    set_method(cluster, "interface=bond3")
    (held_up,) = cluster.client.wait_for(EVENTS, bool, fieldSelector="reason=Unhealthy")

    assert "BGP not established with 172.16.10.2" in held_up["message"]
    moved = [
        node for node, address in cluster.annotations().items() if "172.16.16." in str(address)
    ]
    assert len(moved) == 1


def test_the_api_server_comes_back_with_its_data(cluster: Cluster, measured: Measure) -> None:
    cluster.control_plane.kill_api_server()
    refused = cluster.kubectl("get", "nodes")
    assert refused.returncode == 1
    assert "was refused - did you specify the right host or port?" in refused.stderr

    with measured("restart of the API server"):
        cluster.control_plane.start_api_server()
    assert cluster.annotations() == INCIDENT
    with measured("roll of four pods right after that"):
        set_method(cluster, "interface=bond4")
        cluster.wait_until_rolled_out(seconds=90)
    assert cluster.annotations() == REPAIRED


def test_what_etcd_has_forgotten_has_expired(empty_cluster: Cluster) -> None:
    client = empty_cluster.client
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
    then = client.get(path)["metadata"]["resourceVersion"]
    at_that_time = {"resourceVersion": then, "resourceVersionMatch": "Exact"}
    empty_cluster.add(path, {"metadata": {"name": "later"}})
    # The API server keeps what it has seen as long as it lives.
    empty_cluster.control_plane.kill_api_server()
    empty_cluster.control_plane.start_api_server()
    known = {each["metadata"]["name"] for each in client.get(path, **at_that_time)["items"]}
    assert "later" not in known

    empty_cluster.control_plane.kill_api_server()
    empty_cluster.control_plane.compact()
    empty_cluster.control_plane.start_api_server()

    with pytest.raises(ApiError, match="410 The .*resource.* too old"):
        client.get(path, **at_that_time)


def test_users_have_the_rights_of_their_rules_and_no_others(cluster: Cluster) -> None:
    pod = cluster.pods()["node-1"]["metadata"]["name"]
    # kubectl logs reads the pod first, which the documented role does not need.
    get_log = (
        "get",
        "--raw",
        f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}/log?container=calico-node",
    )
    reader = cluster.user("reader", documented("inspect"))
    blind = cluster.user("blind", without("pods/log", documented("inspect")))

    assert cluster.kubectl(*get_log, kubeconfig=reader).returncode == 0
    forbidden = cluster.kubectl(*get_log, kubeconfig=blind)
    assert forbidden.stderr.startswith("Error from server (Forbidden): pods ")
    assert 'cannot get resource "pods/log"' in forbidden.stderr


@pytest.mark.skipif(not PROC.exists(), reason="the sockets of a process are read from /proc")
def test_nothing_but_loopback_is_spoken_to(cluster: Cluster) -> None:
    log(cluster, "node-1")
    execute(cluster, "node-1", "ip", "-o", "addr", "show")
    hold_half_way(cluster, "interface=bond4")
    with plugin(cluster, "rollout-check") as check:
        check.wait_for("node-2: waiting: starting, not Ready")
        spoken_to = addresses(check.pid)
    assert spoken_to
    assert strangers(spoken_to) == set()
    # Of the cluster's own processes the fixtures make sure, after every test.
    assert all(addresses(process.pid) for process in cluster.processes)


@pytest.mark.parametrize(
    "directories", [DIRECTORIES, (OWN_DIRECTORY,)], ids=["calico-node", "model"]
)
def test_every_start_of_the_story_is_recorded(
    empty_cluster: Cluster, directories: tuple[Path, ...]
) -> None:
    if not directories[0].exists():
        pytest.skip("recordings of the real calico-node are not there")
    empty_cluster.agent.recordings_from = directories
    empty_cluster.incident()
    set_method(empty_cluster, "interface=bond4")
    rollout_status(empty_cluster)

    runs = [entry.run for entry in empty_cluster.agent.journal]
    assert len(runs) == 8
    assert Source.MODEL not in {run.source for run in runs}
    assert empty_cluster.annotations() == REPAIRED


def test_a_newer_calico_lists_its_interfaces(empty_cluster: Cluster) -> None:
    empty_cluster.incident(version="v3.34.0-0.dev")

    listed = empty_cluster.annotations("projectcalico.org/Interfaces")["node-3"]
    names = [each["name"] for each in json.loads(str(listed))]
    assert names == ["bond3", "bond4", "mgmt"]
    assert Source.MODEL not in {entry.run.source for entry in empty_cluster.agent.journal}


def test_a_host_of_a_test_starts_as_the_model_says(empty_cluster: Cluster) -> None:
    network = host_network([Nic("eth0", ("192.0.2.7/24",))])
    empty_cluster.incident(hosts={"edge-1": Host("edge-1", ("192.0.2.7",), network)})

    assert empty_cluster.annotations()["edge-1"] == "192.0.2.7/24"
    assert "inet 192.0.2.7/24" in execute(empty_cluster, "edge-1", "ip", "-o", "addr", "show")
    sources = {entry.run.node: entry.run.source for entry in empty_cluster.agent.journal}
    assert sources["edge-1"] is Source.MODEL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_cluster_however_it_ends(number: signal.Signals) -> None:
    with nothing_left_of("tests.e2e.cluster") as run:
        run.send_signal(number)


@pytest.mark.parametrize("ending", ["assert False", "signal.pause()"], ids=["failure", "ctrl-c"])
def test_nothing_is_left_of_a_run_that_ends_badly(tmp_path: Path, ending: str) -> None:
    test = tmp_path / "test_ending.py"
    test.write_text(
        "import signal\n\n\n"
        "def test_ending(running_cluster):\n"
        "    print(f'\\nexport KUBECONFIG={running_cluster.control_plane.kubeconfig()}')\n"
        f"    {ending}\n"
    )
    with nothing_left_of("pytest", "-s", "-p", "tests.e2e.conftest", str(test)) as run:
        if "pause" in ending:
            run.send_signal(signal.SIGINT)


@contextmanager
def nothing_left_of(*module: str) -> Iterator[subprocess.Popen[str]]:
    """A program that has started a cluster; after the block it must have ended with everything."""
    command = [sys.executable, "-m", *module]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        try:
            assert run.stdout is not None
            (kubeconfig,) = itertools.islice(filter(None, map(kubeconfig_in, run.stdout)), 1)
            server = json.loads(kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
            yield run
            # The guard holds the pipe too: its end is the end of everything.
            run.stdout.read()
        finally:
            run.kill()
    assert not kubeconfig.parent.exists()
    address = urlsplit(server)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname or "", address.port or 0))


def kubeconfig_in(line: str) -> Path | None:
    """The kubeconfig that a line tells to export, None for another line."""
    _, found, path = line.strip().partition("export KUBECONFIG=")
    return Path(path) if found else None


def until(items: Iterable[str], enough: Callable[[list[str]], bool]) -> list[str]:
    """The first of ``items`` that are enough."""
    seen: list[str] = []
    for item in items:
        seen.append(item)
        if enough(seen):
            break
    return seen


def node_of(pod: Object) -> str:
    """The node of a pod, empty before it has one."""
    return str(pod["spec"].get("nodeName", ""))


def has_method(pod: Object) -> bool:
    """Whether the pod was made from a template with a method."""
    env = pod["spec"]["containers"][0]["env"]
    return any(each["name"] == "IP_AUTODETECTION_METHOD" for each in env)


def ready(pod: Object) -> bool:
    """Whether the kubelet calls the pod ready."""
    conditions = pod["status"].get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def restarts(pod: Object) -> int:
    """How often calico-node was restarted in the pod."""
    statuses = pod["status"].get("containerStatuses", [])
    return max((each["restartCount"] for each in statuses), default=0)
