"""What keeps calico-node from running, in which words, from the facts as they come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kubectl_calico_nic.calico.log.reader import read_log
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.diagnosis.stories import stories
from kubectl_calico_nic.findings.case.moments import is_starting, seconds_since
from kubectl_calico_nic.snapshot.decode import decode_node, decode_pod
from kubectl_calico_nic.snapshot.pod import ContainerState, Pod
from kubectl_calico_nic.snapshot.snapshot import NodeFacts
from tests.calico_logs import FOUND, GOOD_END, log, startup
from tests.clusters import cluster
from tests.scenarios import not_the_nic
from tests.scenarios.scenario import right

NOW = "2026-01-01T12:00:00Z"


def told(name: str) -> tuple[str, str, str]:
    """Message, advice and evidence of the finding of one scenario."""
    finding = diagnose(not_the_nic.WRONG[name].snapshot, Question()).findings[0]
    return finding.message, finding.next, finding.why


@pytest.mark.parametrize(
    ("name", "message", "advice", "why"),
    [
        (
            "the datastore is out of reach",
            "n1 cannot reach the datastore, so calico-node cannot start; that is not the NIC it "
            "chose",
            "check the way from n1 to the API server (or etcd): kube-proxy, routes, firewall",
            "dial tcp 10.96.0.1:443: i/o timeout",
        ),
        (
            "the datastore's certificate",
            "n1 cannot trust the datastore's certificate (x509); that is not the NIC it chose",
            "check the certificate of the API server (or etcd), the CA, and the clock of n1",
            "x509: certificate signed by unknown authority",
        ),
        (
            "not authorized, in the container before",
            "n1 cannot use the datastore: calico-node is not authorized; that is not the NIC it "
            "chose",
            "check ServiceAccount, token and ClusterRole of calico-node (or etcd's certificates)",
            "Connection to the datastore is unauthorized",
        ),
        (
            "killed by its liveness check",
            "n1 had calico-node killed by its liveness check 4 times lately; that is not the NIC",
            "look for overload: load and memory of n1, the container's CPU limit, the timeout of "
            "the liveness check",
            "Felix is not live",
        ),
        (
            "the image cannot be pulled",
            "n1 cannot get the image docker.io/calico/node:v3.24.6 (ImagePullBackOff); that is not "
            "the NIC",
            "check the image's name, the registry and its pull secret, and the way there from n1",
            "Back-off pulling image",
        ),
        (
            "Pending: it cannot be scheduled",
            "n1 is without calico-node, whose pod is Pending: it cannot be scheduled",
            "make room or mend the taint: kubectl -n kube-system describe pod calico-node-n1",
            "0/2 nodes are available: 1 Insufficient cpu",
        ),
        (
            "it keeps ending, and its log says nothing",
            "n1: calico-node keeps ending (exit status 1, 7 restarts), and nothing speaks against "
            "its address",
            "see why: kubectl -n kube-system logs calico-node-n1 -c calico-node --previous",
            "",
        ),
        (
            "Felix has not been ready for an hour",
            "n1: calico-node has not been Ready for 60 min, and nothing speaks against its address",
            "see why: kubectl -n kube-system describe pod calico-node-n1",
            "felix is not ready: readiness probe reporting 503",
        ),
        (
            "the node is gone: its sessions are no other story",
            "n1 is NotReady: its kubelet stopped reporting; that is the node, not its NIC",
            "bring n1 back, or delete its Node if it is gone",
            "Kubelet stopped posting node status",
        ),
    ],
)
def test_it_says_what_it_is_instead_and_what_to_do(
    name: str, message: str, advice: str, why: str
) -> None:
    found = told(name)

    assert found[:2] == (message, advice)
    assert why in found[2]


def test_many_nodes_with_one_trouble_are_one_story() -> None:
    state = ContainerState("waiting", reason="ImagePullBackOff")
    nodes = []
    for number in (1, 2, 3):
        facts = right(number)
        assert facts.pod is not None
        nodes.append(replace(facts, pod=replace(facts.pod, ready=False, container_state=state)))

    (story,) = stories(diagnose(cluster(*nodes, right(4)), Question()))

    assert story.message == (
        "3 of 4 nodes cannot get the image docker.io/calico/node:v3.24.6; that is not the NIC"
    )


TIMEOUT = "Hit error connecting to datastore - retry error=dial tcp: i/o timeout"
UNAUTHORIZED = "Connection to the datastore is unauthorized error=Unauthorized"
RETRY, DENIED = f"INFO {TIMEOUT}", f"WARNING {UNAUTHORIZED}"
ACCESS = "ERROR: Error accessing the Calico datastore: timeout"


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (log("startup", "INFO Early log level set to info", RETRY, RETRY), TIMEOUT),
        (
            log("startup", "INFO Early log level set to info", DENIED, "WARNING Terminating"),
            UNAUTHORIZED,
        ),
        (log("startup", RETRY, "INFO Datastore connection verified"), None),
        ([*log("startup", RETRY), *startup(FOUND, *GOOD_END)], None),
        (log("felix", RETRY), None),
        ([ACCESS], ACCESS),
        ([*log("startup", RETRY), "Calico node started successfully"], None),
    ],
)
def test_the_datastore_error_is_that_of_the_newest_start(
    lines: list[str], error: str | None
) -> None:
    found = read_log(lines).datastore_error

    assert found == error


def test_a_long_message_with_escapes_stays_one_short_line() -> None:
    state = ContainerState("waiting", "ErrImagePull", "\x1b[2J\n" + "pull " * 10_000)
    facts = right(1)
    assert facts.pod is not None
    sick = replace(facts, pod=replace(facts.pod, ready=False, container_state=state))
    finding = diagnose(cluster(sick, right(2)), Question()).findings[0]

    assert len(finding.why) < 200
    assert "\n" not in finding.why


def status(**fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p", "namespace": "ns"}, "spec": {}, "status": fields}


def test_a_pod_tells_how_the_container_before_ended_and_what_init_waits_for() -> None:
    killed = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
    pod = decode_pod(
        status(
            containerStatuses=[{"name": "calico-node", "lastState": killed, "state": {}}],
            initContainerStatuses=[
                {"name": "upgrade-ipam", "state": {"terminated": {"exitCode": 0}}},
                {"name": "install-cni", "state": {"waiting": {"reason": "ErrImagePull"}}},
            ],
        )
    )

    assert pod.container_state.last_reason == "OOMKilled"
    assert pod.pending_init is not None
    assert (pod.pending_init[0], pod.pending_init[1].reason) == ("install-cni", "ErrImagePull")


@pytest.mark.parametrize(
    ("ready", "unreachable"), [("True", False), ("False", False), ("Unknown", True)]
)
def test_a_node_is_unreachable_when_its_kubelet_stopped_reporting(
    ready: str, unreachable: bool
) -> None:
    conditions = [{"type": "Ready", "status": ready, "message": "words"}]
    node = decode_node(status(conditions=conditions))

    assert (node.unreachable, node.ready_message) == (unreachable, "words")


def pod(state: ContainerState, **values: Any) -> Pod:
    return Pod("ns", "p", "n", container_state=state, **values)


RUNNING, WAITING = ContainerState("running"), ContainerState("waiting")


@pytest.mark.parametrize(
    ("found", "starting"),
    [
        (None, False),
        (pod(replace(RUNNING, started_at="2026-01-01T11:59:30Z")), True),
        (pod(replace(RUNNING, started_at="2026-01-01T11:58:30Z")), False),
        (pod(RUNNING, ready=True, ready_since="2026-01-01T11:59:30Z"), True),
        (pod(RUNNING, ready=False, ready_since="2026-01-01T11:59:30Z"), False),
        (pod(RUNNING), False),
        (pod(WAITING, created="2026-01-01T11:56:00Z"), True),
        (pod(WAITING, created="2026-01-01T11:54:00Z"), False),
        (pod(replace(WAITING, restarts=2), created="2026-01-01T11:59:00Z"), False),
        (pod(RUNNING, deleted=True), True),
    ],
)
def test_a_young_pod_is_left_alone(found: Pod | None, starting: bool) -> None:
    assert is_starting(found, NOW) is starting


@pytest.mark.parametrize("moment", [None, "", "yesterday", "2026-01-01T11:59:00"])
def test_a_time_that_cannot_be_read_is_not_known(moment: str | None) -> None:
    assert seconds_since(moment, NOW) is None


def test_a_node_that_is_down_is_told_where_its_sessions_are_missed() -> None:
    scenario = not_the_nic.HEALTHY["a node is down, and nothing else suffers"]
    missed = not_the_nic.WRONG["the node is gone: its sessions are no other story"]

    def ids(nodes: tuple[NodeFacts, ...]) -> set[str]:
        return {found.id for found in diagnose(cluster(*nodes), Question()).findings}

    assert ids(scenario.snapshot.nodes) == set()
    assert ids(missed.snapshot.nodes) == {"not-the-nic"}
