"""The real kubectl works on a simulated cluster."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kubectl_calico_nic.simulator.cluster import SimulatedCluster
from tests.simulator_client import Client, is_ready

_PLACES = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
KUBECTL = shutil.which("kubectl", path=_PLACES)
WANTED = (1, 31)
"""The first version that tries WebSockets for exec."""

DAEMON_SET = ("-n", "kube-system", "daemonset/calico-node")


def version() -> tuple[int, int]:
    if KUBECTL is None:
        return (0, 0)
    command = [KUBECTL, "version", "--client", "-o", "json"]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    text = found["clientVersion"]["gitVersion"]
    major, minor = re.match(r"v(\d+)\.(\d+)", text).groups()
    return (int(major), int(minor))


pytestmark = pytest.mark.skipif(version() < WANTED, reason="no kubectl of v1.31 or later")

Kubectl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    with SimulatedCluster() as cluster:
        yield cluster


@pytest.fixture
def kubeconfig(cluster: SimulatedCluster, tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(cluster.kubeconfig))
    return path


@pytest.fixture
def environ(kubeconfig: Path, tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "KUBECONFIG": str(kubeconfig)}


@pytest.fixture
def kubectl(environ: dict[str, str]) -> Kubectl:
    def run(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(KUBECTL), *arguments], env=environ, capture_output=True, text=True, timeout=30
        )
        assert done.returncode == status, done.stderr
        return done

    return run


def columns(text: str) -> list[list[str]]:
    return [re.split(r"\s{3,}", line.rstrip()) for line in text.splitlines()]


def test_get_shows_tables(kubectl: Kubectl) -> None:
    nodes = columns(kubectl("get", "nodes", "-o", "wide").stdout)
    assert nodes[0][:6] == ["NAME", "STATUS", "ROLES", "AGE", "VERSION", "INTERNAL-IP"]
    assert nodes[3][:3] == ["node-3", "Ready", "<none>"]
    assert nodes[3][5] == "172.16.10.23"
    pods = columns(kubectl("get", "pods", "-A", "--show-labels").stdout)
    assert [row[0] for row in pods[1:]] == ["kube-system"] * 4
    assert {(row[2], row[3], row[4]) for row in pods[1:]} == {("1/1", "Running", "0")}
    assert all("k8s-app=calico-node" in row[-1] for row in pods[1:])
    daemon_set = columns(kubectl("get", *DAEMON_SET).stdout)
    assert daemon_set[1][:6] == ["calico-node", "4", "4", "4", "4", "4"]
    assert daemon_set[1][6] == "kubernetes.io/os=linux"


def test_get_shows_objects(kubectl: Kubectl) -> None:
    names = kubectl("get", "pods", "-n", "kube-system", "-l", "k8s-app=calico-node", "-o", "name")
    assert len(re.findall(r"^pod/calico-node-\w{5}$", names.stdout, re.MULTILINE)) == 4
    selector = ("--field-selector", "spec.nodeName=node-3")
    one = json.loads(kubectl("get", "pods", "-A", *selector, "-o", "json").stdout)
    assert [pod["spec"]["nodeName"] for pod in one["items"]] == ["node-3"]
    yaml = kubectl("get", *DAEMON_SET, "-o", "yaml").stdout
    assert "    - name: IP\n          value: autodetect\n" in yaml
    path = r"jsonpath={.metadata.annotations.projectcalico\.org/IPv4Address}"
    assert kubectl("get", "node", "node-3", "-o", path).stdout == "172.16.16.23/23"
    both = kubectl("get", "daemonsets,configmaps", "-n", "kube-system", "-o", "name").stdout
    assert both == "daemonset.apps/calico-node\nconfigmap/calico-config\n"
    information = kubectl("get", "clusterinformations", "default", "-o", "jsonpath={.spec}").stdout
    assert json.loads(information)["calicoVersion"] == "v3.24.6"


def test_get_watches(cluster: SimulatedCluster, environ: dict[str, str]) -> None:
    arguments = ("get", "pods", "-n", "kube-system", "-w", "-o", "wide")
    with subprocess.Popen(
        [str(KUBECTL), *arguments], env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        listed = [process.stdout.readline() for _ in range(5)]
        assert listed[0].startswith("NAME ")
        Client(cluster).set_method("interface=bond4")
        seen = set()
        for line in process.stdout:
            _, ready, status, *_ = line.split()
            seen.add((ready, status))
            if (ready, status) == ("1/1", "Running") and "node-4" in line and len(seen) > 4:
                break
        process.terminate()
    assert {
        ("0/1", "Pending"),
        ("0/1", "Init:0/3"),
        ("0/1", "Init:2/3"),
        ("0/1", "Running"),
    } <= seen


def test_set_env_and_rollout_status(cluster: SimulatedCluster, kubectl: Kubectl) -> None:
    change = ("set", "env", *DAEMON_SET, "-c", "calico-node", "IP_AUTODETECTION_METHOD=cidr=")
    dry = kubectl(*change, "--dry-run=server")
    assert dry.stdout == "daemonset.apps/calico-node env updated (server dry run)\n"
    value = "IP_AUTODETECTION_METHOD=interface=bond4"
    done = kubectl(*change[:-1], value)
    assert done.stdout == "daemonset.apps/calico-node env updated\n"
    rolled = kubectl("rollout", "status", *DAEMON_SET, "--timeout=20s")
    assert rolled.stdout.endswith('daemon set "calico-node" successfully rolled out\n')
    assert Client(cluster).addresses()["node-3"] == "172.16.10.23/24"
    listed = kubectl("set", "env", *DAEMON_SET, "--list", "-c", "calico-node").stdout.splitlines()
    # "set env" names the order of all entries: the new one is the last.
    assert listed[-1] == value
    history = kubectl("rollout", "history", *DAEMON_SET).stdout
    assert [row[0] for row in columns(history)[2:] if row[0]] == ["1", "2"]
    undone = kubectl("rollout", "undo", *DAEMON_SET)
    assert undone.stdout == "daemonset.apps/calico-node rolled back\n"
    cluster.settle()
    assert Client(cluster).addresses()["node-3"] == "172.16.16.23/23"


def test_a_crash_loop_is_seen_and_its_logs_are_read(
    cluster: SimulatedCluster, kubectl: Kubectl
) -> None:
    kubectl("set", "env", *DAEMON_SET, "-c", "calico-node", "IP_AUTODETECTION_METHOD=bond4")
    cluster.settle()
    late = kubectl("rollout", "status", *DAEMON_SET, "--timeout=1s", status=1)
    assert late.stderr == "error: timed out waiting for the condition\n"
    assert '"calico-node" rollout to finish: 1 out of 4 new pods have been updated' in late.stdout
    pods = Client(cluster).pods()
    (broken,) = (pod["metadata"]["name"] for pod in pods.values() if not is_ready(pod))
    row = columns(kubectl("get", "pod", "-n", "kube-system", broken).stdout)[1]
    assert row[1:3] == ["0/1", "CrashLoopBackOff"]
    for extra in ((), ("--previous",)):
        log = kubectl("logs", "-n", "kube-system", broken, "-c", "calico-node", *extra).stdout
        assert "Invalid IP autodetection method: bond4" in log
    refused = kubectl("exec", "-n", "kube-system", broken, "--", "ip", "addr", status=1)
    assert 'container not found ("calico-node")' in refused.stderr
    events = kubectl("events", "-n", "kube-system", "--types=Warning").stdout
    assert "Back-off restarting failed container calico-node" in events
    assert "calico-node" in kubectl("describe", "pod", "-n", "kube-system", broken).stdout


def test_logs(kubectl: Kubectl) -> None:
    options = ("--tail=1", "--timestamps", "-c", "calico-node")
    (line,) = kubectl("logs", *DAEMON_SET, *options).stdout.splitlines()
    assert re.match(r"\d{4}-\d\d-\d\dT\S+Z \d{4}-\d\d-\d\d .*Using autodetected IPv4", line)
    selector = ("-n", "kube-system", "-l", "k8s-app=calico-node", "--tail=-1")
    every = kubectl("logs", *selector, "--limit-bytes=90")
    assert every.stdout.count("Early log level set to") == 4


def test_exec(kubectl: Kubectl) -> None:
    addresses = kubectl("exec", *DAEMON_SET, "-c", "calico-node", "--", "ip", "-o", "addr", "show")
    assert "bond4" in addresses.stdout
    missing = kubectl("exec", *DAEMON_SET, "-c", "calico-node", "--", "ps", status=127)
    assert '"ps": executable file not found in $PATH' in missing.stderr


@pytest.mark.parametrize(
    ("kind", "patch", "status", "said"),
    [
        ("json", '[{"op":"add","path":"/metadata/labels/a","value":"b"}]', 0, "patched"),
        ("merge", '{"metadata":{"labels":{"a":"b"}}}', 0, "patched"),
        ("strategic", '{"metadata":{"labels":{"a":"b"}}}', 0, "patched"),
        ("merge", "{}", 0, "patched (no change)"),
        ("json", '[{"op":"test","path":"/metadata/name","value":"x"}]', 1,
         "The request is invalid: the server rejected our request due to an error in our request"),
        ("merge", '{"metadata":{"resourceVersion":"1"}}', 1,
         'Error from server (Conflict): Operation cannot be fulfilled on daemonsets.apps'),
        ("merge", '{"spec":{"selector":{"matchLabels":{"a":"b"}}}}', 1,
         'The DaemonSet "calico-node" is invalid: \n* spec.selector: Invalid value:'),
    ],
)  # fmt: skip
def test_patch(kubectl: Kubectl, kind: str, patch: str, status: int, said: str) -> None:
    done = kubectl("patch", *DAEMON_SET, "--type", kind, "-p", patch, status=status)
    assert said in done.stdout + done.stderr


def test_metadata_restarts_and_deletions(cluster: SimulatedCluster, kubectl: Kubectl) -> None:
    assert kubectl("label", "node", "node-1", "a=b").stdout == "node/node-1 labeled\n"
    assert kubectl("annotate", "node", "node-1", "a=b").stdout == "node/node-1 annotated\n"
    restarted = kubectl("rollout", "restart", *DAEMON_SET)
    assert restarted.stdout == "daemonset.apps/calico-node restarted\n"
    image = kubectl("set", "image", *DAEMON_SET, "calico-node=docker.io/calico/node:v3.27.5")
    assert image.stdout == "daemonset.apps/calico-node image updated\n"
    cluster.settle()
    assert "with version v3.27.5" in Client(cluster).log("node-2")
    name = Client(cluster).pods()["node-2"]["metadata"]["name"]
    deleted = kubectl("delete", "pod", "-n", "kube-system", name)
    assert deleted.stdout.startswith(f'pod "{name}" deleted')


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("get", "node", "nope"), 'Error from server (NotFound): nodes "nope" not found'),
        (("get", "ds", "nope"), 'Error from server (NotFound): daemonsets.apps "nope" not found'),
        (("get", "nopes"), 'error: the server doesn\'t have a resource type "nopes"'),
        (("get", "--raw", "/nope"),
         "Error from server (NotFound): the server could not find the requested resource"),
        (("logs", *DAEMON_SET, "-c", "calico-node", "--previous"),
         'Error from server (BadRequest): previous terminated container "calico-node" in pod'),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_as_always(
    kubectl: Kubectl, arguments: tuple[str, ...], message: str
) -> None:
    assert message in kubectl(*arguments, status=1).stderr


def test_an_empty_list_is_no_error(kubectl: Kubectl) -> None:
    done = kubectl("get", "pods", "-n", "kube-system", "-l", "k8s-app=nope")
    assert (done.stdout, done.stderr) == ("", "No resources found in kube-system namespace.\n")
