"""calico-node does not run, and its address has nothing to do with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.event import PodEvent
from kubectl_calico_nic.snapshot.node import Node
from kubectl_calico_nic.snapshot.pod import ContainerState, Pod
from kubectl_calico_nic.snapshot.snapshot import LogState, NodeFacts, Snapshot
from tests.bgp_sessions import TIMED_OUT, alone, mesh, unhealthy
from tests.clusters import cluster, decision, log, node
from tests.scenarios.scenario import (
    CRASHING,
    CREATING,
    Scenario,
    Without,
    elsewhere,
    every_node,
    right,
)

NOW = "2026-01-01T12:00:00Z"
AN_HOUR_AGO = "2026-01-01T11:00:00Z"
RUNNING = ContainerState("running", started_at=AN_HOUR_AGO)
UNREACHABLE = (
    'Hit error connecting to datastore - retry error=Get "https://10.96.0.1:443/api/v1/nodes/foo": '
    "dial tcp 10.96.0.1:443: i/o timeout"
)
UNTRUSTED = (
    'Hit error connecting to datastore - retry error=Get "https://10.96.0.1:443/api/v1/nodes/foo": '
    "x509: certificate signed by unknown authority"
)
UNAUTHORIZED = (
    "Connection to the datastore is unauthorized error=connection is unauthorized: Unauthorized"
)
KILLED = PodEvent(
    "Killing", "Container calico-node failed liveness probe, will be restarted", 4, NOW
)
NOT_LIVE = PodEvent(
    "Unhealthy", "Liveness probe failed: calico/node is not ready: Felix is not live", 9, NOW
)


def at_noon(*nodes: NodeFacts) -> Snapshot:
    return replace(cluster(*nodes), taken_at=NOW)


def sick(state: ContainerState = RUNNING, *events: PodEvent, **pod: Any) -> NodeFacts:
    """Node n1, whose address is right and whose calico-node has not been Ready for an hour."""
    facts = right(1)
    assert facts.pod is not None
    settings: dict[str, Any] = {
        "container_state": state,
        "ready": False,
        "ready_since": AN_HOUR_AGO,
        "created": AN_HOUR_AGO,
        **pod,
    }
    return replace(facts, pod=replace(facts.pod, **settings), events=events)


def new(pod: Pod | None = None, **values: Any) -> NodeFacts:
    """Node n1, which has never said anything yet."""
    facts = node("n1", internal_ip="10.0.0.1", ready=False, log_state=LogState.EMPTY)
    assert facts.pod is not None
    return replace(facts, pod=replace(pod or facts.pod, **values))


def waiting(reason: str, message: str | None = None) -> ContainerState:
    return ContainerState("waiting", reason=reason, message=message)


def no_answer(error: str, **values: Any) -> NodeFacts:
    """Node n1, whose start gets no further than the datastore."""
    return replace(
        sick(**values),
        log=log(started=False, datastore_error=error),
    )


def unready_node(message: str, **node_values: Any) -> NodeFacts:
    """Node n1 that is not Ready itself."""
    facts = sick()
    assert facts.node is not None
    changed = replace(facts.node, ready_message=message, **node_values)
    return replace(facts, node=changed)


def recovered(facts: NodeFacts) -> NodeFacts:
    """The node whose calico-node is Ready."""
    assert facts.pod is not None
    return replace(facts, pod=replace(facts.pod, ready=True, container_state=RUNNING))


HEALTHY: dict[str, Scenario] = {
    "a pod that has been starting for seconds": Scenario(
        at_noon(sick(CREATING, created="2026-01-01T11:59:00Z"), right(2)), set()
    ),
    "a container that has been running for seconds": Scenario(
        at_noon(sick(ContainerState("running", started_at="2026-01-01T11:59:30Z")), right(2)), set()
    ),
    "not Ready for two minutes": Scenario(
        at_noon(sick(ready_since="2026-01-01T11:58:00Z"), right(2)), set()
    ),
    "killed once by its liveness check, and Ready again": Scenario(
        at_noon(recovered(sick(RUNNING, replace(KILLED, count=1))), right(2)), set()
    ),
    "killed often, but an hour ago": Scenario(
        at_noon(recovered(sick(RUNNING, replace(KILLED, last_seen=AN_HOUR_AGO))), right(2)), set()
    ),
    "stopped once by SIGTERM, and Ready again": Scenario(
        at_noon(recovered(sick(replace(RUNNING, restarts=1, last_exit_code=143))), right(2)), set()
    ),
    "the datastore answered at last": Scenario(
        at_noon(recovered(no_answer(UNREACHABLE)), right(2)), set()
    ),
    "a node is down, and nothing else suffers": Scenario(
        at_noon(unready_node("container runtime is down", ready=False), right(2)), set()
    ),
    "the pod of a roll that is being deleted": Scenario(at_noon(sick(deleted=True)), set()),
    "some sessions are up while a ToR switch is out of reach": Scenario(
        at_noon(*mesh(right(1), right(2), right(3))), set()
    ),
}

INFORMATION: dict[str, Scenario] = {
    "all on another network, one without its image: still built so": Scenario(
        at_noon(
            elsewhere(2),
            elsewhere(3),
            elsewhere(1, ready=False, state=waiting("ImagePullBackOff")),
        ),
        {
            *(f"n{number} differs-from-internal-ip" for number in (1, 2, 3)),
            "n1 not-the-nic",
        },
    ),
}

WRONG: dict[str, Scenario] = {
    "the datastore is out of reach": Scenario(
        at_noon(no_answer(UNREACHABLE), right(2)), {"n1 not-the-nic"}
    ),
    "the datastore's certificate": Scenario(
        at_noon(no_answer(UNTRUSTED), right(2)), {"n1 not-the-nic"}
    ),
    "not authorized, in the container before": Scenario(
        at_noon(
            replace(
                no_answer(UNAUTHORIZED, state=CRASHING),
                log=log(started=False),
                previous_log=log(started=False, datastore_error=UNAUTHORIZED),
            ),
            right(2),
        ),
        {"n1 not-the-nic"},
    ),
    "the datastore is out of reach of a new node": Scenario(
        at_noon(
            replace(
                new(container_state=RUNNING, created=AN_HOUR_AGO),
                log=log(started=False, datastore_error=UNREACHABLE),
                log_state=LogState.READ,
            ),
            right(2),
        ),
        {"n1 not-the-nic"},
    ),
    "killed by its liveness check": Scenario(
        at_noon(sick(replace(RUNNING, restarts=4, last_exit_code=137), NOT_LIVE, KILLED), right(2)),
        {"n1 not-the-nic"},
    ),
    "killed again and again, Ready in between": Scenario(
        at_noon(recovered(sick(RUNNING, KILLED)), right(2)), {"n1 not-the-nic"}
    ),
    "killed, and no event is left": Scenario(
        at_noon(sick(replace(CRASHING, last_exit_code=137)), right(2)), {"n1 not-the-nic"}
    ),
    "out of memory": Scenario(
        at_noon(
            sick(replace(CRASHING, last_exit_code=137, last_reason="OOMKilled")),
            right(2),
        ),
        {"n1 not-the-nic"},
    ),
    "the image cannot be pulled": Scenario(
        at_noon(sick(waiting("ImagePullBackOff", "Back-off pulling image")), right(2)),
        {"n1 not-the-nic"},
    ),
    "the image cannot be pulled on a new node": Scenario(
        at_noon(new(container_state=waiting("ErrImagePull")), right(2)), {"n1 not-the-nic"}
    ),
    "the image of an init container cannot be pulled": Scenario(
        at_noon(
            sick(
                waiting("PodInitializing"),
                pending_init=("install-cni", waiting("ImagePullBackOff")),
            ),
            right(2),
        ),
        {"n1 not-the-nic"},
    ),
    "an init container fails": Scenario(
        at_noon(sick(waiting("PodInitializing"), pending_init=("install-cni", CRASHING)), right(2)),
        {"n1 not-the-nic"},
    ),
    "a ConfigMap is missing": Scenario(
        at_noon(sick(waiting("CreateContainerConfigError", 'configmap "x" not found')), right(2)),
        {"n1 not-the-nic"},
    ),
    "a volume cannot be mounted": Scenario(
        at_noon(
            sick(CREATING, PodEvent("FailedMount", "MountVolume.SetUp failed for volume")), right(2)
        ),
        {"n1 not-the-nic"},
    ),
    "Pending: it cannot be scheduled": Scenario(
        at_noon(
            sick(
                ContainerState(),
                phase="Pending",
                message="0/2 nodes are available: 1 Insufficient cpu.",
            ),
            right(2),
        ),
        {"n1 not-the-nic"},
    ),
    "evicted": Scenario(
        at_noon(
            sick(
                ContainerState(),
                phase="Failed",
                reason="Evicted",
                message="The node was low on resource: ephemeral-storage.",
            ),
            right(2),
        ),
        {"n1 not-the-nic"},
    ),
    "a new node is NotReady": Scenario(
        at_noon(replace(new(), node=Node("n1", internal_ips=("10.0.0.1",), ready=False)), right(2)),
        {"n1 not-the-nic"},
    ),
    "the node is gone: its sessions are no other story": Scenario(
        at_noon(
            *mesh(
                unready_node("Kubelet stopped posting node status.", ready=None, unreachable=True),
                right(2),
                right(3),
                down=alone(1, 3),
                dumb=[1],
            )
        ),
        {"n1 not-the-nic"},
    ),
    "port 179 of one node is filtered": Scenario(
        at_noon(*mesh(right(1), right(2), right(3), down=alone(3, 3), info=TIMED_OUT)),
        {"n3 not-the-nic"},
    ),
    "port 179 is filtered everywhere": Scenario(
        at_noon(*mesh(right(1), right(2), right(3), down=[*alone(1, 3), (2, 3)], info=TIMED_OUT)),
        {"n1 not-the-nic", "n2 not-the-nic", "n3 not-the-nic"},
    ),
    "port 179 is filtered between two nodes": Scenario(
        at_noon(*mesh(right(1), right(2), down=[(1, 2)], info="Socket: Connection refused")),
        {"n1 not-the-nic", "n2 not-the-nic"},
    ),
    "it keeps ending, and its log says nothing": Scenario(
        at_noon(sick(CRASHING), right(2)), {"n1 not-the-nic"}
    ),
    "Felix has not been ready for an hour": Scenario(
        at_noon(
            sick(RUNNING, unhealthy("felix is not ready: readiness probe reporting 503")), right(2)
        ),
        {"n1 not-the-nic"},
    ),
    "a wrong method has its own story": Scenario(
        at_noon(
            replace(
                sick(CRASHING),
                log=log(decision(Outcome.FAILED, family=Family.IPV4), started=False),
            ),
            right(2),
        ),
        {"n1 detection-failed"},
    ),
    "NotReady for want of calico-node": Scenario(
        at_noon(
            replace(
                unready_node("cni plugin not initialized", ready=False),
                log=log(started=False, datastore_error=UNREACHABLE),
            ),
            right(2),
        ),
        {"n1 not-the-nic"},
    ),
}

WITHOUT: dict[str, Without] = {
    "not-the-nic": Without("the image cannot be pulled", every_node(recovered)),
}
