"""Pods, their template, and who writes it: what runs, what waits, and what holds it up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.pod import ContainerState
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from kubectl_calico_nic.snapshot.undo_record import (
    RECORD_ANNOTATION,
    ChangeRecord,
    Stage,
    StageKind,
    write_record,
)
from tests.clusters import DAEMON_SET, container, detected, log
from tests.scenarios.scenario import CRASHING, Scenario, Without, elsewhere, right

NOW, YESTERDAY, JUST_NOW = "2026-01-02T12:00:00Z", "2026-01-01T12:00:00Z", "2026-01-02T11:59:40Z"
CALICO_CONFIG = "kube-system/calico-config"
FROM_CALICO_CONFIG = {
    "name": "CALICO_NETWORKING_BACKEND",
    "valueFrom": {"configMapKeyRef": {"name": "calico-config", "key": "calico_backend"}},
}


def pod(facts: NodeFacts, **values: Any) -> NodeFacts:
    """The same node; its pod runs the newest template since yesterday, unless ``values`` differ."""
    assert facts.pod is not None
    state = ContainerState("running", started_at=YESTERDAY, ready=True)
    settled: dict[str, Any] = {
        "revision_hash": "new",
        "created": YESTERDAY,
        "ready_since": YESTERDAY,
        "container_state": state,
    }
    return replace(facts, pod=replace(facts.pod, **{**settled, **values}))


def current(number: int, **values: Any) -> NodeFacts:
    return pod(right(number), **values)


def old(number: int, **values: Any) -> NodeFacts:
    return pod(right(number), revision_hash="old", **values)


def starting(number: int, **values: Any) -> NodeFacts:
    """A pod that was just replaced and is not Ready yet."""
    fresh = {"ready": False, "created": JUST_NOW, "ready_since": JUST_NOW}
    return current(number, **{**fresh, **values})


def down(facts: NodeFacts) -> NodeFacts:
    """The same on a node that is not Ready."""
    assert facts.node is not None
    assert facts.pod is not None
    return replace(
        facts, node=replace(facts.node, ready=False), pod=replace(facts.pod, ready=False)
    )


def logging(facts: NodeFacts, version: str) -> NodeFacts:
    assert facts.log is not None
    return replace(facts, log=replace(facts.log, version=Version.parse(version)))


def rolled(
    *nodes: NodeFacts,
    strategy: dict[str, Any] | None = None,
    written: str = YESTERDAY,
    env: list[dict[str, Any]] | None = None,
    annotations: dict[str, str] | None = None,
    status: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    **values: Any,
) -> Snapshot:
    """A cluster whose newest revision is ``new``; the template was last ``written`` then."""
    calico = container({"IP": "autodetect"})
    calico["env"] = [*calico["env"], *(env or [])]
    daemon_set = DaemonSet(
        {
            "metadata": {
                "namespace": "kube-system",
                "name": "calico-node",
                "annotations": annotations or {},
                "managedFields": [
                    {"manager": "kubectl", "time": written},
                    {"manager": "kcm", "time": NOW, "subresource": "status"},
                ],
                **(metadata or {}),
            },
            "spec": {
                "updateStrategy": strategy or {"type": "RollingUpdate"},
                "template": {"spec": {"containers": [calico]}},
            },
            "status": status or {},
        }
    )
    given = {"revisions": {DAEMON_SET: "new"}, "taken_at": NOW, **values}
    return Snapshot(
        tuple(_with_container(facts, calico) for facts in nodes), (daemon_set,), **given
    )


def _with_container(facts: NodeFacts, calico: dict[str, Any]) -> NodeFacts:
    if facts.pod is None or facts.pod.container:
        return facts
    return replace(facts, pod=replace(facts.pod, container=calico))


def image(facts: NodeFacts, tag: str) -> NodeFacts:
    """The same node with a pod of another image, whose log names no version."""
    assert facts.log is not None
    assert facts.pod is not None
    return replace(
        facts,
        log=replace(facts.log, version=None),
        pod=replace(facts.pod, container=container({"IP": "autodetect"}, tag)),
    )


def record(kind: StageKind | None, *nodes: str) -> dict[str, str]:
    """The annotation of a change at noon yesterday."""
    stage = None if kind is None else Stage(kind, nodes, {"type": "RollingUpdate"})
    kept = ChangeRecord(YESTERDAY, "ann", "interface=eth0", ("IP",), (), (), True, stage)
    return {RECORD_ANNOTATION: write_record(kept)}


ON_DELETE = {"type": "OnDelete"}
TWO = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}
HELM = {"annotations": {"meta.helm.sh/release-name": "net"}}
FAILING = ContainerState("waiting", reason="CrashLoopBackOff", restarts=1)

HEALTHY: dict[str, Scenario] = {
    "a roll going on normally": Scenario(rolled(current(1), starting(2), old(3)), set()),
    "a roll between two pods": Scenario(
        rolled(current(1, created=JUST_NOW, ready_since=JUST_NOW), old(2), old(3)), set()
    ),
    "a roll that just begins": Scenario(rolled(old(1), old(2), written=JUST_NOW), set()),
    "a new pod that failed once while it started": Scenario(
        rolled(starting(1, container_state=ContainerState("running", restarts=1)), old(2), old(3)),
        set(),
    ),
    "an old pod that is not ready: the controller replaces it at once": Scenario(
        rolled(old(1, ready=False, ready_since=JUST_NOW), old(2), written=JUST_NOW), set()
    ),
    "one pod just restarted": Scenario(rolled(current(1), starting(2)), set()),
    "OnDelete with every pod on the newest template": Scenario(
        rolled(current(1), current(2), strategy=ON_DELETE), set()
    ),
    "no right to read ControllerRevisions": Scenario(
        rolled(old(1), old(2), strategy=ON_DELETE, revisions={}), set()
    ),
    "pods without the label controller-revision-hash": Scenario(
        rolled(current(1, revision_hash=None), strategy=ON_DELETE), set()
    ),
    "a rollback made a new generation of a template that the pods have": Scenario(
        rolled(
            current(1, template_generation="3"),
            strategy=ON_DELETE,
            annotations={"deprecated.daemonset.template.generation": "4"},
        ),
        set(),
    ),
    "old pods, and when the facts were read is not known": Scenario(
        rolled(current(1), old(2), taken_at=None), set()
    ),
    "calico-config was written before every pod": Scenario(
        rolled(
            current(1),
            env=[FROM_CALICO_CONFIG],
            config_maps={CALICO_CONFIG: {"calico_backend": "bird"}},
            config_map_changes={CALICO_CONFIG: "2026-01-01T00:00:00Z"},
        ),
        set(),
    ),
    "calico-config was written since, but nothing of it is in calico-node's environment": Scenario(
        rolled(current(1), config_map_changes={CALICO_CONFIG: JUST_NOW}), set()
    ),
    "a container that restarted after calico-config was written": Scenario(
        rolled(
            current(1, container_state=ContainerState("running", started_at=JUST_NOW)),
            env=[FROM_CALICO_CONFIG],
            config_maps={CALICO_CONFIG: {"calico_backend": "bird"}},
            config_map_changes={CALICO_CONFIG: "2026-01-02T11:00:00Z"},
        ),
        set(),
    ),
    "an upgrade on its way": Scenario(
        rolled(
            logging(current(1), "v3.26.1"),
            logging(starting(2), "v3.26.1"),
            logging(old(3), "v3.24.6"),
            written=JUST_NOW,
        ),
        set(),
    ),
    "an upgrade on its way, without the right to read ControllerRevisions": Scenario(
        rolled(
            logging(current(1), "v3.26.1"),
            logging(old(2), "v3.24.6"),
            revisions={},
            status={"updatedNumberScheduled": 1, "desiredNumberScheduled": 2},
        ),
        set(),
    ),
    "logs name the version of an image whose tag does not": Scenario(
        rolled(logging(image(current(1), "stable"), "v3.24.6"), image(current(2), "stable")),
        set(),
    ),
    "a change that reached every node": Scenario(
        rolled(current(1), annotations=record(None)), set()
    ),
    "a record that somebody broke": Scenario(
        rolled(current(1), annotations={RECORD_ANNOTATION: "{"}), set()
    ),
    "a Helm release whose addresses are right": Scenario(
        rolled(current(1), current(2), metadata=HELM), set()
    ),
    "one of two that may be unavailable is down: the others go on": Scenario(
        rolled(down(old(1)), starting(2), old(3), strategy=TWO, written=JUST_NOW), set()
    ),
    "a node that is down while nothing is to roll": Scenario(
        rolled(current(1), down(current(2))), set()
    ),
}

INFORMATION: dict[str, Scenario] = {}

WRONG: dict[str, Scenario] = {
    "a node that is down uses up maxUnavailable": Scenario(
        rolled(current(1), down(old(2)), old(3), old(4), written=JUST_NOW),
        {"n2 rollout-blocked"},
    ),
    "a pod that cannot be deleted because its node is down": Scenario(
        rolled(current(1), down(old(2, deleted=True)), old(3)),
        {"n2 rollout-blocked"},
    ),
    "two nodes that are down use up maxUnavailable 2": Scenario(
        rolled(down(old(1)), down(current(2)), old(3), old(4), strategy=TWO),
        {"n1 rollout-blocked", "n2 rollout-blocked"},
    ),
    "a new pod that never becomes Ready": Scenario(
        rolled(starting(1, created=YESTERDAY, ready_since=YESTERDAY), old(2)),
        {"n1 rollout-blocked"},
    ),
    "a new pod that does not start": Scenario(
        rolled(starting(1, container_state=FAILING), old(2)),
        {"n1 rollout-blocked"},
    ),
    "a new pod that keeps ending": Scenario(
        rolled(starting(1, container_state=CRASHING), old(2), old(3)),
        {"n1 rollout-blocked"},
    ),
    "OnDelete: pods wait to be deleted": Scenario(
        rolled(current(1), old(2), old(3), strategy=ON_DELETE), {"- rollout-blocked"}
    ),
    "old pods and nothing that rolls them": Scenario(
        rolled(current(1), old(2), old(3)), {"n2 old-template", "n3 old-template"}
    ),
    "calico-config was written after the pods started": Scenario(
        rolled(
            current(1),
            current(2, container_state=ContainerState("running", started_at=JUST_NOW)),
            env=[FROM_CALICO_CONFIG],
            config_maps={CALICO_CONFIG: {"calico_backend": "bird"}},
            config_map_changes={CALICO_CONFIG: "2026-01-02T11:00:00Z"},
        ),
        {"n1 old-template"},
    ),
    "a tag that moved: two versions from one template": Scenario(
        rolled(logging(current(1), "v3.24.6"), logging(current(2), "v3.26.1")),
        {"- mixed-versions"},
    ),
    "two versions by their images": Scenario(
        rolled(image(current(1), "v3.24.6"), image(current(2), "v3.26.1"), revisions={}),
        {"- mixed-versions"},
    ),
    "a canary is being tried": Scenario(
        rolled(
            current(1),
            old(2),
            strategy=ON_DELETE,
            annotations=record(StageKind.CANARY, "n1"),
        ),
        {"- staged"},
    ),
    "only the affected nodes have the new value": Scenario(
        rolled(
            current(1),
            old(2),
            strategy=ON_DELETE,
            annotations=record(StageKind.ONLY_AFFECTED, "n1"),
        ),
        {"- staged"},
    ),
    "a rollout that was stopped, and whose strategy somebody restored": Scenario(
        rolled(current(1), annotations=record(StageKind.PAUSED)), {"- staged"}
    ),
    "a Helm release with a wrong address": Scenario(
        rolled(current(1), pod(elsewhere(2)), metadata=HELM),
        {"n2 wrong-network", "- owner-reverts"},
    ),
    "an operator's DaemonSet with a failed detection": Scenario(
        rolled(
            current(1),
            pod(replace(right(2), log=log(detected("192.168.7.2/24", "eth1")), node=right(2).node)),
            metadata={
                "ownerReferences": [
                    {
                        "apiVersion": "operator.tigera.io/v1",
                        "kind": "Installation",
                        "name": "default",
                        "controller": True,
                    }
                ]
            },
        ),
        {"n2 wrong-network", "n2 evidence-disagrees", "- owner-reverts"},
    ),
}


def without_revisions(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, revisions={})


def without_annotations(snapshot: Snapshot) -> Snapshot:
    def plain(found: DaemonSet) -> DaemonSet:
        return DaemonSet({**found.object, "metadata": {**found.metadata, "annotations": {}}})

    return replace(snapshot, daemon_sets=tuple(map(plain, snapshot.daemon_sets)))


def without_logs(snapshot: Snapshot) -> Snapshot:
    nodes = tuple(replace(facts, log=None) for facts in snapshot.nodes)
    return replace(snapshot, nodes=nodes)


WITHOUT: dict[str, Without] = {
    "rollout-blocked": Without("a new pod that does not start", without_revisions),
    "old-template": Without("old pods and nothing that rolls them", without_revisions),
    "mixed-versions": Without("a tag that moved: two versions from one template", without_logs),
    "staged": Without("a canary is being tried", without_annotations),
    "owner-reverts": Without("a Helm release with a wrong address", without_annotations),
}
