"""Deletes one pod, and only that one."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import quote

from kubectl_calico_nic.cluster.errors import ApiError


class Deleter(Protocol):
    """The call that a deletion needs of the session."""

    def delete(self, path: str, body: Any = None) -> Any:
        """Delete one object."""


def delete_pod(session: Deleter, namespace: str, name: str, uid: str) -> None:
    """Delete the pod of this ``uid``; one that is gone or was replaced already is left alone.

    Raises:
        ApiError: the server refuses it.
    """
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
    try:
        session.delete(f"/api/v1/namespaces/{namespace}/pods/{quote(name)}", body)
    except ApiError as error:
        if error.status not in (404, 409):
            raise
