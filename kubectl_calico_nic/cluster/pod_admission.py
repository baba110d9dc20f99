"""Asks the API server whether it would let a pod of a template in, without making one.

A DaemonSet's pod that admission denies is deleted by the rollout and never comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.errors import CalicoNicError

_NOT_OURS = 'cannot create resource "pods"'
"""How RBAC's authorizer says that we may not even ask."""


class Creator(Protocol):
    """The call that this needs of the session."""

    def post(self, path: str, body: Any, query: Sequence[tuple[str, str]]) -> Any:
        """Create one object."""


def why_denied(session: Creator, daemon_set: Mapping[str, Any], field_manager: str) -> str | None:
    """Dry-run the creation of one pod of ``daemon_set`` (raw JSON, as it would be).

    Returns:
        The server's words when it denies the pod, empty when it lets it in, None when that could
        not be asked.
    """
    metadata, template = daemon_set["metadata"], daemon_set["spec"]["template"]
    held = template.get("metadata") or {}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{metadata['name']}-dry-run",
            "labels": held.get("labels") or {},
            "annotations": held.get("annotations") or {},
        },
        "spec": template["spec"],
    }
    query = (("dryRun", "All"), ("fieldManager", field_manager))
    try:
        session.post(f"/api/v1/namespaces/{metadata['namespace']}/pods", pod, query)
    except ApiError as error:
        if error.status in (403, 422, 400) and _NOT_OURS not in str(error):
            return str(error)
        return None
    except CalicoNicError:
        return None
    return ""
