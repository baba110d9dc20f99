"""The environment of calico-node containers: of pods that run, and of a DaemonSet's template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.setting import Setting, setting_of
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.pod import Pod
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from kubectl_calico_nic.workload.env import EnvValue, effective_env, pod_fields, unread_sources

_BACKEND = "CALICO_NETWORKING_BACKEND"
_BACKENDS_WITHOUT_BIRD = frozenset({"none", "vxlan", "gobgp"})


@dataclass(frozen=True, slots=True)
class ContainerEnv:
    """The effective environment of one calico-node container.

    ``is_complete`` is False when something that could not be read may set more variables.
    """

    variables: Mapping[str, EnvValue]
    is_complete: bool = True

    def text(self, name: str) -> str | None:
        """The value of a variable; None when it is absent or not known."""
        found = self.variables.get(name)
        return None if found is None else found.value

    def setting(self, family: Family) -> Setting:
        """What it asks for in one family."""
        return setting_of(self.variables, family, is_complete=self.is_complete)

    @property
    def backend_is_none(self) -> bool:
        """Whether calico-node does no networking (canal, policy-only)."""
        return self.text(_BACKEND) == "none"

    @property
    def may_run_bird(self) -> bool:
        """Whether BIRD runs beside it, as far as is known.

        Mirrors filesystem/etc/rc.local of calico-node: any other backend means BIRD.
        """
        return self.text(_BACKEND) not in _BACKENDS_WITHOUT_BIRD

    @property
    def knows_backend(self) -> bool:
        """Whether all was read that may set the backend."""
        found = self.variables.get(_BACKEND)
        return self.is_complete if found is None else found.value is not None


UNREAD = ContainerEnv({}, is_complete=False)
"""The environment of a node whose pod was not read."""


def env_of_node(facts: NodeFacts, snapshot: Snapshot) -> ContainerEnv:
    """The environment of a node's calico-node as it runs."""
    if facts.pod is None or not facts.pod.container:
        return UNREAD
    return _env(facts.pod.container, facts.pod.namespace, snapshot, _fields(facts.pod, facts))


def env_of_template(daemon_set: DaemonSet, snapshot: Snapshot) -> ContainerEnv:
    """The environment that new pods of a DaemonSet get; what depends on the node is not known."""
    fields = {"metadata.namespace": daemon_set.namespace}
    return _env(daemon_set.container, daemon_set.namespace, snapshot, fields)


def _env(
    container: Mapping[str, Any], namespace: str, snapshot: Snapshot, fields: Mapping[str, str]
) -> ContainerEnv:
    config_maps = snapshot.config_maps
    return ContainerEnv(
        effective_env(container, config_maps, namespace, fields),
        not unread_sources(container, config_maps, namespace),
    )


def _fields(pod: Pod, facts: NodeFacts) -> dict[str, str]:
    first = pod.host_ip or next(iter(facts.node.internal_ips if facts.node else ()), None)
    fields = pod_fields(
        node=pod.node, namespace=pod.namespace, host_ips=() if first is None else (first,)
    )
    return {**fields, "metadata.name": pod.name, "metadata.uid": pod.uid}
