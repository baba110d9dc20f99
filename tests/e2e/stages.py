"""What a change in stages is on the cluster: its pods by uid, the strategy, our record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..calico_nic import Result, calico_nic
from .api_client import Object
from .cluster import Cluster
from .plugin_process import RECORD
from .rollouts import DAEMON_SET, METHOD, methods, wait_for_daemon_set
from .users import documented

ON_DELETE = {"type": "OnDelete"}
TO_BOND4 = ("set", "--interface", "bond4")
NEW = "interface=bond4"
# No node has it: every one keeps its address, or ends without any.
BAD = ("set", "--method", "interface=bond9", "--force", "--wait")
GO_ON = "  go on: kubectl calico-nic set --resume\n"
BACK = "  back:  kubectl calico-nic set --undo\n"
EVERY_NODE = {"node-1", "node-2", "node-3", "node-4"}
AFFECTED = {"node-3", "node-4"}


@dataclass(frozen=True)
class Staging:
    """A cluster with the incident, and somebody with exactly the documented rights.

    ``original`` is the spec of the DaemonSet before any change, ``first`` the uids of its pods.
    """

    cluster: Cluster
    user: Path
    original: Object
    first: Mapping[str, str]

    @classmethod
    def of(cls, cluster: Cluster) -> Staging:
        """As ``cluster`` is now."""
        user = cluster.user("stages", documented())
        spec = cluster.client.get(DAEMON_SET)["spec"]
        return cls(cluster, user, spec, uids(cluster))

    def run(self, *arguments: str) -> Result:
        """Run the plugin as the user, in this process: starting it takes longer than its work."""
        return calico_nic(*arguments, environ={"KUBECONFIG": str(self.user)})

    def ok(self, *arguments: str) -> Result:
        """Run the plugin; it succeeds."""
        ended = self.run(*arguments)
        assert ended.status == 0, ended
        return ended

    @property
    def daemon_set(self) -> Any:
        """The DaemonSet as the API server has it."""
        return self.cluster.client.get(DAEMON_SET)

    @property
    def strategy(self) -> Any:
        """Its update strategy."""
        return self.daemon_set["spec"]["updateStrategy"]

    @property
    def record(self) -> Any:
        """What is recorded of the last change; None without a change."""
        return record_of(self.daemon_set)

    @property
    def replaced(self) -> set[str]:
        """The nodes whose pods are other ones than at the beginning."""
        return replaced(self.first, uids(self.cluster))

    @property
    def methods(self) -> dict[str, str | None]:
        """The method that calico-node was started with, by node."""
        return methods(self.cluster)

    def wait_until_observed(self) -> None:
        """Wait until the controller has done all that it does by itself."""
        wait_for_daemon_set(self.cluster, _is_observed)

    def assert_back(self) -> None:
        """Nothing is left of any change: neither of values, strategy and record, nor in pods."""
        self.cluster.wait_until_rolled_out()
        assert self.daemon_set["spec"] == self.original
        assert self.record is None
        assert self.methods == dict.fromkeys(EVERY_NODE)

    def assert_done(self) -> None:
        """The new value is everywhere, and nothing is under way."""
        self.cluster.wait_until_rolled_out()
        assert self.strategy == self.original["updateStrategy"]
        assert "stage" not in self.record
        assert self.methods == dict.fromkeys(EVERY_NODE, NEW)


def uids(cluster: Cluster) -> dict[str, str]:
    """The uid of the calico-node pod on each node."""
    return {node: pod["metadata"]["uid"] for node, pod in cluster.pods().items()}


def replaced(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """The nodes whose pod is another one."""
    return {node for node in before if before[node] != after.get(node)}


def record_of(daemon_set: Object) -> Any:
    """The record on a DaemonSet; None where there is none."""
    text = daemon_set["metadata"].get("annotations", {}).get(RECORD)
    return None if text is None else json.loads(text)


def method_in(daemon_set: Object) -> str | None:
    """The method in the template."""
    (container,) = daemon_set["spec"]["template"]["spec"]["containers"]
    return next((each["value"] for each in container["env"] if each["name"] == METHOD), None)


def _is_observed(daemon_set: Object) -> bool:
    return bool(daemon_set["status"]["observedGeneration"] == daemon_set["metadata"]["generation"])
