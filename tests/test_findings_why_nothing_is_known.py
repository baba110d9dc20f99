"""``no-evidence`` and ``nothing-to-choose`` tell their causes apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Gap, LogState, Snapshot
from tests.clusters import cluster, log, node

TO_FILE = {"CALICO_DISABLE_FILE_LOGGING": "false"}
TO_STDOUT = {"CALICO_DISABLE_FILE_LOGGING": "true"}
ETCD = {"ETCD_ENDPOINTS": "https://10.0.0.1:2379"}
ROTATED = log(started=False, version=None)


def only(snapshot: Snapshot) -> Finding:
    (found,) = diagnose(snapshot, Question()).findings
    return found


@pytest.mark.parametrize(
    ("reading", "env", "why"),
    [
        (log(level_floor="ERROR"), {}, "(CALICO_STARTUP_LOGLEVEL hides it), and no address"),
        (log(level_floor="ERROR"), ETCD, "an etcd datastore stores no address on the Node"),
        (ROTATED, TO_STDOUT, "its start is not in it any more: the kubelet rotated it"),
        (ROTATED, TO_FILE, "re-detection is logged in a file on the host"),
        (
            log(started=False, complete_start=True),
            {},
            "its start has not come to the address yet",
        ),
    ],
)
def test_a_log_that_tells_nothing_says_why(reading: Any, env: dict[str, str], why: str) -> None:
    found = only(cluster(node("n", log=reading, internal_ip="10.0.0.1"), env=env))

    assert found.id == "no-evidence"
    assert why in found.message
    assert found.next


def test_where_re_detection_reaches_the_log_it_was_rotated() -> None:
    """From v3.32 on the monitor writes to the container's log again."""
    newer = replace(ROTATED, version=Version.parse("v3.32.1"))
    found = only(cluster(node("n", log=newer, internal_ip="10.0.0.1"), env=TO_FILE))

    assert "the kubelet rotated it" in found.message


@pytest.mark.parametrize(
    ("forbidden", "why", "advice"),
    [
        (True, "the log was not read, and", "the permission get pods/log is needed"),
        (False, "the log was not read (dial tcp: timeout)", "ask again when its kubelet answers"),
    ],
)
def test_a_missing_right_is_not_an_unreachable_kubelet(
    forbidden: bool, why: str, advice: str
) -> None:
    gap = Gap("get", "pods/log", "dial tcp: timeout", "n", forbidden)
    snapshot = cluster(node("n", log_state=LogState.UNREADABLE, internal_ip="10.0.0.1"))
    found = only(replace(snapshot, gaps=(gap,)))

    assert why in found.message
    assert found.next == advice


def without_networking(name: str, *beside: str) -> Snapshot:
    snapshot = cluster(node("n", internal_ip="10.0.0.1"), env={"CALICO_NETWORKING_BACKEND": "none"})
    (mine,) = snapshot.daemon_sets
    containers = [*mine.containers, *({"name": other} for other in beside)]
    metadata = {**mine.metadata, "name": name}
    renamed = DaemonSet(
        {"metadata": metadata, "spec": {"template": {"spec": {"containers": containers}}}}
    )
    nodes = tuple(
        replace(facts, pod=replace(facts.pod, daemon_set=renamed.key))
        for facts in snapshot.nodes
        if facts.pod
    )
    return replace(snapshot, nodes=nodes, daemon_sets=(renamed,))


@pytest.mark.parametrize(
    ("snapshot", "what", "advice"),
    [
        (without_networking("canal", "kube-flannel"), "canal: flannel", "ConfigMap canal-config"),
        (
            without_networking("rke2-canal", "kube-flannel"),
            "canal: flannel",
            "flannel.iface in HelmChartConfig rke2-canal",
        ),
        (without_networking("calico-node"), "Calico for policy alone", "that plugin chooses"),
    ],
)
def test_who_does_the_networking_instead(snapshot: Snapshot, what: str, advice: str) -> None:
    found = only(snapshot)

    assert found.id == "nothing-to-choose"
    assert what in found.message
    assert advice in found.next
