"""The one write of the plugin: a guarded patch of one object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.errors import CalicoNicError

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
Patch = Sequence[Mapping[str, Any]] | Mapping[str, Any]
"""The operations of a JSON Patch, or a JSON Merge Patch (RFC 7386)."""
_GUARD = "/metadata/resourceVersion"
_ATTEMPTS = 20
"""How often a change is sent again because the controller wrote a new status meanwhile."""
_BOOKKEEPING = frozenset({"resourceVersion", "managedFields"})
"""Metadata that change with every write, a write of the status too."""


class Guarded(Protocol):
    """A change with its guard: what ``change.plan.Plan`` offers."""

    @property
    def title(self) -> str:
        """The object for people: ``daemonset kube-system/calico-node``."""

    @property
    def path(self) -> str:
        """Its path below the server's address."""

    @property
    def resource_version(self) -> str:
        """The version that was read."""

    @property
    def patch(self) -> Patch:
        """The patch: a ``test`` of the resourceVersion is among the operations of a JSON Patch."""

    @property
    def object_before(self) -> Mapping[str, Any]:
        """The whole object that was read."""


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
    """Send ``change`` and return the object as the server has it now.

    The controller writes the status whenever a pod changes, and with it a new resourceVersion: an
    object of which nothing else is new is still the one that was read.

    Raises:
        ChangedMeanwhile: the guard held: somebody else changed the object.
        ApiError: the server refuses it.
    """
    content_type = MERGE_PATCH if isinstance(change.patch, Mapping) else JSON_PATCH
    query = [("fieldManager", field_manager)]
    if server_dry_run:
        query.append(("dryRun", "All"))
    version = change.resource_version
    for _ in range(_ATTEMPTS):
        try:
            answer: Mapping[str, Any] = session.patch(
                change.path, _guarded(change.patch, version), content_type, query
            )
        except ApiError as error:
            if error.status not in (409, 422):
                raise
            # A failed test operation is answered with 422, as a validation error is: only the
            # object itself tells which it was.
            now = session.get(change.path)
            if now["metadata"]["resourceVersion"] == version and error.status == 422:
                raise
            if _intended(now) != _intended(change.object_before):
                raise ChangedMeanwhile(str(error)) from None
            version = now["metadata"]["resourceVersion"]
        else:
            return answer
    raise ChangedMeanwhile(f"{change.title}: its status never rests")


def _guarded(patch: Patch, version: str) -> Any:
    """``patch`` with its guard set to the resourceVersion ``version``."""
    if isinstance(patch, Mapping):
        return {**patch, "metadata": {**patch.get("metadata", {}), "resourceVersion": version}}
    return [
        {**operation, "value": version} if operation["path"] == _GUARD else operation
        for operation in patch
    ]


def _intended(item: Mapping[str, Any]) -> tuple[object, object]:
    """What people and programs want of the object: everything but its status."""
    metadata = item["metadata"]
    kept = {key: value for key, value in metadata.items() if key not in _BOOKKEEPING}
    return item.get("spec"), kept
