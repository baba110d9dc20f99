"""What could not be read, as a fact of the snapshot."""

from __future__ import annotations

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.snapshot.snapshot import Gap

EXEC = "pods/exec"


def gap(verb: str, resource: str, error: CalicoNicError, node: str | None = None) -> Gap:
    """Say that ``verb`` on ``resource`` ended in ``error``, where it concerns a node on which."""
    if is_right(error):
        return Gap(verb, resource, str(error), node, forbidden=True)
    return Gap(verb, resource, f"could not {verb} {resource}: {error}", node)


def is_right(error: CalicoNicError) -> bool:
    """Whether ``error`` says that a right is missing, which asking again does not mend."""
    return isinstance(error, ApiError) and error.status == 403


def exec_gap(error: CalicoNicError, node: str) -> Gap:
    """Say that a command could not be run in the calico-node container of ``node``.

    The right that is missing: a WebSocket needs ``get``, since Kubernetes v1.35 ``create`` too.
    Mirrors AuthorizePodWebsocketUpgradeCreatePermission of kube-apiserver, whose refusal names no
    verb.
    """
    verb = "get" if "cannot get resource" in str(error) else "create"
    return gap(verb, EXEC, error, node)
