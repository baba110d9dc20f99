"""The one write of the plugin: a guarded JSON Patch of a DaemonSet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.errors import CalicoNicError

JSON_PATCH = "application/json-patch+json"


class Guarded(Protocol):
    """A change with its guard: what ``change.plan.Plan`` offers."""

    @property
    def daemon_set(self) -> str:
        """``NAMESPACE/NAME``."""

    @property
    def resource_version(self) -> str:
        """The version that was read."""

    @property
    def patch(self) -> Sequence[Mapping[str, Any]]:
        """JSON Patch operations, a ``test`` of the resourceVersion first."""


class Writer(Protocol):
    """The calls that a write needs of the session."""

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Any:
        """One object as JSON."""

    def patch(
        self, path: str, body: Any, content_type: str, query: Sequence[tuple[str, str]] = ()
    ) -> Any:
        """Patch one object."""


class ChangedMeanwhile(CalicoNicError):
    """Somebody else changed the object since it was read; nothing was changed by us."""


def send_patch(
    session: Writer, change: Guarded, *, field_manager: str, server_dry_run: bool
) -> Mapping[str, Any]:
    """Send ``change`` once and return the object as the server has it now.

    Raises:
        ChangedMeanwhile: the guard held: the object is not the one that was read.
        ApiError: the server refuses it.
    """
    namespace, _, name = change.daemon_set.partition("/")
    path = f"/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}"
    query = [("fieldManager", field_manager)]
    if server_dry_run:
        query.append(("dryRun", "All"))
    try:
        answer: Mapping[str, Any] = session.patch(path, list(change.patch), JSON_PATCH, query)
    except ApiError as error:
        # A failed test operation is answered with 422, as a validation error is: only the object
        # itself tells which it was.
        if error.status == 409 or (error.status == 422 and _moved(session, path, change)):
            raise ChangedMeanwhile(str(error)) from None
        raise
    return answer


def _moved(session: Writer, path: str, change: Guarded) -> bool:
    now = session.get(path)
    return bool(now["metadata"].get("resourceVersion") != change.resource_version)
