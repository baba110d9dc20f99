"""``set`` when the server refuses, is busy, or the object changes at the wrong moment."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from .api_client import Object
from .cluster import Cluster
from .control_plane import LOOPBACK, free_ports
from .installs import calico, calico_node
from .intermediary import Answer, Intermediary, Seen, before_patches
from .plugin_process import run
from .rollouts import DAEMON_SET, METHOD
from .story import NAMESPACE
from .users import documented

ADMISSION = "/apis/admissionregistration.k8s.io/v1"
ALL_DAEMON_SETS = "/apis/apps/v1/daemonsets"
SET = ("set", "--interface", "bond4")
NETWORK_TEAM = "ask the network team first"
UPDATES = {
    "apiGroups": ["apps"],
    "apiVersions": ["v1"],
    "operations": ["UPDATE"],
    "resources": ["daemonsets"],
}


@pytest.fixture
def bare_cluster(empty_cluster: Cluster) -> Cluster:
    """Calico's manifest on a cluster without nodes: nothing to predict, nothing that restarts."""
    for path, each in calico().to_create:
        empty_cluster.add(path, each)
    return empty_cluster


def env(cluster: Cluster) -> dict[str, str]:
    """The plain entries of calico-node's env."""
    entries = calico_node(cluster.client.get(DAEMON_SET))["env"]
    return {entry["name"]: entry["value"] for entry in entries if "value" in entry}


def set_env(cluster: Cluster, assignment: str) -> None:
    """What somebody else does with kubectl."""
    names = ("-n", NAMESPACE, "ds/calico-node", "-c", "calico-node")
    assert cluster.kubectl("set", "env", *names, assignment).returncode == 0


def test_a_busy_server_is_given_the_time_it_asks_for(bare_cluster: Cluster) -> None:
    refused: set[str] = set()

    def busy_once(seen: Seen) -> Answer | None:
        if seen.path not in (ALL_DAEMON_SETS, DAEMON_SET) or seen.path in refused:
            return None
        refused.add(seen.path)
        return Answer(429, {"Retry-After": "1"}, b"too many requests, please try again later")

    with Intermediary(bare_cluster, busy_once) as server:
        changed = run(bare_cluster, *SET, kubeconfig=server.kubeconfig)

    assert (changed.status, env(bare_cluster)[METHOD]) == (0, "interface=bond4")
    for method, path in (("GET", ALL_DAEMON_SETS), ("PATCH", DAEMON_SET)):
        first, second = server.requests(method, path)
        assert second.at - first.at >= 1.0


def test_a_server_that_stays_busy_is_told(bare_cluster: Cluster) -> None:
    def busy(seen: Seen) -> Answer | None:
        return Answer(429, {"Retry-After": "1"}) if seen.method == "PATCH" else None

    with Intermediary(bare_cluster, busy) as server:
        flags = (*SET, "--request-timeout=1500ms")
        refused = run(bare_cluster, *flags, kubeconfig=server.kubeconfig)

    assert refused.status == 1
    assert refused.stderr.startswith("Error from server (TooManyRequests): ")
    assert METHOD not in env(bare_cluster)


@pytest.mark.parametrize("times", [1, 4])
def test_other_edits_at_the_last_moment_are_kept(bare_cluster: Cluster, times: int) -> None:
    numbers = iter(range(times))
    edit = before_patches(lambda: set_env(bare_cluster, f"FOREIGN_{next(numbers)}=kept"), times)

    with Intermediary(bare_cluster, edit) as server:
        changed = run(bare_cluster, *SET, kubeconfig=server.kubeconfig)

    assert (changed.status, changed.stderr) == (0, "Follow it: kubectl calico-nic rollout-check\n")
    found = env(bare_cluster)
    assert found[METHOD] == "interface=bond4"
    assert {f"FOREIGN_{number}" for number in range(times)} < found.keys()
    assert len(server.requests("PATCH", DAEMON_SET)) == times + 1


def test_others_who_never_stop_are_told_of(bare_cluster: Cluster) -> None:
    numbers = iter(range(99))
    edit = before_patches(lambda: set_env(bare_cluster, f"FOREIGN={next(numbers)}"), 99)

    with Intermediary(bare_cluster, edit) as server:
        refused = run(bare_cluster, *SET, kubeconfig=server.kubeconfig)

    assert (refused.status, refused.stderr) == (
        1,
        "error: daemonset kube-system/calico-node was changed by others 5 times meanwhile; "
        "nothing was sent: try again when they have finished\n",
    )
    assert METHOD not in env(bare_cluster)


def test_a_status_that_changes_is_no_conflict(bare_cluster: Cluster) -> None:
    """The controller counts pods all the time on a cluster that is not well."""
    numbers = iter(range(1, 99))

    def count() -> None:
        status = {"status": {"numberMisscheduled": next(numbers)}}
        bare_cluster.client.merge(f"{DAEMON_SET}/status", status)

    with Intermediary(bare_cluster, before_patches(count, 8)) as server:
        changed = run(bare_cluster, *SET, kubeconfig=server.kubeconfig)

    assert changed.status == 0, changed
    assert env(bare_cluster)[METHOD] == "interface=bond4"
    assert len(server.requests("GET", ALL_DAEMON_SETS)) == 1, "it planned anew"


def test_another_method_meanwhile_is_not_overwritten(bare_cluster: Cluster) -> None:
    edit = before_patches(lambda: set_env(bare_cluster, f"{METHOD}=interface=bond3"))

    with Intermediary(bare_cluster, edit) as server:
        refused = run(bare_cluster, *SET, kubeconfig=server.kubeconfig)

    assert (refused.status, refused.stderr) == (
        1,
        "error: daemonset kube-system/calico-node was changed by somebody else meanwhile and the "
        "plan is no longer what was shown; nothing was sent: run the command again\n",
    )
    assert env(bare_cluster)[METHOD] == "interface=bond3"


def test_the_same_change_by_somebody_else_is_left_alone(bare_cluster: Cluster) -> None:
    edit = before_patches(lambda: set_env(bare_cluster, f"{METHOD}=interface=bond4"))

    with Intermediary(bare_cluster, edit) as server:
        said = run(bare_cluster, *SET, "-o", "json", kubeconfig=server.kubeconfig)

    assert (said.status, said.stderr) == (0, "")
    plan = json.loads(said.stdout)
    assert (plan["edits"], plan["applied"]) == ([], False)
    managed = bare_cluster.client.get(DAEMON_SET)["metadata"]["managedFields"]
    assert "kubectl-calico-nic" not in {each["manager"] for each in managed}


def test_a_daemon_set_that_is_deleted_meanwhile_is_told(bare_cluster: Cluster) -> None:
    delete = before_patches(lambda: bare_cluster.client.delete(DAEMON_SET))

    with Intermediary(bare_cluster, delete) as server:
        refused = run(bare_cluster, *SET, kubeconfig=server.kubeconfig)
    again = run(bare_cluster, *SET)

    assert (refused.status, refused.stderr) == (
        1,
        'Error from server (NotFound): daemonsets.apps "calico-node" not found\n',
    )
    assert again.status == 1
    assert again.stderr.startswith("error: no DaemonSet with a container named calico-node ")


def only(user: str) -> list[Object]:
    """Match conditions for one user: a rule may outlive its test for a moment."""
    return [{"name": "user", "expression": f"request.userInfo.username == '{user}'"}]


def deny_by_policy(cluster: Cluster, user: str, validation: Object) -> None:
    """Let no update of a DaemonSet by ``user`` pass."""
    policy = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [UPDATES]},
        "matchConditions": only(user),
        "validations": [{"expression": "false", "message": NETWORK_TEAM, **validation}],
    }
    binding = {"policyName": user, "validationActions": ["Deny"]}
    cluster.add(
        f"{ADMISSION}/validatingadmissionpolicies", {"metadata": {"name": user}, "spec": policy}
    )
    cluster.add(
        f"{ADMISSION}/validatingadmissionpolicybindings",
        {"metadata": {"name": user}, "spec": binding},
    )


def deny_by_webhook(cluster: Cluster, user: str, port: int) -> None:
    """Ask the webhook at a port of the loopback interface about updates by ``user``."""
    authority = cluster.control_plane.authority.certificate.read_bytes()
    client = {
        "url": f"https://{LOOPBACK}:{port}/deny",
        "caBundle": base64.b64encode(authority).decode(),
    }
    webhook = {
        "name": "network.example.com",
        "clientConfig": client,
        "rules": [UPDATES],
        "matchConditions": only(user),
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    cluster.add(
        f"{ADMISSION}/validatingwebhookconfigurations",
        {"metadata": {"name": user}, "webhooks": [webhook]},
    )


@contextmanager
def denying_webhook(cluster: Cluster) -> Iterator[int]:
    """A server that denies what it is asked about; its port."""

    class Deny(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            denial = {"allowed": False, "status": {"code": 403, "message": NETWORK_TEAM}}
            asked["response"] = {"uid": asked.pop("request")["uid"], **denial}
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(asked).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Deny)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*cluster.control_plane.authority.server("webhook"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def denial(cluster: Cluster, kubeconfig: Path) -> str:
    """How kubectl words the denial of a user's edits, as soon as they are denied."""
    label = ("label", "-n", NAMESPACE, "ds/calico-node", "may=not", "--dry-run=server")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        labelled = cluster.kubectl(*label, kubeconfig=kubeconfig)
        if labelled.returncode:
            return labelled.stderr
    raise TimeoutError("the edits are not denied")


def assert_denied_as_kubectl_says(cluster: Cluster, kubeconfig: Path, *words: str) -> None:
    """The same sentence, for a dry run on the server too; a client's dry run asks nobody."""
    worded = denial(cluster, kubeconfig)
    assert all(word in worded for word in words), worded
    before = cluster.client.get(DAEMON_SET)
    for flags in ((), ("--dry-run=server",)):
        refused = run(cluster, *SET, *flags, kubeconfig=kubeconfig)
        assert (refused.status, refused.stderr) == (1, worded)
        assert "env updated" not in refused.stdout
    assert run(cluster, *SET, "--dry-run=client", kubeconfig=kubeconfig).status == 0
    assert cluster.client.get(DAEMON_SET) == before


@pytest.mark.parametrize(
    ("user", "validation", "words"),
    [
        ("denied", {}, 'The daemonsets "calico-node" is invalid: '),
        ("forbidden", {"reason": "Forbidden"}, "Error from server (Forbidden): "),
    ],
)
def test_an_admission_policy_that_denies_is_quoted(
    bare_cluster: Cluster, user: str, validation: Object, words: str
) -> None:
    kubeconfig = bare_cluster.user(user, documented("inspect", "set"))
    deny_by_policy(bare_cluster, user, validation)

    assert_denied_as_kubectl_says(bare_cluster, kubeconfig, words, NETWORK_TEAM)


def test_an_admission_webhook_that_denies_is_quoted(bare_cluster: Cluster) -> None:
    kubeconfig = bare_cluster.user("hooked", documented("inspect", "set"))
    with denying_webhook(bare_cluster) as port:
        deny_by_webhook(bare_cluster, "hooked", port)

        assert_denied_as_kubectl_says(bare_cluster, kubeconfig, "network.example.com", NETWORK_TEAM)


def test_an_admission_webhook_that_is_down_is_told(bare_cluster: Cluster) -> None:
    kubeconfig = bare_cluster.user("unhooked", documented("inspect", "set"))
    (port,) = free_ports(1)
    deny_by_webhook(bare_cluster, "unhooked", port)

    assert_denied_as_kubectl_says(
        bare_cluster, kubeconfig, "Error from server (InternalError): ", "connection refused"
    )


def test_a_change_that_the_server_finds_invalid_is_told(bare_cluster: Cluster) -> None:
    """Our own annotation is one too many here."""
    annotations = bare_cluster.client.get(DAEMON_SET)["metadata"]["annotations"]
    used = sum(len(key) + len(text) for key, text in annotations.items())
    filled = {"filled": "x" * (256 * 1024 - used - 30)}
    bare_cluster.client.merge(DAEMON_SET, {"metadata": {"annotations": filled}})

    refused = run(bare_cluster, *SET)

    assert (refused.status, refused.stderr) == (
        1,
        'The DaemonSet "calico-node" is invalid: metadata.annotations: Too long: '
        "may not be more than 262144 bytes\n",
    )
    assert METHOD not in env(bare_cluster)
